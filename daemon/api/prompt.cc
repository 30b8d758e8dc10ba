#include "daemon/api/prompt.h"

#include <algorithm>
#include <utility>

#include "daemon/api/content_block.h"
#include "daemon/text/json.h"
#include "daemon/text/safe.h"
#include "daemon/text/utf8.h"

namespace aside {
namespace {

constexpr std::size_t quoted_bytes = 240;  // the most bytes of a partial reply's end that are quoted
// The API looks for a cache entry in this many blocks before a mark, including the marked block.
constexpr std::size_t cache_lookback = 20;
constexpr std::string_view summary_wanted =
    "Sum up our conversation so far, so that it can go on from your summary alone: what I want, what was "
    "found out and decided and why, the code that matters (quote it, with its file and lines), and what is "
    "still open. Leave out what no longer matters.";

// Returns the last words of a text, at most `limit` bytes. Begins with a word if possible, else with a character.
std::string tail(std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    text.remove_prefix(text.size() - limit);
    while (!text.empty() && utf8::continues(text.front())) text.remove_prefix(1);
    const auto space = text.find(' ');
    if (space != std::string_view::npos && space + 1 < text.size()) text.remove_prefix(space + 1);
  }
  return std::string(text);
}

std::string text_block(std::string_view text) {
  return R"({"type":"text","text":)" + json_text::quoted(text) + "}";
}

// Line numbers as people count them: from 1, the last line included. A range that ends at a line's first
// character doesn't include that line.
std::string lines(const Range& range) {
  const std::int64_t first = std::int64_t{range.start.line} + 1;
  const std::int64_t last = std::int64_t{range.end.line} + (range.end.character == 0 ? 0 : 1);
  return std::to_string(first) + "-" + std::to_string(std::max(first, last));
}

std::string_view tag(Attachment::Kind kind) {
  switch (kind) {
    case Attachment::Kind::Diagnostics:
      return "problems";
    case Attachment::Kind::GitDiff:
      return "git-diff";
    case Attachment::Kind::Update:
      return "update";
    case Attachment::Kind::Text:
    case Attachment::Kind::Image:
    case Attachment::Kind::Pdf:
      break;
  }
  return "attachment";
}

std::string opened(const Attachment& attachment) {
  std::string opening =
      "<" + std::string(tag(attachment.kind)) + " name=\"" + attribute_text(attachment.name) + "\"";
  if (attachment.range) {
    opening += " lines=\"" + lines(*attachment.range) + "\"";
  } else if (attachment.kind == Attachment::Kind::Text && !attachment.text.empty()) {
    const bool open_end = attachment.text.back() != '\n';
    const auto count = std::count(attachment.text.begin(), attachment.text.end(), '\n') + (open_end ? 1 : 0);
    opening += " lines=\"1-" + std::to_string(count) + "\"";
  }
  if (!attachment.media.empty()) opening += " type=\"" + attribute_text(attachment.media) + "\"";
  if (!attachment.language.empty()) opening += " language=\"" + attribute_text(attachment.language) + "\"";
  return opening;
}

// A line with the name comes before a picture, as the API's documentation advises.
void add_blocks(std::vector<std::string>& blocks, const Attachment& attachment) {
  if (!attachment.base64.empty()) {
    const char* type = attachment.kind == Attachment::Kind::Pdf ? "document" : "image";
    blocks.push_back(text_block(opened(attachment) + "/>"));
    blocks.push_back(R"({"type":")" + std::string(type) + R"(","source":{"type":"base64","media_type":)" +
                     json_text::quoted(attachment.media) + R"(,"data":")" + attachment.base64 + R"("}})");
    return;
  }
  std::string text = opened(attachment) + ">\n" + attachment.text;
  if (!attachment.text.empty() && attachment.text.back() != '\n') text += '\n';
  text.append("</").append(tag(attachment.kind)).append(">");
  blocks.push_back(text_block(text));
}

std::string joined(const std::vector<std::string>& blocks) {
  std::string array;
  for (const std::string& block : blocks) {
    array += array.empty() ? '[' : ',';
    array += block;
  }
  return array.empty() ? "" : array + "]";
}

std::string_view cache_control(std::string_view kept) {
  if (kept == "1h") return R"("cache_control":{"type":"ephemeral","ttl":"1h"})";
  if (kept == "5m") return R"("cache_control":{"type":"ephemeral"})";
  return "";
}

// The API answers 400 to a field that the model doesn't take, so a field is sent only to models known to take it.
// An effort is also sent to an unknown model, because the user has chosen it.
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

// The API looks for a cache entry only in a few blocks before a mark. If too many blocks were added since this model's
// previous request, a mark at the end doesn't find the entry of that request. Then this returns the last message of
// that request, which needs a mark, too. Else it returns null.
const Message* far_end(const Prompt& prompt) {
  if (!prompt.cached_to) return nullptr;
  std::size_t added = 0;
  for (std::size_t i = *prompt.cached_to + 1; i < prompt.messages.size(); ++i)
    added += json_text::elements(prompt.messages[i].content).size();
  return added >= cache_lookback ? &prompt.messages[*prompt.cached_to] : nullptr;
}

// Returns the content with a cache mark on its last block. Thinking can't have a mark, so it is passed over.
std::string marked(std::string_view content, std::string_view cache) {
  auto blocks = json_text::elements(content);
  while (!blocks.empty() && is_thinking(blocks.back())) blocks.pop_back();
  if (blocks.empty()) return std::string(content);
  const auto at = static_cast<std::size_t>(blocks.back().data() - content.data()) + blocks.back().rfind('}');
  std::string out(content.substr(0, at));
  return out.append(",").append(cache).append(content.substr(at));
}

// Returns the reply that a side question follows; null if it follows none, or for other questions.
const Message* reply_before_side(const Prompt& prompt) {
  const auto reply = std::find_if(prompt.messages.rbegin(), prompt.messages.rend(),
                                  [](const Message& message) { return message.role == Role::Assistant; });
  return !prompt.side || reply == prompt.messages.rend() ? nullptr : &*reply;
}

// Completes a body that begins with `out`: the fields that all kinds of requests have, and the messages.
std::string whole(std::string out, const Prompt& prompt, const PromptOptions& options) {
  constexpr std::string_view roles[] = {R"({"role":"user","content":)", R"({"role":"assistant","content":)",
                                        R"({"role":"system","content":)"};
  const auto opening = [&roles](Role role) { return roles[static_cast<int>(role)]; };
  const Model* model = options.models.find(prompt.model);
  const std::string_view cache = cache_control(kept(prompt, options));

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
  if (!cache.empty() && !prompt.side) out.append(",").append(cache);
  out += R"(,"messages":[)";

  std::size_t size = out.size() + 2;
  for (const Message& message : prompt.messages)
    size += opening(message.role).size() + message.content.size() + 2;
  out.reserve(size + 2 * cache.size() + 4);
  const Message* far = cache.empty() ? nullptr : far_end(prompt);
  const Message* before_side = cache.empty() ? nullptr : reply_before_side(prompt);
  for (const Message& message : prompt.messages) {
    if (&message != &prompt.messages.front()) out += ',';
    out += opening(message.role);
    if (&message == far || &message == before_side) {
      out += marked(message.content, cache);
    } else {
      out += message.content;
    }
    out += '}';
  }
  out += "]}";
  return out;
}

// Returns one array with the blocks of both arrays.
std::string joined_arrays(std::string_view summary, std::string_view content) {
  return std::string(summary.substr(0, summary.rfind(']')))
      .append(",")
      .append(content.substr(content.find('[') + 1));
}

// A summary in words that must be put before the next question.
struct Summary {
  std::string content;  // empty: there is none
  bool of_api = false;  // it is sent in place of the API's own summary, which this request can't carry
};

// Adds a question with the summary before it. Usually the question's content already begins with the summary. If an
// older version of Aside stored the question, the summary was sent as a separate message and must stay separate.
void add_question(Prompt& prompt, Turn& question, Summary& summary) {
  const std::string words = std::exchange(summary.content, {});
  const bool holds = question.content.starts_with(joined_arrays(words, "["));
  if (!words.empty() && !holds) {
    if (summary.of_api)
      question.content = joined_arrays(words, question.content);
    else
      prompt.messages.push_back({Role::User, words});
  }
  prompt.messages.push_back({Role::User, std::move(question.content)});
  if (!question.system.empty())
    prompt.messages.push_back({Role::System, joined({text_block(question.system)})});
}

}  // namespace

const std::string_view system_text =
    "You answer a programmer's questions beside the code in their editor. Parts of files that they chose to "
    "share come as attachment blocks, with the name and the lines where these are known; what they have "
    "changed there since comes as update blocks, mostly unified diffs. Be brief and exact; answer in "
    "Markdown, put code into fenced blocks with their language, and refer to code by file and line. Say so "
    "when you are unsure. Code that you haven't seen and need to see, name in the last lines of your reply, one "
    "file a line and nothing else in it: `@path/to/file.c`, or `@path/to/file.c:10-40` for some of its lines. "
    "The user then decides whether to share it.";

const std::string_view continuation_begins = "Your last reply broke off before its end.";

std::string rewrite_rule(const Attachment& attachment) {
  const std::string numbers = lines(*attachment.range);
  return "Give the whole new text of lines " + numbers + " of " + attachment.name +
         ", and of nothing else, in one fenced code block, with nothing left out. Make its fence longer than any "
         "run of backticks inside it.";
}

std::string continuation(std::string_view partial) {
  return std::string(continuation_begins) +
         " Go on exactly where it stopped: repeat nothing and don't mention the interruption. Its last words were:\n\n" +
         tail(partial, quoted_bytes);
}

std::string question_content(std::string_view question, const std::vector<Attachment>& attachments) {
  std::vector<std::string> blocks;
  const auto is_update = [](const Attachment& attachment) {
    return attachment.kind == Attachment::Kind::Update;
  };
  for (const Attachment& attachment : attachments)
    if (!is_update(attachment)) add_blocks(blocks, attachment);
  if (!json_text::blank(question)) blocks.push_back(text_block(question));
  for (const Attachment& attachment : attachments)
    if (is_update(attachment)) add_blocks(blocks, attachment);
  return joined(blocks);
}

std::string summary_request(std::string_view wanted) {
  std::string request(summary_wanted);
  if (!json_text::blank(wanted)) request.append("\n\n").append(wanted);
  return request;
}

std::string summary_content(std::string_view summary) {
  if (json_text::blank(summary)) return "";
  std::string text = "<summary>\nOur conversation so far, summed up; it goes on from here.\n\n";
  text.append(summary).append("\n</summary>");
  return joined({text_block(text)});
}

bool is_compaction(std::string_view content) {
  const auto blocks = json_text::elements(content);
  return !blocks.empty() && json_text::member(blocks.front(), "type") == R"("compaction")";
}

std::string after_summary(const std::vector<Turn>& path, std::string content) {
  const auto last = std::find_if(path.rbegin(), path.rend(),
                                 [](const Turn& turn) { return turn.role == Role::Assistant && turn.sent; });
  const bool words = last != path.rend() && last->compaction && !is_compaction(last->content);
  return words && !content.empty() ? joined_arrays(last->content, content) : content;
}

std::ptrdiff_t beginning(const std::vector<Turn>& path) {
  for (std::size_t i = path.size() - path.size() % 2; i >= 2; i -= 2) {
    const Turn& reply = path[i - 1];
    if (reply.compaction && reply.status == Status::Complete && !reply.content.empty())
      return static_cast<std::ptrdiff_t>(i) - 2;
  }
  return 0;
}

void mark_sent(std::vector<Turn>& path, std::ptrdiff_t beginning) {
  for (std::size_t i = 0; i + 1 < path.size(); i += 2) {
    Turn& reply = path[i + 1];
    const bool refused = reply.status == Status::Failed || reply.status == Status::Refused;
    // An incomplete summary replaces nothing.
    const bool broken = reply.compaction && reply.status != Status::Complete;
    const bool answers = reply.status == Status::Streaming || (!refused && !broken && !reply.content.empty());
    path[i].summed_up = reply.summed_up = static_cast<std::ptrdiff_t>(i) < beginning;
    path[i].sent = reply.sent = answers && !reply.summed_up;
  }
}

void fill_messages(Prompt& prompt, std::vector<Turn> path, std::string_view server,
                   const PromptOptions& options) {
  const Model* model = options.models.find(prompt.model);
  const bool can_compact = options.compaction != "ask" && model && model->compaction;
  mark_sent(path, beginning(path));
  Summary summary;
  for (std::size_t i = 0; i + 1 < path.size(); i += 2) {
    Turn& reply = path[i + 1];
    if (!reply.sent) continue;
    const bool same_server = reply.server == server;
    if (same_server) prompt.previous_message = reply.message;
    if (reply.compaction) {
      summary.of_api = is_compaction(reply.content);
      prompt.holds_compaction = summary.of_api && same_server && can_compact;
      if (prompt.holds_compaction)
        prompt.messages.push_back({Role::Assistant, std::move(reply.content)});
      else
        summary.content = summary.of_api ? summary_content(reply.text) : std::move(reply.content);
      continue;
    }
    reply.content = content_block::sendable(json_text::elements(reply.content));
    if (reply.content.empty() && json_text::blank(reply.text)) continue;
    if (reply.content.empty()) reply.content = joined({text_block(reply.text)});
    if (reply.omit_thinking || !same_server) {
      reply.content = without_thinking(reply.content);
    } else if (has_thinking(reply.content)) {
      prompt.thinking.push_back(reply.id);
    }
    add_question(prompt, path[i], summary);
    // A server may answer with a longer name of the model, with its date.
    if (same_server && reply.model.starts_with(prompt.model)) prompt.cached_to = prompt.messages.size() - 1;
    prompt.messages.push_back({Role::Assistant, std::move(reply.content)});
  }
  Turn& question = path.back();
  if (question.compaction && can_compact) {
    prompt.compact = question.text == summary_wanted ? "" : question.text;
    if (!summary.content.empty()) prompt.messages.push_back({Role::User, std::move(summary.content)});
  } else {
    add_question(prompt, question, summary);
  }
}

std::string body(const Prompt& prompt, const PromptOptions& options) {
  std::string first = R"({"model":)" + json_text::quoted(prompt.model);
  first += R"(,"max_tokens":)" + std::to_string(output_limit(prompt.model, options));
  first += R"(,"stream":true)";
  if (options.diagnostics == "on" && !prompt.compact) {
    first += R"(,"diagnostics":{"previous_message_id":)";
    first += prompt.previous_message.empty() ? "null}" : json_text::quoted(prompt.previous_message) + "}";
  }
  if (prompt.compact) {
    first += R"(,"compaction":{"type":"summarize")";
    if (!prompt.compact->empty()) first += R"(,"instructions":)" + json_text::quoted(*prompt.compact);
    first += "}";
  }
  return whole(std::move(first), prompt, options);
}

std::string count_body(const Prompt& prompt, const PromptOptions& options) {
  return whole(R"({"model":)" + json_text::quoted(prompt.model), prompt, options);
}

std::string_view kept(const Prompt& prompt, const PromptOptions& options) {
  if (!prompt.cache.kept.empty()) return prompt.cache.kept;
  return options.cache == "auto" ? "1h" : std::string_view(options.cache);
}

std::int64_t output_limit(std::string_view model, const PromptOptions& options) {
  const Model* known = options.models.find(model);
  const bool limited = known && known->max_output > 0;
  return limited ? std::min(options.max_tokens, known->max_output) : options.max_tokens;
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
