// Chooses how long the API's cache keeps what a request writes: the setting `cache: auto`. What a cache saves depends
// on whether and when the user asks on, and that is foreseen from how earlier conversations went: they are priced
// under each of nine ways (an hour, five minutes or no cache, for the first question and for later ones), and the
// cheapest way decides. So it is the rest of the conversation that counts, not the next question alone. Pure;
// conversation/cache_habits reads the past.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/api/model.h"

namespace aside {

struct CacheChoice {
  std::string kept =
      {};  // "1h", "5m", or "off": no mark is sent, and nothing is read; empty: nothing was chosen
  std::string reason = {};  // follows "because"; without a full stop
};

struct PastQuestion {
  std::int64_t pause = 0;   // milliseconds since the request that it follows
  std::int64_t tokens = 0;  // of the whole prompt
  bool operator==(const PastQuestion&) const = default;
};
// Questions in their order. The first one follows nothing that a cache could hold.
using PastConversation = std::vector<PastQuestion>;

// With fewer conversations nothing is foreseen, and an hour is chosen.
inline constexpr std::size_t enough_conversations = 50;

// `first`: the request carries no earlier exchange. `tokens`: of the request. `model`: null if it isn't known; without
// its price an hour is chosen.
CacheChoice choose_cache(const std::vector<PastConversation>& past, bool first, std::int64_t tokens,
                         const Model* model);

}  // namespace aside
