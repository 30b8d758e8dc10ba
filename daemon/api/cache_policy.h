// Chooses how long the API's cache keeps what a request writes: the setting `cache: auto`. What a cache saves depends
// on whether the user asks another question, and when. The user's earlier conversations show what is likely. There are
// nine ways: an hour, five minutes or no cache for the first question, and one of these three for the later questions.
// The price of the earlier conversations is computed for each way, and the cheapest way is chosen. So the choice is
// made for the rest of the conversation, not for the next question alone. Pure; conversation/cache_habits reads the
// past.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/api/model.h"

namespace aside {

struct CacheChoice {
  std::string kept =
      {};  // "1h", "5m", or "off": the request doesn't use the cache; empty: nothing was chosen
  std::string reason = {};  // the words after "because", without a full stop
};

struct PastQuestion {
  std::int64_t pause = 0;   // milliseconds since the request before it
  std::int64_t tokens = 0;  // of the whole prompt
  bool operator==(const PastQuestion&) const = default;
};
// The questions of a conversation, in their order. The cache can't hold anything for the first one.
using PastConversation = std::vector<PastQuestion>;

// Fewer conversations don't show how the user asks, so an hour is chosen.
inline constexpr std::size_t enough_conversations = 50;

// `first` says that the request carries no earlier question. `tokens` is the size of the request. `model` is null if
// the model isn't known. Without the price of the model, an hour is chosen.
CacheChoice choose_cache(const std::vector<PastConversation>& past, bool first, std::int64_t tokens,
                         const Model* model);

}  // namespace aside
