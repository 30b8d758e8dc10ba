// A request's prompt as the API sees it: tools, system and messages as one sequence of blocks. The size in
// tokens, the signatures of thinking and of summaries, and the prompt cache (cache.h) are computed from this
// sequence.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/standin/fields.h"

namespace aside::test {

using Json = nlohmann::ordered_json;  // ordered, since the order of keys is a part of the prompt

enum class Part { Tools, System, Messages };

struct PromptBlock {
  std::string path;  // "messages.1.content.0", as error messages name it
  Part part = Part::Messages;
  std::string group;        // "tools", "system", or the role and number of the block's message
  std::string bytes;        // the block's JSON without the cache mark
  std::string mark;         // the lifetime of the block's cache mark, "5m" or "1h"; empty if there is no mark
  std::int64_t tokens = 0;  // an estimate
  bool thinking = false;
  bool summary = false;   // a compaction block
  std::string shown;      // for thinking and summaries: the text that the signature covers
  std::string signature;  // for thinking and summaries: `signature`, or `data` of redacted thinking
};

struct ApiPrompt {
  std::vector<PromptBlock> blocks;
  std::size_t messages = 0;     // how many messages hold more than thinking, summarized ones included
  bool marks_disagree = false;  // the automatic mark is on a block with an explicit mark of another lifetime
  // Parameters that must match in the cache, with their defaults filled in.
  std::string speed, system_key, messages_key;
};

// Reads the prompt of a body. The fields and blocks of the body have been checked, and the mark of automatic
// caching has been set.
ApiPrompt read_prompt(const Json& body);
std::int64_t tokens(std::string_view bytes);  // an estimate, which the whole stand-in uses
std::int64_t tokens(const ApiPrompt& prompt);

// Signs thinking and summaries, and checks the signatures that clients send back. It stores nothing: a server
// that is started again with the same key accepts its earlier signatures, but no signature of another key.
//
// A thinking signature holds a hash of the prompt before its block (thinking left out), a hash of the
// thinking signature before it, and a keyed hash over both and the block's text. So a block stays valid if
// messages are appended, if cache marks or parameters change, and if thinking is left out from the front.
//
// A summary's signature holds the hash of the prompt that the summary replaces. So thinking in later messages
// is valid as if the summarized messages were still there, as long as tools and system are the same.
class ThinkingSeal {
 public:
  explicit ThinkingSeal(std::string key) : key_(std::move(key)) {}

  // Returns the signature for a thinking block with which the reply to this prompt begins.
  std::string sign(const ApiPrompt& prompt, std::string_view shown) const;
  // Returns the API's message about the first thinking block that isn't valid. `bound`: the model checks that
  // the block belongs to this conversation; otherwise it checks only that the signature is genuine.
  std::optional<std::string> broken(const ApiPrompt& prompt, bool bound) const;

  // Returns the summary block that replaces all messages of this prompt.
  Json summary_block(const ApiPrompt& prompt, const std::string& content) const;
  // Returns a refusal if a summary was changed, or is followed by the messages that it replaces.
  std::optional<Refusal> broken_summary(const ApiPrompt& prompt) const;

 private:
  std::string keyed(std::string_view one, std::string_view two, std::string_view three) const;

  std::string key_;
};

}  // namespace aside::test
