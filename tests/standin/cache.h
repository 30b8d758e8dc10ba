// The API's prompt cache, and the reason that it reports for a miss. It has no clock: callers pass the time
// at which a request started.
//
// Entries are made at marks, a lookup goes back 20 blocks from each mark, and short prefixes are not cached.
// An entry lives 5 minutes or 1 hour from the start of the request that wrote or used it; other requests can
// read it as soon as the reply to the request that wrote it has begun. These must match, too: the model; for
// `system` and later, the speed and the output format; for `messages`, the thinking parameters (except
// `display`), the effort, the tool choice and whether there is any image. A hit renews the entry for the
// entry's own lifetime, not for that of the mark that found it.
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

using Moment = std::chrono::milliseconds;  // since any fixed time

// What a request reads from the cache and will write to it.
struct CacheUse {
  struct Entry {
    std::string prefix;
    Moment life{0};
  };
  ApiUsage usage;
  Moment started{0};
  std::vector<Entry> entries;  // those that are written, or read and thereby renewed
};

class PromptCache {
 public:
  static constexpr std::size_t lookback = 20;
  static constexpr std::size_t max_entries = 100000;  // when there are more, expired ones are removed

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
  // The value of `diagnostics` in the reply to a request that names an earlier one; null if it only continues
  // that.
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
