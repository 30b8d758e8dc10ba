// Reads the turns of a conversation from a root to a turn, and completes replies that are not finished: a reply
// that this process writes gets the text so far, and a reply whose process has died is recovered. Used by
// Conversations, Asking and KnownInstructions.
#pragma once

#include <string>
#include <vector>

#include "daemon/conversation/running_replies.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

class Paths {
 public:
  Paths(Store& store, const RunningReplies& replies) : store_(store), replies_(replies) {}

  // From the root to this reply, with `sent` set; empty for "". Errors: InvalidParams if the turn is not a reply;
  // those of the store.
  Result<std::vector<Turn>> to_reply(const Conversation& conversation, const std::string& reply);
  // Fills in replies that are marked as streaming: the text so far if this process writes it; if no process writes it
  // any more, the reply is recovered.
  void complete(const std::string& conversation, std::vector<Turn>& turns);
  // Rebuilds a reply from the parts that were stored while it was being written. Call it only if no process writes
  // the reply any more, or to show it as interrupted.
  void recover(Turn& turn);
  void recover(std::vector<Turn>& turns);
  // Stores recovered replies in their final form.
  void finish_recovered(const std::vector<Turn>& path);

 private:
  void reread_or_recover(const std::string& conversation, Turn& turn);

  Store& store_;
  const RunningReplies& replies_;
};

}  // namespace aside
