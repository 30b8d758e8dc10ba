#include "daemon/api/prompt.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/test.h"

using aside::Attachment;
using aside::Message;
using aside::Prompt;
using aside::PromptOptions;
using aside::Range;
using aside::Role;
using json = nlohmann::json;

namespace {

Message user(const std::string& question) {
  return {Role::User, aside::question_content(question, {})};
}

Message assistant(const std::string& text) {
  return {Role::Assistant, R"([{"type":"thinking","thinking":"","signature":"s","z":1.10},)"
                           R"({"type":"text","text":")" +
                               text + R"(","citations":null}])"};
}

Prompt prompt(std::vector<Message> messages, std::string model = "claude-opus-5-5") {
  return {.model = std::move(model), .system = "Be brief.", .messages = std::move(messages)};
}

std::string text_of(const std::string& content, std::size_t block) {
  return json::parse(content).at(block).at("text");
}

std::string without_cache_marks(std::string body) {
  const std::string mark = ",\"cache_control\":{";
  for (std::size_t at = body.find(mark); at != std::string::npos; at = body.find(mark)) {
    body.erase(at, body.find('}', at) + 1 - at);
  }
  return body;
}

}  // namespace

TEST_CASE("a question is its attachments, in order, and then its own words") {
  const std::string content = aside::question_content(
      "why?", {{.name = "src/main.c", .range = Range{{9, 0}, {24, 0}}, .language = "c", .text = "int x;\n"},
               {.name = "notes", .text = "no end of line"}});
  CHECK(
      content ==
      R"([{"type":"text","text":"<attachment name=\"src/main.c\" lines=\"10-24\" language=\"c\">\nint x;\n</attachment>"},)"
      R"({"type":"text","text":"<attachment name=\"notes\" lines=\"1-1\">\nno end of line\n</attachment>"},)"
      R"({"type":"text","text":"why?"}])");
}

TEST_CASE("lines are counted as people count them") {
  const std::vector<std::pair<Range, std::string>> table = {
      {{{0, 0}, {0, 0}}, "1-1"},
      {{{0, 0}, {1, 0}}, "1-1"},
      {{{0, 0}, {1, 1}}, "1-2"},
      {{{9, 4}, {9, 8}}, "10-10"},
      {{{9, 0}, {24, 0}}, "10-24"},
      {{{9, 0}, {23, 7}}, "10-24"},
      {{{2147483647, 0}, {2147483647, 1}}, "2147483648-2147483648"},
  };
  for (const auto& [range, lines] : table) {
    const std::string content = aside::question_content("", {{.name = "a", .range = range, .text = "x"}});
    CAPTURE(content);
    CHECK(text_of(content, 0).find("lines=\"" + lines + "\"") != std::string::npos);
  }
}

TEST_CASE("no name can break out of its attribute, and the text is verbatim") {
  const std::string text = "<b> & \"q\" </attachment>\r\n\t\\ \xF0\x9F\x98\x80\n";
  const std::string content = aside::question_content(
      "q",
      {{.name = "a\"b<c>&\nd\x7F", .range = Range{{0, 0}, {1, 0}}, .language = "x\" y=\"", .text = text}});
  CHECK(text_of(content, 0) ==
        "<attachment name=\"a&quot;b&lt;c&gt;&amp;&#10;d&#127;\" lines=\"1-1\" language=\"x&quot; "
        "y=&quot;\">\n" +
            text + "</attachment>");
}

TEST_CASE("a question never has an empty block") {
  CHECK(aside::question_content("", {}).empty());
  CHECK(aside::question_content(" \n\u00A0", {}).empty());
  const std::string content = aside::question_content("  ", {{.name = "empty", .text = ""}});
  CHECK(json::parse(content).size() == 1);
  CHECK(text_of(content, 0) == "<attachment name=\"empty\">\n</attachment>");
}

TEST_CASE("the body has its fields in one order, the messages last") {
  Prompt question = prompt({user("a"), assistant("b"), user("c")});
  question.effort = "high";
  CHECK(aside::body(question, {}) ==
        R"({"model":"claude-opus-5-5","max_tokens":32000,"stream":true,)"
        R"("system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],)"
        R"("thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"},)"
        R"("cache_control":{"type":"ephemeral","ttl":"1h"},)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},)"
        R"({"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"s","z":1.10},)"
        R"({"type":"text","text":"b","citations":null}]},)"
        R"({"role":"user","content":[{"type":"text","text":"c"}]}]})");
}

TEST_CASE("optional fields go only to models that take them") {
  struct Row {
    std::string model, effort;
    PromptOptions options;
    std::string thinking, sent_effort;  // empty: the field must not be sent
    std::int64_t max_tokens;
    std::string cache;
  };
  const PromptOptions plain;
  const std::vector<Row> table = {
      {"claude-opus-5-5", "", plain, "summarized", "", 32000, R"({"ttl":"1h","type":"ephemeral"})"},
      {"claude-opus-5-5",
       "max",
       {.cache = "5m", .thinking = "omitted"},
       "omitted",
       "max",
       32000,
       R"({"type":"ephemeral"})"},
      {"claude-opus-5-5", "turbo", {.cache = "off", .thinking = "off"}, "", "", 32000, ""},
      {"claude-opus-5-5",
       "",
       {.max_tokens = 1'000'000},
       "summarized",
       "",
       128'000,
       R"({"ttl":"1h","type":"ephemeral"})"},
      {"claude-haiku-4-5", "high", {.max_tokens = 100'000, .cache = "off"}, "", "", 64'000, ""},
      {"claude-opus-4-5-20251101", "high", {.cache = "off"}, "", "high", 32'000, ""},
      {"claude-opus-4-6", "xhigh", {.cache = "off"}, "summarized", "", 32'000, ""},
      {"llama", "", {.max_tokens = 1'000'000, .cache = "off"}, "", "", 1'000'000, ""},
      {"llama", "high", {.cache = "off"}, "", "high", 32'000, ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.model, row.effort);
    Prompt question = prompt({user("a")}, row.model);
    question.effort = row.effort;
    const json body = json::parse(aside::body(question, row.options));
    CHECK(body.at("max_tokens") == row.max_tokens);
    CHECK(body.contains("thinking") == !row.thinking.empty());
    if (body.contains("thinking")) CHECK(body["thinking"]["display"] == row.thinking);
    CHECK(body.contains("output_config") == !row.sent_effort.empty());
    if (body.contains("output_config")) CHECK(body["output_config"]["effort"] == row.sent_effort);
    CHECK(body.contains("cache_control") == !row.cache.empty());
    CHECK(body["system"][0].contains("cache_control") == !row.cache.empty());
    if (body.contains("cache_control")) CHECK(body["cache_control"].dump() == row.cache);
    for (const char* sampling : {"temperature", "top_p", "top_k"}) CHECK_FALSE(body.contains(sampling));
  }
}

TEST_CASE("without a system text there is no system field") {
  Prompt question = prompt({user("a")});
  question.system.clear();
  CHECK_FALSE(json::parse(aside::body(question, {})).contains("system"));
}

TEST_CASE("with `auto`, all cache marks of a request have the lifetime that was chosen for it") {
  const std::string cache = GENERATE("1h", "5m", "off");
  const bool side = GENERATE(true, false);
  CAPTURE(cache, side);
  Prompt question = prompt({user("a"), assistant("b"), user("c")});
  question.side = side;
  const std::string unchosen = aside::body(question, {});
  question.cache.kept = cache;
  const std::string chosen = aside::body(question, {});
  CHECK(chosen == aside::body(question, {.cache = cache}));
  CHECK(without_cache_marks(chosen) == without_cache_marks(unchosen));
  CHECK((chosen == unchosen) == (cache == "1h"));
  std::size_t marks = 0, alike = 0;
  const std::string mark = R"("cache_control":{"type":"ephemeral")";
  const std::string lifetime = cache == "1h" ? R"(,"ttl":"1h"})" : "}";
  for (std::size_t at = chosen.find(mark); at != chosen.npos; at = chosen.find(mark, at + 1)) {
    ++marks;
    alike += chosen.compare(at + mark.size(), lifetime.size(), lifetime) == 0;
  }
  CHECK(marks == (cache == "off" ? 0 : 2));
  CHECK(alike == marks);
}

TEST_CASE("each request begins with the bytes of the one before, cache marks apart") {
  const std::string cache = GENERATE("auto", "1h", "5m", "off");
  const PromptOptions options{.cache = cache};
  std::vector<Message> conversation = {user("first \"q\" \u2028")};
  std::string before = without_cache_marks(aside::body(prompt(conversation), options));
  for (int turn = 0; turn < 5; ++turn) {
    conversation.push_back(assistant("answer " + std::to_string(turn)));
    conversation.push_back(user("question " + std::to_string(turn)));
    const std::string body = without_cache_marks(aside::body(prompt(conversation), options));
    const std::string prefix = before.substr(0, before.size() - 2);  // without the closing "]}"
    CHECK(body.substr(0, prefix.size()) == prefix);
    CHECK(body.find("cache_control") == std::string::npos);
    before = body;
  }
}

TEST_CASE("instructions that changed follow their question, at the same place in each later request") {
  const auto turn = [](const char* id, Role role, const char* content, const char* system = "") {
    aside::Turn turn{.id = id, .role = role, .content = content};
    turn.system = system;
    return turn;
  };
  std::vector<aside::Turn> path = {turn("1", Role::User, R"([{"a":1}])", "Say \"no\".\n")};
  const auto sent = [&path] {
    Prompt filled = prompt({});
    aside::fill_messages(filled, path, "", {});
    return aside::body(filled, {});
  };
  const std::string asked = R"("messages":[{"role":"user","content":[{"a":1}]},)"
                            R"({"role":"system","content":[{"type":"text","text":"Say \"no\".\n"}]})";
  CHECK(sent().ends_with(asked + "]}"));
  const std::string answer = R"([{"type":"text","text":"No."}])";
  path.push_back(turn("2", Role::Assistant, answer.c_str()));
  path.push_back(turn("3", Role::User, R"([{"c":1}])"));
  CHECK(sent().ends_with(asked + R"(,{"role":"assistant","content":)" + answer +
                         R"(},{"role":"user","content":[{"c":1}]}]})"));
  // A failed reply is left out of requests, together with its question.
  path[1].status = aside::Status::Failed;
  CHECK(sent().ends_with(R"("messages":[{"role":"user","content":[{"c":1}]}]})"));
}

TEST_CASE("thinking is taken out whole, all other bytes stay") {
  const std::string thinking = R"({"type":"thinking","thinking":"a,]","signature":"s"})";
  const std::string redacted = R"({"data":"d","type":"redacted_thinking"})";
  const std::string text = R"({"type" : "text", "text":"\"thinking\"","n":1.10})";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[" + text + "]", "[" + text + "]"},
      {"[" + thinking + "," + text + "]", "[" + text + "]"},
      {"[" + redacted + " , " + text + "," + thinking + "," + text + "]", "[" + text + "," + text + "]"},
      {"[" + thinking + "]", ""},
  };
  for (const auto& [content, expected] : table) {
    CAPTURE(content);
    CHECK(aside::without_thinking(content) == expected);
    CHECK(aside::has_thinking(content) == (content != expected));
  }
}
