// Chooses how long the API keeps a request, by how the user's last conversations went: the setting `cache: auto`.
// Asking and Conversations call it before they make, price or send a prompt. The past is read from the store at the
// first call; after that only the conversations that have changed are read, in this process or in another one.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "daemon/api/cache_policy.h"
#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"

namespace aside {

class CacheHabits {
 public:
  // How much of the past counts: so many of the conversations that changed last, so many of the last questions of each,
  // and so many questions of all of them together.
  static constexpr std::int64_t most_conversations = 300, most_questions = 100, most_questions_of_all = 3000;

  CacheHabits(const Claude& claude, Store& store) : claude_(claude), store_(store) {}
  // Sets `prompt.cache`. `path` leads from the root to the question, and mark_sent must have marked it. The prompt
  // needs no messages yet. If the setting isn't `auto`, its value is taken. If the store can't be read, what was read
  // before counts.
  void choose(Prompt& prompt, const std::vector<Turn>& path);
  // Call it when the user is about to ask: reads the past, so that the question needn't wait for it.
  void prepare();

 private:
  struct Known {
    std::int64_t updated = 0;
    std::vector<PastConversation> past = {};  // several if it was summed up: each summary ends one
  };

  void read();

  const Claude& claude_;
  Store& store_;
  std::map<std::int64_t, Known> known_;  // by the conversation's number in the store
  std::int64_t newest_ = 0;              // the time of the last change that is known
  std::vector<PastConversation> past_;   // the past of all known conversations together
};

}  // namespace aside
