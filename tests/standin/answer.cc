#include "tests/standin/answer.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "tests/standin/media.h"

namespace aside::test {

namespace {

struct Shared {  // an attachment; a field that can't be read is empty
  std::string name, lines, language, first_line;
};

struct UserTurn {
  std::string question;
  std::vector<Shared> shared, updates;
  std::vector<std::string> images, documents;  // descriptions
};

constexpr std::size_t quoted_characters = 300;

std::string unescaped(std::string text) {
  constexpr std::pair<std::string_view, char> entities[] = {
      {"&quot;", '"'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}};
  for (const auto& [entity, character] : entities) {
    for (std::size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
      text.replace(at, entity.size(), 1, character);
    }
  }
  return text;
}

std::string attribute(std::string_view tag, std::string_view name) {
  const std::string opening = " " + std::string(name) + "=\"";
  std::size_t begin = tag.find(opening);
  if (begin == std::string_view::npos) return "";
  begin += opening.size();
  return unescaped(std::string(tag.substr(begin, tag.find('"', begin) - begin)));
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

std::string in_quotes(std::string_view text) {
  std::size_t end = 0, characters = 0;
  while (end < text.size() && (characters < quoted_characters || (text[end] & 0xC0) == 0x80)) {
    if ((text[end] & 0xC0) != 0x80) ++characters;
    ++end;
  }
  return "\"" + std::string(text.substr(0, end)) + (end < text.size() ? "..." : "") + "\"";
}

std::string counted(std::size_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

// Reads one text block of a user's message: a question, an attachment, an update, or an attachment or update
// with a question below it.
void read_block(std::string_view text, UserTurn& turn) {
  std::string_view body = text;
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  const bool update = body.rfind("<update ", 0) == 0;
  if (update || body.rfind("<attachment", 0) == 0) {
    std::string_view tag = body.substr(0, body.find('\n'));
    std::string_view inside = body.substr(std::min(tag.size() + 1, body.size()));
    (update ? turn.updates : turn.shared)
        .push_back({attribute(tag, "name"), attribute(tag, "lines"), attribute(tag, "language"),
                    trimmed(inside.substr(0, inside.find('\n')))});
    const std::string_view closing = update ? "</update>" : "</attachment>";
    std::size_t end = body.rfind(closing);
    if (end == std::string_view::npos) return;
    text = body.substr(end + closing.size());
  }
  const std::string question = trimmed(text);
  if (question.empty()) return;
  if (!turn.question.empty()) turn.question += "\n";
  turn.question += question;
}

void read_media(const Json& block, UserTurn& turn) {
  const bool image = block["type"] == "image";
  const Json& source = block["source"];
  std::string told = source["type"];  // stays the description if the content can't be read
  if (told == "base64") {
    const Media media = look_at(decode_base64(source["data"].get_ref<const std::string&>()).value_or(""));
    told = media.type + ", " +
           (image ? std::to_string(media.width) + "x" + std::to_string(media.height)
                  : counted(static_cast<std::size_t>(media.pages), "page"));
  }
  (image ? turn.images : turn.documents).push_back(told);
}

std::vector<UserTurn> user_turns(const Json& messages) {
  std::vector<UserTurn> turns;
  bool open = false;  // whether the previous message was from the user, too
  for (const Json& message : messages) {
    if (message["role"] == "system") continue;
    bool users = message["role"] == "user";
    if (users && !open) turns.emplace_back();
    open = users;
    if (!users) continue;
    const Json& content = message["content"];
    if (content.is_string()) read_block(content.get_ref<const std::string&>(), turns.back());
    if (!content.is_array()) continue;
    for (const Json& block : content) {
      if (block["type"] == "text") read_block(block["text"].get_ref<const std::string&>(), turns.back());
      if (block["type"] == "image" || block["type"] == "document") read_media(block, turns.back());
    }
  }
  return turns;
}

bool holds(std::string_view text, std::string_view word) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  return lower.find(word) != std::string::npos;
}

std::string sentence(const std::vector<UserTurn>& turns) {
  const std::string& question = turns.back().question;
  bool earlier_quantum = false;
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    earlier_quantum = earlier_quantum || holds(turns[i].question, "quantum computing");
  }
  if (holds(question, "another sentence")) {
    return earlier_quantum ? "Where a classical bit is either 0 or 1, the qubits of a quantum computer can "
                             "be entangled, so that for some problems it needs far fewer steps."
                           : "Here is another sentence, as different from the last one as it can be.";
  }
  if (holds(question, "quantum computing")) {
    return "Quantum computing processes information with qubits, which can be in superpositions of 0 and 1, "
           "to solve certain problems faster than classical computers can.";
  }
  return "A short answer to your question.";
}

void list(std::string& text, const char* what, const std::vector<Shared>& pieces) {
  for (const Shared& piece : pieces) {
    text += std::string("- ") + what + piece.name + (piece.lines.empty() ? "" : ", lines " + piece.lines) +
            ", begins `" + piece.first_line + "`\n";
  }
}

// The text of a message.
std::string whole_text(const Json& content) {
  if (content.is_string()) return content;
  std::string text;
  for (const Json& block : content) {
    if (block["type"] == "text") text += (text.empty() ? "" : "\n") + block["text"].get<std::string>();
  }
  return text;
}

const Json* summary_in(const Json& messages) {
  const Json& content = messages[0]["content"];
  return content.is_array() && content[0]["type"] == "compaction" ? &content[0] : nullptr;
}

std::string proof(const std::vector<UserTurn>& turns, const Json& messages) {
  const UserTurn& now = turns.back();
  const Json* summary = summary_in(messages);
  const bool apart = summary != nullptr && messages[0]["content"].size() == 1;
  std::size_t shared = 0;
  for (const UserTurn& turn : turns) shared += turn.shared.size();
  std::string text =
      "This is exchange " + std::to_string(turns.size()) + (summary == nullptr ? "" : " since the summary") +
      ": " + counted(messages.size() - (apart ? 1 : 0), "message") + ", " + std::to_string(turns.size()) +
      " of them yours, " + counted(now.shared.size(), "attachment") + " (" + std::to_string(shared) +
      " in the whole conversation)";
  if (!now.updates.empty()) text += ", " + counted(now.updates.size(), "update");
  if (!now.images.empty()) text += ", " + counted(now.images.size(), "image");
  if (!now.documents.empty()) text += ", " + counted(now.documents.size(), "document");
  text += ".\n";
  list(text, "", now.shared);
  list(text, "update of ", now.updates);
  for (const auto* media : {&now.images, &now.documents}) {
    for (const std::string& told : *media) text += "- " + told + "\n";
  }
  auto system = std::find_if(messages.rbegin(), messages.rend(),
                             [](const Json& message) { return message["role"] == "system"; });
  if (system != messages.rend())
    text += "Instructions: " + in_quotes(whole_text((*system)["content"])) + ".\n";
  if (summary != nullptr)
    text += "The summary begins: " + in_quotes((*summary)["content"].get<std::string>()) + ".\n";
  if (turns.size() > 1)
    text += "Before this you asked: " + in_quotes(turns[turns.size() - 2].question) + ".\n";
  return text + "You now ask: " + in_quotes(now.question) + ".";
}

std::string summary_text(const Json& body) {
  const Json& messages = body["messages"];
  const std::vector<UserTurn> turns = user_turns(messages);
  const Json* before = summary_in(messages);
  const bool apart = before != nullptr && messages[0]["content"].size() == 1;
  std::size_t shared = 0;
  for (const UserTurn& turn : turns) shared += turn.shared.size();
  std::string text = "Summary of " + counted(messages.size() - (apart ? 1 : 0), "message") + ", " +
                     counted(shared, "attachment") + ".";
  if (!turns.empty()) {
    text += " The first question: " + in_quotes(turns.front().question) +
            ". The last question: " + in_quotes(turns.back().question) + ".";
  }
  const Json* told = present(body["compaction"], "instructions");
  if (told != nullptr && !blank(told->get_ref<const std::string&>()))
    text += " Told to: " + in_quotes(told->get<std::string>()) + ".";
  if (before != nullptr) text += " Before that: " + in_quotes((*before)["content"].get<std::string>()) + ".";
  return text;
}

std::string usual_text(const Json& messages) {
  const std::vector<UserTurn> turns = user_turns(messages);
  std::string text = sentence(turns) + "\n\n" + proof(turns, messages);
  const UserTurn& now = turns.back();
  if (holds(now.question, "code")) {
    const std::string language =
        now.shared.empty() || now.shared[0].language.empty() ? "c" : now.shared[0].language;
    text += "\n\n```" + language + "\nint answer = 42;\n```\n";
  }
  return text;
}

// Splits a text at blanks. Each piece begins with the blanks before it, so that the joined pieces are the
// text again.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    std::size_t word = text.find_first_not_of(" \n");
    std::size_t end =
        word == std::string_view::npos ? text.size() : std::min(text.find_first_of(" \n", word), text.size());
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

std::string as_json(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> text_deltas(const Json& messages, const Script& script) {
  std::vector<std::string> deltas;
  for (int i = 0; i < script.deltas; ++i) {
    deltas.push_back(as_json(script.text ? *script.text : std::to_string(i) + (i % 10 == 9 ? "\n" : " ")));
  }
  if (script.deltas > 0) return deltas;
  std::string text = script.text ? *script.text : usual_text(messages);
  if (script.split_utf8) text += " Gr\u00FC\u00DFe, \u4E16\u754C \U0001F600";
  for (const std::string& word : words(text)) deltas.push_back(as_json(word));
  if (script.surrogates) {
    deltas.emplace_back(R"(" \ud83d")");
    deltas.emplace_back(R"("\ude00")");
  }
  return deltas;
}

void think(Answer& answer, const CheckedRequest& request, const Script& script) {
  const Json* asked = present(request.body, "thinking");
  const Json* display = asked == nullptr ? nullptr : present(*asked, "display");
  answer.thinks = asked == nullptr ? request.model->is(thinks_unasked) : (*asked)["type"] != "disabled";
  answer.shows = display == nullptr ? request.model->is(shows_thinking) : *display == "summarized";
  if (script.thinking) answer.thinks = !script.thinking->empty();
  answer.redacted = answer.thinks && script.redacted;
  if (!answer.thinks || !answer.shows) return;
  answer.thinking = {
      "Reading the conversation first: ", counted(request.body["messages"].size(), "message") + ". ",
      "A short answer that proves what arrived will do."};
  if (script.thinking) answer.thinking = words(*script.thinking);
}

std::size_t thought_tokens(const Answer& answer) {
  return answer.thinks ? std::max<std::size_t>(answer.thinking.size(), 1) : 0;
}

// Cuts the answer at this many tokens of output; each delta counts as one token.
void cut_at(Answer& answer, std::size_t limit) {
  if (answer.thinking.size() + answer.text.size() <= limit) return;
  answer.thinking.resize(std::min(answer.thinking.size(), limit));
  answer.text.resize(std::min(answer.text.size(), limit - answer.thinking.size()));
  answer.stop_reason = "max_tokens";
}

Json counts_of(const ApiUsage& usage) {
  return {
      {"input_tokens", usage.input},
      {"cache_creation_input_tokens", usage.written_5m + usage.written_1h},
      {"cache_read_input_tokens", usage.read},
      {"cache_creation",
       {{"ephemeral_5m_input_tokens", usage.written_5m}, {"ephemeral_1h_input_tokens", usage.written_1h}}},
      {"output_tokens", usage.output}};
}

// Returns the `usage` of an answer. The tokens of a summary are only in `iterations`.
Json usage_of(const Answer& answer, bool finished) {
  const bool summary = !answer.summary.is_null();
  ApiUsage told = summary ? ApiUsage() : answer.usage;
  if (!finished && !summary) told.output = 1;  // until the end, the real API sends a placeholder, too
  Json usage = counts_of(told);
  usage["service_tier"] = "standard";
  usage["inference_geo"] = nullptr;
  if (!finished) return usage;
  usage["output_tokens_details"] = {{"thinking_tokens", thought_tokens(answer)}};
  usage["server_tool_use"] = nullptr;
  if (!answer.iterations) return usage;
  Json iteration = {{"type", summary ? "compaction" : "message"}};
  iteration.update(counts_of(answer.usage));
  if (!summary) iteration["model"] = answer.model;
  usage["iterations"] = Json::array({iteration});
  return usage;
}

Json head_of(const Answer& answer) {
  return {{"id", answer.id},
          {"type", "message"},
          {"role", "assistant"},
          {"model", answer.model},
          {"content", Json::array()},
          {"stop_reason", nullptr},
          {"stop_sequence", nullptr},
          {"stop_details", nullptr},
          {"container", nullptr},
          {"diagnostics", answer.diagnostics},
          {"usage", usage_of(answer, false)}};
}

std::string event(const std::string& name, const std::string& data) {
  return "event: " + name + "\ndata: " + data + "\n\n";
}

// Makes an event. The event is built as text, since a delta may hold characters that no JSON library writes.
std::string block_event(const std::string& name, int index, const std::string& more) {
  return event(name, R"({"type":")" + name + R"(","index":)" + std::to_string(index) + more + "}");
}

class Stream {
 public:
  void add(Frame::Place place, std::string bytes) { frames_.push_back({place, std::move(bytes)}); }
  void begin(const std::string& block) {
    add(Frame::Place::Between, block_event("content_block_start", index_, R"(,"content_block":)" + block));
  }
  void delta(Frame::Place place, const std::string& type, const std::string& field, const std::string& json) {
    const std::string inside = R"({"type":")" + type + R"(",")" + field + "\":" + json + "}";
    add(place, block_event("content_block_delta", index_, R"(,"delta":)" + inside));
  }
  void end() { add(Frame::Place::Between, block_event("content_block_stop", index_++, "")); }
  std::vector<Frame> take() { return std::move(frames_); }

 private:
  std::vector<Frame> frames_;
  int index_ = 0;
};

constexpr auto shown = Frame::Place::Delta;
constexpr auto between = Frame::Place::Between;

void stream_thinking(Stream& stream, const Answer& answer) {
  if (answer.redacted) {
    stream.begin(Json{{"type", "redacted_thinking"}, {"data", answer.signature}}.dump());
    return stream.end();
  }
  stream.begin(R"({"type":"thinking","thinking":"","signature":""})");
  for (const std::string& piece : answer.thinking)
    stream.delta(shown, "thinking_delta", "thinking", as_json(piece));
  stream.delta(between, "signature_delta", "signature", as_json(answer.signature));
  stream.end();
}

void stream_tool(Stream& stream, const Answer& answer) {
  Json block = answer.tool;
  block["input"] = Json::object();
  stream.begin(block.dump());
  const std::string input = answer.tool["input"].dump();
  stream.delta(between, "input_json_delta", "partial_json", "\"\"");
  stream.delta(between, "input_json_delta", "partial_json", as_json(input.substr(0, input.size() / 2)));
  stream.delta(between, "input_json_delta", "partial_json", as_json(input.substr(input.size() / 2)));
  stream.end();
}

void stream_unknown(Stream& stream) {
  stream.add(between, event("weather_report", R"({"type":"weather_report","sky":["grey"]})"));
  stream.begin(R"({"type":"hologram","data":"\u2728"})");
  stream.delta(between, "hologram_delta", "angle", "1.10");
  stream.end();
}

std::string closing_events(const Answer& answer) {
  Json delta = {{"stop_reason", answer.stop_reason},
                {"stop_sequence", answer.stop_reason == "stop_sequence" ? Json("END") : Json()},
                {"stop_details", answer.stop_details},
                {"container", nullptr}};
  Json last = {{"type", "message_delta"}, {"delta", delta}, {"usage", usage_of(answer, true)}};
  return event("message_delta", last.dump());
}

}  // namespace

std::string last_question(const Json& messages) {
  const std::vector<UserTurn> turns = user_turns(messages);
  return turns.empty() ? "" : turns.back().question;
}

Answer compose(const CheckedRequest& request, const Script& script, const ApiUsage& input,
               const ThinkingSeal& seal, std::string id) {
  Answer answer;
  answer.id = std::move(id);
  answer.model = request.model->dated.empty() ? request.model->id : request.model->dated;
  answer.usage = input;
  answer.iterations = request.compaction;
  answer.stop_reason = script.stop_reason;
  if (request.summarize && script.stop_reason == "end_turn") {
    const std::string text = script.text ? *script.text : summary_text(request.body);
    answer.summary = seal.summary_block(request.prompt, text);
    answer.usage.output = static_cast<std::int64_t>(words(text).size());
    answer.stop_reason = "compaction";
    return answer;
  }
  think(answer, request, script);
  answer.text = text_deltas(request.body["messages"], script);
  if (!script.text && script.deltas == 0) cut_at(answer, request.body["max_tokens"]);
  answer.usage.output = static_cast<std::int64_t>(thought_tokens(answer) + answer.text.size());
  std::string thought;
  for (const std::string& piece : answer.thinking) thought += piece;
  if (answer.redacted) thought.clear();
  if (answer.thinks) answer.signature = seal.sign(request.prompt, thought);
  if (script.stop_reason == "refusal") {
    answer.stop_details = {{"type", "refusal"},
                           {"category", script.category.empty() ? Json() : Json(script.category)},
                           {"explanation", script.explanation.empty() ? Json() : Json(script.explanation)}};
  }
  if (script.stop_reason == "tool_use") {
    answer.tool = {{"type", "tool_use"},
                   {"id", "toolu_" + answer.id},
                   {"name", "read_file"},
                   {"input", {{"path", "a.c"}}}};
  }
  if (script.stop_reason == "pause_turn") {
    answer.tool = {{"type", "server_tool_use"},
                   {"id", "srvtoolu_" + answer.id},
                   {"name", "web_search"},
                   {"input", {{"query", "a"}}}};
  }
  return answer;
}

std::vector<Frame> stream_of(const Answer& answer, const Script& script) {
  Stream stream;
  const Json start = {{"type", "message_start"}, {"message", head_of(answer)}};
  stream.add(Frame::Place::Start, event("message_start", start.dump()));
  if (answer.thinks) stream_thinking(stream, answer);
  if (!answer.summary.is_null()) {
    stream.begin(answer.summary.dump());
    stream.end();
  }
  stream.add(between, event("ping", R"({"type":"ping"})"));
  if (script.unknown) stream_unknown(stream);
  if (!answer.text.empty()) {
    stream.begin(R"({"type":"text","text":""})");
    for (const std::string& piece : answer.text) stream.delta(shown, "text_delta", "text", piece);
    if (script.unknown) stream.delta(between, "tint_delta", "colour", "[255,0,0]");
    stream.end();
  }
  if (!answer.tool.is_null()) stream_tool(stream, answer);
  stream.add(Frame::Place::End, closing_events(answer));
  stream.add(Frame::Place::End, event("message_stop", R"({"type":"message_stop"})"));
  return stream.take();
}

std::string message_of(const Answer& answer) {
  Json message = head_of(answer);
  std::string text, thought;
  for (const std::string& piece : answer.thinking) thought += piece;
  for (const std::string& piece : answer.text)
    text += Json::parse(piece, nullptr, false).is_string() ? Json::parse(piece).get<std::string>() : "";
  if (answer.redacted)
    message["content"].push_back({{"type", "redacted_thinking"}, {"data", answer.signature}});
  else if (answer.thinks)
    message["content"].push_back(
        {{"type", "thinking"}, {"thinking", thought}, {"signature", answer.signature}});
  if (!answer.summary.is_null()) message["content"].push_back(answer.summary);
  if (!text.empty()) message["content"].push_back({{"type", "text"}, {"text", text}, {"citations", nullptr}});
  if (!answer.tool.is_null()) message["content"].push_back(answer.tool);
  message["stop_reason"] = answer.stop_reason;
  message["stop_details"] = answer.stop_details;
  message["usage"] = usage_of(answer, true);
  return message.dump();
}

}  // namespace aside::test
