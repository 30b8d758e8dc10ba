// Notifications for the editor: deltas and states of replies, and changes that other editors make. The server
// sets these functions before it serves the first message; the classes that write or follow replies call them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/api/reply_reader.h"
#include "daemon/core/turn.h"

namespace aside {

// Called in order. The deltas of a reply, joined, are its text.
struct ConversationEvents {
  std::function<void(const std::string& conversation, const std::string& turn, Piece::Kind kind,
                     const std::string& text)>
      delta;
  std::function<void(const std::string& conversation, const std::string& turn, std::string_view state,
                     const std::optional<Retry>& retry)>
      status;
  // The editor should read the conversation of this document again: the conversation has changed, or the document
  // shows another one. `uri` is spelt as in the editor.
  std::function<void(const std::string& conversation, const std::string& uri)> changed;
  // A document was given the conversations of a document that no longer exists, because both have the same content.
  std::function<void(const std::string& uri, const std::string& former)> taken_over;
  // Sentences about something that the user should know and can act on.
  std::function<void(const std::string& message)> warn;
};

}  // namespace aside
