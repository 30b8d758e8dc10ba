// Keeps the editor up to date with what other processes write. Knows which conversation each document shows, how much
// of each conversation the editor has, and the subscriptions that wake this process. Called by Conversations and
// Asking with canonical documents; reads the store and RunningReplies. Follows a document from its first `get` until
// it is closed.
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
  // How often this checks whether the process that writes a followed reply is still alive.
  static constexpr std::chrono::milliseconds writer_interval{250};

  // `events` must outlive this object; its functions may be set later.
  Followers(asio::io_context& io, Store& store, Watch& watch, ShownConversations& shown,
            const RunningReplies& replies, const ConversationEvents& events);

  // Call this before the document's conversation is read, so that no change in between is missed.
  void watch_document(const std::string& document);
  // Call this before the editor gets the conversation that the document shows. If another process is writing a reply in
  // it, sends the editor the part of the reply that is stored and that the editor doesn't have yet.
  void show(const Conversation& conversation, const std::string& document);
  // Call this when the editor has just received the conversation in this state.
  void mark_shown(const Conversation& conversation);
  // If another process writes one of these replies, shortens its text to the part that the editor already has, even if
  // the reply has ended by now. The editor gets the rest as deltas.
  void as_shown(const std::string& conversation, std::vector<Turn>& turns) const;

  // Records a change that this process made. The editor of this process needs no event about it.
  void record_own_change(const Conversation& conversation);
  void record_created(const Conversation& conversation);
  void record_removed(const std::string& conversation);
  // Records that a question was committed to the conversation, which this document then shows. `proposed` is the id
  // that this process had proposed (another process may have stored a conversation under another id first); empty if
  // the conversation was already stored.
  void record_asked(const Conversation& conversation, const std::string& document,
                    const std::string& proposed);
  // Does the same for a question that named the conversation but no document.
  void record_asked(const Conversation& conversation);

  // The stored conversations that the documents of this editor show.
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
  // Subscriptions by canonical document: they report that the document shows another conversation.
  std::map<std::string, Subscription> documents_;
  asio::steady_timer writers_;
  bool looking_ = false;  // `writers_` is running
};

}  // namespace aside
