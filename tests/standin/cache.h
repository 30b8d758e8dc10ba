// The API's prompt cache, and the reasons that the API reports for misses. The cache has no clock: callers
// pass the time at which a request started.
//
// Entries are made at cache marks. A lookup goes back 20 blocks from each mark. Short prefixes are not
// cached. An entry lives 5 minutes or 1 hour from the start of the request that wrote or used it. Other
// requests can read an entry as soon as the reply to the request that wrote it has begun. Besides the bytes
// of the prefix, some parameters must match: the model; from `system` on, the speed and the output format;
// from `messages` on, the thinking parameters (except `display`), the effort, the tool choice and whether
// there is any image. A hit renews the entry for the lifetime with which the entry was written, even if the
// mark that found it has another lifetime.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/standin/bill.h"
#include "tests/standin/models.h"
#include "tests/standin/prompt.h"

namespace aside::test {

using Moment = std::chrono::milliseconds;  // counted from any fixed time

// What a request reads from the cache and will write to it.
struct CacheUse {
  struct Entry {
    std::string prefix;
    Moment life{0};
  };
  ApiUsage usage;
  Moment started{0};
  std::vector<Entry> entries;  // the entries that the request writes, or reads and so renews
};

class PromptCache {
 public:
  static constexpr std::size_t lookback = 20;
  static constexpr std::size_t max_entries = 100000;  // with more entries, expired ones are removed

  CacheUse look_up(const ApiModel& model, const ApiPrompt& prompt, Moment started) const;
  void keep(const CacheUse& use);  // called when the reply begins

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
  // Returns the value of `diagnostics` in the reply to a request that names an earlier request; null if the
  // prompt only continues the earlier one.
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
