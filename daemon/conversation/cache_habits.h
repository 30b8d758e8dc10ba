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
  // How much of the past counts: the conversations changed last, and of each the last questions.
  static constexpr std::int64_t most_conversations = 300, most_questions = 100, most_questions_of_all = 3000;

  CacheHabits(const Claude& claude, Store& store) : claude_(claude), store_(store) {}
  // Sets `prompt.cache`. `path`: root → question, marked by mark_sent; the prompt needs no messages yet. Where the
  // setting isn't `auto`, it decides. If the store can't be read, what is known from before counts.
  void choose(Prompt& prompt, const std::vector<Turn>& path);
  // Call it when the user is about to ask: reads the past, so that the question needn't wait for it.
  void prepare();

 private:
  struct Known {
    std::int64_t updated = 0;
    std::vector<PastConversation> past = {};  // after a summary, the next question begins another one
  };

  void read();

  const Claude& claude_;
  Store& store_;
  std::map<std::int64_t, Known> known_;  // by the conversation's number in the store
  std::int64_t newest_ = 0;              // change that is known
  std::vector<PastConversation> past_;   // of all of them
};

}  // namespace aside
