#include "daemon/api/reply.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/api/content_block.h"
#include "daemon/api/error.h"
#include "daemon/text/json.h"
#include "protocol/blank.h"

namespace aside {
namespace {

using json_text::member;

constexpr std::string_view empty_text_block = R"({"type":"text","text":""})";
constexpr std::string_view empty_thinking_block = R"({"type":"thinking","thinking":"","signature":""})";
constexpr std::size_t max_remark_bytes = 64 * 1024;

std::string string_member(std::string_view object, std::string_view name) {
  return json_text::unquoted(member(object, name));
}

bool is_object(std::string_view raw) {
  return !raw.empty() && raw.front() == '{';
}

bool is_filled_string(std::string_view raw) {
  return raw.size() > 2 && raw.front() == '"';
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_known_event(std::string_view name) {
  return is_one_of(name, {"message_start", "content_block_start", "content_block_delta", "content_block_stop",
                          "message_delta", "message_stop", "error", "ping"});
}

// Returns the type of an event, from its data, else from its name, else from its fields.
std::string type_of(std::string_view name, std::string_view event) {
  std::string type = string_member(event, "type");
  if (is_known_event(type)) return type;
  if (is_known_event(name)) return std::string(name);
  const std::string_view error = member(event, "error");
  const bool fails = !error.empty() && !is_one_of(error, {"null", "false", R"("")"});
  const bool named_error = std::string_view(type).ends_with("_error");
  if (fails || named_error) return "error";
  if (!member(event, "choices").empty()) return "chat_completion";
  if (!type.empty()) return type;
  if (is_object(member(event, "content_block"))) return "content_block_start";
  const std::string_view delta = member(event, "delta");
  if (!delta.empty()) return member(delta, "stop_reason").empty() ? "content_block_delta" : "message_delta";
  if (is_object(member(event, "message"))) return "message_start";
  return member(event, "content").empty() ? "" : "message";
}

// Whether a delta's raw JSON string ends with the escape of a high surrogate; the low surrogate is then in the next
// delta. An escaped backslash begins no escape, so the backslashes before the escape are counted.
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

// A tool's input must be a JSON object, even if the stream was cut within it. Input that can't be parsed is kept
// in the form that the API's documentation gives for it.
std::string input_object(const std::string& collected) {
  std::string input = json_text::mended(collected);
  if (nlohmann::json::accept(input) && !json_text::nested_deeper(input, content_block::max_depth - 1))
    return input;
  return R"({"INVALID_JSON":)" + json_text::quoted(input) + "}";
}

// Returns `before` with the counts that `usage` has; nullopt if `usage` has none.
std::optional<Usage> counted(std::string_view usage, Usage before) {
  bool any = false;
  const auto replace = [&any](std::int64_t& count, std::optional<std::int64_t> now) {
    any = any || now;
    count = now.value_or(count);
  };
  const std::string_view written = member(usage, "cache_creation");
  replace(before.input, tokens(usage, "input_tokens"));
  replace(before.cache_read, tokens(usage, "cache_read_input_tokens"));
  replace(before.cache_write, tokens(usage, "cache_creation_input_tokens"));
  replace(before.cache_write_1h, tokens(written, "ephemeral_1h_input_tokens"));
  replace(before.output, tokens(usage, "output_tokens"));
  const auto thinking = tokens(member(usage, "output_tokens_details"), "thinking_tokens");
  if (thinking) before.thinking = thinking;
  return any || thinking ? std::optional(before) : std::nullopt;
}

Error broken(std::string what) {
  ErrorData data;
  data.hint = "The server has a fault: ask again.";
  data.retryable = true;
  return Error{ErrorCode::Upstream, "reading the reply: " + std::move(what), std::move(data)};
}

}  // namespace

std::optional<std::int64_t> tokens(std::string_view object, std::string_view name) {
  std::string_view raw = member(object, name);
  if (is_filled_string(raw)) raw = raw.substr(1, raw.size() - 2);
  double number = 0;
  const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (raw.empty() || read.ptr != raw.data() + raw.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range)
    number = std::strtod(std::string(raw).c_str(), nullptr);  // infinite if too large, 0 if too small
  else if (read.ec != std::errc() || !std::isfinite(number))
    return std::nullopt;
  if (number < 0) return std::nullopt;
  return static_cast<std::int64_t>(std::min(number, static_cast<double>(Reply::max_tokens)));
}

Result<void> Reply::add_event(const SseEvent& event) {
  if (finished_) return {};
  const std::string text = json_text::mended(event.data);
  const std::string_view json = trimmed(text);
  if (json == "[DONE]") {
    end();
    finished_ = true;
    return {};
  }
  // The data is a heartbeat, or a message for people.
  if (!is_object(json)) {
    if (event.name == "error") return failed(json);
    if (!json.empty()) remark_ = json.substr(0, max_remark_bytes);
    return {};
  }
  if (!nlohmann::json::accept(json)) {
    if (event.name == "error") return failed(json);
    if (!event.name.empty() && !is_known_event(event.name)) return {};
    return broken("the server sent data that is not JSON: " + one_line(json));
  }
  auto taken = take_json(event, json);
  if (taken && (bytes_ > max_bytes || blocks_.size() > max_blocks)) {
    return Error{ErrorCode::Upstream,
                 "reading the reply: it is larger than " + std::to_string(max_bytes >> 20) + " MiB",
                 {.hint = "The part that has arrived is kept. Ask for less at a time."}};
  }
  return taken;
}

Result<void> Reply::take_json(const SseEvent& event, std::string_view json) {
  const std::string type = type_of(event.name, json);
  if (type == "content_block_delta") {
    // `block_delta` gets the original data: `mended` would replace a high surrogate at its end, and the low surrogate
    // is in the next delta.
    block_delta(trimmed(event.data));
  } else if (type == "content_block_start") {
    block_start(json);
  } else if (type == "content_block_stop") {
    block_stop(json);
  } else if (type == "message_start") {
    return message_start(json);
  } else if (type == "message_delta") {
    message_delta(json);
  } else if (type == "message_stop") {
    message_stop();
  } else if (type == "message") {
    message(json);
  } else if (type == "chat_completion") {
    chat_completion(json);
  } else if (type == "error") {
    return failed(json);
  } else if (type.empty()) {
    remark_ = json.substr(0, max_remark_bytes);
  }
  return {};
}

// An error after the stop reason is ignored: the reply is complete.
Result<void> Reply::failed(std::string_view body) {
  if (!whole()) return api_error(0, body);
  message_stop();
  return {};
}

void Reply::end() {
  release();
  if (whole()) message_stop();
}

void Reply::release() {
  for (Block& block : blocks_) append(block, block.blotter.rest());
}

std::vector<Piece> Reply::take_pieces() {
  return std::exchange(pieces_, {});
}

// A repeated message_start is ignored. The start of another message replaces a message that has no blocks yet.
Result<void> Reply::message_start(std::string_view event) {
  std::string_view message = member(event, "message");
  if (!is_object(message)) message = event;
  const std::string id = one_line(string_member(message, "id"));
  if (!blocks_.empty()) {
    if (id.empty() || id_.empty() || id == id_) return {};
    if (!whole()) return broken("a second message began in the stream");
    message_stop();
    return {};
  }
  if (!started_) ++news_;
  started_ = true;
  read_head(message);
  read_content(message);
  return {};
}

// Reads a whole message, from a server that doesn't stream. If such a message comes after a stream, it only repeats
// the stream.
void Reply::message(std::string_view message) {
  read_head(message);
  if (blocks_.empty()) read_content(message);
  started_ = started_ || whole();
  ++news_;
  if (started_)
    message_stop();
  else
    remark_ = message.substr(0, max_remark_bytes);
}

void Reply::read_head(std::string_view message) {
  if (const std::string id = one_line(string_member(message, "id")); !id.empty()) id_ = id;
  if (const std::string model = one_line(string_member(message, "model")); !model.empty()) model_ = model;
  const std::string_view missed = member(member(message, "diagnostics"), "cache_miss_reason");
  cache_miss_ = one_line(string_member(missed, "type"));
  read_usage(member(message, "usage"));
  read_stop(message);
}

void Reply::read_content(std::string_view message) {
  const std::string_view content = member(message, "content");
  if (is_filled_string(content)) show_in(Kind::Text, content);
  for (const std::string_view block : json_text::elements(content)) {
    if (blocks_.size() > max_blocks) return;
    begin("", block);
    if (!blocks_.empty()) finish(blocks_.back());
  }
}

// Some gateways answer in the format of OpenAI's API, whole or in chunks. The text in the answer is taken as the
// reply.
void Reply::chat_completion(std::string_view chunk) {
  started_ = true;
  read_head(chunk);
  const auto choices = json_text::elements(member(chunk, "choices"));
  if (choices.empty()) return;
  for (const char* name : {"delta", "message"}) {
    const std::string_view part = member(choices.front(), name);
    show_in(Kind::Thinking, member(part, "reasoning_content"));
    show_in(Kind::Text, member(part, "content"));
  }
  const std::string reason = one_line(string_member(choices.front(), "finish_reason"));
  if (!reason.empty()) {
    ++news_;
    stop_reason_ = reason == "stop" ? "end_turn" : reason == "length" ? "max_tokens" : reason;
  }
}

void Reply::block_start(std::string_view event) {
  const std::string_view index = member(event, "index");
  const std::string_view block = member(event, "content_block");
  if (is_object(block)) begin(std::string(index), block);
}

void Reply::block_delta(std::string_view event) {
  std::string_view delta = member(event, "delta");
  if (delta.empty()) delta = event;
  if (is_filled_string(delta)) return show_in(Kind::Text, delta);
  const std::string type = string_member(delta, "type");
  if (type == "input_json_delta") {
    Block* block = find(event, Kind::Other);
    if (block) grow(*block, member(delta, "partial_json"));
  } else if (type == "citations_delta") {
    Block* block = find(event, Kind::Text);
    const std::string citation = json_text::mended(member(delta, "citation"));
    if (!block || !is_object(citation) || json_text::nested_deeper(citation, content_block::max_depth - 2))
      return;
    if (!block->citations.empty()) block->citations += ',';
    block->citations += citation;
    held(citation.size());
  } else if (is_one_of(type, {"", "text_delta", "text", "thinking_delta", "thinking", "signature_delta"})) {
    show_in(Kind::Thinking, member(delta, "thinking"));
    show_in(Kind::Text, member(delta, "text"));
    const std::string_view signature = member(delta, "signature");
    if (!is_filled_string(signature)) return;
    Block* block = find(event, Kind::Thinking);
    if (!block || !block->own_start) return;
    block->signature = json_text::mended(signature);
    held(signature.size());
  }
}

// Finishes the block with the event's index. If the index is missing or unknown, finishes the last block, if any.
void Reply::block_stop(std::string_view event) {
  const std::string_view index = member(event, "index");
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [index](const Block& block) { return block.index == index; });
  if (found != blocks_.rend())
    finish(*found);
  else if (!blocks_.empty())
    finish(blocks_.back());
}

void Reply::message_delta(std::string_view event) {
  started_ = true;
  read_usage(member(event, "usage"));
  read_stop(event);
  read_stop(member(event, "delta"));
}

// Finishes all blocks: some servers send message_stop without content_block_stop.
void Reply::message_stop() {
  for (Block& block : blocks_) finish(block);
  stopped_ = stopped_ || started_;
  finished_ = finished_ || started_;
}

// Begins a block. Only one block of text or thinking is open at a time, so the previous block is finished here, even
// if its stop event is missing.
void Reply::begin(std::string index, std::string_view raw, bool own_start) {
  if (!is_object(raw)) return;
  if (!blocks_.empty() && blocks_.back().kind != Kind::Other) finish(blocks_.back());
  started_ = true;
  Block block;
  block.index = std::move(index);
  block.own_start = own_start;
  block.start = content_block::flattened(raw);
  std::string type = string_member(raw, "type");
  if (type.empty()) {
    type = is_filled_string(member(raw, "thinking")) ? "thinking" : "text";
    block.start = json_text::with(block.start, {{"type", json_text::quoted(type)}});
  }
  if (type == "text") block.kind = Kind::Text;
  if (type == "thinking") block.kind = Kind::Thinking;
  held(block.start.size());
  blocks_.push_back(std::move(block));
  if (blocks_.back().kind == Kind::Thinking)
    show_start("thinking", Piece::Kind::Thinking);
  else
    show(Piece::Kind::Thinking, string_member(raw, "thinking"));
  if (blocks_.back().kind == Kind::Text)
    show_start("text", Piece::Kind::Text);
  else
    show_in(Kind::Text, member(raw, "text"));
  if (type == "compaction") show(Piece::Kind::Text, string_member(raw, "content"));
}

// Shows the text in the start event of the last block. This text may end with the beginning of a secret, too.
void Reply::show_start(std::string_view name, Piece::Kind kind) {
  Block& block = blocks_.back();
  const std::string text = string_member(block.start, name);
  const std::string safe = block.blotter.feed(text);
  if (safe != text) block.start = json_text::with(block.start, {{name, json_text::quoted(safe)}});
  show(kind, safe);
}

// Returns the unfinished block of this kind to which an event belongs: the last block with its index, else the last
// block.
Reply::Block* Reply::find(std::string_view event, Kind kind) {
  const std::string_view index = member(event, "index");
  auto found = std::find_if(blocks_.rbegin(), blocks_.rend(), [index, kind](const Block& block) {
    return block.index == index && block.kind == kind;
  });
  if (found == blocks_.rend()) found = blocks_.rbegin();
  return found == blocks_.rend() || found->finished || found->kind != kind ? nullptr : &*found;
}

// Adds text or thinking to the last block. If the last block is finished or of another kind, begins a new one, so
// that no text is lost and the order is kept.
void Reply::show_in(Kind kind, std::string_view raw) {
  if (!is_filled_string(raw)) return;
  if (blocks_.empty() || blocks_.back().finished || blocks_.back().kind != kind)
    begin("", kind == Kind::Text ? empty_text_block : empty_thinking_block, false);
  grow(blocks_.back(), raw);
}

// Replaces secrets in thinking, too, although the signature of the thinking is then wrong. A server that checks
// signatures refuses this thinking once, and the request is sent again without the thinking.
void Reply::grow(Block& block, std::string_view raw) {
  if (!is_filled_string(raw)) return;
  std::string whole = '"' + std::exchange(block.half, {}) + std::string(raw.substr(1));
  if (ends_in_half(whole)) {
    block.half = whole.substr(whole.size() - 7, 6);
    whole.erase(whole.size() - 7, 6);
  }
  ++news_;
  append(block, block.blotter.feed(json_text::unquoted(json_text::mended(whole))));
}

void Reply::append(Block& block, std::string_view safe) {
  if (safe.empty()) return;
  held(safe.size());
  if (block.kind == Kind::Text) {
    block.text += safe;
    show(Piece::Kind::Text, safe);
  } else if (block.kind == Kind::Thinking) {
    block.thinking += safe;
    show(Piece::Kind::Thinking, safe);
  } else {
    block.input += safe;
  }
}

void Reply::finish(Block& block) {
  if (block.finished) return;
  append(block, block.blotter.rest());
  if (!block.half.empty()) append(block, "\uFFFD");
  block.start = block.json();
  for (const auto part :
       {&Block::half, &Block::text, &Block::thinking, &Block::signature, &Block::citations, &Block::input})
    std::string().swap(block.*part);
  block.finished = true;
  ++news_;
  pieces_.push_back({Piece::Kind::Block, block.start});
}

void Reply::show(Piece::Kind kind, std::string_view text) {
  if (text.empty()) return;
  shown_ = true;
  (kind == Piece::Kind::Text ? text_ : thinking_) += text;
  if (pieces_.empty() || pieces_.back().kind != kind) pieces_.push_back({kind, {}});
  pieces_.back().text += text;
}

void Reply::held(std::size_t bytes) {
  bytes_ += bytes;
  ++news_;
}

void Reply::read_stop(std::string_view message) {
  const std::string reason = one_line(string_member(message, "stop_reason"));
  if (!reason.empty() && reason != stop_reason_) {
    stop_reason_ = reason;
    ++news_;
  }
  if (stop_reason_ != "refusal") return;
  const std::string_view details = member(message, "stop_details");
  const std::string category = one_line(string_member(details, "category"));
  const std::string explanation = one_line(string_member(details, "explanation"));
  if (!refusal_.empty() && category.empty() && explanation.empty()) return;
  refusal_ = "The model declined to answer";
  if (!category.empty()) refusal_ += " (" + category + ")";
  refusal_ += explanation.empty() ? "." : ": " + explanation;
}

// Counts are cumulative: each new count replaces the earlier one. If the reply is a summary, its counts are only in
// the list of iterations, which then has all counts.
void Reply::read_usage(std::string_view usage) {
  std::optional<Usage> all;
  for (const std::string_view iteration : json_text::elements(member(usage, "iterations"))) {
    const auto one = counted(iteration, {});
    if (!one) continue;
    if (!all) all.emplace();
    *all += *one;
  }
  if (!all) all = counted(usage, usage_.value_or(Usage{}));
  if (all) usage_ = all;
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
  return grown.empty() ? start : json_text::with(start, grown);
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
  std::vector<std::string> unfinished;
  unfinished.reserve(blocks_.size());  // `kept` points into `unfinished`
  std::vector<std::string_view> kept;
  for (const Block& block : blocks_) {
    if (block.finished) {
      kept.push_back(block.start);
    } else if (block.kind == Kind::Text) {
      unfinished.push_back(block.json());
      kept.push_back(unfinished.back());
    }
  }
  return content_block::sendable(kept);
}

void Reply::fill(Turn& turn) const {
  turn.message = id_;
  turn.text = text_;
  turn.thinking = thinking_;
  turn.blocks = blocks();
  turn.content = content();
}

// Text and thinking after the last finished block belong to an unfinished block. Such thinking has no signature.
Reply Reply::recovered(const std::vector<Piece>& pieces) {
  Reply reply;
  Block thinking{.kind = Kind::Thinking, .start = std::string(empty_thinking_block)};
  Block text{.kind = Kind::Text, .start = std::string(empty_text_block)};
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::Text) {
      reply.append(text, piece.text);
    } else if (piece.kind == Piece::Kind::Thinking) {
      reply.append(thinking, piece.text);
    } else if (piece.kind == Piece::Kind::Block) {
      // A finished tool block doesn't clear the text, because the tool block may end after text of a later block has
      // come.
      const std::string type = string_member(piece.text, "type");
      if (is_one_of(type, {"text", "compaction"})) text.text.clear();
      if (is_one_of(type, {"text", "thinking"})) thinking.thinking.clear();
      reply.blocks_.push_back({.start = piece.text, .finished = true});
    }
  }
  if (!thinking.thinking.empty()) reply.blocks_.push_back(std::move(thinking));
  if (!text.text.empty()) reply.blocks_.push_back(std::move(text));
  reply.pieces_.clear();
  reply.started_ = !reply.blocks_.empty();
  return reply;
}

}  // namespace aside
