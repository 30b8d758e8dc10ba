// A request's prompt as the API sees it: tools, system and messages as one sequence of blocks. Made from it:
// the size in tokens, and the seal on thinking and on summaries. What a prompt cache makes of it is told in
// cache.h.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/standin/fields.h"
#include "tests/standin/models.h"

namespace aside::test {

using Json = nlohmann::ordered_json;  // the order of keys counts: it is part of the prompt

enum class Part { Tools, System, Messages };

struct PromptBlock {
  std::string path;  // "messages.1.content.0", as error messages name it
  Part part = Part::Messages;
  std::string
      group;  // "tools", "system", or the message's role and number: blocks of one group stand together
  std::string bytes;        // its JSON without the cache mark
  std::string mark;         // lifetime of a cache mark, "5m" or "1h"; empty: none
  std::int64_t tokens = 0;  // an estimate
  bool thinking = false;
  bool summary = false;   // a compaction block
  std::string shown;      // of these two: the text that its signature covers
  std::string signature;  // of these two: `signature`, or `data` of redacted thinking
};

struct ApiPrompt {
  std::vector<PromptBlock> blocks;
  std::size_t messages = 0;     // that hold more than thinking, summarized ones included
  bool marks_disagree = false;  // the automatic mark met an explicit one with another lifetime
  // Parameters that are part of what is cached, defaults written out.
  std::string speed, system_key, messages_key;
};

// The body must have passed the checks of fields and blocks, and already have the mark of automatic caching.
ApiPrompt read_prompt(const Json& body);
std::int64_t tokens(std::string_view bytes);  // an estimate, the same everywhere in the stand-in
std::int64_t tokens(const ApiPrompt& prompt);

// Signs thinking and summaries and checks what comes back, without remembering anything. A server started
// again with the same key knows its own signatures; those of any other key are foreign.
//
// A thinking signature holds a hash of the prompt before its block (thinking left out), a hash of the
// thinking signature before it, and a keyed hash over both and the block's text. So these keep a block valid:
// appending, cache marks, parameters, leaving out thinking from the front.
//
// A summary's signature holds the hash of the prompt that it stands for, so that thinking in messages that
// follow it, kept or new, is bound as if the summarized ones still stood there, as long as tools and system
// are the same.
class ThinkingSeal {
 public:
  explicit ThinkingSeal(std::string key) : key_(std::move(key)) {}

  // For a thinking block that would come next, first in the reply to this prompt.
  std::string sign(const ApiPrompt& prompt, std::string_view shown) const;
  // The API's message about the first block that does not hold. `bound`: the model checks the conversation
  // too, not only where the signature comes from.
  std::optional<std::string> broken(const ApiPrompt& prompt, bool bound) const;

  // The block that takes the place of all messages of this prompt.
  Json summary_block(const ApiPrompt& prompt, const std::string& content) const;
  // The refusal of a summary that isn't as it was given, or that is followed by the messages it stands for.
  std::optional<Refusal> broken_summary(const ApiPrompt& prompt) const;

 private:
  std::string keyed(std::string_view one, std::string_view two, std::string_view three) const;

  std::string key_;
};

}  // namespace aside::test
