#include "protocol/methods/attachments.h"

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("attachment/find, named, expand and suggest are read and written as protocol.md describes") {
  const auto found = read<FindParams>(R"({"textDocument": {"uri": "file:///a"}, "query": ""})");
  CHECK(found.limit == 20);
  CHECK(found.folder.empty());
  check_refused<FindParams>({
      {R"({"textDocument": {"uri": "file:///a"}})", "params.query is missing"},
      {R"({"query": ""})", "params.textDocument is missing"},
      {R"({"textDocument": {"uri": "file:///a"}, "query": "", "limit": 101})",
       "params.limit must be an integer from 1 to 100, but is 101"},
  });
  CHECK(read<NamedParams>(R"({"text": ""})").folders.empty());
  check_refused<NamedParams>(
      {{R"({"folders": ["file:///a"]})", "params.text is missing"},
       {R"({"text": "", "folders": [1]})", "params.folders must hold strings only, but holds a number"}});
  CHECK(
      read<ExpandParams>(R"({"textDocument": {"uri": "file:///a"}, "folder": "file:///f"})").pattern.empty());
  check_refused<ExpandParams>(
      {{R"({"textDocument": {"uri": "file:///a"}})", "params.pattern is missing (or give a folder)"}});
  const auto edited = read<CheckParams>(
      R"({"textDocument": {"uri": "file:///a"}, "attachments": [], "parent": null, "current": false})");
  CHECK(edited.parent == "");
  CHECK_FALSE(edited.current);
  CHECK(read<CheckParams>(R"({"attachments": []})").current);
  CHECK_FALSE(read<CheckParams>(R"({"attachments": []})").parent);
  const auto asked =
      read<SuggestParams>(R"({"textDocument": {"uri": "file:///a"}, "position": {"line": 1, "character": 2},
    "selection": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}, "problems": {"text": "t"}})");
  CHECK(asked.position == Position{1, 2});
  CHECK(asked.selection == Range{{1, 0}, {2, 0}});
  CHECK_FALSE(asked.block);
  CHECK_FALSE(asked.problems->range);
  check_refused<SuggestParams>({
      {R"({"textDocument": {"uri": "file:///a"}, "problems": {"text": ""}})",
       "params.problems.text must not be empty"},
      {R"({"textDocument": {"uri": "file:///a"}, "block": {"start": {"line": 2, "character": 0}, "end": {"line": 1, "character": 0}}})",
       "params.block.end must not be before its start"},
  });
  CHECK(to_json(FindResult{{{"file:///a", "a\nb"}}, true}) ==
        json::parse(R"({"files": [{"uri": "file:///a", "name": "a b"}], "incomplete": true})"));
  NamedResult names;
  names.names.push_back({"a", "a\nb", "file:///a", {}, {}});
  names.names.push_back({"b:1", "b", "file:///b", Range{{0, 0}, {1, 0}}, {}});
  names.names.push_back({"c/*", "", "", {}, NamedResult::Group{"file:///f", "c/*"}});
  names.names.push_back({"/d/", "", "", {}, NamedResult::Group{"file:///d", ""}});
  CHECK(to_json(names) == json::parse(R"({"names": [
    {"word": "a", "name": "a b", "attachment": {"uri": "file:///a"}},
    {"word": "b:1", "name": "b", "attachment":
      {"uri": "file:///b", "range": {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}}},
    {"word": "c/*", "group": {"folder": "file:///f", "pattern": "c/*"}},
    {"word": "/d/", "group": {"folder": "file:///d"}}]})"));
  CheckResult::Row row{"a", "text"};
  row.bytes = 2;
  row.tokens = 1;
  row.cost = 0.5;
  row.remark = "1\ntoken";
  CHECK(to_json(ExpandResult{{{"file:///a", row}}, 2, 1, {}, "1 token", "$1"}) == json::parse(R"({"files": [
    {"name": "a", "kind": "text", "bytes": 2, "tokens": 1, "cost": 0.5, "remark": "1 token", "attachment": {"uri": "file:///a"}}],
    "bytes": 2, "tokens": 1, "texts": {"size": "1 token", "price": "$1"}})"));
  row.cost.reset();
  row.remark.clear();
  CHECK(
      to_json(SuggestResult{
          {{"problems", "file:///a", Range{{1, 0}, {2, 0}}, "diagnostics", "t", row, "a\nb"}}}) ==
      json::parse(
          R"({"suggestions": [{"reason": "problems", "name": "a", "kind": "text", "bytes": 2, "tokens": 1, "offer": "a b",
    "attachment": {"uri": "file:///a", "kind": "diagnostics", "text": "t",
      "range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}}}]})"));
}

TEST_CASE("attachment/check is written without empty texts, and each text is one line") {
  CheckResult result;
  CHECK(to_json(result) == json::parse(R"({"attachments": []})"));
  result.along.emplace();
  CHECK(to_json(result)["texts"] == json::object());
  result.along->texts = {"a\nb", "c\nd (2 tokens)", "2 tokens", "$1.00", "$1.00", "3 tokens"};
  CHECK(to_json(result)["texts"] == json{{"known", "a b"},
                                         {"updates", "c d (2 tokens)"},
                                         {"size", "2 tokens"},
                                         {"price", "$1.00"},
                                         {"brief", "$1.00"},
                                         {"next", "3 tokens"}});
}
