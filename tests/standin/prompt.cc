#include "tests/standin/prompt.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/standin/hash.h"
#include "tests/standin/media.h"
#include "tests/standin/models.h"

namespace aside::test {

namespace {

constexpr std::size_t number_digits = 8;

// The content of a summary's signature.
struct SummarySeal {
  std::string state;         // the prompt's hash up to the end of the summarized messages
  std::string preamble;      // the hash of tools and system
  std::string sequence;      // the hash of the summarized blocks alone
  std::string content;       // the hash of the summary
  std::size_t blocks = 0;    // how many blocks were summarized; thinking isn't counted
  std::size_t messages = 0;  // how many messages the conversation has up to here, as `read_prompt` counts

  std::string written() const { return state + preamble + sequence + content + hex(blocks) + hex(messages); }
  static std::string hex(std::size_t number) {
    char text[number_digits + 1];
    std::snprintf(text, sizeof text, "%08zx", number);
    return text;
  }
};

// How many digits `SummarySeal::written` returns. In a signature, a keyed hash of these digits follows them.
constexpr std::size_t summary_digits = 4 * Hash::digits + 2 * number_digits;

std::optional<SummarySeal> read_summary_seal(std::string_view signature) {
  if (signature.size() != summary_digits + Hash::digits) return std::nullopt;
  if (signature.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  auto take = [&signature](std::size_t size) {
    std::string piece(signature.substr(0, size));
    signature.remove_prefix(size);
    return piece;
  };
  SummarySeal seal;
  seal.state = take(Hash::digits);
  seal.preamble = take(Hash::digits);
  seal.sequence = take(Hash::digits);
  seal.content = take(Hash::digits);
  seal.blocks = std::strtoul(take(number_digits).c_str(), nullptr, 16);
  seal.messages = std::strtoul(take(number_digits).c_str(), nullptr, 16);
  return seal;
}

std::string_view role_of(const PromptBlock& block) {
  return std::string_view(block.group).substr(0, block.group.find('.'));
}

// The hash of the beginning of a prompt. Thinking, and messages with only thinking, are left out. A summary
// has the same hash as the messages that it replaces.
class Prefix {
 public:
  void add(const PromptBlock& block) {
    if (block.thinking) return;
    if (block.summary) {
      auto seal = read_summary_seal(block.signature);
      if (seal && seal->preamble == hex()) {
        hash_ = Hash::from(seal->state);
        return;
      }
    }
    hash_.add(block.group).add(block.bytes);
  }
  std::string hex() const { return hash_.hex(); }

 private:
  Hash hash_;
};

// Returns the lifetime of a block's cache mark; '' if there is no mark. A null counts as an absent value.
std::string lifetime(const Json& marked) {
  const Json* mark = present(marked, "cache_control");
  if (mark == nullptr) return "";
  const Json* ttl = present(*mark, "ttl");
  return ttl == nullptr ? "5m" : ttl->get<std::string>();
}

bool deferred(const Json& tool) {
  const Json* loading = present(tool, "defer_loading");
  return loading != nullptr && *loading == true;
}

PromptBlock block_of(Part part, std::string path, std::string group, Json json, bool sees_finely) {
  PromptBlock block;
  block.part = part;
  block.path = std::move(path);
  block.group = std::move(group);
  block.mark = lifetime(json);
  json.erase("cache_control");
  const Json* named = present(json, "type");
  const std::string type = named == nullptr ? "" : named->get<std::string>();
  block.thinking = type == "thinking" || type == "redacted_thinking";
  block.summary = type == "compaction";
  if (block.thinking || block.summary) {
    if (type != "redacted_thinking") block.shown = json[block.summary ? "content" : "thinking"];
    block.signature = json[type == "redacted_thinking" ? "data" : "signature"];
  }
  block.bytes = json.dump();
  if (block.summary)
    block.tokens = tokens(block.shown);
  else if (type == "image" || type == "document")
    block.tokens = media_tokens(json, sees_finely);
  else
    block.tokens = tokens(block.bytes);
  return block;
}

// Returns content as blocks: a string becomes one text block.
Json as_blocks(const Json& content) {
  if (!content.is_string()) return content;
  return Json::array({Json{{"type", "text"}, {"text", content}}});
}

bool holds_image(const Json& content) {
  if (!content.is_array()) return false;
  return std::any_of(content.begin(), content.end(), [](const Json& block) {
    const Json* inside = present(block, "content");
    return block["type"] == "image" || (block["type"] == "tool_result" && inside && holds_image(*inside));
  });
}

std::string word(const Json* object, const char* name, std::string_view otherwise) {
  const Json* value = object == nullptr ? nullptr : present(*object, name);
  return value == nullptr     ? std::string(otherwise)
         : value->is_string() ? value->get<std::string>()
                              : value->dump();
}

void read_keys(const Json& body, const ApiModel* model, ApiPrompt& prompt) {
  const Json *config = present(body, "output_config"), *thinking = present(body, "thinking");
  const bool unasked = model != nullptr && model->is(thinks_unasked);
  const bool medium = model != nullptr && model->is(medium_effort);
  const Json& messages = body["messages"];
  const bool image = std::any_of(messages.begin(), messages.end(),
                                 [](const Json& message) { return holds_image(message["content"]); });
  const Json* choice = present(body, "tool_choice");
  prompt.speed = word(&body, "speed", "standard");
  prompt.system_key = word(config, "format", "");
  prompt.messages_key = word(thinking, "type", unasked ? "adaptive" : "disabled") + " " +
                        word(thinking, "budget_tokens", "") + " " +
                        word(config, "effort", medium ? "medium" : "high") + " " +
                        (choice == nullptr ? R"({"type":"auto"})" : choice->dump()) + (image ? " image" : "");
}

}  // namespace

ApiPrompt read_prompt(const Json& body) {
  const Json* name = present(body, "model");
  const ApiModel* model =
      name == nullptr || !name->is_string() ? nullptr : find_api_model(name->get<std::string>());
  const bool fine = model == nullptr || model->is(sees_finely);
  ApiPrompt prompt;
  read_keys(body, model, prompt);
  if (const Json* tools = present(body, "tools")) {
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const Json& tool = (*tools)[i];
      if (!deferred(tool))
        prompt.blocks.push_back(block_of(Part::Tools, join("tools", i), "tools", tool, fine));
    }
  }
  if (const Json* system = present(body, "system")) {
    Json blocks = as_blocks(*system);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      prompt.blocks.push_back(block_of(Part::System, join("system", i), "system", blocks[i], fine));
    }
  }
  std::size_t order = 0;  // counts the messages that hold more than thinking, summarized ones included
  for (std::size_t i = 0; i < body["messages"].size(); ++i) {
    const Json& message = body["messages"][i];
    Json blocks = as_blocks(message["content"]);
    const std::string role = message["role"];
    bool uncounted = true;
    for (std::size_t j = 0; j < blocks.size(); ++j) {
      prompt.blocks.push_back(block_of(Part::Messages, join(join("messages", i) + ".content", j),
                                       join(role, order), blocks[j], fine));
      const PromptBlock& block = prompt.blocks.back();
      uncounted = uncounted && (block.thinking || block.summary);
      if (auto seal = block.summary ? read_summary_seal(block.signature) : std::nullopt)
        order = seal->messages;
    }
    if (!uncounted) ++order;
  }

  prompt.messages = order;

  const std::string automatic = lifetime(body);
  if (automatic.empty()) return prompt;
  auto last = std::find_if(prompt.blocks.rbegin(), prompt.blocks.rend(),
                           [](const PromptBlock& b) { return !b.thinking; });
  if (last == prompt.blocks.rend()) return prompt;
  prompt.marks_disagree = !last->mark.empty() && last->mark != automatic;
  if (last->mark.empty()) last->mark = automatic;
  return prompt;
}

std::int64_t tokens(std::string_view bytes) {
  return static_cast<std::int64_t>(bytes.size() * 2 / 7) + 1;
}

std::int64_t tokens(const ApiPrompt& prompt) {
  std::int64_t sum = 0;
  for (const PromptBlock& block : prompt.blocks) sum += block.tokens;
  return sum;
}

std::string ThinkingSeal::keyed(std::string_view one, std::string_view two, std::string_view three) const {
  return Hash().add(key_).add(one).add(two).add(three).hex();
}

std::string ThinkingSeal::sign(const ApiPrompt& prompt, std::string_view shown) const {
  Prefix prefix;
  std::string previous;
  for (const PromptBlock& block : prompt.blocks) {
    prefix.add(block);
    if (block.thinking) previous = block.signature;
  }
  std::string link = Hash().add(previous).hex();
  return prefix.hex() + link + keyed(prefix.hex(), link, shown);
}

std::optional<std::string> ThinkingSeal::broken(const ApiPrompt& prompt, bool bound) const {
  Prefix prefix;
  const PromptBlock* previous = nullptr;
  for (const PromptBlock& block : prompt.blocks) {
    prefix.add(block);
    if (!block.thinking) continue;
    std::string_view signature = block.signature;
    const std::string complaint = block.path + ": Invalid `signature` in `thinking` block";
    if (signature.size() != 3 * Hash::digits) return complaint;
    std::string_view before = signature.substr(0, Hash::digits),
                     link = signature.substr(Hash::digits, Hash::digits);
    if (signature.substr(2 * Hash::digits) != keyed(before, link, block.shown)) return complaint;
    bool linked = previous == nullptr || link == Hash().add(previous->signature).hex();
    if (bound && (before != prefix.hex() || !linked)) {
      return complaint + ". The block is bound to a different conversation";
    }
    previous = &block;
  }
  return std::nullopt;
}

Json ThinkingSeal::summary_block(const ApiPrompt& prompt, const std::string& content) const {
  Prefix preamble, whole;
  Hash sequence;
  SummarySeal seal;
  for (const PromptBlock& block : prompt.blocks) {
    whole.add(block);
    if (block.part != Part::Messages) preamble.add(block);
    if (block.part != Part::Messages || block.thinking || block.summary) continue;
    sequence.add(role_of(block)).add(block.bytes);
    ++seal.blocks;
  }
  seal.state = whole.hex();
  seal.preamble = preamble.hex();
  seal.sequence = sequence.hex();
  seal.content = Hash().add(content).hex();
  seal.messages = prompt.messages;
  const std::string signature = seal.written();
  return {{"type", "compaction"},
          {"content", content},
          {"encrypted_content", nullptr},
          {"signature", signature + keyed(signature, "", "")},
          {"tool_changes", Json::array()}};
}

std::optional<Refusal> ThinkingSeal::broken_summary(const ApiPrompt& prompt) const {
  auto block = std::find_if(prompt.blocks.begin(), prompt.blocks.end(),
                            [](const PromptBlock& b) { return b.summary; });
  if (block == prompt.blocks.end()) return std::nullopt;
  auto refused = [&block](const char* code, const char* message) {
    return coded_refusal(code, block->path + ": " + message);
  };
  const auto seal = read_summary_seal(block->signature);
  const std::string_view written = std::string_view(block->signature).substr(0, seal ? summary_digits : 0);
  if (!seal || block->signature.substr(summary_digits) != keyed(written, "", ""))
    return refused("compaction_signature_invalid", "the `signature` of the compaction block does not verify");
  if (seal->content != Hash().add(block->shown).hex())
    return refused("compaction_content_mismatch",
                   "the `content` of the compaction block is not what its signature recorded");
  const Json given = {{"type", "compaction"},
                      {"content", block->shown},
                      {"encrypted_content", nullptr},
                      {"signature", block->signature},
                      {"tool_changes", Json::array()}};
  if (block->bytes != given.dump())
    return refused("compaction_signature_invalid", "the compaction block must come back as it was given");
  Hash sequence;
  std::size_t count = 0;
  for (auto next = block + 1; next != prompt.blocks.end() && count < seal->blocks; ++next) {
    if (next->thinking) continue;
    sequence.add(role_of(*next)).add(next->bytes);
    ++count;
  }
  if (count < 2 || count < seal->blocks || sequence.hex() != seal->sequence) return std::nullopt;
  return Refusal{400, "invalid_request_error",
                 block->path + ": the messages that this compaction block summarizes stand behind it still"};
}

}  // namespace aside::test
