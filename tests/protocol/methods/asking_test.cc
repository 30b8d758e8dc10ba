#include "protocol/methods/asking.h"

#include <string>
#include <vector>

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("an ask has a question, and other fields only if the editor sent them") {
  const auto plain = read<AskParams>(R"({"textDocument": {"uri": "file:///a"}, "question": "why?"})");
  CHECK(plain.uri == "file:///a");
  CHECK(plain.conversation.empty());
  CHECK(plain.question == "why?");
  CHECK(plain.attachments.empty());
  CHECK(!plain.parent);
  CHECK(plain.model.empty());
  CHECK(plain.effort.empty());

  const auto full = read<AskParams>(R"({
    "textDocument": {"uri": "file:///a"}, "conversation": "c1", "question": " why?\n", "parent": "t1", "model": "m", "effort": "xhigh",
    "attachments": [
      {"uri": "file:///a"},
      {"uri": "untitled:1", "text": "", "languageId": "c",
       "range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}}]})");
  CHECK(full.conversation == "c1");
  CHECK(full.question == " why?\n");
  CHECK(full.parent == "t1");
  CHECK(full.model == "m");
  CHECK(full.effort == "xhigh");
  REQUIRE(full.attachments.size() == 2);
  CHECK(!full.attachments[0].range);
  CHECK(!full.attachments[0].text);
  CHECK(full.attachments[1].text == "");
  CHECK(full.attachments[1].language == "c");
  CHECK((full.attachments[1].range == Range{{1, 0}, {2, 0}}));

  CHECK(read<AskParams>(R"({"textDocument": {"uri": "a"}, "question": "q", "parent": null})").parent == "");
  CHECK(read<AskParams>(R"({"textDocument": {"uri": "a"}, "question": "q", "effort": "", "model": null})")
            .effort == "");

  CHECK_FALSE(plain.consents);
  const auto consenting = [](const std::string& consent) {
    const std::string text = R"({"textDocument": {"uri": "a"}, "question": "q", "consent": )" + consent + "}";
    return read<AskParams>(text.c_str());
  };
  CHECK(consenting("true").consents);
  CHECK(consenting(R"(["a", "b"])").consent == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(consenting(R"(["a", "b"])").consents);
  CHECK(consenting("[]").consent.empty());
  check_refused<AskParams>({
      {R"({"textDocument": {"uri": "a"}, "question": "\u3000\u2003"})", "params.question must not be blank"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "consent": [1]})",
       "params.consent must hold strings only, but holds a number"},
      {R"({"textDocument": {"uri": "a"}, "conversation": "", "question": "q"})",
       "params.conversation must not be empty"},
      {R"({"textDocument": {"uri": 7}, "question": "q"})",
       "params.textDocument.uri must be a string, but is a number"},
      {R"({"textDocument": {"uri": "a"}})", "params.question is missing"},
      {R"({"textDocument": {"uri": "a"}, "question": ""})", "params.question must not be blank"},
      {R"({"textDocument": {"uri": "a"}, "question": " \t\r\n"})", "params.question must not be blank"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "parent": ""})", "params.parent must not be empty"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "parent": 1})",
       "params.parent must be a string, but is a number"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "effort": "huge"})",
       "params.effort must be one of low, medium, high, xhigh, max"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "attachments": [{"uri": "a"}, {"text": ""}]})",
       "params.attachments[1].uri is missing"},
      {R"({"textDocument": {"uri": "a"}, "question": "q", "attachments": [{"uri": "a", "range": {"start": {}}}]})",
       "params.attachments[0].range.start.line is missing"},
  });
}

TEST_CASE("a retry without a turn means the last exchange") {
  const auto last = read<RetryParams>(R"({"conversation": "c"})");
  CHECK(last.conversation == "c");
  CHECK(last.turn.empty());
  const auto chosen =
      read<RetryParams>(R"({"conversation": "c", "turn": "t", "model": "m", "effort": "low"})");
  CHECK(chosen.turn == "t");
  CHECK(chosen.model == "m");
  CHECK(chosen.effort == "low");
  check_refused<RetryParams>({
      {"{}", "params.conversation is missing"},
      {R"({"conversation": "c", "turn": ""})", "params.turn must not be empty"},
  });
}

TEST_CASE("a question may ask to rewrite lines, and may be a side question") {
  const auto asked = read<AskParams>(R"({"textDocument": {"uri": "file:///a"}, "question": "q", "side": true,
    "rewrite": {"uri": "file:///a", "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}}})");
  CHECK(asked.side);
  REQUIRE(asked.rewrite);
  CHECK(asked.rewrite->range == Range{{1, 0}, {3, 0}});
  const auto plain = read<AskParams>(R"({"textDocument": {"uri": "file:///a"}, "question": "q"})");
  CHECK_FALSE(plain.side);
  CHECK_FALSE(plain.rewrite);
  check_refused<AskParams>({
      {R"({"textDocument": {"uri": "file:///a"}, "question": "q", "side": 1})",
       "params.side must be true or false, but is a number"},
      {R"({"textDocument": {"uri": "file:///a"}, "question": "q", "rewrite": {"uri": "file:///a"}})",
       "params.rewrite.range is missing"},
      {R"({"textDocument": {"uri": "file:///a"}, "question": "q", "rewrite": {"uri": "file:///a", "kind": "gitDiff",
        "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}}})",
       "params.rewrite.kind must be absent: only a text can be rewritten"},
  });
}

TEST_CASE("the answer to an ask leaves out what is not known") {
  CHECK(to_json(AskResult{"c", "t", "cancelled", "", "", {}, {}}) == json::parse(R"({
    "conversation": "c", "turn": "t", "status": "cancelled", "text": ""})"));
  CHECK(to_json(AskResult{"c", "t", "complete", "end_turn", "Hi.", UsageResult{1, 2, 3, 4, 5}, 0.25}) ==
        json::parse(R"({
    "conversation": "c", "turn": "t", "status": "complete", "stopReason": "end_turn", "text": "Hi.",
    "usage": {"input": 1, "cacheRead": 2, "cacheWrite": 3, "output": 4, "thinking": 5}, "cost": 0.25})"));
}

TEST_CASE("each proposal is written as a TextDocumentEdit with more fields") {
  EditsResult result;
  result.proposals.push_back({0, 2, 9, "merged", "", "file:///a", "a", 7, {{{{9, 0}, {12, 0}}, "x\n"}}});
  result.proposals.push_back({1, 9, 11, "placed", "", "file:///b", "b", std::nullopt, {}});
  result.proposals.push_back({2, 12, 14, "unplaced", "Why.", "", "", std::nullopt, {}});
  CHECK(to_json(result) == json::parse(R"({"proposals": [
    {"block": 0, "startLine": 2, "endLine": 9, "state": "merged", "name": "a", "textDocument": {"uri": "file:///a", "version": 7},
     "edits": [{"range": {"start": {"line": 9, "character": 0}, "end": {"line": 12, "character": 0}}, "newText": "x\n"}]},
    {"block": 1, "startLine": 9, "endLine": 11, "state": "placed", "name": "b", "textDocument": {"uri": "file:///b", "version": null},
     "edits": []},
    {"block": 2, "startLine": 12, "endLine": 14, "state": "unplaced", "reason": "Why."}]})"));
}

TEST_CASE("lines that were asked about are written as marks with a range") {
  CHECK(to_json(MarksResult{"c", 7, {{"t1", "why\t?", {{1, 0}, {3, 0}}}, {"t3", "", {}, true}}}) ==
        json::parse(R"({
    "conversation": "c", "version": 7, "marks": [
      {"turn": "t1", "text": "why ?", "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}},
      {"turn": "t3", "text": "", "side": true,
       "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}}]})"));
  CHECK(to_json(MarksResult{"c"}) == json::parse(R"({"conversation": "c", "version": null, "marks": []})"));
}

TEST_CASE("the notifications while a reply is written have the form that protocol.md describes") {
  CHECK(to_json(DeltaParams{"c", "t", "text", "a"}) ==
        json::parse(R"({"conversation": "c", "turn": "t", "kind": "text", "text": "a"})"));
  CHECK(to_json(StatusParams{"c", "t", "waiting", {}}) ==
        json::parse(R"({"conversation": "c", "turn": "t", "state": "waiting"})"));
  CHECK(to_json(StatusParams{"c", "t", "retrying", StatusParams::Retry{2, 3, 1.5, "overloaded"}}) ==
        json::parse(R"({
    "conversation": "c", "turn": "t", "state": "retrying",
    "retry": {"attempt": 2, "of": 3, "delaySeconds": 1.5, "reason": "overloaded"}})"));
  CHECK(to_json(ChangedParams{"c", "file:///a"}) ==
        json::parse(R"({"conversation": "c", "uri": "file:///a"})"));
}
