// Keeps the editor up to date with what other processes write: which conversation each document shows, how much of each
// conversation the editor has, and the subscriptions that wake this process. Called by Conversations and Asking with
// canonical documents; reads the store and RunningReplies. Follows a document from the first `get` until it is closed.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "daemon/conversation/events.h"
#include "daemon/conversation/following.h"
#include "daemon/conversation/running_replies.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {

class Followers {
 public:
  // How often it is checked whether another process that writes a followed reply still lives.
  static constexpr std::chrono::milliseconds writer_interval{250};

  // `events` outlives this, and may be filled in later.
  Followers(asio::io_context& io, Store& store, Watch& watch, ShownConversations& shown,
            const RunningReplies& replies, const ConversationEvents& events);

  // Call it before the document's conversation is read: a change between the two would be missed.
  void watch_document(const std::string& document);
  // The editor is about to be given the conversation, as what the document shows. Brings the editor up to what the
  // store holds.
  void show(const Conversation& conversation, const std::string& document);
  // The editor has just been given the conversation in this state.
  void mark_shown(const Conversation& conversation);
  // Cuts another process's reply to what the editor has of it, even if it has ended by now: the rest comes as deltas.
  void as_shown(const std::string& conversation, std::vector<Turn>& turns) const;

  // Records a change of this process, of which its editor needs no event.
  void record_own_change(const Conversation& conversation);
  void record_created(const Conversation& conversation);
  void record_removed(const std::string& conversation);
  // A question was committed to the conversation, which this document shows from now on. `proposed`: the id that was
  // proposed before it was stored (another process may have been first with another); empty: it was stored before.
  void record_asked(const Conversation& conversation, const std::string& document,
                    const std::string& proposed);
  // The same without a document that it was asked from.
  void record_asked(const Conversation& conversation);

  void closed(const std::string& document);
  void renamed(const std::string& from, const std::string& to);
  // The editor is gone: follows nothing any more.
  void clear();

 private:
  Following& follow(const Conversation& conversation, const std::string& document);
  void on_written(const std::string& conversation);
  void on_document(const std::string& document);
  void look_after_writers();
  void adopt(const std::string& document);
  void tell_of_others(const std::string& document);

  asio::io_context& io_;
  Store& store_;
  Watch& watch_;
  ShownConversations& shown_conversations_;
  const RunningReplies& replies_;
  const ConversationEvents& events_;
  std::map<std::string, Following> following_;  // by conversation
  std::map<std::string, std::string> shown_;  // canonical document → its conversation, as the editor knows it
  std::map<std::string, Subscription> documents_;  // canonical → notices that it shows another conversation
  asio::steady_timer writers_;
  bool looking_ = false;  // `writers_` is running
};

}  // namespace aside
