#include "daemon/conversation/running_replies.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <exception>
#include <new>
#include <utility>

#include "daemon/api/model.h"
#include "daemon/conversation/following.h"
#include "daemon/conversation/forecast.h"
#include "daemon/text/utf8.h"

namespace aside {
namespace {

// Adds a piece. Successive texts of one kind become one piece: storing a row for each delta would block the loop.
void keep(std::vector<Piece>& unstored, Piece piece) {
  const bool is_text = piece.kind == Piece::Kind::Text || piece.kind == Piece::Kind::Thinking;
  if (is_text && !unstored.empty() && unstored.back().kind == piece.kind) {
    unstored.back().text += piece.text;
  } else {
    unstored.push_back(std::move(piece));
  }
}

Error too_large_for_memory() {
  return {ErrorCode::Upstream,
          "keeping the reply: there is not enough memory for it",
          {.hint = "Close other programs, or ask for less at a time."}};
}

Error unexpected(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    return too_large_for_memory();
  } catch (const std::exception& exception) {
    return {ErrorCode::InternalError,
            std::string("asking Claude: an unexpected failure: ") + exception.what(),
            {.hint = "See asided.log in the state folder."}};
  }
}

// Frees memory: first the blocks, which contain the text a second time, then half of the text. Returns false if
// nothing is left to free.
bool shorten(Turn& turn) {
  if (!turn.blocks.empty()) {
    turn.blocks = turn.content = turn.thinking = std::string();
    return true;
  }
  if (turn.text.empty()) return false;
  std::size_t half = turn.text.size() / 2;
  while (half > 0 && utf8::continues(turn.text[half])) --half;
  turn.text.resize(half);
  turn.text.shrink_to_fit();
  return true;
}

}  // namespace

struct RunningReplies::Running {
  std::string conversation;
  Turn turn;  // has text and blocks only when the reply has ended
  Reply reply;
  std::vector<Piece> unstored;
  std::vector<std::string> thinking;  // turns whose thinking the request carries
  std::optional<LockFile::Lock> lease;
  std::optional<Subscription> stops;
  asio::cancellation_signal cancel;
  bool ended = false;
  Done done;
};

RunningReplies::RunningReplies(asio::io_context& io, Claude& claude, Store& store, Watch& watch,
                               const ConversationEvents& events)
    : io_(io), claude_(claude), store_(store), watch_(watch), events_(events), retry_(io), soon_(io) {}

void RunningReplies::begin(Exchange exchange, Turn reply, Result<Prompt> prompt, Done done) {
  auto running = std::make_shared<Running>();
  running->conversation = exchange.conversation.id;
  running->turn = std::move(reply);
  running->turn.id = exchange.reply;
  running->turn.parent = exchange.question;
  running->lease = std::move(exchange.lease);
  running->done = std::move(done);
  running_[running->turn.id] = running;
  ended_.reserve(running_.size());  // so that ending a reply needs no memory
  if (!prompt) return end(running, Status::Failed, prompt.error());

  running->thinking = prompt->thinking;
  auto answering = answer(running, std::move(*prompt));
  auto answered = [this, running](const std::exception_ptr& failure) {
    if (failure) end(running, Status::Interrupted, unexpected(failure));
  };
  asio::co_spawn(io_, std::move(answering),
                 asio::bind_cancellation_slot(running->cancel.slot(), std::move(answered)));
  asio::post(io_, [this, running] {  // after the request has been sent
    if (running->lease) watch_stops(*running);
  });
}

bool RunningReplies::write_to(const std::string& conversation) const {
  return std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
    const Running& running = *entry.second;
    return running.conversation == conversation && !running.turn.side;
  });
}

const Reply* RunningReplies::find(const std::string& reply) const {
  const auto found = running_.find(reply);
  return found == running_.end() ? nullptr : &found->second->reply;
}

asio::awaitable<void> RunningReplies::answer(std::shared_ptr<Running> running, Prompt prompt) {
  ReplyEvents events;
  events.state = [this, running](std::string_view name, const std::optional<Retry>& retry) {
    state(*running, name, retry);
  };
  events.pieces = [this, running](std::vector<Piece> pieces) { add_pieces(*running, std::move(pieces)); };
  auto outcome = co_await claude_.ask(prompt, running->reply, std::move(events));
  if (running->ended) co_return;
  if (outcome && outcome->without_thinking) {
    if (auto recorded = store_.omit_thinking(running->thinking); !recorded)
      spdlog::warn("{}", recorded.error().message);
  }
  const Reply& reply = running->reply;
  if (!reply.cache_miss().empty())
    spdlog::info("{}: the prompt cache was missed: {}", running->turn.id, reply.cache_miss());
  if (!outcome) {
    end(running, Status::Interrupted, outcome.error());
  } else if (reply.stop_reason() == "refusal") {
    end(running, Status::Refused,
        Error{ErrorCode::Upstream,
              reply.refusal(),
              {.hint = "Ask differently, or choose another model and retry.", .offer = "model"}});
  } else {
    const bool cut =
        reply.stop_reason() == "max_tokens" || reply.stop_reason() == "model_context_window_exceeded";
    if (running->turn.compaction && !cut && reply.content().empty()) {
      end(running, Status::Failed,
          Error{ErrorCode::Upstream,
                "the summary came back empty, so the conversation goes on as it was",
                {.hint = "Sum it up again, or choose another model.", .offer = "model"}});
    } else {
      end(running, cut ? Status::Cut : Status::Complete, std::nullopt);
    }
  }
}

void RunningReplies::add_pieces(Running& running, std::vector<Piece> pieces) {
  if (running.ended) return;
  const bool first = running.unstored.empty();
  for (Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::Text || piece.kind == Piece::Kind::Thinking)
      events_.delta(running.conversation, running.turn.id, piece.kind, piece.text);
    keep(running.unstored, std::move(piece));
  }
  if (first) store_soon(running);
}

void RunningReplies::state(Running& running, std::string_view state, const std::optional<Retry>& retry) {
  if (running.ended) return;
  events_.status(running.conversation, running.turn.id, state, retry);
  const bool first = running.unstored.empty();
  running.unstored.push_back(state_piece(state, retry));
  if (first) store_soon(running);
}

// Every reply ends here, for any reason.
void RunningReplies::end(const std::shared_ptr<Running>& running, Status status, std::optional<Error> error) {
  if (running->ended) return;
  Reply& reply = running->reply;
  Turn& turn = running->turn;
  const bool came = reply.shown() || !reply.content().empty();
  if (status == Status::Interrupted && error && !came) status = Status::Failed;
  turn.stop_reason = reply.stop_reason();
  turn.usage = reply.usage();
  if (!reply.model().empty()) turn.model = reply.model();
  if (turn.usage) turn.cost = claude_.models().cost(turn.model, *turn.usage);
  try {
    reply.release();
    reply.fill(turn);
    add_pieces(*running, reply.take_pieces());
    if (turn.compaction && !is_compaction(turn.content)) turn.content = summary_content(turn.text);
  } catch (const std::bad_alloc&) {
    // Keeps as much of the text as there is memory for.
    running->reply = Reply();
    shorten(turn);
    status = Status::Interrupted;
    error = too_large_for_memory();
  }
  turn.status = status;
  turn.error = std::move(error);
  turn = estimated(std::move(turn), claude_.models());
  running->ended = true;
  ended_.push_back(running);
  if (std::exchange(posted_, true)) return;
  asio::post(io_, [this] {
    posted_ = false;
    store_ended(Store::briefly);
  });
}

// Tries to store the replies that have ended. A reply that is stored, or that can never be stored, is finished: a new
// question can then be asked in its conversation. The other replies stay in memory until the next attempt.
void RunningReplies::store_ended(std::chrono::milliseconds wait, bool last) {
  retry_.cancel();
  const auto ended = std::exchange(ended_, {});
  if (ended.empty()) return;
  std::vector<const Turn*> turns;
  for (const auto& running : ended) turns.push_back(&running->turn);
  bool out_of_memory = false;  // whether the last attempt had too little memory
  const auto finish = [&](const std::vector<const Turn*>& some, std::chrono::milliseconds patience) {
    try {
      auto finished = store_.finish(some, patience);
      out_of_memory = !finished && store_.out_of_memory();
      return finished;
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
      return Result<void>(Error{ErrorCode::Storage, "keeping the reply: there is not enough memory"});
    }
  };
  const auto at_once = [&](const Turn& turn) { return finish({&turn}, std::chrono::milliseconds(0)); };
  std::vector<Result<void>> stored(ended.size(), finish(turns, wait));
  // If one reply can't be stored, the others are still stored, each in its own transaction.
  if (!stored.front() && turns.size() > 1) {
    for (std::size_t i = 0; i < turns.size(); ++i) stored[i] = at_once(*turns[i]);
  }
  for (std::size_t i = 0; i < ended.size() && failed_ >= warned_at; ++i) {
    Turn& turn = ended[i]->turn;
    while (!stored[i] && out_of_memory && shorten(turn)) {
      turn.status = Status::Interrupted;
      turn.error = too_large_for_memory();
      stored[i] = at_once(turn);
    }
  }

  std::optional<Error> waits_for;
  std::vector<std::size_t> finished;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    if (!last && !stored[i] && stored[i].error().code == ErrorCode::Storage) {
      waits_for = stored[i].error();
      ended_.push_back(ended[i]);
      continue;
    }
    finished.push_back(i);
    ended[i]->stops.reset();
    ended[i]->lease.reset();
    running_.erase(ended[i]->turn.id);
  }
  if (!waits_for && std::exchange(failed_, 0) > 0) spdlog::info("the store takes replies again");
  for (const std::size_t i : finished) {
    send_end(*ended[i], stored[i]);
    store_.wake_followers(ended[i]->conversation);
  }
  if (waits_for) hold_ended(*waits_for);
  if (running_.empty() && none_) asio::post(io_, std::exchange(none_, nullptr));
}

void RunningReplies::hold_ended(const Error& why) {
  ++failed_;
  auto pause = first_pause;
  for (int i = 1; i < failed_ && pause < longest_pause; ++i) pause = std::min(2 * pause, longest_pause);
  keep_pieces(true);  // a full disk may still have room for these
  if (failed_ == 1) spdlog::warn("a reply is held until it can be stored: {}", why.message);
  for (const auto& running : ended_) {
    const Retry retry{failed_, 0, std::chrono::duration<double>(pause).count(), why.message};
    events_.status(running->conversation, running->turn.id, "storing", retry);
  }
  if (failed_ == warned_at && events_.warn)
    events_.warn("a reply has arrived and can't be stored yet. " + why.message +
                 ". It is kept in memory, and will be stored as soon as possible. " + why.data.hint);
  retry_.expires_after(pause);
  retry_.async_wait([this](const asio::error_code& error) {
    if (!error) store_ended(Store::briefly);
  });
}

void RunningReplies::send_end(Running& running, const Result<void>& stored) {
  Turn& turn = running.turn;
  events_.status(running.conversation, turn.id, "ended", std::nullopt);
  std::optional<Error> failure;
  if (!stored) {
    const Usage usage = turn.usage.value_or(Usage{});
    spdlog::error(
        "{} of {} could not be stored and is lost, except for the part that was stored before: {}; it used {} "
        "tokens in, {} out",
        turn.id, running.conversation, stored.error().message, usage.prompt(), usage.output);
    if (stored.error().code != ErrorCode::Storage) failure = stored.error();
  }
  if (turn.status == Status::Failed && turn.error) {
    failure = turn.error;
    spdlog::warn("a question failed: {} {}", failure->message, failure->data.request_id);
  }
  const Done done = std::move(running.done);
  if (failure) {
    failure->data.conversation = running.conversation;
    failure->data.turn = turn.id;
    done(*failure);
  } else {
    turn.sent = turn.status != Status::Refused && !turn.content.empty();
    done(Answer{running.conversation, std::move(turn)});
  }
}

void RunningReplies::when_none(std::function<void()> none) {
  if (running_.empty()) return asio::post(io_, std::move(none));
  none_ = std::move(none);
}

void RunningReplies::cancel(const std::string& reply) {
  const auto found = running_.find(reply);
  if (found == running_.end()) return;
  stop(found->second, Status::Cancelled);
  store_ended(Store::briefly);
}

void RunningReplies::interrupt() {
  for (const auto& [id, running] : running_) stop(running, Status::Interrupted);
  store_ended(Store::patience);
}

void RunningReplies::give_up() {
  for (const auto& [id, running] : running_) stop(running, Status::Interrupted);
  store_ended(Store::patience, true);
}

void RunningReplies::out_of_memory() {
  for (const auto& [id, running] : running_) stop(running, Status::Interrupted, too_large_for_memory());
}

void RunningReplies::stop(const std::shared_ptr<Running>& running, Status status, std::optional<Error> why) {
  if (running->ended) return;
  end(running, status, std::move(why));
  running->cancel.emit(asio::cancellation_type::terminal);
}

// Sets the time at which all new pieces are stored.
void RunningReplies::store_soon(const Running& running) {
  const auto time = std::chrono::steady_clock::now();
  const auto due = store_.followed(running.conversation) ? std::max(time, stored_ + followed_interval)
                                                         : time + store_interval;
  if (armed_ && due >= soon_.expiry()) return;
  armed_ = true;
  soon_.expires_at(due);
  soon_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    armed_ = false;
    stored_ = std::chrono::steady_clock::now();
    keep_pieces(false);
  });
}

// Stores new pieces. Pieces that the store refuses are kept, and are tried again together with the next pieces.
// Doesn't wait for the lock.
void RunningReplies::keep_pieces(bool ended) {
  std::vector<Store::Grown> grown;
  const Running* one = nullptr;
  for (const auto& [id, running] : running_) {
    if (running->ended != ended || running->unstored.empty()) continue;
    grown.push_back({running->turn.id, running->unstored});
    one = running.get();
  }
  if (grown.empty()) return;
  const auto appended =
      store_.append(grown, pieces_wait_ || ended ? std::chrono::milliseconds(0) : Store::briefly);
  if (!std::exchange(pieces_wait_, !appended) && !appended)
    spdlog::warn("the new text of a reply can't be stored yet: {}", appended.error().message);
  if (!appended) {
    if (!ended) store_soon(*one);
    return;
  }
  for (const auto& [id, running] : running_)
    if (running->ended == ended) running->unstored.clear();
}

// Watches for requests to stop the reply. An earlier request causes no notice, so this also checks for one.
void RunningReplies::watch_stops(Running& running) {
  const std::string reply = running.turn.id;
  auto stops = store_.follow_stops(reply, watch_, [this, reply] { handle_stop_request(reply); });
  if (stops) running.stops.emplace(*std::move(stops));
  handle_stop_request(reply);
}

void RunningReplies::handle_stop_request(const std::string& reply) {
  const auto requested = store_.stop_requested(reply);
  if (requested && *requested) cancel(reply);
}

void RunningReplies::stop_watching() {
  for (const auto& [id, running] : running_) running->stops.reset();
}

void RunningReplies::watch_again() {
  std::vector<std::shared_ptr<Running>> all;  // a copy, since watch_stops removes a reply that it stops
  for (const auto& [id, running] : running_) all.push_back(running);
  for (const auto& running : all) watch_stops(*running);
}

}  // namespace aside
