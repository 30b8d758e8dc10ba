// Estimates a question before it is asked: its tokens, how many of them come from the cache, and the price. It uses
// the API's counts for earlier replies and an estimate for what is new. All functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/core/turn.h"

namespace aside {

struct Forecast {
  std::int64_t tokens = 0;     // of the whole prompt
  std::int64_t cached = 0;     // the part of `tokens` that is expected to come from the cache
  std::optional<double> cost;  // USD, only for the prompt: the length of the reply isn't known
};

// Estimates the tokens of a text without the model's tokenizer: one token for three and a half bytes.
std::int64_t estimated_tokens(std::size_t bytes);
std::int64_t estimated_tokens(const Attachment& attachment);
// The price in USD of this many tokens of new input in a request of `all` tokens. If the prompt is to be cached, the
// price for writing them to the cache is included. Absent if the model's price is unknown.
std::optional<double> cost_as_new(std::int64_t tokens, std::int64_t all, const Prompt& prompt,
                                  const PromptOptions& options);

// Returns the reply. If it was stopped before the server counted its tokens, its tokens and price are estimated from
// its text. Replies are stored with this estimate, so that all sums agree with it.
Turn estimated(Turn reply, const Models& models);

// The size of a conversation up to the last reply that is sent: the tokens that the next request begins with, and
// how many tokens of that reply's prompt came from the cache; none if that reply is a summary. nullopt if no reply has a
// server's count.
struct ConversationSize {
  std::int64_t tokens = 0;
  std::int64_t cached = 0;  // 0 if that reply is a summary
};
std::optional<ConversationSize> conversation_size(const std::vector<Turn>& path);

// The tokens of a prompt whose messages are made of `path`, root → question.
std::int64_t expected_tokens(const Prompt& prompt, const std::vector<Turn>& path);
// The forecast for a prompt whose messages are made of `path`, root → question. `now` is in milliseconds since
// 1970.
Forecast forecast(const Prompt& prompt, const std::vector<Turn>& path, const PromptOptions& options,
                  std::string_view server, std::int64_t now);
// The same forecast with the server's count of the tokens.
Forecast counted(Forecast forecast, std::int64_t tokens, const Prompt& prompt, const PromptOptions& options);

// What writing to the cache adds to the price of a request, in USD; absent if it adds nothing or a price is unknown.
std::optional<double> cost_of_caching(const Forecast& forecast, const Prompt& prompt,
                                      const PromptOptions& options);

// A sentence for people that says what changing the model or effort costs; empty if the cache holds nothing of the
// conversation that could be lost.
std::string lost_cache(const Prompt& before, const Prompt& after, const std::vector<Turn>& path,
                       const PromptOptions& options, std::string_view server, std::int64_t now);

}  // namespace aside
