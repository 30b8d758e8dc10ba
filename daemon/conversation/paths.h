// Reads the turns of a conversation from a root to a turn, and completes unfinished replies: a reply that this
// process writes gets its text so far, and a reply whose process has died is recovered. Used by Conversations, Asking
// and KnownInstructions.
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

  // Returns the turns from the root to this reply, with `sent` set; no turns for "". Errors: InvalidParams if the
  // turn is not a reply; errors of the store.
  Result<std::vector<Turn>> to_reply(const Conversation& conversation, const std::string& reply);
  // Completes replies that are marked as streaming. A reply that this process writes gets its text so far. A reply
  // that no process writes any more is recovered.
  void complete(const std::string& conversation, std::vector<Turn>& turns);
  // Rebuilds a reply from the parts that were stored while it was being written. Call this only if no process writes
  // the reply any more, or to show the reply as interrupted.
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
