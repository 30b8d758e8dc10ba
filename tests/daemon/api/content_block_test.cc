#include "daemon/api/content_block.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

TEST_CASE("a block goes back with its documented fields, and unchanged where it has no others") {
  struct Row {
    std::string block, sent;  // `sent` is empty if the block must not be sent
  };
  const std::string search =
      R"({"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1.10},"caller":{"type":"direct"}})";
  const std::vector<Row> table = {
      {R"({"type":"text","text":"a","citations":null})", R"({"type":"text","text":"a","citations":null})"},
      {R"({ "type" : "text", "text" : "a" })", R"({ "type" : "text", "text" : "a" })"},
      {R"({"type":"text","text":"a","thinking":"b","mood":1.10})", R"({"type":"text","text":"a"})"},
      {R"({"type":"text","text":"a","text":"b"})", R"({"type":"text","text":"a"})"},
      {R"({"type":"text","text":"a","citations":[{"type":"odd"}]})", R"({"type":"text","text":"a"})"},
      {R"({"type":"text","text":"a","citations":"x"})", R"({"type":"text","text":"a"})"},
      {R"({"type":"text","text":"a","cache_control":{"type":"ephemeral"}})", R"({"type":"text","text":"a"})"},
      {R"({"type":"text","text":7})", ""},
      {R"({"type":"text","text":null})", ""},
      {R"({"type":"text"})", ""},
      {R"({"type":"thinking","thinking":"t","signature":"s","estimated_tokens":7})",
       R"({"type":"thinking","thinking":"t","signature":"s"})"},
      {R"({"type":"thinking","thinking":null,"signature":"s"})", ""},
      {R"({"type":"redacted_thinking","data":""})", ""},
      {search, ""},
      {R"({"type":"tool_use","id":"t","name":"n","input":{}})", ""},
      {R"({"type":"hologram","data":"x"})", ""},
      {R"({"type":7,"text":"x"})", ""},
      {R"({"text":"x"})", ""},
      {R"({"type":"text","text":"a","x":)" + std::string(100, '[') + std::string(100, ']') + "}", ""},
  };
  const std::string text = R"({"type":"text","text":"x"})";
  for (const Row& row : table) {
    CAPTURE(row.block);
    const std::string expected = row.sent.empty() ? "[" + text + "]" : "[" + row.sent + "," + text + "]";
    CHECK(content_block::sendable({row.block, text}) == expected);
  }
  const std::string result = R"({"type":"web_search_tool_result","tool_use_id":"s","content":[]})";
  CHECK(content_block::sendable({search, result, text}) == "[" + search + "," + result + "," + text + "]");
  CHECK(content_block::sendable({result, search, text}) == "[" + text + "]");
  CHECK(content_block::sendable({search, search, result, result, text}) ==
        "[" + search + "," + result + "," + text + "]");
  CHECK(content_block::sendable({search, result}).empty());
}
