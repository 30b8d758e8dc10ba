#include "protocol/message.h"

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/test.h"

using namespace std::string_literals;
using aside::BadField;
using aside::Error;
using aside::ErrorCode;
using aside::Fields;
using aside::Id;
using aside::json;
using aside::max_nesting;
using aside::parse;
using aside::request_id;

namespace {

// Returns a message in one line: its kind, and everything that was read from it.
std::string read(const std::string& body) {
  const auto message = parse(body);
  const auto text = [](const std::optional<Id>& id) {
    if (!id) return "null"s;
    return std::visit([](const auto& value) { return json(value).dump(); }, *id);
  };
  if (const auto* request = std::get_if<aside::Request>(&message)) {
    return "request " + text(request->id) + " " + request->method + " " + request->params.dump();
  }
  if (const auto* notification = std::get_if<aside::Notification>(&message)) {
    return "notification " + notification->method + " " + notification->params.dump();
  }
  if (const auto* response = std::get_if<aside::Response>(&message)) return "response " + text(response->id);
  const auto& unparsed = std::get<aside::Unparsed>(message);
  return kind(unparsed.error.code) + " "s + text(unparsed.id) + " " + unparsed.error.message;
}

std::string nested(std::size_t depth) {
  return R"({"jsonrpc":"2.0","method":"m","params":)" + std::string(depth - 1, '[') +
         std::string(depth - 1, ']') + "}";
}

// Lets `from` read these params, and returns its error as a path and a problem; "fine" if there is no error.
template <class From>
std::string refusal(const json& params, From from) {
  try {
    from(Fields(params, "params"));
  } catch (const BadField& bad) {
    return bad.path + " " + bad.problem;
  }
  return "fine";
}

struct Titled {
  std::string title;
  static Titled from(const Fields& fields) { return {fields.string("title")}; }
};

}  // namespace

TEST_CASE("the kind of a message is known from its members") {
  struct Row {
    std::string body, message;
  };
  const std::vector<Row> rows = {
      {R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[1]}})", R"(request 1 m {"a":[1]})"},
      {R"( {"params":[1],"method":"m","id":"x","jsonrpc":"2.0","more":true} )", R"(request "x" m [1])"},
      {R"({"jsonrpc":"2.0","id":-7,"method":"m"})", "request -7 m null"},
      {R"({"jsonrpc":"2.0","id":9223372036854775807,"method":"m"})", "request 9223372036854775807 m null"},
      {R"({"jsonrpc":"2.0","id":"","method":"m","params":null})", R"(request "" m null)"},
      {R"({"jsonrpc":"2.0","method":"$/x","params":{}})", "notification $/x {}"},
      {R"({"jsonrpc":"2.0","id":4,"result":null})", "response 4"},
      {R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}})", "response null"},
      {R"({"jsonrpc":"2.0","method":"m","params":["ä\u00e4\ud83d\ude00"]})", R"(notification m ["ää😀"])"},

      {R"({"jsonrpc":"2.0","id":1})", "invalidRequest 1 method is missing"},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", "invalidRequest 1 method must be a string, but is a number"},
      {R"({"id":"x","method":"m"})", R"(invalidRequest "x" jsonrpc is missing)"},
      {R"({"jsonrpc":"1.0","id":1,"method":"m"})", R"(invalidRequest 1 jsonrpc must be "2.0")"},
      {R"({"jsonrpc":2.0,"method":"m"})", R"(invalidRequest null jsonrpc must be "2.0")"},
      {"{}", "invalidRequest null jsonrpc is missing"},
      {"7", "invalidRequest null the message must be an object, but is a number"},
      {"[]",
       "invalidRequest null the message is a batch, which LSP doesn't have: send its messages one by one"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])",
       "invalidRequest null the message is a batch, which LSP doesn't have: send its messages one by one"},

      {"", "parseError null the message is empty"},
      {" \n", "parseError null the message is empty"},
      {"nonsense", "parseError null the message is no JSON: invalid literal, at byte 2"},
      {R"({"jsonrpc":"2.0","n":1e999})", "parseError null the message holds a number that is too large"},
      {nested(max_nesting),
       "notification m " + std::string(max_nesting - 1, '[') + std::string(max_nesting - 1, ']')},
      {nested(max_nesting + 1), "parseError null the message is nested deeper than 64 levels"},
      {R"({"jsonrpc":"2.0","method":"\\\"[[","params":[")" + std::string(2 * max_nesting, '{') + "\"]}",
       R"(notification \"[[ [")" + std::string(2 * max_nesting, '{') + "\"]"},
      {std::string(1'000'000, '['), "parseError null the message is nested deeper than 64 levels"},
  };
  for (const Row& row : rows) {
    INFO(row.body.substr(0, 200));
    CHECK(read(row.body) == row.message);
  }
}

TEST_CASE("a request's id is found without reading the rest of it") {
  using aside::request_id;
  const auto is = [](const char* text, const std::optional<Id>& id) {
    INFO(text);
    CHECK(request_id(text) == id);
  };
  is(R"({"jsonrpc":"2.0","id":5,"method":"a","params":{"text":"wor)", Id(5));
  is(R"({"id" : -7 ,"method":"a"})", Id(-7));
  is(R"({"params":{"id":1,"method":"x","a":[{"id":2}],"q":"\"id\":3 {"},"method":"a","id":"x\"}\u00e9"})",
     Id("x\"}é"));
  is(R"({"jsonrpc":"2.0","method":"a","params":{"id":1}})", std::nullopt);
  is(R"({"jsonrpc":"2.0","id":5,"result":{"method":"a"}})", std::nullopt);
  is(R"({"id":{"id":5},"method":"a"})", std::nullopt);
  is(R"({"id":5.5,"method":"a"})", std::nullopt);
  is(R"({"method":"a","id":12)", std::nullopt);
  is(R"({"method":"a","id":"12)", std::nullopt);
  is(R"({"method":"a","id":)", std::nullopt);
  is(R"({"method":"a","id)", std::nullopt);
  is("", std::nullopt);
}

TEST_CASE("a request whose id can't be sent back exactly is refused, with null as the id") {
  const std::string id = GENERATE("null", "1.5", "1.0", "1e3", "true", "{}", "[1]", "9223372036854775808",
                                  "18446744073709551615", "-9223372036854775809", "99999999999999999999");
  const auto read_as = read(R"({"jsonrpc":"2.0","method":"m","id":)" + id + "}");
  INFO(read_as);
  CHECK(read_as.rfind("invalidRequest null id must be an integer of 64 bits or a string, but is ", 0) == 0);
}

TEST_CASE("a request with bytes that are not UTF-8 is answered with its own id and a plain refusal") {
  const auto incoming = parse(
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"conversation/ask\",\"params\":{\"question\":\"x "
      "\xed\xa0\xbd \xff\"}}");
  const auto* refused = std::get_if<aside::Unparsed>(&incoming);
  REQUIRE(refused);
  REQUIRE(refused->id);
  CHECK(std::get<std::int64_t>(*refused->id) == 7);
  CHECK(refused->error.code == ErrorCode::ParseError);
  CHECK(refused->error.message.starts_with("the message holds bytes that are not UTF-8"));
}

TEST_CASE("text that is not UTF-8 is refused") {
  const std::string bytes =
      GENERATE("\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80");
  const auto inside = read(R"({"jsonrpc":"2.0","id":1,"method":"m","params":[")" + bytes + R"("]})");
  const auto outside = read(R"({"jsonrpc":"2.0","id":1,)" + bytes + R"("method":"m"})");
  INFO(inside << "\n" << outside);
  CHECK(inside.rfind("parseError 1 the message holds bytes that are not UTF-8: ", 0) == 0);
  CHECK(outside.rfind("parseError null the message is no JSON: ", 0) == 0);
  CHECK(inside.find(bytes) == std::string::npos);
}

TEST_CASE("half of a surrogate pair is read as U+FFFD and the rest of the text stays") {
  struct Row {
    std::string written, text;
  };
  const std::vector<Row> rows = {
      {R"(a\ud83d)", "a\ufffd"},
      {R"(\ude00b)", "\ufffdb"},
      {R"(\uD83D\uD83D\uDE00)", "\ufffd😀"},
      {R"(\ud83d\u0041)", "\ufffdA"},
      {R"(\ud83d\\ude00)", "\ufffd\\ude00"},
      {R"(\\ud83d)", "\\ud83d"},
      {R"(\ud83d\ude00\ude00)", "😀\ufffd"},
  };
  for (const Row& row : rows) {
    INFO(row.written);
    CHECK(read(R"({"jsonrpc":"2.0","method":"m","params":[")" + row.written + R"("]})") ==
          "notification m " + json::array({row.text}).dump());
  }
  CHECK(read(R"({"jsonrpc":"2.0","method":"\ud83"})").rfind("parseError", 0) == 0);
}

TEST_CASE("results and notifications are written as valid JSON-RPC in UTF-8") {
  CHECK(aside::dump_result(7, {{"a", 1}}) == R"({"jsonrpc":"2.0","id":7,"result":{"a":1}})");
  CHECK(aside::dump_result("x\n", nullptr) == R"({"jsonrpc":"2.0","id":"x\n","result":null})");
  CHECK(aside::dump_notification("m", {{"a", 1}}) == R"({"jsonrpc":"2.0","method":"m","params":{"a":1}})");
  CHECK(aside::dump_notification("m", {{"text", "a\xff\xc3z"}}) ==
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"text\":\"a\ufffd\ufffdz\"}}");
}

TEST_CASE("an error is written with its kind, and data that is unknown is left out") {
  const auto error = [](const std::string& text) { return json::parse(text)["error"]; };
  CHECK(json::parse(aside::dump_error(std::nullopt, {ErrorCode::ParseError, "m"}))["id"] == nullptr);
  CHECK(error(aside::dump_error(1, {ErrorCode::MethodNotFound, "m"})) == json::parse(R"({
    "code": -32601, "message": "m", "data": {"kind": "methodNotFound", "retryable": false}})"));

  Error busy{ErrorCode::Busy, "bad byte \xff", {}};
  busy.data = {"wait", true, 2.5, "req", "c1", "t1", "vim", "2026-11-22T14:02:11Z"};
  CHECK(error(aside::dump_error(1, busy)) == json::parse(R"({
    "code": -31001, "message": "bad byte \ufffd",
    "data": {"kind": "busy", "retryable": true, "hint": "wait", "retryAfterSeconds": 2.5, "requestId": "req",
             "conversation": "c1", "turn": "t1", "owner": "vim", "since": "2026-11-22T14:02:11Z"}})"));
}

TEST_CASE("the error for a wrong field has the field's path, what the field is and what it must be") {
  const json params = json::parse(R"({
    "word": "w", "empty": "", "none": null, "number": 7, "fraction": 1.5, "huge": 18446744073709551615,
    "object": {"inner": {}}, "list": [{"x": 1}, 2], "words": ["a", 3]})");
  struct Row {
    std::string refusal;
    std::function<void(const Fields&)> from;
  };
  const std::vector<Row> rows = {
      {"fine", [](const Fields& f) { f.string("word"), f.string("empty"), f.filled("word"); }},
      {"params.more is missing", [](const Fields& f) { f.string("more"); }},
      {"params.none must be a string, but is null", [](const Fields& f) { f.string("none"); }},
      {"params.number must be a string, but is a number", [](const Fields& f) { f.string("number"); }},
      {"params.object must be a string, but is an object", [](const Fields& f) { f.string("object"); }},
      {"params.empty must not be empty", [](const Fields& f) { f.filled("empty"); }},

      {"fine", [](const Fields& f) { f.optional_string("none"), f.optional_string("more"); }},
      {"params.list must be a string, but is an array", [](const Fields& f) { f.optional_string("list"); }},
      {"fine", [](const Fields& f) { f.nullable("none"), f.nullable("more"), f.nullable("word"); }},
      {"params.empty must not be empty", [](const Fields& f) { f.nullable("empty"); }},

      {"fine", [](const Fields& f) { f.integer("number", 7, 7); }},
      {"params.number must be an integer from 8 to 9, but is 7",
       [](const Fields& f) { f.integer("number", 8, 9); }},
      {"params.fraction must be an integer from 0 to 9, but is 1.5",
       [](const Fields& f) { f.integer("fraction", 0, 9); }},
      {"params.huge must be an integer from -1 to 9, but is 18446744073709551615",
       [](const Fields& f) { f.integer("huge", -1, 9); }},
      {"params.word must be an integer, but is a string", [](const Fields& f) { f.integer("word", 0, 9); }},

      {"params.object.inner.deep is missing",
       [](const Fields& f) { f.object("object").object("inner").object("deep"); }},
      {"params.number must be an object, but is a number", [](const Fields& f) { f.object("number"); }},
      {"params.number must be an object, but is a number",
       [](const Fields& f) { f.optional_object("number"); }},
      {"fine", [](const Fields& f) { f.optional_object("none"), f.optional_object("more"); }},

      {"params.list[1] must be an object, but is a number", [](const Fields& f) { f.list("list"); }},
      {"params.object must be an array, but is an object", [](const Fields& f) { f.list("object"); }},
      {"params.more is missing", [](const Fields& f) { f.list("more"); }},
      {"fine", [](const Fields& f) { f.optional_list("more"), f.optional_strings("more"); }},
      {"params.words must hold strings only, but holds a number",
       [](const Fields& f) { f.optional_strings("words"); }},
      {"params.word must be an array, but is a string", [](const Fields& f) { f.optional_strings("word"); }},

      {"fine", [](const Fields& f) { f.id("number"), f.id("word"); }},
      {"params.none must be an integer of 64 bits or a string, but is null",
       [](const Fields& f) { f.id("none"); }},
      {"params.word stinks", [](const Fields& f) { f.refuse("word", "stinks"); }},
  };
  for (const Row& row : rows) CHECK(refusal(params, row.from) == row.refusal);
}

TEST_CASE("params of the wrong type are InvalidParams, and absent params count as an empty object") {
  struct Row {
    json params;
    std::string message;
  };
  const std::vector<Row> rows = {
      {nullptr, "params.title is missing"},
      {json::array({"t"}), "params must be an object, but is an array"},
      {"t", "params must be an object, but is a string"},
      {{{"title", false}}, "params.title must be a string, but is a boolean"},
  };
  for (const Row& row : rows) {
    const auto titled = aside::decode<Titled>(row.params);
    REQUIRE(!titled);
    CHECK(titled.error().code == ErrorCode::InvalidParams);
    CHECK(titled.error().message == row.message);
  }
  const auto titled = aside::decode<Titled>({{"title", "t"}});
  REQUIRE(titled);
  CHECK(titled->title == "t");
}
