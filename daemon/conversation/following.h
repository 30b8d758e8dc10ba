// A thread whose events the editor gets, whoever writes to it. Replies of this process are told of as they
// come (see conversation); this is for the others: it reads from the store what they have added since, and
// remembers exactly how far the editor has been told, so that whoever joins in the middle neither doubles nor
// misses a character. Conversations has it catch up when the store tells of something new; lives from the
// first look at a thread until its documents are closed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/api/claude.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {

// What the editor is told unasked, in order. Deltas of a reply, put together, are its text.
struct ConversationEvents {
  std::function<void(const std::string& conversation, const std::string& turn, Piece::Kind kind,
                     const std::string& text)>
      delta;
  std::function<void(const std::string& conversation, const std::string& turn, std::string_view state,
                     const std::optional<Retry>& retry)>
      status;
  std::function<void(const std::string& conversation, const std::string& uri)> changed;  // by somebody else
  // A document goes on with the conversations of one that is gone; nothing but its content says that it is
  // the same.
  std::function<void(const std::string& uri, const std::string& former)> taken_over;
  // Something that the user should know and can do something about: sentences.
  std::function<void(const std::string& message)> warn;
};

// A state as it is stored with the pieces of a reply, for those who follow it.
Piece state_piece(std::string_view state, const std::optional<Retry>& retry);

class Following {
 public:
  Following(Store& store, const ConversationEvents& events, const Thread& thread);

  void shown_by(const std::string& document);  // canonical
  bool closed(const std::string& document);    // true: that was the last that showed it
  void renamed(const std::string& from, const std::string& to);
  // What this process has just done itself is no news; if somebody else was at it in between, the editor is
  // told.
  void did(const Thread& thread);
  // From now on `written` is called when something is committed to the thread. False: it isn't stored, or
  // that was so before.
  bool subscribe(Watch& watch, std::function<void()> written);
  // The editor has just been given the thread in this state.
  void told(const Thread& thread);
  // Brings the editor up to what the store holds.
  void catch_up();
  // The same without a word: for an editor that joins now and is about to be given all there is.
  void join();
  // Only whether somebody else has changed the thread, while this process writes a reply in it.
  void catch_up_beside_reply();

  // The reply of another process that is under way, as far as the editor has it; `reply` is empty if there is
  // none.
  const std::string& reply() const { return reply_; }
  const std::string& text() const { return text_; }
  const std::string& thinking() const { return thinking_; }

 private:
  void tell_changes(const Thread& thread);
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
