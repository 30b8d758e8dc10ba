#include "daemon/reply.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/api_error.h"
#include "daemon/json_text.h"
#include "daemon/safe_text.h"

namespace aside {
namespace {

using json_text::member;

constexpr std::string_view empty_text_block = R"({"type":"text","text":""})";
constexpr std::string_view empty_thinking_block = R"({"type":"thinking","thinking":"","signature":""})";

std::string string_member(std::string_view object, std::string_view name) {
  return json_text::unquoted(member(object, name));
}

std::optional<std::int64_t> number_member(std::string_view object, std::string_view name) {
  const std::string_view raw = member(object, name);
  std::int64_t number = 0;
  const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (read.ec != std::errc() || number < 0) return std::nullopt;
  return number;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_known_event(std::string_view name) {
  return is_one_of(name, {"message_start", "content_block_start", "content_block_delta", "content_block_stop",
                          "message_delta", "message_stop", "error"});
}

// The raw JSON string of a delta ends in a high surrogate's escape: its partner can only be in the next one.
// The backslash must not itself be escaped, so those in front of it are counted.
bool ends_in_half(std::string_view raw) {
  if (raw.size() < 8) return false;
  const std::string_view last = raw.substr(raw.size() - 7, 6);
  const auto lower = [](char c) { return static_cast<char>(c | 0x20); };
  if (last[0] != '\\' || last[1] != 'u' || lower(last[2]) != 'd') return false;
  if (!is_one_of(std::string(1, lower(last[3])), {"8", "9", "a", "b"})) return false;
  std::size_t before = 0;
  while (before < raw.size() - 8 && raw[raw.size() - 8 - before] == '\\') ++before;
  return before % 2 == 0;
}

// A tool's input, made of its deltas, must be an object whatever the stream was cut in: kept so, as the
// documentation has it for input that doesn't parse.
std::string input_object(const std::string& collected) {
  std::string input = json_text::mended(collected);
  if (nlohmann::json::accept(input)) return input;
  return R"({"INVALID_JSON":)" + json_text::quoted(input) + "}";
}

Usage counted(std::string_view usage, Usage before) {
  const auto replace = [](std::int64_t& count, std::optional<std::int64_t> now) {
    count = now.value_or(count);
  };
  const std::string_view written = member(usage, "cache_creation");
  replace(before.input, number_member(usage, "input_tokens"));
  replace(before.cache_read, number_member(usage, "cache_read_input_tokens"));
  replace(before.cache_write, number_member(usage, "cache_creation_input_tokens"));
  replace(before.cache_write_1h, number_member(written, "ephemeral_1h_input_tokens"));
  replace(before.output, number_member(usage, "output_tokens"));
  const auto thinking = number_member(member(usage, "output_tokens_details"), "thinking_tokens");
  if (thinking) before.thinking = thinking;
  return before;
}

Error broken(std::string what) {
  ErrorData data;
  data.hint = "The fault is the server's: ask again.";
  data.retryable = true;
  return Error{ErrorCode::Upstream, "reading the reply: " + std::move(what), std::move(data)};
}

}  // namespace

Result<void> Reply::take(const SseEvent& event) {
  if (finished_) return {};
  bytes_ += event.data.size();
  if (bytes_ > max_bytes) {
    return Error{ErrorCode::Upstream,
                 "reading the reply: it is larger than " + std::to_string(max_bytes >> 20) + " MiB"};
  }
  if (event.name == "error") return api_error(0, event.data);

  const std::string text = json_text::mended(event.data);
  if (!nlohmann::json::accept(text)) {
    if (!event.name.empty() && !is_known_event(event.name)) return {};
    return broken("the server sent data that is not JSON: " + one_line(text));
  }
  const std::string type = string_member(text, "type");
  if (type == "content_block_delta") {
    block_delta(event.data);
  } else if (type == "content_block_start") {
    block_start(text);
  } else if (type == "content_block_stop") {
    block_stop(text);
  } else if (type == "message_start") {
    return message_start(text);
  } else if (type == "message_delta") {
    message_delta(text);
  } else if (type == "message_stop") {
    message_stop();
  } else if (type == "error") {
    return api_error(0, text);
  }
  return {};
}

std::vector<Piece> Reply::take_pieces() {
  return std::exchange(pieces_, {});
}

Result<void> Reply::message_start(std::string_view event) {
  if (started_) return broken("a second message began in the stream");
  started_ = true;
  const std::string_view message = member(event, "message");
  id_ = string_member(message, "id");
  model_ = string_member(message, "model");
  const std::string_view missed = member(member(message, "diagnostics"), "cache_miss_reason");
  cache_miss_ = string_member(missed, "type");
  read_usage(member(message, "usage"));
  read_stop(message);
  for (const std::string_view block : json_text::elements(member(message, "content"))) {
    begin(static_cast<std::int64_t>(blocks_.size()), block);
    if (!blocks_.empty()) finish(blocks_.back());
  }
  return {};
}

void Reply::block_start(std::string_view event) {
  begin(number_member(event, "index").value_or(0), member(event, "content_block"));
}

// The event is taken as it came, not mended: a surrogate at the end of its text may have its partner in the
// next one.
void Reply::block_delta(std::string_view event) {
  Block* block = find(event);
  if (!block) return;
  const std::string_view delta = member(event, "delta");
  const std::string type = string_member(delta, "type");
  if (type == "text_delta") {
    grow(*block, &Block::text, member(delta, "text"));
  } else if (type == "thinking_delta") {
    grow(*block, &Block::thinking, member(delta, "thinking"));
  } else if (type == "input_json_delta") {
    grow(*block, &Block::input, member(delta, "partial_json"));
  } else if (type == "signature_delta") {
    block->signature = json_text::mended(member(delta, "signature"));
  } else if (type == "citations_delta") {
    if (!block->citations.empty()) block->citations += ',';
    block->citations += json_text::mended(member(delta, "citation"));
  }
}

void Reply::block_stop(std::string_view event) {
  if (Block* block = find(event)) finish(*block);
}

void Reply::message_delta(std::string_view event) {
  read_usage(member(event, "usage"));
  read_stop(member(event, "delta"));
}

// A server that leaves content_block_stop out has still said that its message is whole.
void Reply::message_stop() {
  for (Block& block : blocks_) finish(block);
  finished_ = true;
}

void Reply::begin(std::int64_t index, std::string_view raw) {
  if (raw.empty() || raw.front() != '{') return;
  Block block;
  block.index = index;
  block.start = raw;
  blocks_.push_back(std::move(block));
  const std::string type = string_member(raw, "type");
  if (type == "thinking") show(Piece::Kind::Thinking, string_member(raw, "thinking"));
  if (type == "text") show(Piece::Kind::Text, string_member(raw, "text"));
  if (type == "compaction") show(Piece::Kind::Text, string_member(raw, "content"));
}

// The block that an event is about: of that index, the one begun last.
Reply::Block* Reply::find(std::string_view event) {
  const std::int64_t index = number_member(event, "index").value_or(0);
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [index](const Block& block) { return block.index == index; });
  return found == blocks_.rend() || found->finished ? nullptr : &*found;
}

void Reply::grow(Block& block, Part part, std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return;
  std::string whole = '"' + std::exchange(block.half, {}) + std::string(raw.substr(1));
  if (ends_in_half(whole)) {
    block.half = whole.substr(whole.size() - 7, 6);
    block.half_of = part;
    whole.erase(whole.size() - 7, 6);
  }
  append(block, part, json_text::unquoted(json_text::mended(whole)));
}

void Reply::append(Block& block, Part part, const std::string& text) {
  block.*part += text;
  if (part == &Block::text) show(Piece::Kind::Text, text);
  if (part == &Block::thinking) show(Piece::Kind::Thinking, text);
}

void Reply::finish(Block& block) {
  if (block.finished) return;
  if (!block.half.empty()) append(block, block.half_of, "\uFFFD");
  block.half.clear();
  block.finished = true;
  pieces_.push_back({Piece::Kind::Block, block.json()});
}

void Reply::show(Piece::Kind kind, std::string_view text) {
  if (text.empty()) return;
  shown_ = true;
  (kind == Piece::Kind::Text ? text_ : thinking_) += text;
  if (pieces_.empty() || pieces_.back().kind != kind) pieces_.push_back({kind, {}});
  pieces_.back().text += text;
}

void Reply::read_stop(std::string_view message) {
  const std::string reason = string_member(message, "stop_reason");
  if (!reason.empty()) stop_reason_ = reason;
  if (stop_reason_ != "refusal") return;
  const std::string_view details = member(message, "stop_details");
  const std::string category = string_member(details, "category");
  const std::string explanation = one_line(string_member(details, "explanation"));
  refusal_ = "The model declined to answer";
  if (!category.empty()) refusal_ += " (" + category + ")";
  refusal_ += explanation.empty() ? "." : ": " + explanation;
}

// Counts are cumulative: each that is there replaces the one before. A summary's are told only in the list of
// iterations, which then has all there is (messages-api §13).
void Reply::read_usage(std::string_view usage) {
  if (usage.empty() || usage == "null") return;
  if (!usage_) usage_.emplace();
  const auto iterations = json_text::elements(member(usage, "iterations"));
  if (!iterations.empty()) {
    usage_ = Usage{};
    for (const std::string_view iteration : iterations) *usage_ += counted(iteration, {});
  } else {
    usage_ = counted(usage, *usage_);
  }
}

std::string Reply::Block::json() const {
  std::vector<std::pair<std::string_view, std::string>> grown;
  const auto splice = [this, &grown](std::string_view name, const std::string& more) {
    if (!more.empty()) grown.emplace_back(name, json_text::quoted(string_member(start, name) + more));
  };
  splice("text", text);
  splice("thinking", thinking);
  if (!signature.empty()) grown.emplace_back("signature", signature);
  if (!input.empty()) grown.emplace_back("input", input_object(input));
  if (!citations.empty()) {
    std::string all = "[";
    for (const std::string_view earlier : json_text::elements(member(start, "citations"))) {
      all.append(earlier).append(",");
    }
    grown.emplace_back("citations", all + citations + "]");
  }
  return json_text::with(start, grown);
}

std::string Reply::blocks() const {
  std::string array;
  for (const Block& block : blocks_) {
    array += array.empty() ? '[' : ',';
    array += block.json();
  }
  return array.empty() ? "[]" : array + "]";
}

std::string Reply::content() const {
  std::string array;
  bool has_text = false;
  for (const Block& block : blocks_) {
    const std::string json = block.json();
    const std::string type = string_member(json, "type");
    if (type == "text") {
      if (json_text::blank(string_member(json, "text"))) continue;
      has_text = true;
    } else if (type == "compaction" && block.finished) {
      has_text = has_text || !json_text::blank(string_member(json, "content"));
    } else if (!block.finished || type == "tool_use") {
      continue;
    } else if (type == "thinking" && string_member(json, "signature").empty()) {
      continue;
    }
    array += array.empty() ? '[' : ',';
    array += json;
  }
  return has_text ? array + "]" : "";
}

// What stands after the last finished block belongs to the one that was being written; its thinking has no
// signature yet.
void Reply::fill(Turn& turn) const {
  turn.message = id_;
  turn.text = text_;
  turn.thinking = thinking_;
  turn.blocks = blocks();
  turn.content = content();
}

Reply Reply::recovered(const std::vector<Piece>& pieces) {
  Reply reply;
  Block thinking{.start = std::string(empty_thinking_block)};
  Block text{.start = std::string(empty_text_block)};
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::Text) {
      reply.append(text, &Block::text, piece.text);
    } else if (piece.kind == Piece::Kind::Thinking) {
      reply.append(thinking, &Block::thinking, piece.text);
    } else if (piece.kind == Piece::Kind::Block) {
      reply.blocks_.push_back({.start = piece.text, .finished = true});
      text.text.clear();
      thinking.thinking.clear();
    }
  }
  if (!thinking.thinking.empty()) reply.blocks_.push_back(std::move(thinking));
  if (!text.text.empty()) reply.blocks_.push_back(std::move(text));
  reply.pieces_.clear();
  reply.started_ = !reply.blocks_.empty();
  return reply;
}

}  // namespace aside
