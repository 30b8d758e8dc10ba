#include "daemon/conversation/paths.h"

#include <spdlog/spdlog.h>
#include <utility>

#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"

namespace aside {

Result<std::vector<Turn>> Paths::to_reply(const Conversation& conversation, const std::string& reply) {
  if (!conversation.stored) return std::vector<Turn>();
  auto turns = store_.path(conversation.id, reply);
  if (!turns) return turns;
  if (turns->size() % 2 != 0)
    return Error{ErrorCode::InvalidParams,
                 "params.parent: '" + reply + "' is not a reply",
                 {.hint = "Use the id of a reply from conversation/get."}};
  complete(conversation.id, *turns);
  mark_sent(*turns, beginning(*turns));
  return turns;
}

void Paths::complete(const std::string& conversation, std::vector<Turn>& turns) {
  for (Turn& turn : turns) {
    if (turn.status != Status::Streaming) continue;
    if (const Reply* reply = replies_.find(turn.id)) {
      turn.text = reply->text();
      turn.thinking = reply->thinking();
    } else if (!store_.written(turn.id)) {
      reread_or_recover(conversation, turn);
    }
  }
}

// Completes a reply that no process writes any more. Reads the turn again, since the writer may have ended the reply
// just before it gave up the lease.
void Paths::reread_or_recover(const std::string& conversation, Turn& turn) {
  auto again = store_.turn(conversation, turn.id);
  if (again && *again && (*again)->status != Status::Streaming)
    turn = std::move(**again);
  else
    recover(turn);
}

void Paths::recover(Turn& turn) {
  auto rows = store_.pieces(turn.id, 0);
  if (!rows) return;
  std::vector<Piece> pieces;
  for (auto& row : *rows) pieces.push_back(std::move(row.piece));
  Reply::recovered(pieces).fill(turn);
  turn.status = Status::Interrupted;
  turn.recovered = true;
}

void Paths::recover(std::vector<Turn>& turns) {
  for (Turn& turn : turns)
    if (turn.status == Status::Streaming) recover(turn);
}

void Paths::finish_recovered(const std::vector<Turn>& path) {
  for (const Turn& turn : path) {
    if (!turn.recovered) continue;
    if (auto finished = store_.finish(turn); !finished) spdlog::warn("{}", finished.error().message);
  }
}

}  // namespace aside
