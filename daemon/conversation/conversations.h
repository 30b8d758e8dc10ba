// Reads conversations and moves about in them: what a document shows, the turns of a conversation, its other
// paths, its name and model, lists, searches, export and import. The server calls it; documents are named by URI
// as the editor spells them, conversations by id. The store is the truth: a conversation is read when it is
// needed, so that other processes may write to it too.
#pragma once

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
  static constexpr double full_from = 0.8;  // of the window
  std::int64_t tokens = 0;                  // input and output
  std::int64_t cached = 0;                  // of the input, read from the cache
  std::int64_t window = 0;                  // of the model of the next question; 0: not known
  bool full() const {
    return window > 0 && static_cast<double>(tokens) >= full_from * static_cast<double>(window);
  }
};

struct View {
  Conversation conversation;  // model as the next question would use it
  std::string uri;            // as the editor wrote it last
  std::vector<Turn> turns;    // root → head, or the part of it that was wanted
  std::vector<Turn> sides;  // that hang on these turns, or on one another: question, reply, question, reply …
  Totals totals;
  int earlier = 0;  // turns of the path before these
  // Documents of which the next request carries shared text, as the editor wrote them.
  std::vector<std::string> shared = {};
  // Of documents that no longer exist and may be this one, renamed.
  std::vector<Conversation> candidates = {};
  std::string notice = {};  // a sentence: the cost of another model or effort; empty: none
  std::optional<Context> context = std::nullopt;
  Guidance guidance = {};
  std::map<std::string, std::vector<Wanted>> wanted = {};  // what these replies ask to see, by turn
};

class Conversations {
 public:
  Conversations(const Claude& claude, Store& store, const Documents& documents, ShownConversations& shown,
                Followers& followers, Paths& paths, KnownInstructions& told, CacheHabits& cache_habits,
                const Preferences& preferences);

  // A function that returns a View (except `path`) also starts the events of the conversation, until `closed`.
  Result<View> get(const Subject& subject, const Window& window = {});
  Result<View> open(const std::string& uri, const std::string& id);
  Result<View> select(const std::string& id, const std::string& turn, SelectMode mode);
  Result<View> configure(const std::string& id, const std::optional<std::string>& model,
                         const std::optional<std::string>& effort, const std::optional<std::string>& title);
  // Makes a new conversation of the document, which shows it from now on. Returns its id.
  Result<std::string> new_(const std::string& uri, const std::string& title);
  // Makes another conversation of the document, with the path to this reply (empty: the head); the document shows
  // it.
  Result<View> fork(const std::string& uri, const std::string& id, const std::string& reply,
                    const std::string& title);
  Result<void> delete_(const std::string& id);
  // For export: the current path, or the whole tree. A running reply has only what the store has of it, and
  // counts as interrupted. These two start no events.
  Result<View> path(const std::string& id);
  Result<Tree> tree(const std::string& id);
  // Makes another conversation of the document, with all of this tree; the document shows it.
  Result<View> import_(const std::string& uri, const Tree& tree);
  // Filters and results have URIs as the editor writes them.
  Result<Page> list(ListFilter filter);
  Result<std::vector<Hit>> search(SearchFilter filter);
  Result<UsageReport> usage(UsageFilter filter);
  // The instructions for the conversation that the document shows.
  Result<Guidance> guidance(const std::string& uri);

  void saved(const std::string& uri);
  void closed(const std::string& uri);
  Result<void> renamed(const std::string& from, const std::string& to);

 private:
  // Without those that are being written.
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
