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

std::int64_t now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

// An exchange whose reply can't be answered for goes out together with its question (see design, "What a
// thread sends").
void mark_sent(std::vector<Turn>& turns) {
  for (std::size_t i = 0; i + 1 < turns.size(); i += 2) {
    Turn& reply = turns[i + 1];
    const bool refused = reply.status == Status::Failed || reply.status == Status::Refused;
    const bool answers = reply.status == Status::Streaming || (!refused && !reply.content.empty());
    turns[i].sent = reply.sent = answers;
  }
}

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Texts of one kind that follow each other are stored as one piece: a row for each delta would hold the loop
// up.
void keep(std::vector<Piece>& unstored, Piece piece) {
  const bool is_text = piece.kind == Piece::Kind::Text || piece.kind == Piece::Kind::Thinking;
  if (is_text && !unstored.empty() && unstored.back().kind == piece.kind) {
    unstored.back().text += piece.text;
  } else {
    unstored.push_back(std::move(piece));
  }
}

void fill(Turn& turn, const Reply& reply) {
  turn.text = reply.text();
  turn.thinking = reply.thinking();
  turn.blocks = reply.blocks();
  turn.content = reply.content();
}

}  // namespace

struct Conversations::Writing {
  std::string conversation;
  Turn turn;  // the reply; text and blocks only once it has ended
  Reply reply;
  std::vector<Piece> unstored;
  std::vector<std::string> path;  // replies whose thinking the request carries
  std::optional<LockFile::Lock> lease;
  asio::cancellation_signal cancel;
  bool ended = false;
  Done done;
};

Conversations::Conversations(asio::io_context& io, Claude& claude, Store& store)
    : io_(io), claude_(claude), store_(store), threads_(store), model_(default_model), timer_(io) {}

Conversations::~Conversations() = default;

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

// ---- reading

// Replies that are marked as streaming get what is known of them: ours as far as they have come, those of
// other processes as far as the editor has been told (no further: the rest comes as deltas), and what a
// process left behind when it died.
void Conversations::settle(const std::string& conversation, std::vector<Turn>& turns) {
  const auto writing = writing_.find(conversation);
  const auto following = following_.find(conversation);
  for (Turn& turn : turns) {
    if (following != following_.end() && following->second.reply() == turn.id) {
      turn.status = Status::Streaming;
      turn.text = following->second.text();
      turn.thinking = following->second.thinking();
    } else if (turn.status != Status::Streaming) {
      continue;
    } else if (writing != writing_.end() && writing->second->turn.id == turn.id) {
      turn.text = writing->second->reply.text();
      turn.thinking = writing->second->reply.thinking();
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
  fill(turn, Reply::recovered(pieces));
  turn.status = Status::Interrupted;
}

Result<View> Conversations::view(Thread thread, const std::string& shown_by) {
  const bool joins = following_.count(thread.id) == 0;
  Following& following = follow(thread, shown_by);
  View view;
  view.uri = threads_.uri_for_editor(shown_by);
  if (thread.stored) {
    if (joins)
      following.join();
    else if (writing_.count(thread.id) == 0)
      following.catch_up();
    auto fresh = store_.thread(thread.id);
    if (!fresh) return fresh.error();
    if (*fresh) thread = std::move(**fresh);
    auto turns = store_.path(thread.id, thread.head);
    if (!turns) return turns.error();
    settle(thread.id, *turns);
    mark_sent(*turns);
    auto totals = store_.totals(thread.id);
    if (!totals) return totals.error();
    view.turns = std::move(*turns);
    view.totals = *totals;
    following.told(thread);
  }
  if (thread.model.empty()) thread.model = model_;
  if (thread.effort.empty()) thread.effort = effort_;
  view.thread = std::move(thread);
  return view;
}

Result<View> Conversations::get(const Subject& subject) {
  auto thread = threads_.find(subject);
  if (!thread) return thread.error();
  const std::string shown_by = subject.uri.empty() ? thread->uri : canonical(subject.uri);
  return view(std::move(*thread), shown_by);
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
                           .created = now()};
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
  exchange.question =
      Turn{.role = Role::User, .text = text, .content = question_content(text, {}), .created = now()};
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
                        .created = now()};
  auto writing = std::make_shared<Writing>();
  writing->turn = exchange.reply;
  writing->done = std::move(done);
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
  writing->conversation = begun->thread.id;
  writing->turn.id = begun->reply;
  writing->turn.parent = begun->question;
  writing->lease = std::move(begun->lease);
  writing_[writing->conversation] = writing;
  if (was_stored) did(begun->thread);
  follow(begun->thread, document).told(begun->thread);

  auto turns = store_.path(begun->thread.id, begun->question);
  if (!turns) {
    end(*writing, Status::Failed, turns.error());
    return writing->turn.id;
  }
  // With the lease in hand, what a process left unfinished when it died gets its final form.
  for (Turn& turn : *turns) {
    if (turn.status != Status::Streaming) continue;
    recover(turn);
    if (auto finished = store_.finish(turn); !finished) spdlog::warn("{}", finished.error().message);
  }
  prompt.system = begun->thread.system;
  fill_messages(prompt, *turns, *writing);
  auto answering = answer(writing, std::move(prompt));
  auto answered = [this, writing](const std::exception_ptr& failure) {
    if (failure)
      end(*writing, Status::Failed, Error{ErrorCode::InternalError, "asking Claude: an unexpected failure"});
  };
  asio::co_spawn(io_, std::move(answering),
                 asio::bind_cancellation_slot(writing->cancel.slot(), std::move(answered)));
  keep_ticking();
  return writing->turn.id;
}

// The path root → question. Thinking is left out where the server would refuse it: made elsewhere, or refused
// before.
void Conversations::fill_messages(Prompt& prompt, std::vector<Turn>& turns, Writing& writing) const {
  mark_sent(turns);
  for (std::size_t i = 0; i + 1 < turns.size(); i += 2) {
    const Turn& reply = turns[i + 1];
    if (!reply.sent) continue;
    const bool bare = reply.bare || reply.server != claude_.server();
    if (!bare && has_thinking(reply.content)) writing.path.push_back(reply.id);
    prompt.messages.push_back({Role::User, turns[i].content});
    prompt.messages.push_back({Role::Assistant, bare ? without_thinking(reply.content) : reply.content});
  }
  prompt.messages.push_back({Role::User, turns.back().content});
}

asio::awaitable<void> Conversations::answer(std::shared_ptr<Writing> writing, Prompt prompt) {
  ReplyEvents events;
  events.state = [this, writing](std::string_view name, const std::optional<Retry>& retry) {
    state(*writing, name, retry);
  };
  events.pieces = [this, writing](std::vector<Piece> pieces) { took(*writing, std::move(pieces)); };
  auto outcome = co_await claude_.ask(prompt, writing->reply, std::move(events));
  if (writing->ended) co_return;
  if (outcome && outcome->without_thinking) {
    if (auto recorded = store_.bare(writing->path); !recorded) spdlog::warn("{}", recorded.error().message);
  }
  const Reply& reply = writing->reply;
  if (!outcome) {
    const bool came = reply.shown() || !reply.content().empty();
    end(*writing, came ? Status::Interrupted : Status::Failed, outcome.error());
  } else if (reply.stop_reason() == "refusal") {
    end(*writing, Status::Refused,
        Error{ErrorCode::Upstream,
              reply.refusal(),
              {.hint = "Ask differently, or choose another model and retry."}});
  } else {
    const bool cut =
        reply.stop_reason() == "max_tokens" || reply.stop_reason() == "model_context_window_exceeded";
    end(*writing, cut ? Status::Cut : Status::Complete, std::nullopt);
  }
}

void Conversations::took(Writing& writing, std::vector<Piece> pieces) {
  if (writing.ended) return;
  for (Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::Text || piece.kind == Piece::Kind::Thinking)
      events_.delta(writing.conversation, writing.turn.id, piece.kind, piece.text);
    keep(writing.unstored, std::move(piece));
  }
}

void Conversations::state(Writing& writing, std::string_view state, const std::optional<Retry>& retry) {
  if (writing.ended) return;
  events_.status(writing.conversation, writing.turn.id, state, retry);
  writing.unstored.push_back(state_piece(state, retry));
}

// The one place where a reply ends, however it came to that. From here on the thread is free.
void Conversations::end(Writing& writing, Status status, std::optional<Error> error) {
  if (writing.ended) return;
  writing.ended = true;
  const Reply& reply = writing.reply;
  Turn& turn = writing.turn;
  fill(turn, reply);
  turn.status = status;
  turn.error = std::move(error);
  turn.stop_reason = reply.stop_reason();
  turn.usage = reply.usage();
  if (!reply.model().empty()) turn.model = reply.model();
  if (turn.usage) turn.cost = cost(turn.model, *turn.usage);
  auto stored = store_.finish(turn);
  writing.lease.reset();
  const auto self = writing_.extract(writing.conversation);  // keeps it alive to the end of this function
  events_.status(writing.conversation, turn.id, "ended", std::nullopt);

  auto located = [&writing](Error failure) {
    failure.data.conversation = writing.conversation;
    failure.data.turn = writing.turn.id;
    return failure;
  };
  const Done done = std::move(writing.done);
  if (!stored) {
    spdlog::error("storing a reply: {}", stored.error().message);
    done(located(stored.error()));
  } else if (status == Status::Failed && turn.error) {
    spdlog::warn("a question failed: {} {}", turn.error->message, turn.error->data.request_id);
    done(located(*turn.error));
  } else {
    turn.sent = status != Status::Refused && !turn.content.empty();
    done(Answer{writing.conversation, turn});
  }
}

Result<void> Conversations::stop(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (const auto writing = writing_.find(thread->id); writing != writing_.end()) {
    cancel(writing->second->turn.id);
    return {};
  }
  if (!thread->stored || thread->head.empty() || !store_.written(thread->id)) return {};
  return store_.request_stop(thread->head);
}

void Conversations::cancel(const std::string& reply) {
  for (const auto& [conversation, entry] : writing_) {
    if (entry->turn.id != reply) continue;
    const auto writing = entry;
    end(*writing, Status::Cancelled, std::nullopt);
    writing->cancel.emit(asio::cancellation_type::terminal);
    return;
  }
}

void Conversations::interrupt() {
  while (!writing_.empty()) {
    const auto writing = writing_.begin()->second;
    end(*writing, Status::Interrupted, std::nullopt);
    writing->cancel.emit(asio::cancellation_type::terminal);
  }
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
  if (ticking_ || (writing_.empty() && following_.empty())) return;
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
  store_pieces();
  const bool idle =
      writing_.empty() && std::all_of(following_.begin(), following_.end(),
                                      [](const auto& entry) { return entry.second.reply().empty(); });
  if (idle && ticks_ % 2 != 0) return;
  const bool changed = store_.changed();
  if (changed) {
    adopt();
    std::vector<std::string> unwanted;
    for (const auto& [conversation, writing] : writing_) {
      auto requested = store_.stop_requested(writing->turn.id);
      if (requested && *requested) unwanted.push_back(writing->turn.id);
    }
    for (const std::string& reply : unwanted) cancel(reply);
  }
  for (auto& [conversation, following] : following_) {
    // A writer that dies changes nothing in the store: what it was writing is looked at each time.
    const bool news = changed || !following.reply().empty();
    if (news && writing_.count(conversation) == 0) following.catch_up();
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

void Conversations::store_pieces() {
  const auto time = std::chrono::steady_clock::now();
  const auto followed = [this] {
    return std::any_of(writing_.begin(), writing_.end(),
                       [this](const auto& entry) { return store_.followed(entry.first); });
  };
  if (time - stored_ < store_interval - tick / 2 && !followed()) return;
  stored_ = time;
  std::vector<Store::Grown> grown;
  for (const auto& [conversation, writing] : writing_) {
    if (writing->unstored.empty()) continue;
    grown.push_back({writing->turn.id, writing->unstored});
  }
  if (grown.empty()) return;
  if (auto appended = store_.append(grown); !appended) {
    spdlog::warn("storing what has come so far: {}", appended.error().message);
    return;  // kept, and tried again with the next
  }
  for (const auto& [conversation, writing] : writing_) writing->unstored.clear();
}

}  // namespace aside
