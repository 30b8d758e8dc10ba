#include "daemon/store/store.h"

#include <algorithm>

#include "daemon/store/conversations.h"
#include "daemon/store/exchange.h"
#include "daemon/store/list.h"
#include "daemon/store/past.h"
#include "daemon/store/search.h"
#include "daemon/store/transaction.h"
#include "daemon/store/tree.h"
#include "daemon/store/turns.h"
#include "daemon/store/usage.h"

namespace aside {

Store::Store(std::string path, std::string owner)
    : database_(std::make_unique<Database>(std::move(path))), owner_(std::move(owner)) {}
Store::~Store() = default;

Result<void> Store::open() {
  return database_->open();
}

std::string Store::take_notice() {
  return database_->take_notice();
}

bool Store::out_of_memory() const {
  return database_->out_of_memory();
}

Result<std::optional<Conversation>> Store::current(const Document& document) {
  Transaction work(*database_, Access::Read, "looking for the conversation of " + document.uri);
  std::optional<Conversation> conversation;
  const std::vector<KnownDocument> known = find_documents(work, document);
  if (known.size() == 1 && !known.front().offered)
    conversation = read_conversation(work, known.front().thread);
  return work.commit(std::move(conversation));
}

Result<std::vector<Conversation>> Store::candidates(const Document& document) {
  Transaction work(*database_, Access::Read, "looking for the conversation of " + document.uri);
  std::vector<Conversation> conversations;
  const std::vector<KnownDocument> known = find_documents(work, document);
  if (known.size() > 1 || (known.size() == 1 && known.front().offered))
    for (const KnownDocument& one : known) conversations.push_back(read_conversation(work, one.thread));
  return work.commit(std::move(conversations));
}

Result<std::optional<Conversation>> Store::one_of(const Document& document, const std::string& id) {
  Transaction work(*database_, Access::Read, "looking for a conversation of " + document.uri);
  std::optional<Conversation> conversation;
  const std::vector<KnownDocument> known = find_documents(work, document);
  const bool is_it = known.size() == 1 && !known.front().offered;
  const auto number = work.number(
      "SELECT number FROM threads JOIN links ON thread = number WHERE id = ? AND links.uri IN (?, ?)",
      {id, document.uri, is_it ? known.front().uri : document.uri});
  if (number) conversation = read_conversation(work, *number);
  return work.commit(std::move(conversation));
}

Result<std::optional<Conversation>> Store::conversation(const std::string& id) {
  Transaction work(*database_, Access::Read, "reading a conversation");
  std::optional<Conversation> conversation;
  if (const auto number = find_conversation(work, id)) conversation = read_conversation(work, *number);
  return work.commit(std::move(conversation));
}

Result<Conversation> Store::create(const Document& document, const Conversation& proposal) {
  Transaction work(*database_, Access::Write, "making a conversation");
  adopt_document(work, document);
  const std::int64_t made = insert_conversation(work, proposal, document.uri);
  show_conversation(work, document, made);
  Conversation conversation = read_conversation(work, made);
  return work.commit(std::move(conversation));
}

Result<void> Store::show(const Document& document, const std::string& conversation) {
  Transaction work(*database_, Access::Write, "opening a conversation");
  const std::int64_t thread = conversation_number(work, conversation);
  adopt_document(work, document, thread);
  show_conversation(work, document, thread);
  return work.commit();
}

Result<void> Store::rename(const std::string& from, const Document& to) {
  Transaction work(*database_, Access::Write, "renaming a document");
  move_document(work, from, to);
  move_folder(work, from, to);
  return work.commit();
}

Result<std::optional<std::string>> Store::identify(const Document& document) {
  Transaction work(*database_, Access::Write, "recording a document");
  std::optional<std::string> former;
  if (const auto known = adopt_document(work, document); known && known->by_content) former = known->uri;
  return work.commit(std::move(former));
}

Result<Page> Store::list(const ListFilter& filter) {
  Transaction work(*database_, Access::Read, "listing conversations");
  Page page = list_conversations(work, filter);
  return work.commit(std::move(page));
}

Result<UsageReport> Store::usage(const UsageFilter& filter) {
  Transaction work(*database_, Access::Read, "adding up the tokens of replies");
  UsageReport report = add_up_usage(work, filter);
  return work.commit(std::move(report));
}

Result<std::vector<AskedConversation>> Store::past(const PastFilter& filter) {
  Transaction work(*database_, Access::Read, "reading how the last conversations went");
  auto past = read_past(work, filter);
  return work.commit(std::move(past));
}

Result<std::vector<Hit>> Store::search(const SearchFilter& filter) {
  Transaction work(*database_, Access::Read, "searching");
  auto hits = find_text(work, filter);
  return work.commit(std::move(hits));
}

Result<void> Store::remove(const std::string& conversation) {
  Transaction work(*database_, Access::Write, "deleting a conversation");
  const std::int64_t thread = conversation_number(work, conversation);
  // As in `select`, nobody can take a lease before this transaction ends.
  if (!work.rejected() && is_written(work, *database_->locks(), thread))
    return work.reject(busy(work, thread));
  hide_conversation(work, thread);
  return work.commit();
}

Result<int> Store::compact() {
  Transaction work(*database_, Access::Synced, "dropping deleted conversations");
  const int dropped = drop_deleted(work);
  auto done = work.commit(dropped);
  if (!done) return done;
  if (database_->locks()) drop_unfollowed(database_->path(), *database_->locks());
  if (auto vacuumed = database_->vacuum(); !vacuumed) return vacuumed.error();
  return done;
}

Result<Conversation> Store::fork(const Document& document, const std::string& id, const std::string& reply,
                                 const Conversation& proposal) {
  Transaction work(*database_, Access::Write, "forking a conversation");
  const std::int64_t from = conversation_number(work, id);
  const std::int64_t leaf = turn_number(work, from, Role::Assistant, reply);
  if (work.number("SELECT 1 FROM turns WHERE number = ? AND status = 'streaming'", {leaf}))
    return work.reject(busy(work, from));
  adopt_document(work, document);
  Conversation named = proposal;
  if (named.title.empty()) named.title = fork_title(work, read_conversation(work, from).title);
  const std::int64_t made = insert_conversation(work, named, document.uri);
  std::optional<std::int64_t> last;
  for (const std::int64_t turn : path_to(work, leaf)) {
    last = copy_turn(work, turn, made, last);
    index_turn(work, *last);
  }
  work.run(
      "UPDATE threads SET head = ?2, (system, instructions) = (SELECT system, instructions FROM threads "
      "WHERE number = ?3) WHERE number = ?1",
      {made, nullable(last), from});
  if (last) mark_visited(work, made, *last);
  show_conversation(work, document, made);
  Conversation conversation = read_conversation(work, made);
  return work.commit(std::move(conversation));
}

Result<Tree> Store::tree(const std::string& conversation) {
  Transaction work(*database_, Access::Read, "reading a conversation");
  Tree tree = read_tree(work, conversation_number(work, conversation));
  return work.commit(std::move(tree));
}

Result<Conversation> Store::import_tree(const Document& document, const Conversation& proposal,
                                        const Tree& tree) {
  Transaction work(*database_, Access::Synced, "importing a conversation");
  adopt_document(work, document);
  const std::int64_t made = insert_conversation(work, proposal, document.uri);
  insert_tree(work, made, tree);
  show_conversation(work, document, made);
  Conversation conversation = read_conversation(work, made);
  return work.commit(std::move(conversation));
}

std::string Store::file_name() const {
  return database_->path();
}

Result<std::optional<LockFile::Lock>> Store::lock_for_backup() {
  if (auto opened = open(); !opened) return opened.error();
  return database_->locks()->exclusive(backup_place);
}

Result<std::vector<Turn>> Store::path(const std::string& conversation, const std::string& leaf) {
  auto part = path(conversation, leaf, Window{});
  if (!part) return part.error();
  return std::move(part->turns);
}

Result<PathPart> Store::path(const std::string& conversation, const std::string& leaf, const Window& window) {
  PathPart part;
  if (leaf.empty() && window.before.empty()) return part;
  Transaction work(*database_, Access::Read, "reading a conversation");
  const std::int64_t thread = conversation_number(work, conversation);
  const auto number = find_turn(work, thread, leaf);
  if (!number) work.reject({ErrorCode::InvalidParams, "'" + leaf + "' is not a turn of this conversation"});
  const std::vector<std::int64_t> path = path_to(work, number.value_or(0));
  auto end = path.end();
  if (!window.before.empty()) {
    end = std::find(path.begin(), path.end(), find_turn(work, thread, window.before).value_or(0));
    if (end == path.end() || (end - path.begin()) % 2 != 0)
      work.reject({ErrorCode::InvalidParams,
                   "'" + window.before + "' is not a question on the current path",
                   {.hint = "Get the conversation again: it may have changed."}});
  }
  const std::ptrdiff_t all = end - path.begin();
  const std::ptrdiff_t wanted = window.limit == 0 ? all : std::max(window.limit, 2);
  // A path has its questions at even places, and the part must begin with a question.
  const std::ptrdiff_t from = (std::max<std::ptrdiff_t>(all - wanted, 0) + 1) / 2 * 2;
  if (from < all) part.turns = read_turns(work, {path.begin() + from, end});
  part.earlier = static_cast<int>(from);
  part.beginning = static_cast<int>(last_summary(work, path));
  return work.commit(std::move(part));
}

Result<std::vector<Turn>> Store::sides(const std::string& conversation, const std::vector<Turn>& path) {
  Transaction work(*database_, Access::Read, "reading a conversation");
  std::vector<std::int64_t> numbers;
  for (const Turn& turn : path) numbers.push_back(number_in(turn.id).value_or(0));
  const auto sides = sides_beside(work, conversation_number(work, conversation), numbers);
  std::vector<std::int64_t> sorted = sides;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Turn> read = read_turns(work, sorted), turns;
  for (const std::int64_t number : sides) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), number) - sorted.begin();
    turns.push_back(std::move(read[static_cast<std::size_t>(place)]));
  }
  return work.commit(std::move(turns));
}

Result<std::optional<Turn>> Store::turn(const std::string& conversation, const std::string& id) {
  Transaction work(*database_, Access::Read, "reading a turn");
  std::optional<Turn> turn;
  const auto number = find_turn(work, find_conversation(work, conversation).value_or(0), id);
  if (number) turn = read_turn(work, *number);
  return work.commit(std::move(turn));
}

Result<std::vector<Turn>> Store::sharing(const std::string& conversation, const std::string& leaf) {
  Transaction work(*database_, Access::Read, "reading what a conversation has shared");
  std::vector<Turn> turns;
  const auto number = find_turn(work, find_conversation(work, conversation).value_or(0), leaf);
  if (!number) return work.commit(std::move(turns));
  const std::vector<std::int64_t> path = path_to(work, *number);
  for (std::size_t i = last_summary(work, path); i + 1 < path.size();
       i += 2) {  // question, reply, question …
    if (work.number("SELECT 1 FROM attachments WHERE turn = ? AND kind IN ('', 'rewrite') LIMIT 1",
                    {path[i]}))
      for (Turn& turn : read_turns(work, {path[i], path[i + 1]})) turns.push_back(std::move(turn));
  }
  return work.commit(std::move(turns));
}

Result<std::vector<Turn>> Store::about_lines(const std::string& conversation, const std::string& leaf) {
  Transaction work(*database_, Access::Read, "reading which lines were asked about");
  const std::int64_t thread = find_conversation(work, conversation).value_or(0);
  const auto number = find_turn(work, thread, leaf);
  std::vector<std::int64_t> numbers = number ? path_to(work, *number) : std::vector<std::int64_t>();
  const std::vector<std::int64_t> sides = sides_beside(work, thread, numbers);
  numbers.insert(numbers.end(), sides.begin(), sides.end());
  std::sort(numbers.begin(), numbers.end());
  return work.commit(read_turns(work, with_lines(work, numbers)));
}

Result<std::vector<Turn>> Store::instructed(const std::string& conversation, const std::string& leaf) {
  Transaction work(*database_, Access::Read, "reading the instructions in a conversation");
  std::vector<Turn> turns;
  const std::int64_t thread = find_conversation(work, conversation).value_or(0);
  const auto number = find_turn(work, thread, leaf);
  // Most conversations have no appended instructions, and then their turns need not be read.
  const auto any = work.number(
      "SELECT 1 FROM turns WHERE thread = ? AND role = 'user' AND system <> '' LIMIT 1", {thread});
  if (!number || !any) return work.commit(std::move(turns));
  const std::vector<std::int64_t> path = path_to(work, *number);
  for (std::size_t i = 0; i < path.size(); i += 2) {  // question, reply, question, reply …
    const bool wanted =
        work.number("SELECT 1 FROM turns WHERE number = ? AND (system <> '' OR kind = 'compaction')",
                    {path[i]})
            .has_value();
    for (std::size_t j = i; wanted && j < std::min(i + 2, path.size()); ++j)
      turns.push_back(read_turn(work, path[j]));
  }
  return work.commit(std::move(turns));
}

Result<std::optional<bool>> Store::allowed(const std::string& folder) {
  Transaction work(*database_, Access::Read, "checking whether a folder's instructions may be used");
  std::optional<bool> allowed;
  if (const auto row = work.number("SELECT allow FROM allowed WHERE folder = ?", {folder}))
    allowed = *row != 0;
  return work.commit(allowed);
}

Result<void> Store::allow(const std::string& folder, bool allow) {
  Transaction work(*database_, Access::Synced, "recording whether a folder's instructions may be used");
  work.run("INSERT OR REPLACE INTO allowed(folder, allow) VALUES(?, ?)", {folder, std::int64_t{allow}});
  return work.commit();
}

Result<Totals> Store::totals(const std::string& conversation) {
  Transaction work(*database_, Access::Read, "adding up a conversation");
  Totals totals;
  Rows row = work.rows(
      "SELECT input, cache_read, cache_write, cache_write_1h, output, thinking, cost FROM turns WHERE thread "
      "= ? AND (input IS NOT NULL OR cost IS NOT NULL)",
      {find_conversation(work, conversation).value_or(0)});
  while (row.next()) {
    Usage usage{row.count(0), row.count(1), row.count(2), row.count(3), row.count(4)};
    if (!row.null(5)) usage.thinking = row.count(5);
    totals.usage += usage;
    if (const auto cost = row.price(6)) totals.cost = totals.cost.value_or(0) + *cost;
  }
  return work.commit(std::move(totals));
}

Result<Conversation> Store::select(const std::string& conversation, const std::string& turn,
                                   SelectMode mode) {
  Transaction work(*database_, Access::Write, "going to another turn");
  const std::int64_t thread = conversation_number(work, conversation);
  // Leases are taken in transactions that write, so nobody can take one before this transaction ends.
  if (!work.rejected() && is_written(work, *database_->locks(), thread))
    return work.reject(busy(work, thread));
  std::optional<std::int64_t> head;
  if (!turn.empty()) head = reply_for_selection(work, thread, turn);
  if (mode == SelectMode::ToBranchEnd) head = branch_end(work, thread, head);
  if (head && is_streaming(work, *database_->locks(), *head)) return work.reject(busy(work, thread));
  if (head) put_on_path(work, *head);
  work.run("UPDATE threads SET head = ?2, revision = revision + 1 WHERE number = ?1",
           {thread, nullable(head)});
  if (head) mark_visited(work, thread, *head);
  work.wake(followers_of(thread));
  Conversation now = read_conversation(work, thread);
  return work.commit(std::move(now));
}

Result<Conversation> Store::configure(const std::string& conversation,
                                      const std::optional<std::string>& model,
                                      const std::optional<std::string>& effort,
                                      const std::optional<std::string>& title) {
  Transaction work(*database_, Access::Write, "changing a conversation's settings");
  const std::int64_t thread = conversation_number(work, conversation);
  work.run(
      "UPDATE threads SET model = coalesce(?2, model), effort = coalesce(?3, effort), title = coalesce(?4, "
      "title), revision = revision + 1 WHERE number = ?1",
      {thread, nullable(model), nullable(effort), nullable(title)});
  work.wake(followers_of(thread));
  Conversation now = read_conversation(work, thread);
  return work.commit(std::move(now));
}

Result<void> Store::omit_thinking(const std::vector<std::string>& turns) {
  Transaction work(*database_, Access::Write, "recording that thinking is left out");
  for (const std::string& turn : turns) {
    work.run("UPDATE turns SET bare = 1 WHERE number = ?", {reply_number(work, turn)});
  }
  return work.commit();
}

Result<Exchange> Store::begin(NewExchange exchange) {
  Transaction work(*database_, Access::Write, "keeping the question");
  auto begun = begin_exchange(work, database_->locks(), owner_, max_sides, std::move(exchange));
  if (!begun) return begun.error();
  return work.commit(*std::move(begun));
}

Result<void> Store::append(const std::vector<Grown>& grown, std::chrono::milliseconds wait) {
  Transaction work(*database_, Access::Write, "keeping a part of the reply", wait);
  for (const Grown& part : grown) append_pieces(work, part.reply, part.pieces);
  return work.commit();
}

Result<void> Store::finish(const std::vector<const Turn*>& replies, std::chrono::milliseconds wait) {
  Transaction work(*database_, Access::Synced, "keeping the reply", wait);
  for (const Turn* reply : replies) end_reply(work, *reply);
  return work.commit();
}

void Store::wake_followers(const std::string& conversation) {
  if (const auto thread = number(conversation)) database_->wake(followers_of(*thread));
}

void Store::disconnect() {
  database_->disconnect();
}

Result<std::vector<PieceRow>> Store::pieces(const std::string& reply, std::int64_t after) {
  Transaction work(*database_, Access::Read, "reading a reply");
  auto pieces = read_pieces(work, reply, after);
  return work.commit(std::move(pieces));
}

std::optional<std::int64_t> Store::number(const std::string& conversation) const {
  Transaction work(*database_, Access::Read, "reading a conversation");
  return find_conversation(work, conversation);
}

bool Store::written(const std::string& reply) {
  const auto number = number_in(reply);
  return number && open() && database_->locks()->held_by_another(*number);
}

// A store in memory has no files, and no other process uses it.
Watch::File Store::file(std::int64_t place, Watch& watch, Written written) const {
  const std::string path = database_->path();
  return path.empty() ? Watch::File() : watch.file(followed_file(path, place), std::move(written));
}

std::optional<Subscription> Store::follow(const std::string& conversation, Watch& watch, Written written) {
  const auto thread = number(conversation);
  if (!thread) return std::nullopt;
  auto mark = database_->locks()->shared(followers_of(*thread));
  if (!mark) return std::nullopt;
  return Subscription(std::move(mark), file(followers_of(*thread), watch, std::move(written)));
}

std::optional<Subscription> Store::follow_document(const std::string& uri, Watch& watch, Written written) {
  if (!open()) return std::nullopt;
  auto mark = database_->locks()->shared(followers_of(uri));
  if (!mark) return std::nullopt;
  return Subscription(std::move(mark), file(followers_of(uri), watch, std::move(written)));
}

std::optional<Subscription> Store::follow_stops(const std::string& reply, Watch& watch, Written written) {
  const auto number = number_in(reply);
  if (!number) return std::nullopt;
  return Subscription(std::nullopt, file(*number, watch, std::move(written)));
}

// Called for each running reply several times a second. Usually nobody follows anything; the locks show this without
// a query.
bool Store::followed(const std::string& conversation) const {
  if (!database_->locks() ||
      !database_->locks()->held_by_another(follower_places, document_places - follower_places))
    return false;
  const auto thread = number(conversation);
  return thread && database_->locks()->held_by_another(followers_of(*thread));
}

Result<void> Store::request_stop(const std::string& reply) {
  Transaction work(*database_, Access::Write, "asking for the reply to be stopped");
  const std::int64_t number = reply_number(work, reply);
  work.run("UPDATE turns SET stop_requested = 1 WHERE number = ? AND status = 'streaming'", {number});
  work.wake(number);  // wakes the reply's writer, which watches the file of this number
  return work.commit();
}

Result<bool> Store::stop_requested(const std::string& reply) {
  Transaction work(*database_, Access::Read, "checking whether the reply is to be stopped");
  const auto requested =
      work.number("SELECT stop_requested FROM turns WHERE number = ?", {reply_number(work, reply)});
  return work.commit(requested == 1);
}

}  // namespace aside
