#include "daemon/prompt.h"

#include <algorithm>
#include <cstdint>

#include "daemon/json_text.h"
#include "daemon/model.h"

namespace aside {
namespace {

constexpr std::size_t quoted_bytes = 240;  // of a partial reply, to go on from

// The last words of a text, at most `limit` bytes, beginning at a whole character and, if there is one, a
// whole word.
std::string tail(std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    text.remove_prefix(text.size() - limit);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
    const auto space = text.find(' ');
    if (space != std::string_view::npos && space + 1 < text.size()) text.remove_prefix(space + 1);
  }
  return std::string(text);
}

std::string text_block(std::string_view text) {
  return R"({"type":"text","text":)" + json_text::quoted(text) + "}";
}

// Of a name in an attribute: no quote, bracket or line break in a file's name may end it.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += c;
    }
  }
  return out;
}

// As people count lines: from 1, the last one included; a range that ends before a line's first character
// leaves it out.
std::string lines(const Range& range) {
  const std::int64_t first = std::int64_t{range.start.line} + 1;
  const std::int64_t last = std::int64_t{range.end.line} + (range.end.character == 0 ? 0 : 1);
  return std::to_string(first) + "-" + std::to_string(std::max(first, last));
}

std::string attachment_block(const Attachment& attachment) {
  std::string text = "<attachment name=\"" + escaped(attachment.name) + "\"";
  if (attachment.range) text += " lines=\"" + lines(*attachment.range) + "\"";
  if (!attachment.language.empty()) text += " language=\"" + escaped(attachment.language) + "\"";
  text += ">\n" + attachment.text;
  if (!attachment.text.empty() && attachment.text.back() != '\n') text += '\n';
  text += "</attachment>";
  return text_block(text);
}

std::string joined(const std::vector<std::string>& blocks) {
  std::string array;
  for (const std::string& block : blocks) {
    array += array.empty() ? '[' : ',';
    array += block;
  }
  return array.empty() ? "" : array + "]";
}

std::string_view cache_control(const PromptOptions& options) {
  if (options.cache == "1h") return R"("cache_control":{"type":"ephemeral","ttl":"1h"})";
  if (options.cache == "5m") return R"("cache_control":{"type":"ephemeral"})";
  return "";
}

// What a model is not known to take is a 400, so it is not sent; an effort is also sent to an unknown model,
// for somebody set it.
bool takes_thinking(const Model* model, const PromptOptions& options) {
  return model && model->adaptive_thinking && options.thinking != "off";
}

bool takes_effort(const Model* model, std::string_view effort) {
  if (effort.empty()) return false;
  if (!model) return true;
  return std::find(model->efforts.begin(), model->efforts.end(), effort) != model->efforts.end();
}

bool is_thinking(std::string_view block) {
  const std::string_view type = json_text::member(block, "type");
  return type == R"("thinking")" || type == R"("redacted_thinking")";
}

// All fields but the messages, up to and with the bracket that opens them.
std::string preamble(const Prompt& prompt, const PromptOptions& options) {
  const Model* model = find_model(prompt.model);
  const std::int64_t limit = model ? std::min(options.max_tokens, model->max_output) : options.max_tokens;
  const std::string_view cache = cache_control(options);

  std::string out = R"({"model":)" + json_text::quoted(prompt.model);
  out += R"(,"max_tokens":)" + std::to_string(limit);
  out += R"(,"stream":true)";
  if (!prompt.system.empty()) {
    out += R"(,"system":[{"type":"text","text":)" + json_text::quoted(prompt.system);
    if (!cache.empty()) out.append(",").append(cache);
    out += "}]";
  }
  if (takes_thinking(model, options)) {
    out += R"(,"thinking":{"type":"adaptive","display":)" + json_text::quoted(options.thinking) + "}";
  }
  if (takes_effort(model, prompt.effort)) {
    out += R"(,"output_config":{"effort":)" + json_text::quoted(prompt.effort) + "}";
  }
  if (!cache.empty()) out.append(",").append(cache);
  out += R"(,"messages":[)";
  return out;
}

}  // namespace

const std::string_view system_text =
    "You answer a programmer's questions beside the code in their editor. Parts of files that they chose to "
    "share come as "
    "attachment blocks, with the name and the lines where these are known. Be brief and exact; answer in "
    "Markdown, put code "
    "into fenced blocks with their language, and refer to code by file and line. Say so when you are unsure "
    "or need to see "
    "more of the code.";

std::string continuation(std::string_view partial) {
  return "Your last reply broke off before its end. Go on exactly where it stopped: repeat nothing and don't "
         "mention the "
         "interruption. Its last words were:\n\n" +
         tail(partial, quoted_bytes);
}

std::string question_content(std::string_view question, const std::vector<Attachment>& attachments) {
  std::vector<std::string> blocks;
  for (const Attachment& attachment : attachments) blocks.push_back(attachment_block(attachment));
  if (!json_text::blank(question)) blocks.push_back(text_block(question));
  return joined(blocks);
}

void mark_sent(std::vector<Turn>& path) {
  for (std::size_t i = 0; i + 1 < path.size(); i += 2) {
    Turn& reply = path[i + 1];
    const bool refused = reply.status == Status::Failed || reply.status == Status::Refused;
    const bool answers = reply.status == Status::Streaming || (!refused && !reply.content.empty());
    path[i].sent = reply.sent = answers;
  }
}

void fill_messages(Prompt& prompt, std::vector<Turn> path, std::string_view server) {
  mark_sent(path);
  for (std::size_t i = 0; i + 1 < path.size(); i += 2) {
    Turn& reply = path[i + 1];
    if (!reply.sent) continue;
    if (reply.bare || reply.server != server) {
      reply.content = without_thinking(reply.content);
    } else if (has_thinking(reply.content)) {
      prompt.thinking.push_back(reply.id);
    }
    prompt.messages.push_back({Role::User, std::move(path[i].content)});
    prompt.messages.push_back({Role::Assistant, std::move(reply.content)});
  }
  prompt.messages.push_back({Role::User, std::move(path.back().content)});
}

std::string body(const Prompt& prompt, const PromptOptions& options) {
  constexpr std::string_view user = R"({"role":"user","content":)";
  constexpr std::string_view assistant = R"({"role":"assistant","content":)";

  std::string out = preamble(prompt, options);
  std::size_t size = out.size() + 2;
  for (const Message& message : prompt.messages) size += assistant.size() + message.content.size() + 2;
  out.reserve(size);
  for (const Message& message : prompt.messages) {
    if (&message != &prompt.messages.front()) out += ',';
    out += message.role == Role::User ? user : assistant;
    out += message.content;
    out += '}';
  }
  out += "]}";
  return out;
}

std::string without_thinking(std::string_view content) {
  std::vector<std::string> kept;
  for (const std::string_view block : json_text::elements(content)) {
    if (!is_thinking(block)) kept.emplace_back(block);
  }
  return joined(kept);
}

bool has_thinking(std::string_view content) {
  const auto blocks = json_text::elements(content);
  return std::any_of(blocks.begin(), blocks.end(), is_thinking);
}

}  // namespace aside
