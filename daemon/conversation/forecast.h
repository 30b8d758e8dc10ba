// What a question will take before it is asked: how many tokens, how many of them from the cache, at what
// price. From what the API counted for the replies before it, and an estimate of what is new; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/prompt.h"
#include "daemon/core/turn.h"

namespace aside {

struct Forecast {
  std::int64_t tokens = 0;     // of the whole prompt
  std::int64_t cached = 0;     // of these, what the cache should have
  std::optional<double> cost;  // USD, of the prompt alone: how long the reply will be nobody knows
};

// Of a text, without its model's tokenizer: three and a half bytes are one (messages-api §11).
std::int64_t estimated_tokens(std::size_t bytes);
std::int64_t estimated_tokens(const Attachment& attachment);
// USD of so many tokens that no cache has, at what writing them to it costs; absent where the price is
// unknown.
std::optional<double> cost_as_new(std::int64_t tokens, const Prompt& prompt, const PromptOptions& options);

// A reply as it is shown: of one that was stopped before the server said how long it was, tokens and price
// are estimated from its text.
Turn estimated(Turn reply);

// A thread at the end of its last reply that is sent: what the next request would begin with, and how much
// of that reply's prompt came from the cache. Nullopt where no server has counted.
struct ThreadSize {
  std::int64_t tokens = 0;
  std::int64_t cached = 0;
};
std::optional<ThreadSize> thread_size(const std::vector<Turn>& path);

// For a prompt whose messages were made of `path`, root → question. `now` in milliseconds since 1970.
Forecast forecast(const Prompt& prompt, const std::vector<Turn>& path, const PromptOptions& options,
                  std::string_view server, std::int64_t now);
// The same once the tokens have been counted.
Forecast counted(Forecast forecast, std::int64_t tokens, const Prompt& prompt, const PromptOptions& options);

// What it costs to go on with another model or effort, in a sentence for people; empty where the cache has
// nothing of the thread that could be lost.
std::string lost_cache(const Prompt& before, const Prompt& after, const std::vector<Turn>& path,
                       const PromptOptions& options, std::string_view server, std::int64_t now);

}  // namespace aside
