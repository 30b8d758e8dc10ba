// Keeps the editor up to date with what other processes write: which conversation each document shows, how much of each
// conversation the editor has, and the subscriptions that wake this process. Called by Conversations and Asking with
// canonical documents; reads the store and RunningReplies. Follows a document from the first `get` until it is closed.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <set>
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

  // `events` must outlive this object; its functions may be set later.
  Followers(asio::io_context& io, Store& store, Watch& watch, ShownConversations& shown,
            const RunningReplies& replies, const ConversationEvents& events);

  // Call it before the document's conversation is read, so that no change in between is missed.
  void watch_document(const std::string& document);
  // Call it before the editor gets the conversation that the document shows. Sends the editor what it lacks of
  // what the store holds.
  void show(const Conversation& conversation, const std::string& document);
  // Call it when the editor has just got the conversation in this state.
  void mark_shown(const Conversation& conversation);
  // Cuts another process's reply to what the editor has of it, even if it has ended by now: the rest comes as deltas.
  void as_shown(const std::string& conversation, std::vector<Turn>& turns) const;

  // Records a change that this process made; its editor needs no event about it.
  void record_own_change(const Conversation& conversation);
  void record_created(const Conversation& conversation);
  void record_removed(const std::string& conversation);
  // A question was committed to the conversation, which this document shows from now on. `proposed`: the id that
  // this process had proposed (another process may have stored a conversation under another id first); empty: the
  // conversation was stored before.
  void record_asked(const Conversation& conversation, const std::string& document,
                    const std::string& proposed);
  // The same for a question that named the conversation but no document.
  void record_asked(const Conversation& conversation);

  // The conversations that the documents of this editor show, as far as they are stored.
  std::set<std::string> shown_conversations() const;
  void closed(const std::string& document);
  void renamed(const std::string& from, const std::string& to);
  // Stops following everything, because the editor is gone.
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
  // Canonical document → notices that the document shows another conversation.
  std::map<std::string, Subscription> documents_;
  asio::steady_timer writers_;
  bool looking_ = false;  // `writers_` is running
};

}  // namespace aside
