// One conversation that the editor shows, and how much of it the editor has. The editor gets the replies of this
// process as they arrive (see running_replies). This class reads from the store what other processes add, so that an
// editor that joins in the middle neither doubles nor misses a character. Followers calls it when something was
// written. It lives from the first `get` of a conversation until its documents are closed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/api/reply_reader.h"
#include "daemon/conversation/events.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {

// Makes a piece from the state of a reply. The piece is stored for the processes that follow the reply.
Piece state_piece(std::string_view state, const std::optional<Retry>& retry);

class Following {
 public:
  Following(Store& store, const ConversationEvents& events, const Conversation& conversation);

  void shown_by(const std::string& document);  // canonical
  bool closed(const std::string& document);    // true: no document shows the conversation any more
  void renamed(const std::string& from, const std::string& to);
  // Records a change that this process made. The editor of this process needs no event about it. If another process
  // has changed something before, the editor gets an event about that change.
  void record_own_change(const Conversation& conversation);
  // Makes the loop call `written` when something is committed to the conversation. Returns false if the conversation
  // isn't stored, or already has a subscription.
  bool subscribe(Watch& watch, std::function<void()> written);
  // Call this when the editor has just received the conversation in this state.
  void mark_shown(const Conversation& conversation);
  // Sends the editor the part of the reply that is stored and that the editor doesn't have yet.
  void catch_up();
  // Like catch_up, but without events, for an editor that is about to get the whole conversation.
  void join();
  // Only tells the editor whether another process has changed the conversation. Used while this process writes a
  // reply in the conversation.
  void catch_up_beside_reply();

  // The reply that another process is writing, with the part that the editor has. `reply` is empty if there is none.
  const std::string& reply() const { return reply_; }
  const std::string& text() const { return text_; }
  const std::string& thinking() const { return thinking_; }

 private:
  void tell_changes(const Conversation& conversation);
  void begin(const std::string& reply);
  void pass_on(Piece piece);
  void finish(const Turn& turn);

  Store& store_;
  const ConversationEvents& events_;
  std::string conversation_;
  std::set<std::string> documents_;
  std::int64_t revision_ = 0;  // the revision that the editor knows
  std::optional<Subscription> subscription_;
  bool joining_ = false;
  std::string reply_;
  std::int64_t sequence_ = 0;
  std::string text_;
  std::string thinking_;
};

}  // namespace aside
