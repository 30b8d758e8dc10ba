#include "tests/support/api_prompt.h"

#include <algorithm>

#include "tests/support/api_fields.h"

namespace aside::test {

namespace {

// 128 bits of FNV-like hash: no secret depends on it, only that two prompts of a test do not collide.
class Hash {
 public:
  Hash& add(std::string_view bytes) {
    for (char byte : bytes) mix(static_cast<unsigned char>(byte));
    mix(0x100);  // outside the range of bytes: "ab"+"c" differs from "a"+"bc"
    return *this;
  }
  std::string hex() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::uint64_t half : {one_, two_}) {
      for (int shift = 60; shift >= 0; shift -= 4) out += digits[(half >> shift) & 15];
    }
    return out;
  }

 private:
  void mix(unsigned value) {
    one_ = (one_ ^ value) * 0x100000001b3u;
    two_ = (two_ ^ value ^ (one_ >> 56)) * 0x9e3779b97f4a7c15u;
  }

  std::uint64_t one_ = 0xcbf29ce484222325u;
  std::uint64_t two_ = 0x6c62272e07bb0142u;
};

constexpr std::size_t hash_digits = 32;

// The prompt up to some block, thinking left out; a message that holds nothing else leaves no trace.
class Prefix {
 public:
  void add(const PromptBlock& block) {
    if (block.thinking) return;
    hash_.add(block.group).add(block.bytes);
  }
  std::string hex() const { return hash_.hex(); }

 private:
  Hash hash_;
};

// The lifetime that a mark asks for; a mark or a ttl of null is as good as none.
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

PromptBlock block_of(std::string path, std::string group, Json json) {
  PromptBlock block;
  block.path = std::move(path);
  block.group = std::move(group);
  block.mark = lifetime(json);
  json.erase("cache_control");
  const Json* named = present(json, "type");
  const std::string type = named == nullptr ? "" : named->get<std::string>();
  block.thinking = type == "thinking" || type == "redacted_thinking";
  if (block.thinking) {
    if (type == "thinking") block.shown = json["thinking"];
    block.signature = json[type == "thinking" ? "signature" : "data"];
  }
  block.bytes = json.dump();
  return block;
}

// A string stands for one text block.
Json as_blocks(const Json& content) {
  if (!content.is_string()) return content;
  return Json::array({Json{{"type", "text"}, {"text", content}}});
}

}  // namespace

ApiPrompt read_prompt(const Json& body) {
  ApiPrompt prompt;
  if (const Json* tools = present(body, "tools")) {
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const Json& tool = (*tools)[i];
      if (!deferred(tool)) prompt.blocks.push_back(block_of(join("tools", i), "tools", tool));
    }
  }
  if (const Json* system = present(body, "system")) {
    Json blocks = as_blocks(*system);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      prompt.blocks.push_back(block_of(join("system", i), "system", blocks[i]));
    }
  }
  std::size_t order = 0;  // counts messages that hold more than thinking, as the prefix does
  for (std::size_t i = 0; i < body["messages"].size(); ++i) {
    const Json& message = body["messages"][i];
    Json blocks = as_blocks(message["content"]);
    std::string group = join(message["role"].get<std::string>(), order);
    bool only_thinking = true;
    for (std::size_t j = 0; j < blocks.size(); ++j) {
      prompt.blocks.push_back(block_of(join(join("messages", i) + ".content", j), group, blocks[j]));
      only_thinking = only_thinking && prompt.blocks.back().thinking;
    }
    if (!only_thinking) ++order;
  }

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
  for (const PromptBlock& block : prompt.blocks) sum += tokens(block.bytes);
  return sum;
}

std::string ThinkingSeal::keyed(std::string_view prefix, std::string_view previous,
                                std::string_view shown) const {
  return Hash().add(key_).add(prefix).add(previous).add(shown).hex();
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
    if (signature.size() != 3 * hash_digits) return complaint;
    std::string_view before = signature.substr(0, hash_digits),
                     link = signature.substr(hash_digits, hash_digits);
    if (signature.substr(2 * hash_digits) != keyed(before, link, block.shown)) return complaint;
    bool linked = previous == nullptr || link == Hash().add(previous->signature).hex();
    if (bound && (before != prefix.hex() || !linked)) {
      return complaint + ". The block is bound to a different conversation";
    }
    previous = &block;
  }
  return std::nullopt;
}

InputUsage PromptCache::take(const ApiModel& model, const ApiPrompt& prompt) {
  struct Point {
    std::string hash;
    std::int64_t tokens;
  };
  std::vector<Point> points;  // the end of each block
  Hash hash;
  hash.add(model.id);
  std::int64_t sum = 0;
  for (const PromptBlock& block : prompt.blocks) {
    sum += tokens(block.bytes);
    hash.add(block.group).add(block.bytes);
    points.push_back({hash.hex(), sum});
  }

  InputUsage usage;
  std::int64_t end_1h = 0, end_5m = 0;
  std::vector<std::string> fresh;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string& mark = prompt.blocks[i].mark;
    if (mark.empty() || points[i].tokens < model.smallest_cached) continue;
    for (std::size_t back = 0; back < lookback && back <= i; ++back) {
      const Point& point = points[i - back];
      if (entries_.count(point.hash) != 0) usage.read = std::max(usage.read, point.tokens);
    }
    (mark == "1h" ? end_1h : end_5m) = points[i].tokens;
    fresh.push_back(points[i].hash);
  }
  entries_.insert(fresh.begin(), fresh.end());
  usage.written_1h = std::max<std::int64_t>(0, end_1h - usage.read);
  usage.written_5m = std::max<std::int64_t>(0, end_5m - std::max(end_1h, usage.read));
  usage.input = sum - usage.read - usage.written_1h - usage.written_5m;
  return usage;
}

}  // namespace aside::test
