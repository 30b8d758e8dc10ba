// One conversation that the editor shows, and how much of it the editor has. Replies of this process reach the editor
// as they come (see running_replies); this reads from the store what other processes add, so that an editor that
// joins in the middle neither doubles nor misses a character. Followers calls this when something was written.
// Lives from the first look at a conversation until its documents are closed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/api/claude.h"
#include "daemon/conversation/events.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {

// The state of a reply as a piece, which is stored for the processes that follow the reply.
Piece state_piece(std::string_view state, const std::optional<Retry>& retry);

class Following {
 public:
  Following(Store& store, const ConversationEvents& events, const Conversation& conversation);

  void shown_by(const std::string& document);  // canonical
  bool closed(const std::string& document);    // true: no document shows it any more
  void renamed(const std::string& from, const std::string& to);
  // Records a change that this process made; its editor needs no event about it. If another process changed
  // something before that, the editor is told.
  void record_own_change(const Conversation& conversation);
  // From now on `written` is called when something is committed to the conversation. False: the conversation
  // isn't stored, or it is subscribed already.
  bool subscribe(Watch& watch, std::function<void()> written);
  // Call it when the editor has just got the conversation in this state.
  void mark_shown(const Conversation& conversation);
  // Sends the editor what it lacks of what the store holds.
  void catch_up();
  // Like catch_up, but without events, for an editor that is about to get the whole conversation.
  void join();
  // Only tells the editor whether another process has changed the conversation. Used while this process writes a
  // reply in it.
  void catch_up_beside_reply();

  // The reply that another process is writing, as far as the editor has it; `reply` is empty if there is none.
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
  std::int64_t revision_ = 0;  // as the editor knows it
  std::optional<Subscription> subscription_;
  bool joining_ = false;
  std::string reply_;
  std::int64_t sequence_ = 0;
  std::string text_;
  std::string thinking_;
};

}  // namespace aside
