#include "daemon/text/json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test.h"

using namespace std::string_literals;
namespace json_text = aside::json_text;

namespace {
using Views = std::vector<std::string_view>;
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
}  // namespace

TEST_CASE("elements are cut out as they stand") {
  const std::vector<std::pair<std::string, Views>> table = {
      {"[]", {}},
      {" [ ] ", {}},
      {"[1]", {"1"}},
      {"[ 1 , -2.50e+3 ,true,null ]", {"1", "-2.50e+3", "true", "null"}},
      {R"(["a,b","c]d","e\"]","f\\"])", {R"("a,b")", R"("c]d")", R"("e\"]")", R"("f\\")"}},
      {R"([[1,[2]],{"a":[3]},""])", {"[1,[2]]", R"({"a":[3]})", R"("")"}},
      {R"({"not":"an array"})", {}},
      {"", {}},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(json_text::elements(text) == expected);
  }
}

TEST_CASE("members keep their order, spelling and doubles") {
  const std::string object = R"( { "b" : 1.10 , "a\"" : {"b":2} , "b":[ 3 ],"":"}" } )";
  CHECK(json_text::members(object) ==
        Pairs{{"b", "1.10"}, {R"(a\")", R"({"b":2})"}, {"b", "[ 3 ]"}, {"", R"("}")"}});
  CHECK(json_text::member(object, "b") == "1.10");
  CHECK(json_text::member(object, "c").empty());
  CHECK(json_text::member(object, "").size() == 3);
  CHECK(json_text::member("{}", "a").empty());
  CHECK(json_text::member("[1]", "a").empty());
  CHECK(json_text::member("", "a").empty());
}

TEST_CASE("members are replaced in place or appended, all else stays as it was") {
  const std::vector<
      std::tuple<std::string, std::vector<std::pair<std::string_view, std::string>>, std::string>>
      table = {
          {"{}", {{"a", "1"}}, R"({"a":1})"},
          {"{ }", {{"a", "1"}, {"b", "2"}}, R"({"a":1,"b":2 })"},
          {R"({"x" : 1.10, "a":{}})", {{"a", "[1]"}}, R"({"x" : 1.10, "a":[1]})"},
          {R"({"a":null,"b":"","c":0})", {{"b", R"("t")"}, {"d", "4"}}, R"({"a":null,"b":"t","c":0,"d":4})"},
          {R"({"a":1})", {}, R"({"a":1})"},
          {R"({"outer":{"a":1},"a":2} )", {{"a", "3"}}, R"({"outer":{"a":1},"a":3} )"},
      };
  for (const auto& [object, replaced, expected] : table) {
    CAPTURE(object);
    CHECK(json_text::with(object, replaced) == expected);
  }
}

TEST_CASE("a quoted string is read back by any parser, and by unquoted") {
  const std::vector<std::string> table = {
      "",          "plain",  "quote \" backslash \\ slash /", "\b\f\n\r\t\x01\x1f\x7f", "nul \0 in"s,
      "wörld ✓ 😀", "\u2028",
  };
  for (const auto& text : table) {
    CAPTURE(text);
    const std::string raw = json_text::quoted(text);
    CHECK(nlohmann::json::parse(raw).get<std::string>() == text);
    CHECK(json_text::unquoted(raw) == text);
  }
}

TEST_CASE("escapes are read as they are meant") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"("\b\f\n\r\t\"\\\/")", "\b\f\n\r\t\"\\/"},
      {R"("\u00e9\u20AC")", "é€"},
      {R"("\ud83d\ude00")", "😀"},
      {R"("\ud83d")", "\uFFFD"},
      {R"("\ude00\ud83d")", "\uFFFD\uFFFD"},
      {R"("\ud83d\ud83d\ude00")", "\uFFFD😀"},
      {R"("\\ud83d")", R"(\ud83d)"},
      {R"("\u0000")", "\0"s},
      {"12", ""},
      {"null", ""},
      {"\"", ""},
      {"", ""},
  };
  for (const auto& [raw, expected] : table) {
    CAPTURE(raw);
    CHECK(json_text::unquoted(raw) == expected);
  }
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD, and nothing else changes") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"a\xFF\x62", "a\uFFFDb"},
      {"\xC3\xA9", "é"},
      {"\xC3", "\uFFFD"},
      {"\xC3x", "\uFFFDx"},
      {"\xE2\x9C\x93", "✓"},
      {"\xE2\x9C", "\uFFFD"},
      {"\xE2\x9Cz", "\uFFFDz"},
      {"\xF0\x9F\x98\x80", "😀"},
      {"\xF0\x9F\x98", "\uFFFD"},
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
      {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong
      {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},            // overlong
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // beyond U+10FFFF
      {"\xF8\x88\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\x80", "\uFFFD"},
  };
  for (const auto& [bytes, expected] : table) {
    CAPTURE(expected);
    CHECK(json_text::unquoted(json_text::quoted(bytes)) == expected);
    CHECK(json_text::mended("\"" + bytes + "\"") == "\"" + expected + "\"");
  }
}

TEST_CASE("lone surrogates are mended by the parity of their backslashes") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {R"({"a":"plain \n"})", R"({"a":"plain \n"})"},
      {R"("\ud83d\ude00")", R"("\ud83d\ude00")"},
      {R"("\uD83D\uDE00")", R"("\uD83D\uDE00")"},
      {R"("\ud83d")", R"("\ufffd")"},
      {R"("\ude00")", R"("\ufffd")"},
      {R"("\\ud83d")", R"("\\ud83d")"},
      {R"("\\\ud83d")", R"("\\\ufffd")"},
      {R"("\\\\ud83d")", R"("\\\\ud83d")"},
      {R"("\ud83d\\ude00")", R"("\ufffd\\ude00")"},
      {R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
      {R"(["\ud83d","\ude00"])", R"(["\ufffd","\ufffd"])"},
      {R"("\u00e9")", R"("\u00e9")"},
      {R"("\ud8)", R"("\ud8)"},
      {"\"\\", "\"\\"},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(json_text::mended(text) == expected);
  }
}

TEST_CASE("control characters within strings are mended, all other white space stays") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"{\n\t\"a\": \"b\tc\nd\"\r\n}", "{\n\t\"a\": \"b\\u0009c\\u000ad\"\r\n}"},
      {std::string("\"a\0b\"", 5), R"("a\u0000b")"},
      {R"("a\"b")", R"("a\"b")"},
      {"\"a\\\"\tb\"", "\"a\\\"\\u0009b\""},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(json_text::mended(text) == expected);
  }
}

TEST_CASE("a number beyond a double becomes the largest, and what is no number null") {
  const std::string digits(400, '9');
  const std::vector<std::pair<std::string, std::string>> table = {
      {"{\"a\":" + digits + ",\"b\":[-" + digits + ",1]}", R"({"a":1e308,"b":[-1e308,1]})"},
      {R"([1e999, -1E+999, 1e-999, 1.10, 1e5, -0, 12345678901234567890123])",
       R"([1e308, -1e308, 1e-999, 1.10, 1e5, -0, 12345678901234567890123])"},
      {R"({"p":NaN,"q":[-Infinity,Infinity]})", R"({"p":null,"q":[null,null]})"},
      {R"({"NaN":"1e999 NaN \" -Infinity"})", R"({"NaN":"1e999 NaN \" -Infinity"})"},
      {"<p>It gave NaN</p>", "<p>It gave NaN</p>"},
      {"[-", "[-"},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(json_text::mended(text) == expected);
    CHECK(nlohmann::json::accept(json_text::mended(text)) == (text.front() != '<' && text != "[-"));
  }
}

TEST_CASE("depth is that of arrays and objects, not of what strings hold") {
  CHECK_FALSE(json_text::nested_deeper("1", 0));
  CHECK_FALSE(json_text::nested_deeper(R"({"a":["[[[[{{{\"[["]})", 2));
  CHECK(json_text::nested_deeper(R"({"a":["[[[["]})", 1));
  CHECK_FALSE(json_text::nested_deeper("[[],[],[[]]]", 3));
  CHECK(json_text::nested_deeper(std::string(1'000'000, '['), 999'999));
}

TEST_CASE("nesting as deep as the input is long costs no stack") {
  constexpr std::size_t depth = 1'000'000;
  const std::string deep = std::string(depth, '[') + std::string(depth, ']');
  const std::string object = "{\"a\":" + deep + ",\"b\":1}";
  CHECK(json_text::member(object, "a").size() == deep.size());
  CHECK(json_text::member(object, "b") == "1");
  CHECK(json_text::elements(deep).size() == 1);
}

TEST_CASE("a text that is cut at any byte is closed with all that has come whole") {
  const std::string text =
      R"( {"id":"m","content":[{"type":"text","text":"Zeile \"1\"\né ü😀 \u00e9\ud83d\ude00\\"},{"n":-12.5e3,"w":true}],"a":{"b":[[],{}]},"z":null} )";
  const std::string whole = json_text::unquoted(
      json_text::member(json_text::elements(json_text::member(text.substr(1), "content"))[0], "text"));
  std::string longest;
  for (std::size_t length = 2; length <= text.size(); ++length) {
    const std::string cut = text.substr(0, length), closed = json_text::closed(cut);
    CAPTURE(cut, closed);
    REQUIRE(nlohmann::json::accept(closed));
    const auto value = nlohmann::json::parse(closed);
    if (!value.contains("content") || value["content"].empty()) continue;
    const std::string came = value["content"][0].value("text", "");
    CHECK(whole.starts_with(came));
    CHECK(came.size() >= longest.size());
    longest = came;
    if (value["content"].size() > 1 && value["content"][1].contains("n"))
      CHECK(value["content"][1]["n"] == -12500);
  }
  CHECK(longest == whole);
  CHECK(nlohmann::json::parse(json_text::closed(text)) == nlohmann::json::parse(text));
  CHECK(json_text::closed("[1, 2") == "[1]");
  CHECK(json_text::closed(R"({"a": 12, "b)") == R"({"a": 12})");
  CHECK(json_text::closed(R"({"a": {"b": "c\)") == R"({"a": {"b": "c"}})");
  CHECK(json_text::closed(R"(["\ud83d\ude)") == R"([""])");
  CHECK(json_text::closed(R"(["\ud83d"])") == R"(["\ud83d"])");
  CHECK(json_text::closed("[\"a\xF0\x9F") == R"(["a"])");
}

TEST_CASE("what is no JSON is never read beyond its end") {
  const std::string text = R"({"a":["b\"",{"c":1.5e3}],"d":"\ud83d\ude00"})";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string cut(text.data(), length);
    json_text::members(cut);
    json_text::elements(cut);
    json_text::mended(cut);
    json_text::closed(cut);
    json_text::unquoted(cut);
    CHECK(json_text::member(cut, "none").empty());
  }
}

TEST_CASE("a text is blank if the API counts it as empty") {
  for (const std::string text : {"", " ", "\n\t\r\v\f", "\u00A0", "\u2003\u3000 ", "\u2028\u205F", "\x1C"}) {
    CAPTURE(text);
    CHECK(json_text::blank(text));
  }
  for (const std::string text : {"a", " . ", "\u200B", "é", "\xFF", "\u200E", "\u3001"}) {
    CAPTURE(text);
    CHECK_FALSE(json_text::blank(text));
  }
}
