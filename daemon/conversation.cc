#include "daemon/conversation.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <iterator>

#include "daemon/figures.h"
#include "daemon/model.h"
#include "daemon/prompt.h"
#include "daemon/reply.h"
#include "daemon/shared_text.h"

namespace aside {

namespace {

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Why a question should not be sent without another word; the daemon is told to go on by `consent`.
Error needs_consent(const std::vector<std::string>& doubts) {
  std::string message;
  for (const std::string& doubt : doubts) message += (message.empty() ? "" : "; ") + doubt;
  Error error{
      ErrorCode::NeedsConsent, std::move(message), {.hint = "Send it all the same, or change the question."}};
  error.data.reasons = doubts;
  return error;
}

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

Error no_system_messages(const std::string& model) {
  return invalid(
      model +
          " can't go on here: it takes no system messages in mid-thread, and this conversation holds "
          "one, since its instructions have changed",
      "Choose another model, start a new conversation, or go back before that question.");
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
      running_(io, claude, store, events_),
      preferences_{.model = std::string(default_model)},
      timer_(io) {}

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
}

void Conversations::leave_editor(const std::function<void()>& detach) {
  following_.clear();
  shown_.clear();
  store_.disconnect();
  detach();
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
  running_.obey_stops();  // what was asked for in between is no news to a new connection
}

// ---- reading

// Replies that are marked as streaming get what is known of them: ours as far as they have come, those of
// other processes as far as the editor has been told (no further: the rest comes as deltas), and what a
// process left behind when it died.
void Conversations::settle(const std::string& conversation, std::vector<Turn>& turns) {
  const auto following = following_.find(conversation);
  for (Turn& turn : turns) {
    if (following != following_.end() && following->second.reply() == turn.id) {
      turn.status = Status::Streaming;
      turn.text = following->second.text();
      turn.thinking = following->second.thinking();
    } else if (turn.status != Status::Streaming) {
      continue;
    } else if (const Reply* reply = running_.find(turn.id)) {
      turn.text = reply->text();
      turn.thinking = reply->thinking();
    } else if (!store_.written(conversation)) {
      // Read again: its writer may have ended it just before giving up the lease.
      auto again = store_.turn(conversation, turn.id);
      if (again && *again && (*again)->status != Status::Streaming)
        turn = std::move(**again);
      else
        recover(turn);
    }
  }
}

void Conversations::recover(Turn& turn) {
  auto rows = store_.pieces(turn.id, 0);
  if (!rows) return;
  std::vector<Piece> pieces;
  for (auto& row : *rows) pieces.push_back(std::move(row.piece));
  Reply::recovered(pieces).fill(turn);
  turn.status = Status::Interrupted;
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
    auto fresh = store_.thread(thread.id);
    if (!fresh) return fresh.error();
    if (*fresh) thread = std::move(**fresh);
    auto way = store_.path(thread.id, thread.head, window);
    if (!way) return way.error();
    settle(thread.id, way->turns);
    mark_sent(way->turns, way->beginning - way->earlier);
    auto totals = store_.totals(thread.id);
    if (!totals) return totals.error();
    view.turns = std::move(way->turns);
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
  auto thread = threads_.find(subject);
  if (!thread) return thread.error();
  const std::string shown_by = subject.uri.empty() ? thread->uri : canonical(subject.uri);
  return view(std::move(*thread), shown_by, window);
}

Result<View> Conversations::open(const std::string& uri, const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  const Document document = thread->stored ? threads_.recognised(uri) : threads_.document(uri);
  if (thread->stored) {
    if (auto shown = store_.show(document, conversation); !shown) return shown.error();
  } else if (thread->uri != document.uri) {
    return invalid("params.conversation: nothing has been asked in " + conversation + " yet",
                   "Ask there first.");
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

Result<View> Conversations::configure(const std::string& conversation,
                                      const std::optional<std::string>& model,
                                      const std::optional<std::string>& effort,
                                      const std::optional<std::string>& title) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (const std::string to = model && model->empty() ? preferences_.model : model.value_or(""); !to.empty()) {
    const auto told = this->told(*thread, thread->head);
    if (!told) return told.error();
    if (told->in_messages && !takes_system_messages(to)) return no_system_messages(to);
  }
  thread = threads_.stored(std::move(*thread));
  if (!thread) return thread.error();
  auto configured = store_.configure(thread->id, model, effort, title);
  if (!configured) return configured.error();
  did(*configured);
  const std::string shown_by = configured->uri;
  return view(std::move(*configured), shown_by);
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
  auto forked = threads_.fork(uri, *from, reply.empty() ? from->head : reply, title);
  if (!forked) return forked.error();
  return view(std::move(*forked), canonical(uri));
}

Result<void> Conversations::remove(const std::string& conversation) {
  if (auto removed = store_.remove(conversation); !removed) return removed;
  following_.erase(conversation);
  return {};
}

Result<View> Conversations::path(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto turns = store_.path(thread->id, thread->head);
  if (!turns) return turns.error();
  for (Turn& turn : *turns)
    if (turn.status == Status::Streaming) recover(turn);
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
  for (auto& [conversation, following] : following_) {
    following.renamed(before, canonical(to));
    if (auto thread = store_.thread(conversation); thread && *thread) did(**thread);
  }
  return {};
}

// ---- asking

Result<std::vector<Turn>> Conversations::path_to(const Thread& thread, const std::string& reply) {
  if (!thread.stored) return std::vector<Turn>();
  auto turns = store_.path(thread.id, reply);
  if (!turns) return turns;
  if (turns->size() % 2 != 0)
    return invalid("params.parent: '" + reply + "' is no reply", "Take a reply that conversation/get gave.");
  settle(thread.id, *turns);
  mark_sent(*turns, beginning(*turns));
  return turns;
}

Prompt Conversations::prompt_for(const Thread& thread, const std::string& model,
                                 const std::string& effort) const {
  Prompt prompt;
  prompt.model = !model.empty() ? model : !thread.model.empty() ? thread.model : preferences_.model;
  prompt.effort = !effort.empty() ? effort : !thread.effort.empty() ? thread.effort : preferences_.effort;
  prompt.system = thread.system.empty() ? system_text : thread.system;
  return prompt;
}

Result<Conversations::Draft> Conversations::draft(Question question) {
  auto thread = threads_.shown(question.uri);
  if (!thread) return thread.error();
  auto path = path_to(*thread, question.parent.value_or(thread->head));
  if (!path) return path.error();

  Draft draft;
  std::vector<Attachment> attachments = std::move(question.attachments);
  if (question.current && preferences_.keep_current) {
    SharedText shared(*path);
    shared.take(attachments);
    auto updates = shared.updates([this](const std::string& uri) { return sharing_.present(uri); });
    // They are right after these turns only.
    if (!updates.empty()) draft.exchange.parent = path->empty() ? "" : path->back().id;
    std::move(updates.begin(), updates.end(), std::back_inserter(attachments));
  }
  draft.doubts = sharing_.doubts(attachments);
  draft.exchange.document = threads_.identified(question.uri);
  if (question.parent) draft.exchange.parent = question.parent;
  draft.exchange.question = Turn{.role = Role::User,
                                 .text = question.text,
                                 .attachments = std::move(attachments),
                                 .created = now_milliseconds()};
  Turn& asked = draft.exchange.question;
  asked.content = question_content(asked.text, asked.attachments);
  draft.prompt = prompt_for(*thread, question.model, question.effort);
  draft.exchange.thread = *std::move(thread);
  draft.exchange.title = question.title;
  if (auto instructed = instruct(draft.exchange, draft.prompt.model); !instructed) return instructed.error();
  if (draft.exchange.thread.system.empty()) draft.prompt.system = draft.exchange.system;
  draft.path = *std::move(path);
  draft.path.push_back(asked);
  draft.forecast =
      forecast(draft.prompt, draft.path, claude_.options(), claude_.server(), now_milliseconds());
  if (preferences_.confirm_above > 0 && draft.forecast.cost.value_or(0) > preferences_.confirm_above)
    draft.doubts.push_back("this question costs about " + dollars_text(*draft.forecast.cost) +
                           " before the reply, more than confirmAbove (" +
                           dollars_text(preferences_.confirm_above) + ")");
  return draft;
}

Result<std::string> Conversations::ask(Question question, Done done) {
  const bool consent = question.consent;
  auto draft = this->draft(std::move(question));
  if (!draft) return draft.error();
  if (!consent && !draft->doubts.empty()) return needs_consent(draft->doubts);
  return write(std::move(draft->exchange), std::move(draft->prompt), std::move(draft->path), std::move(done));
}

void Conversations::preview(Question question, std::function<void(Result<Preview>)> told) {
  auto draft = this->draft(std::move(question));
  if (!draft) return told(draft.error());
  Preview preview{draft->exchange.thread, draft->exchange.question};
  preview.before =
      static_cast<int>(std::count_if(draft->path.begin(), draft->path.end(), [](const Turn& turn) {
        return turn.role == Role::Assistant && turn.sent;
      }));
  preview.forecast = draft->forecast;
  preview.doubts = draft->doubts;
  preview.model = draft->prompt.model;
  Prompt prompt = draft->prompt;
  const PromptOptions options = claude_.options();
  preview.output_limit = output_limit(prompt.model, options);
  const Model* model = find_model(prompt.model);
  if (model && model->context_window > 0) preview.window = model->context_window;
  fill_messages(prompt, std::move(draft->path), claude_.server(), options);
  preview.request = body(prompt, options);
  auto counting = [](Claude& claude, Prompt prompt, Preview preview) -> asio::awaitable<Preview> {
    const auto count = co_await claude.count(prompt);
    preview.estimated = !count;
    if (count) preview.forecast = counted(preview.forecast, *count, prompt, claude.options());
    co_return preview;
  };
  auto counted = [told = std::move(told)](const std::exception_ptr& failure, Preview preview) {
    if (failure) return told(Error{ErrorCode::InternalError, "previewing a question: an unexpected failure"});
    told(std::move(preview));
  };
  asio::co_spawn(io_, counting(claude_, std::move(prompt), std::move(preview)), std::move(counted));
}

Result<std::string> Conversations::retry(const std::string& conversation, const std::string& turn,
                                         const std::string& model, const std::string& effort, Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  const std::string id = turn.empty() ? thread->head : turn;
  auto found = id.empty() ? Result<std::optional<Turn>>(std::nullopt) : store_.turn(thread->id, id);
  if (!found) return found.error();
  if (!*found)
    return invalid(id.empty() ? "params.turn: nothing has been asked in this thread"
                              : "params.turn: there is no turn " + id + " in this thread",
                   "Ask a question first, or take a turn that conversation/get gave.");
  NewExchange exchange;
  exchange.thread = std::move(*thread);
  exchange.question.id = (*found)->role == Role::User ? (*found)->id : (*found)->parent;
  exchange.question.compaction = (*found)->compaction;
  Prompt prompt = prompt_for(exchange.thread, model, effort);
  return write(std::move(exchange), std::move(prompt), {}, std::move(done));
}

Result<std::string> Conversations::resume(const std::string& conversation, Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto turns = store_.path(thread->id, thread->head);
  if (!turns) return turns.error();
  settle(thread->id, *turns);
  const Turn* last = turns->empty() ? nullptr : &turns->back();
  const bool running = last && last->status == Status::Streaming;  // then `begin` says who is at it
  const bool partial = last && (last->status == Status::Cut || last->status == Status::Cancelled ||
                                last->status == Status::Interrupted);
  if (!partial && !running)
    return invalid("the last reply is not partial: there is nothing to continue", "Ask a question.");
  if (partial && last->content.empty())
    return invalid("the last reply holds no text to continue from", "Retry its question.");
  const std::string text = continuation(last->text);
  NewExchange exchange;
  exchange.parent = last->id;
  exchange.question = Turn{
      .role = Role::User, .text = text, .content = question_content(text, {}), .created = now_milliseconds()};
  exchange.thread = std::move(*thread);
  Prompt prompt = prompt_for(exchange.thread, {}, {});
  return write(std::move(exchange), std::move(prompt), {}, std::move(done));
}

Result<std::string> Conversations::compact(const std::string& conversation, const std::string& wanted,
                                           Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto path = path_to(*thread, thread->head);
  if (!path) return path.error();
  if (std::none_of(path->begin(), path->end(),
                   [](const Turn& turn) { return turn.sent && !turn.compaction; }))
    return invalid("there is nothing to sum up: the thread sends nothing yet", "Ask a question first.");
  const std::string text = summary_request(wanted);
  NewExchange exchange;
  exchange.parent = thread->head;
  exchange.question = Turn{.role = Role::User,
                           .compaction = true,
                           .text = text,
                           .content = question_content(text, {}),
                           .created = now_milliseconds()};
  path->push_back(exchange.question);
  exchange.thread = std::move(*thread);
  Prompt prompt = prompt_for(exchange.thread, {}, {});
  return write(std::move(exchange), std::move(prompt), *std::move(path), std::move(done));
}

// `path`: root → the question, if it is known; it is read where it isn't, or no longer holds.
Result<std::string> Conversations::write(NewExchange exchange, Prompt prompt, std::vector<Turn> path,
                                         Done done) {
  if (exchange.system.empty()) {
    if (auto instructed = instruct(exchange, prompt.model); !instructed) return instructed.error();
  }
  exchange.reply = Turn{.role = Role::Assistant,
                        .compaction = exchange.question.compaction,
                        .status = Status::Streaming,
                        .server = claude_.server(),
                        .model = prompt.model,
                        .created = now_milliseconds()};
  Turn reply = exchange.reply;
  const std::string document = exchange.document.uri.empty() ? exchange.thread.uri : exchange.document.uri;
  const std::string proposed = exchange.thread.id;
  const bool was_stored = exchange.thread.stored;

  auto begun = store_.begin(std::move(exchange));
  if (!begun) return begun.error();
  if (begun->thread.id == proposed) {
    threads_.settled(document);
  } else {  // another process was first with this document: its thread is the one
    following_.erase(proposed);
    events_.changed(proposed, document);
    path.clear();
  }
  if (was_stored) did(begun->thread);
  follow(begun->thread, document).told(begun->thread);

  std::string id = begun->reply;
  auto filled = fill(std::move(prompt), *begun, std::move(path));
  running_.begin(std::move(*begun), std::move(reply), std::move(filled), std::move(done));
  keep_ticking();
  return id;
}

// ---- instructions

Result<Conversations::Told> Conversations::told(const Thread& thread, const std::string& leaf) {
  Told told{thread.instructions};
  if (!thread.stored || leaf.empty()) return told;
  auto turns = store_.instructed(thread.id, leaf);
  if (!turns) return turns.error();
  settle(thread.id, *turns);
  mark_sent(*turns, beginning(*turns));
  for (std::size_t i = 0; i < turns->size(); i += 2) {
    const Turn& question = (*turns)[i];
    const bool is_leaf = i + 1 == turns->size();  // about to be sent
    if (question.system.empty() || (!question.sent && !is_leaf)) continue;
    told.in_messages = true;
    told.instructions = told_instructions(question.system);
  }
  return told;
}

// They are part of the system text that a thread's first question brings; what has changed since goes with
// the next one, as a message of its own, so that nothing that was sent is sent differently.
Result<void> Conversations::instruct(NewExchange& exchange, const std::string& model) {
  const Thread& thread = exchange.thread;
  const auto files = instructions_.files(exchange.document.uri.empty() ? thread.uri : exchange.document.uri);
  if (!files) return files.error();
  const bool is_new = exchange.question.id.empty();
  const auto told = this->told(thread, is_new ? exchange.parent.value_or(thread.head) : exchange.question.id);
  if (!told) return told.error();
  const bool takes = takes_system_messages(model);
  if (told->in_messages && !takes) return no_system_messages(model);
  exchange.instructions = instruction_blocks(*files);
  exchange.system = with_instructions(system_text, exchange.instructions);
  const bool can_tell = is_new && takes && !thread.system.empty() && !exchange.question.compaction;
  if (can_tell && told->instructions != exchange.instructions)
    exchange.question.system = changed_instructions(told->instructions, exchange.instructions);
  return {};
}

Result<Guidance> Conversations::guidance(const Thread& thread, const std::string& document) {
  auto files = instructions_.files(document);
  if (!files) return files.error();
  const auto told = this->told(thread, thread.head);
  if (!told) return told.error();
  Guidance guidance{*std::move(files), {}, {}, {}};
  guidance.text = instruction_blocks(guidance.files);
  const bool changed = !thread.system.empty() && told->instructions != guidance.text;
  const std::string& model = thread.model.empty() ? preferences_.model : thread.model;
  const bool waits = changed && !takes_system_messages(model);
  guidance.names = instruction_names(waits ? told->instructions : guidance.text);
  if (waits) {
    guidance.notice = "The instructions have changed; that waits for the next conversation, since " + model +
                      " takes no system messages in mid-thread.";
  } else if (changed) {
    guidance.notice = "The instructions have changed; that goes with the next question.";
  }
  for (const InstructionFile& file : guidance.files)
    if (!file.problem.empty()) guidance.notice += (guidance.notice.empty() ? "" : " ") + file.problem;
  return guidance;
}

Result<Guidance> Conversations::guidance(const std::string& uri) {
  const auto thread = threads_.shown(uri);
  if (!thread) return thread.error();
  return guidance(*thread, canonical(uri));
}

Result<Prompt> Conversations::fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path) {
  const std::string parent = path.size() < 2 ? "" : path[path.size() - 2].id;
  if (path.empty() || parent != exchange.parent) {
    auto turns = store_.path(exchange.thread.id, exchange.question);
    if (!turns) return turns.error();
    path = *std::move(turns);
  }
  // With the lease in hand, what a process left unfinished when it died gets its final form.
  for (Turn& turn : path) {
    if (turn.status != Status::Streaming) continue;
    recover(turn);
    if (auto finished = store_.finish(turn); !finished) spdlog::warn("{}", finished.error().message);
  }
  prompt.system = exchange.thread.system;
  fill_messages(prompt, std::move(path), claude_.server(), claude_.options());
  return prompt;
}

Result<void> Conversations::stop(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (running_.write_to(thread->id)) {
    running_.cancel(thread->head);
    return {};
  }
  if (!thread->stored || thread->head.empty() || !store_.written(thread->id)) return {};
  return store_.request_stop(thread->head);
}

// ---- following

Following& Conversations::follow(const Thread& thread, const std::string& document) {
  Following& following = following_.try_emplace(thread.id, store_, events_, thread).first->second;
  following.shown_by(document);
  if (thread.stored) shown_[document] = thread.id;
  keep_ticking();
  return following;
}

void Conversations::did(const Thread& thread) {
  if (const auto entry = following_.find(thread.id); entry != following_.end()) entry->second.did(thread);
}

void Conversations::keep_ticking() {
  if (ticking_ || (running_.empty() && following_.empty())) return;
  ticking_ = true;
  timer_.expires_after(tick);
  timer_.async_wait([this](const asio::error_code& error) {
    ticking_ = false;
    if (error) return;
    on_tick();
    keep_ticking();
  });
}

void Conversations::on_tick() {
  ++ticks_;
  running_.store_pieces(tick / 2);
  const bool idle =
      running_.empty() && std::all_of(following_.begin(), following_.end(),
                                      [](const auto& entry) { return entry.second.reply().empty(); });
  if (idle && ticks_ % 2 != 0) return;
  const bool changed = store_.changed();
  if (changed) {
    adopt();
    tell_of_others();
    running_.obey_stops();
  }
  for (auto& [conversation, following] : following_) {
    // A writer that dies changes nothing in the store: what it was writing is looked at each time.
    const bool news = changed || !following.reply().empty();
    if (news && !running_.write_to(conversation)) following.catch_up();
  }
}

// A file without a thread may have been given one by another process: then that is the one the editor
// follows.
void Conversations::adopt() {
  const auto followed = [this](const std::string& id) { return following_.count(id) != 0; };
  for (const auto& [document, proposed, thread] : threads_.overtaken(followed)) {
    following_.erase(proposed);
    events_.changed(proposed, document);
    follow(thread, document).catch_up();
  }
}

// A document may have been given another of its threads by another process: the editor gets that one when it
// has been told.
void Conversations::tell_of_others() {
  for (auto entry = shown_.begin(); entry != shown_.end();) {
    auto& [document, conversation] = *entry;
    const auto current = store_.current({.uri = document});
    const std::string now = current && *current ? (*current)->id : "";
    if (!current || now == conversation) {
      ++entry;
      continue;
    }
    events_.changed(std::exchange(conversation, now), document);
    entry = now.empty() ? shown_.erase(entry) : std::next(entry);
  }
}

}  // namespace aside
