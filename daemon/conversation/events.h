// What an editor is told without asking: the deltas and states of replies, and what other editors change.
// Filled in by the server before the first message is served; called by whoever writes or follows replies.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/api/claude.h"
#include "daemon/core/turn.h"

namespace aside {

// In order. Deltas of a reply, put together, are its text.
struct ConversationEvents {
  std::function<void(const std::string& conversation, const std::string& turn, Piece::Kind kind,
                     const std::string& text)>
      delta;
  std::function<void(const std::string& conversation, const std::string& turn, std::string_view state,
                     const std::optional<Retry>& retry)>
      status;
  // Somebody else has changed the conversation. `uri`: as the editor spells it.
  std::function<void(const std::string& conversation, const std::string& uri)> changed;
  // A document was given the conversations of one that no longer exists, because its content was the same.
  std::function<void(const std::string& uri, const std::string& former)> taken_over;
  // Sentences about something that the user should know and can do something about.
  std::function<void(const std::string& message)> warn;
};

}  // namespace aside
