#include "daemon/conversation/conversation.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <utility>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"

namespace aside {

namespace {

// Of the documents below it; without a slash at its end, which a root has.
std::string folder_uri(const std::string& folder) {
  std::string uri = folder.empty() ? folder : canonical(folder);
  while (!uri.empty() && uri.back() == '/') uri.pop_back();
  return uri;
}

// What the next request carries, as far as the last reply of it tells. Nothing where no reply has told.
std::optional<Context> context(const std::vector<Turn>& path, const std::string& next_model) {
  const auto size = thread_size(path);
  if (!size) return std::nullopt;
  const Model* next = find_model(next_model);
  return Context{size->tokens, size->cached, next ? next->context_window : 0};
}

}  // namespace

Conversations::Conversations(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing)
    : io_(io),
      claude_(claude),
      store_(store),
      sharing_(sharing),
      threads_(store, [this](const std::string& uri,
                             const std::string& former) { events_.taken_over(uri, former); }),
      instructions_(store),
      watch_(io),
      running_(io, claude, store, watch_, events_),
      preferences_{.model = std::string(default_model)},
      writers_(io) {}

void Conversations::start(ConversationEvents events) {
  events_ = std::move(events);
  events_.changed = [this, changed = std::move(events_.changed)](const std::string& conversation,
                                                                 const std::string& uri) {
    changed(conversation, threads_.uri_for_editor(uri));
  };
}

void Conversations::use(Preferences preferences, ClaudeOptions claude) {
  preferences_ = std::move(preferences);
  claude_.use(std::move(claude));
}

void Conversations::open_store(const std::string& owner) {
  store_.introduce(owner);
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
  if (const std::string notice = store_.take_notice(); !notice.empty()) events_.warn(notice);
}

void Conversations::leave_editor(const std::function<void()>& detach) {
  following_.clear();
  shown_.clear();
  documents_.clear();
  running_.stop_watching();
  store_.disconnect();
  detach();
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
  running_.watch_again();
}

// Replies that are marked as streaming get what is known of them: ours as far as they have come, and what a
// process left behind when it died.
void Conversations::settle(const std::string& conversation, std::vector<Turn>& turns) {
  for (Turn& turn : turns) {
    if (turn.status != Status::Streaming) continue;
    if (const Reply* reply = running_.find(turn.id)) {
      turn.text = reply->text();
      turn.thinking = reply->thinking();
    } else if (!store_.written(conversation)) {
      take_over(conversation, turn);
    }
  }
}

// The reply of another process as far as the editor has been told of it, though it may have ended by now: the
// rest comes as deltas. That is what is shown; what is sent is what the store has.
void Conversations::as_told(const std::string& conversation, std::vector<Turn>& turns) const {
  const auto following = following_.find(conversation);
  if (following == following_.end()) return;
  for (Turn& turn : turns) {
    if (turn.id != following->second.reply()) continue;
    turn.status = Status::Streaming;
    turn.text = following->second.text();
    turn.thinking = following->second.thinking();
  }
}

// A reply that nobody writes any more. It is read again: its writer may have ended it just before giving up
// the lease.
void Conversations::take_over(const std::string& conversation, Turn& turn) {
  auto again = store_.turn(conversation, turn.id);
  if (again && *again && (*again)->status != Status::Streaming)
    turn = std::move(**again);
  else
    recover(turn);
}

void Conversations::recover(Turn& turn) {
  auto rows = store_.pieces(turn.id, 0);
  if (!rows) return;
  std::vector<Piece> pieces;
  for (auto& row : *rows) pieces.push_back(std::move(row.piece));
  Reply::recovered(pieces).fill(turn);
  turn.status = Status::Interrupted;
  turn.recovered = true;
}

void Conversations::finish_recovered(const std::vector<Turn>& path) {
  for (const Turn& turn : path) {
    if (!turn.recovered) continue;
    if (auto finished = store_.finish(turn); !finished) spdlog::warn("{}", finished.error().message);
  }
}

Result<View> Conversations::view(Thread thread, const std::string& shown_by, const Window& window) {
  const bool joins = following_.count(thread.id) == 0;
  Following& following = follow(thread, shown_by);
  View view;
  view.uri = threads_.uri_for_editor(shown_by);
  if (thread.stored) {
    if (joins)
      following.join();
    else if (!running_.write_to(thread.id))
      following.catch_up();
    look_after_writers();
    auto fresh = store_.thread(thread.id);
    if (!fresh) return fresh.error();
    if (*fresh) thread = std::move(**fresh);
    auto way = store_.path(thread.id, thread.head, window);
    if (!way) return way.error();
    settle(thread.id, way->turns);
    as_told(thread.id, way->turns);
    mark_sent(way->turns, way->beginning - way->earlier);
    auto totals = store_.totals(thread.id);
    if (!totals) return totals.error();
    for (Turn& turn : way->turns) view.turns.push_back(estimated(std::move(turn)));
    view.earlier = way->earlier;
    view.totals = *totals;
    auto shared = store_.shared(thread.id);
    if (!shared) return shared.error();
    view.shared = *std::move(shared);
    following.told(thread);
  } else {
    view.candidates = threads_.candidates(thread.uri);
    for (Thread& candidate : view.candidates) candidate.uri = threads_.uri_for_editor(candidate.uri);
  }
  if (thread.model.empty()) thread.model = preferences_.model;
  if (thread.effort.empty()) thread.effort = preferences_.effort;
  view.context = context(view.turns, thread.model);
  auto guidance = this->guidance(thread, shown_by);
  if (!guidance) return guidance.error();
  view.guidance = *std::move(guidance);
  view.thread = std::move(thread);
  return view;
}

Result<View> Conversations::get(const Subject& subject, const Window& window) {
  if (!subject.uri.empty()) watch_document(canonical(subject.uri));
  auto thread = threads_.find(subject);
  if (!thread) return thread.error();
  const std::string shown_by = subject.uri.empty() ? thread->uri : canonical(subject.uri);
  return view(std::move(*thread), shown_by, window);
}

Result<View> Conversations::open(const std::string& uri, const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  const Document document = thread->stored ? threads_.recognised(uri) : threads_.document(uri);
  watch_document(document.uri);
  if (thread->stored) {
    if (auto shown = store_.show(document, conversation); !shown) return shown.error();
  } else if (thread->uri != document.uri) {
    return Error{ErrorCode::InvalidParams,
                 "params.conversation: nothing has been asked in " + conversation + " yet",
                 {.hint = "Ask there first."}};
  }
  return view(std::move(*thread), document.uri);
}

Result<View> Conversations::select(const std::string& conversation, const std::string& turn, Going going) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (!thread->stored && turn.empty()) return view(std::move(*thread), thread->uri);
  auto selected = store_.select(thread->id, turn, going);
  if (!selected) return selected.error();
  did(*selected);
  const std::string shown_by = selected->uri;
  return view(std::move(*selected), shown_by);
}

Result<std::string> Conversations::create(const std::string& uri, const std::string& title) {
  auto created = threads_.create(uri, title);
  if (!created) return created.error();
  shown_[created->uri] = created->id;
  return created->id;
}

Result<View> Conversations::fork(const std::string& uri, const std::string& conversation,
                                 const std::string& reply, const std::string& title) {
  auto from = threads_.find({.conversation = conversation});
  if (!from) return from.error();
  const std::string& leaf = reply.empty() ? from->head : reply;
  if (auto path = path_to(*from, leaf)) finish_recovered(*path);
  auto forked = threads_.fork(uri, *from, leaf, title);
  if (!forked) return forked.error();
  return view(std::move(*forked), canonical(uri));
}

Result<void> Conversations::remove(const std::string& conversation) {
  if (auto removed = store_.remove(conversation); !removed) return removed;
  following_.erase(conversation);
  // Else the editor would be told of its own doing.
  for (auto next = shown_.begin(); next != shown_.end();) {
    const auto entry = next++;
    if (entry->second != conversation) continue;
    const auto current = store_.current({.uri = entry->first});
    if (current && *current)
      entry->second = (*current)->id;
    else if (current)
      shown_.erase(entry);
  }
  return {};
}

Result<View> Conversations::path(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto turns = store_.path(thread->id, thread->head);
  if (!turns) return turns.error();
  for (Turn& turn : *turns)
    if (turn.status == Status::Streaming) recover(turn);
  for (Turn& turn : *turns) turn = estimated(std::move(turn));
  mark_sent(*turns, beginning(*turns));
  const std::string uri = threads_.uri_for_editor(thread->uri);
  return View{std::move(*thread), uri, std::move(*turns), {}};
}

Result<Tree> Conversations::tree(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (!thread->stored) return Tree{std::move(*thread), {}, {}};
  auto tree = store_.tree(thread->id);
  if (!tree) return tree;
  for (Turn& turn : tree->turns)
    if (turn.status == Status::Streaming) recover(turn);
  return tree;
}

Result<View> Conversations::plant(const std::string& uri, const Tree& tree) {
  auto planted = threads_.plant(uri, tree);
  if (!planted) return planted.error();
  return view(std::move(*planted), canonical(uri));
}

Result<Page> Conversations::list(ListFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto page = store_.list(filter);
  if (!page) return page;
  for (Summary& row : page->rows) row.thread.uri = threads_.uri_for_editor(row.thread.uri);
  return page;
}

Result<std::vector<Hit>> Conversations::search(SearchFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto hits = store_.search(filter);
  if (!hits) return hits;
  for (Hit& hit : *hits) hit.uri = threads_.uri_for_editor(hit.uri);
  return hits;
}

Result<UsageReport> Conversations::usage(UsageFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  auto report = store_.usage(filter);
  if (!report) return report;
  for (UsageRow& row : report->rows) row.uri = threads_.uri_for_editor(row.uri);
  return report;
}

void Conversations::prepare(const std::string& uri) {
  if (auto thread = threads_.shown(uri); !thread) spdlog::warn("preparing: {}", thread.error().message);
  const auto time = std::chrono::steady_clock::now();
  if (warmed_.time_since_epoch().count() != 0 && time - warmed_ < warm_for) return;
  warmed_ = time;
  asio::co_spawn(io_, claude_.warm_up(), asio::detached);
}

void Conversations::saved(const std::string& uri) {
  threads_.recognised(uri);
}

void Conversations::closed(const std::string& uri) {
  const std::string name = canonical(uri);
  shown_.erase(name);
  documents_.erase(name);
  for (auto entry = following_.begin(); entry != following_.end();) {
    entry = entry->second.closed(name) ? following_.erase(entry) : std::next(entry);
  }
}

Result<void> Conversations::renamed(const std::string& from, const std::string& to) {
  const std::string before = canonical_before(from, to);
  if (auto renamed = threads_.renamed(from, to); !renamed) return renamed.error();
  if (auto shown = shown_.extract(before); !shown.empty()) {
    shown.key() = canonical(to);
    shown_.insert(std::move(shown));
  }
  if (documents_.erase(before) > 0) watch_document(canonical(to));
  for (auto& [conversation, following] : following_) {
    following.renamed(before, canonical(to));
    if (auto thread = store_.thread(conversation); thread && *thread) did(**thread);
  }
  return {};
}

// ---- following

Following& Conversations::follow(const Thread& thread, const std::string& document) {
  Following& following = following_.try_emplace(thread.id, store_, events_, thread).first->second;
  following.shown_by(document);
  watch_document(document);
  if (!thread.stored) return following;
  shown_[document] = thread.id;
  const std::string id = thread.id;
  // What was committed since the thread was read is found by looking once.
  if (following.subscribe(watch_, [this, id] { on_written(id); }))
    asio::post(io_, [this, id] { on_written(id); });
  return following;
}

// Before what it shows is read: what another process changes between the two would be missed.
void Conversations::watch_document(const std::string& document) {
  if (documents_.contains(document)) return;
  auto watched = store_.follow_document(document, watch_, [this, document] { on_document(document); });
  if (watched) documents_.emplace(document, *std::move(watched));
}

void Conversations::did(const Thread& thread) {
  if (const auto entry = following_.find(thread.id); entry != following_.end()) entry->second.did(thread);
}

void Conversations::on_written(const std::string& conversation) {
  const auto found = following_.find(conversation);
  if (found == following_.end()) return;
  if (running_.write_to(conversation)) return found->second.catch_up_beside_reply();
  found->second.catch_up();
  look_after_writers();
}

void Conversations::on_document(const std::string& document) {
  adopt(document);
  tell_of_others(document);
}

// A writer that dies touches no file.
void Conversations::look_after_writers() {
  const auto is_written = [](const auto& entry) { return !entry.second.reply().empty(); };
  if (looking_ || std::none_of(following_.begin(), following_.end(), is_written)) return;
  looking_ = true;
  writers_.expires_after(writer_interval);
  writers_.async_wait([this](const asio::error_code& error) {
    looking_ = false;
    if (error) return;
    for (auto& [conversation, following] : following_)
      if (!following.reply().empty() && !running_.write_to(conversation)) following.catch_up();
    look_after_writers();
  });
}

// A file without a thread may have been given one by another process: then that is the one the editor
// follows.
void Conversations::adopt(const std::string& document) {
  const auto overtaken = threads_.overtaken(document);
  if (!overtaken || following_.erase(overtaken->proposed) == 0) return;
  events_.changed(overtaken->proposed, document);
  follow(overtaken->thread, document).catch_up();
  look_after_writers();
}

// A document may have been given another of its threads by another process: the editor gets that one when it
// has been told.
void Conversations::tell_of_others(const std::string& document) {
  const auto entry = shown_.find(document);
  if (entry == shown_.end()) return;
  const auto current = store_.current({.uri = document});
  const std::string now = current && *current ? (*current)->id : "";
  if (!current || now == entry->second) return;
  events_.changed(std::exchange(entry->second, now), document);
  if (now.empty()) shown_.erase(entry);
}

}  // namespace aside
