// A request's prompt as the API sees it: tools, system and messages as one sequence of blocks. Made from it:
// the size in tokens, the seal on thinking, and what a prompt cache would have read and written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/api_models.h"

namespace aside::test {

using Json = nlohmann::ordered_json;  // the order of keys counts: it is part of the prompt

struct PromptBlock {
  std::string path;  // "messages.1.content.0", as error messages name it
  std::string
      group;  // "tools", "system", or the message's number and role: blocks of one group stand together
  std::string bytes;  // its JSON without the cache mark
  std::string mark;   // lifetime of a cache mark, "5m" or "1h"; empty: none
  bool thinking = false;
  std::string shown;      // of a thinking block: the text that its signature covers
  std::string signature;  // of a thinking block: `signature`, or `data` of a redacted one
};

struct ApiPrompt {
  std::vector<PromptBlock> blocks;
  bool marks_disagree = false;  // the automatic mark met an explicit one with another lifetime
};

// The body must have passed the checks of fields and blocks. Automatic caching has put its mark.
ApiPrompt read_prompt(const Json& body);
std::int64_t tokens(std::string_view bytes);  // an estimate, the same everywhere in the stand-in
std::int64_t tokens(const ApiPrompt& prompt);

// Signs thinking and checks what comes back, without remembering anything: a signature holds a hash of the
// prompt before its block (thinking left out), a hash of the thinking signature before it, and a keyed hash
// over both and the block's text. So these keep a block valid: appending, cache marks, parameters, leaving
// out thinking from the front. A server started again with the same key knows its own signatures; those of
// any other key are foreign.
class ThinkingSeal {
 public:
  explicit ThinkingSeal(std::string key) : key_(std::move(key)) {}

  // For a thinking block that would come next, first in the reply to this prompt.
  std::string sign(const ApiPrompt& prompt, std::string_view shown) const;
  // The API's message about the first block that does not hold. `bound`: the model checks the conversation
  // too, not only where the signature comes from.
  std::optional<std::string> broken(const ApiPrompt& prompt, bool bound) const;

 private:
  std::string keyed(std::string_view prefix, std::string_view previous, std::string_view shown) const;

  std::string key_;
};

struct InputUsage {
  std::int64_t input = 0, read = 0, written_5m = 0, written_1h = 0;
};

// Entries stand at marks, a lookup goes back 20 blocks from each mark, short prefixes are not cached; all as
// in messages-api §6, except that nothing here expires.
class PromptCache {
 public:
  static constexpr std::size_t lookback = 20;

  InputUsage take(const ApiModel& model, const ApiPrompt& prompt);

 private:
  std::set<std::string> entries_;
};

}  // namespace aside::test
