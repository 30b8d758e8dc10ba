#include "daemon/conversation.h"

#include <spdlog/spdlog.h>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "daemon/model.h"
#include "daemon/prompt.h"
#include "daemon/reply.h"

namespace aside {

namespace {

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

}  // namespace

Conversations::Conversations(asio::io_context& io, Claude& claude, Store& store)
    : io_(io),
      claude_(claude),
      store_(store),
      threads_(store),
      running_(io, claude, store, events_),
      model_(default_model),
      timer_(io) {}

void Conversations::start(ConversationEvents events) {
  events_ = std::move(events);
  events_.changed = [this, changed = std::move(events_.changed)](const std::string& conversation,
                                                                 const std::string& uri) {
    changed(conversation, threads_.uri_for_editor(uri));
  };
}

void Conversations::use(std::string model, std::string effort, ClaudeOptions claude) {
  model_ = std::move(model);
  effort_ = std::move(effort);
  claude_.use(std::move(claude));
}

void Conversations::open_store(const std::string& owner) {
  store_.introduce(owner);
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
}

void Conversations::leave_editor(const std::function<void()>& detach) {
  following_.clear();
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
    mark_sent(way->turns);
    auto totals = store_.totals(thread.id);
    if (!totals) return totals.error();
    view.turns = std::move(way->turns);
    view.earlier = way->earlier;
    view.totals = *totals;
    following.told(thread);
  }
  if (thread.model.empty()) thread.model = model_;
  if (thread.effort.empty()) thread.effort = effort_;
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
  const Document document = threads_.document(uri);
  if (thread->stored) {
    if (auto shown = store_.show(document, conversation); !shown) return shown.error();
  } else if (thread->uri != document.uri) {
    return invalid("params.conversation: nothing has been asked in " + conversation + " yet",
                   "Ask there first.");
  }
  return view(std::move(*thread), document.uri);
}

Result<View> Conversations::select(const std::string& conversation, const std::string& reply) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (!thread->stored && reply.empty()) return view(std::move(*thread), thread->uri);
  auto selected = store_.select(thread->id, reply);
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
  mark_sent(*turns);
  const std::string uri = threads_.uri_for_editor(thread->uri);
  return View{std::move(*thread), uri, std::move(*turns), {}, 0};
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
  if (!filter.folder.empty()) filter.folder = canonical(filter.folder);
  auto page = store_.list(filter);
  if (!page) return page;
  for (Summary& row : page->rows) row.thread.uri = threads_.uri_for_editor(row.thread.uri);
  return page;
}

Result<std::vector<Hit>> Conversations::search(SearchFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  if (!filter.folder.empty()) filter.folder = canonical(filter.folder);
  auto hits = store_.search(filter);
  if (!hits) return hits;
  for (Hit& hit : *hits) hit.uri = threads_.uri_for_editor(hit.uri);
  return hits;
}

void Conversations::prepare(const std::string& uri) {
  if (auto thread = threads_.shown(uri); !thread) spdlog::warn("preparing: {}", thread.error().message);
  const auto time = std::chrono::steady_clock::now();
  if (warmed_.time_since_epoch().count() != 0 && time - warmed_ < warm_for) return;
  warmed_ = time;
  asio::co_spawn(io_, claude_.warm_up(), asio::detached);
}

void Conversations::saved(const std::string& uri) {
  const Document document = threads_.identified(uri);
  if (document.path.empty()) return;
  if (auto identified = store_.identify(document); !identified)
    spdlog::warn("{}", identified.error().message);
}

void Conversations::closed(const std::string& uri) {
  const std::string name = canonical(uri);
  for (auto entry = following_.begin(); entry != following_.end();) {
    entry = entry->second.closed(name) ? following_.erase(entry) : std::next(entry);
  }
}

Result<void> Conversations::renamed(const std::string& from, const std::string& to) {
  if (auto renamed = threads_.renamed(from, to); !renamed) return renamed.error();
  for (auto& [conversation, following] : following_) {
    following.renamed(canonical(from), canonical(to));
    if (auto thread = store_.thread(conversation); thread && *thread) did(**thread);
  }
  return {};
}

// ---- asking

Result<std::string> Conversations::ask(const Question& question, Done done) {
  auto thread = threads_.shown(question.uri);
  if (!thread) return thread.error();
  NewExchange exchange;
  exchange.document = threads_.identified(question.uri);
  exchange.parent = question.parent;
  exchange.question = Turn{.role = Role::User,
                           .text = question.text,
                           .attachments = question.attachments,
                           .content = question_content(question.text, question.attachments),
                           .created = now_milliseconds()};
  exchange.thread = std::move(*thread);
  return write(std::move(exchange), question.model, question.effort, std::move(done));
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
  return write(std::move(exchange), model, effort, std::move(done));
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
  return write(std::move(exchange), {}, {}, std::move(done));
}

Result<std::string> Conversations::write(NewExchange exchange, const std::string& model,
                                         const std::string& effort, Done done) {
  const std::string& thread_model = exchange.thread.model;
  const std::string& thread_effort = exchange.thread.effort;
  Prompt prompt;
  prompt.model = !model.empty() ? model : !thread_model.empty() ? thread_model : model_;
  prompt.effort = !effort.empty() ? effort : !thread_effort.empty() ? thread_effort : effort_;
  exchange.system = system_text;
  exchange.reply = Turn{.role = Role::Assistant,
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
  }
  if (was_stored) did(begun->thread);
  follow(begun->thread, document).told(begun->thread);

  std::string id = begun->reply;
  auto filled = fill(std::move(prompt), *begun);
  running_.begin(std::move(*begun), std::move(reply), std::move(filled), std::move(done));
  keep_ticking();
  return id;
}

Result<Prompt> Conversations::fill(Prompt prompt, const Exchange& exchange) {
  auto turns = store_.path(exchange.thread.id, exchange.question);
  if (!turns) return turns.error();
  // With the lease in hand, what a process left unfinished when it died gets its final form.
  for (Turn& turn : *turns) {
    if (turn.status != Status::Streaming) continue;
    recover(turn);
    if (auto finished = store_.finish(turn); !finished) spdlog::warn("{}", finished.error().message);
  }
  prompt.system = exchange.thread.system;
  fill_messages(prompt, std::move(*turns), claude_.server());
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

}  // namespace aside
