#include "daemon/conversation/following.h"

#include <cstdlib>
#include <sstream>

namespace aside {

namespace {

struct State {
  std::string name;
  std::optional<Retry> retry;
};

State read_state(const std::string& line) {
  std::istringstream fields(line);
  State state;
  std::string attempt, of, delay;
  std::getline(fields, state.name, '\t');
  if (std::getline(fields, attempt, '\t') && std::getline(fields, of, '\t') &&
      std::getline(fields, delay, '\t')) {
    state.retry = Retry{std::atoi(attempt.c_str()), std::atoi(of.c_str()), std::atof(delay.c_str()), {}};
    std::getline(fields, state.retry->reason);
  }
  return state;
}

}  // namespace

Piece state_piece(std::string_view state, const std::optional<Retry>& retry) {
  std::ostringstream line;
  line << state;
  if (retry)
    line << '\t' << retry->attempt << '\t' << retry->of << '\t' << retry->delay_seconds << '\t'
         << retry->reason;
  return {Piece::Kind::State, line.str()};
}

Following::Following(Store& store, const ConversationEvents& events, const Conversation& conversation)
    : store_(store), events_(events), conversation_(conversation.id), revision_(conversation.revision) {}

void Following::shown_by(const std::string& document) {
  documents_.insert(document);
}

bool Following::closed(const std::string& document) {
  return documents_.erase(document) > 0 && documents_.empty();
}

void Following::renamed(const std::string& from, const std::string& to) {
  if (documents_.erase(from) > 0) documents_.insert(to);
}

void Following::record_own_change(const Conversation& conversation) {
  const bool others = conversation.revision > revision_ + 1;
  revision_ = conversation.revision;
  if (others) events_.changed(conversation_, conversation.uri);
}

bool Following::subscribe(Watch& watch, std::function<void()> written) {
  if (subscription_) return false;
  if (auto subscribed = store_.follow(conversation_, watch, std::move(written)))
    subscription_.emplace(*std::move(subscribed));
  return subscription_.has_value();
}

void Following::mark_shown(const Conversation& conversation) {
  revision_ = conversation.revision;
}

void Following::join() {
  joining_ = true;
  catch_up();
  joining_ = false;
}

void Following::catch_up_beside_reply() {
  const auto found = store_.conversation(conversation_);
  if (found && *found) tell_changes(**found);
}

void Following::tell_changes(const Conversation& conversation) {
  if (conversation.revision <= revision_) return;
  revision_ = conversation.revision;
  if (!joining_) events_.changed(conversation_, conversation.uri);
}

void Following::catch_up() {
  auto found = store_.conversation(conversation_);
  if (!found || !*found) return;
  const Conversation& conversation = **found;
  tell_changes(conversation);
  const std::string running = reply_.empty() ? conversation.head : reply_;
  if (running.empty()) return;
  // Must be read before the turn, since a writer ends its reply before it gives up the lease.
  const bool written = store_.written(running);
  auto turn = store_.turn(conversation_, running);
  if (!turn || !*turn) return;
  const bool streaming = (*turn)->status == Status::Streaming;
  if (reply_.empty()) {
    if (!streaming || !written) return;
    begin(running);
  }
  if (!streaming) {
    finish(**turn);
    if (conversation.head != running) catch_up();  // the next reply began before this check
    return;
  }
  auto rows = store_.pieces(running, sequence_);
  if (!rows) return;
  for (PieceRow& row : *rows) {
    sequence_ = row.sequence;
    pass_on(std::move(row.piece));
  }
  if (!written) finish(**turn);
}

void Following::begin(const std::string& reply) {
  reply_ = reply;
  sequence_ = 0;
  text_.clear();
  thinking_.clear();
}

void Following::pass_on(Piece piece) {
  if (piece.kind == Piece::Kind::State) {
    const State state = read_state(piece.text);
    if (!joining_) events_.status(conversation_, reply_, state.name, state.retry);
  } else if (piece.kind != Piece::Kind::Block && !piece.text.empty()) {
    (piece.kind == Piece::Kind::Text ? text_ : thinking_) += piece.text;
    if (!joining_) events_.delta(conversation_, reply_, piece.kind, piece.text);
  }
}

// Sends the rest of an ended reply from its text, since an ended reply has no pieces any more. A reply whose writer
// died has only its pieces.
void Following::finish(const Turn& turn) {
  if (turn.thinking.size() > thinking_.size())
    pass_on({Piece::Kind::Thinking, turn.thinking.substr(thinking_.size())});
  if (turn.text.size() > text_.size()) pass_on({Piece::Kind::Text, turn.text.substr(text_.size())});
  if (!joining_) events_.status(conversation_, reply_, "ended", std::nullopt);
  reply_.clear();
}

}  // namespace aside
