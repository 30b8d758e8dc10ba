// All conversations of one editor. Connects the classes of this folder. main makes the Session; the server uses
// `conversations` to read and navigate, and `asking` to ask. The Session decides what happens to running replies when
// the editor leaves, the process is told to end, or memory runs out.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <string>

#include "daemon/api/claude.h"
#include "daemon/context/named_files.h"
#include "daemon/context/sharing.h"
#include "daemon/context/workspace_files.h"
#include "daemon/conversation/asking.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/conversation/checking.h"
#include "daemon/conversation/conversations.h"
#include "daemon/conversation/events.h"
#include "daemon/conversation/file_groups.h"
#include "daemon/conversation/followers.h"
#include "daemon/conversation/instructions.h"
#include "daemon/conversation/known_instructions.h"
#include "daemon/conversation/marks.h"
#include "daemon/conversation/next_request.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/proposals.h"
#include "daemon/conversation/running_replies.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/conversation/suggestions.h"
#include "daemon/store/store.h"
#include "daemon/system/watch.h"

namespace aside {

class Session {
 public:
  Session(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing, Documents& documents);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Call this before anything else.
  void start(ConversationEvents events);
  void use(Preferences preferences, ClaudeOptions claude);
  // Opens the store now, instead of at the first call that needs the store. If this process makes a conversation busy,
  // users of other processes are told `owner` as its name.
  void open_store(const std::string& owner);

  bool writing() const { return !replies_.empty(); }
  void when_written(std::function<void()> written) { replies_.when_none(std::move(written)); }
  // Stops following what other processes write. The store is closed while `detach` runs, since `detach` may fork this
  // process.
  void leave_editor(const std::function<void()>& detach);
  // These functions do the same as in RunningReplies. `interrupt` and `give_up` also cancel all questions that are not
  // committed yet.
  void interrupt();
  void give_up();
  void out_of_memory() { replies_.out_of_memory(); }

 private:
  Store& store_;
  Claude& claude_;
  ConversationEvents events_;
  Preferences preferences_;
  Watch watch_;
  RunningReplies replies_;
  ShownConversations shown_conversations_;
  Followers followers_;
  Paths paths_;
  Instructions instructions_;
  KnownInstructions known_instructions_;
  CacheHabits cache_habits_;
  NextRequests next_;

 public:
  Instructions& instructions() { return instructions_; }
  Conversations conversations;
  Asking asking;
  Checking checking;
  Proposals proposals;
  Marks marks;
  WorkspaceFiles files;
  NamedFiles names;
  FileGroups groups;
  Suggestions suggestions;
};

}  // namespace aside
