// Reads the turns of a conversation from a root to a turn, with what is known of replies that are not finished: those
// that this process writes as far as they have come, and what a process left behind when it died. Used by whoever reads
// a conversation or asks in it.
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

  // Root → this reply; empty for "". `sent` is set. Errors: InvalidParams where it is no reply; the store's.
  Result<std::vector<Turn>> to_reply(const Thread& thread, const std::string& reply);
  // Gives replies that are marked as streaming what is known of them.
  void complete(const std::string& conversation, std::vector<Turn>& turns);
  // Makes a reply of what its writer stored on the way. Right only where nobody writes it any more, or where the reply
  // is shown as interrupted.
  void recover(Turn& turn);
  void recover(std::vector<Turn>& turns);
  // Stores the final form of what was recovered.
  void finish_recovered(const std::vector<Turn>& path);

 private:
  void take_over(const std::string& conversation, Turn& turn);

  Store& store_;
  const RunningReplies& replies_;
};

}  // namespace aside
