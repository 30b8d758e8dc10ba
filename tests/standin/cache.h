// The prompt cache of the API, and what it tells of a miss. Knows no clock: it is told when
// a request started.
//
// Entries stand at marks, a lookup goes back 20 blocks from each mark, short prefixes are not cached. An
// entry lives 5 minutes or 1 hour from the start of the request that wrote or used it; a request can read it
// from the moment the reply to the first one began. Part of what must match are the model, and from
// `messages` on the thinking parameters (but `display`), the effort, the tool choice and whether there is an
// image at all; from `system` on the speed and the output format. A hit renews its entry for the time the
// entry had, not for that of the mark that found it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/standin/bill.h"
#include "tests/standin/prompt.h"

namespace aside::test {

using Moment = std::chrono::milliseconds;  // since a beginning of no importance

// What a request reads from the cache and will write to it.
struct CacheUse {
  struct Entry {
    std::string prefix;
    Moment life{0};
  };
  ApiUsage usage;
  Moment started{0};
  std::vector<Entry> entries;  // written, or read and so renewed
};

class PromptCache {
 public:
  static constexpr std::size_t lookback = 20;
  static constexpr std::size_t max_entries = 100000;  // beyond it the expired ones go

  CacheUse look_up(const ApiModel& model, const ApiPrompt& prompt, Moment started) const;
  void keep(const CacheUse& use);  // the reply begins

 private:
  struct Entry {
    Moment until{0}, life{0};
  };
  const Entry* live(const std::string& prefix, Moment now) const;

  std::map<std::string, Entry> entries_;
};

// The prompts of recent requests that had `diagnostics`, by the id of their reply.
class RecentPrompts {
 public:
  static constexpr std::size_t max_prompts = 1000;

  void keep(const std::string& id, const ApiModel& model, const ApiPrompt& prompt);
  // The value of `diagnostics` in the reply to a request that names an earlier one; null: it goes on from it.
  Json compared(const std::string& id, const ApiModel& model, const ApiPrompt& prompt) const;

 private:
  struct Block {
    Part part;
    std::string hash;
    std::int64_t tokens;
  };
  struct Print {
    std::string model, parameters;
    std::vector<Block> blocks;
  };
  static Print print_of(const ApiModel& model, const ApiPrompt& prompt);

  std::map<std::string, Print> prints_;
  std::deque<std::string> order_;
};

}  // namespace aside::test
