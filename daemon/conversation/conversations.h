// Reads conversations and navigates in them: the conversation of a document, the turns of a conversation, its other
// paths, its name and model, lists, searches, export and import. The server calls this class. It names documents by
// URI as the editor spells them, and conversations by id. Each conversation is read from the store when it is needed,
// since other processes may write to it, too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/context/documents.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/conversation/followers.h"
#include "daemon/conversation/known_instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/conversation/wanted.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"

namespace aside {

// How much of the model's window a conversation fills, by the counts of its last reply.
struct Context {
  static constexpr double full_from = 0.8;  // from this part of the window on, it counts as full
  std::int64_t tokens = 0;                  // input and output
  std::int64_t cached = 0;                  // the part of the input that was read from the cache
  std::int64_t window = 0;                  // the context window of the next question's model; 0: not known
  bool full() const {
    return window > 0 && static_cast<double>(tokens) >= full_from * static_cast<double>(window);
  }
};

struct View {
  Conversation conversation;  // with the model that the next question would use
  std::string uri;            // as the editor last wrote it
  std::vector<Turn> turns;    // from the root to the head, or the requested part of this path
  std::vector<Turn> sides;    // side questions that follow these turns, in the order of Store::sides
  Totals totals;
  int earlier = 0;  // how many turns of the path come before these
  // The documents whose shared text the next request carries, as the editor wrote their names.
  std::vector<std::string> shared = {};
  // The conversations of documents that no longer exist and may be this one under an earlier name.
  std::vector<Conversation> candidates = {};
  std::string notice = {};  // a sentence about the cost of another model or effort; empty: none
  std::optional<Context> context = std::nullopt;
  Guidance guidance = {};
  std::map<std::string, std::vector<Wanted>> wanted = {};  // the files that replies ask to see, by reply
};

class Conversations {
 public:
  Conversations(const Claude& claude, Store& store, const Documents& documents, ShownConversations& shown,
                Followers& followers, Paths& paths, KnownInstructions& instructions,
                CacheHabits& cache_habits, const Preferences& preferences);

  // A function that returns a View (except `path`) also subscribes the editor to the conversation's events, until
  // `closed`.
  Result<View> get(const Subject& subject, const Window& window = {});
  Result<View> open(const std::string& uri, const std::string& id);
  Result<View> select(const std::string& id, const std::string& turn, SelectMode mode);
  Result<View> configure(const std::string& id, const std::optional<std::string>& model,
                         const std::optional<std::string>& effort, const std::optional<std::string>& title);
  // Makes a new conversation for the document, which then shows it. Returns the conversation's id.
  Result<std::string> new_(const std::string& uri, const std::string& title);
  // Makes another conversation for the document, with the path to this reply (empty: to the head). The document then
  // shows it.
  Result<View> fork(const std::string& uri, const std::string& id, const std::string& reply,
                    const std::string& title);
  Result<void> delete_(const std::string& id);
  // For export: the current path, or the whole tree. A running reply has only its stored text, and counts as
  // interrupted. `path` and `tree` don't subscribe the editor to the conversation's events.
  Result<View> path(const std::string& id);
  Result<Tree> tree(const std::string& id);
  // Makes another conversation for the document, with this whole tree. The document then shows it.
  Result<View> import_(const std::string& uri, const Tree& tree);
  // Filters and results have URIs as the editor writes them.
  Result<Page> list(ListFilter filter);
  Result<std::vector<Hit>> search(SearchFilter filter);
  Result<UsageReport> usage(UsageFilter filter);
  // The instructions for the conversation that the document shows now.
  Result<Guidance> guidance(const std::string& uri);

  void saved(const std::string& uri);
  void closed(const std::string& uri);
  Result<void> renamed(const std::string& from, const std::string& to);

 private:
  // Leaves out side questions whose reply is being written.
  Result<std::vector<Turn>> sides(const std::string& conversation, const std::vector<Turn>& path);
  Result<View> view(Conversation conversation, const std::string& shown_by, const Window& window = {});
  void add_wanted(View& view, const std::vector<Turn>& sharing) const;

  const Claude& claude_;
  Store& store_;
  const Documents& documents_;
  ShownConversations& shown_conversations_;
  Followers& followers_;
  Paths& paths_;
  KnownInstructions& known_instructions_;
  CacheHabits& cache_habits_;
  const Preferences& preferences_;
};

}  // namespace aside
