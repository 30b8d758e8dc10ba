#include "protocol/methods/reading.h"

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("a conversation is named by its document or by its id, never by both") {
  CHECK(read<SubjectParams>(R"({"textDocument": {"uri": "a"}})").uri == "a");
  CHECK(read<SubjectParams>(R"({"conversation": "c", "textDocument": null})").conversation == "c");
  check_refused<SubjectParams>({
      {"{}", "params.textDocument is missing (or give a conversation)"},
      {R"({"conversation": ""})", "params.conversation must not be empty"},
      {R"({"conversation": "c", "textDocument": {"uri": "a"}})",
       "params.conversation must be absent if there is a textDocument"},
  });
}

TEST_CASE("the times of a list are dates or times of day, and the number of turns in a page has limits") {
  CHECK(read<ListParams>(R"({"since": "2023-11-14T22:13:20Z"})").since == 1700000000000);
  CHECK(read<ListParams>(R"({"before": "2023-11-14"})").before == 1699920000000);
  CHECK_FALSE(read<ListParams>(R"({"since": null})").since);
  check_refused<ListParams>(
      {{R"({"since": "yesterday"})", "params.since must be a date or a time like 2026-11-22T14:02:11Z"},
       {R"({"before": 7})", "params.before must be a string, but is a number"}});
  const auto part = read<SubjectParams>(R"({"conversation": "c1", "limit": 50, "before": "t7"})");
  CHECK(part.limit == 50);
  CHECK(part.before == "t7");
  check_refused<SubjectParams>(
      {{R"({"conversation": "c1", "limit": 0})", "params.limit must be an integer from 1 to 1000, but is 0"},
       {R"({"conversation": "c1", "before": ""})", "params.before must not be empty"}});
}

TEST_CASE("the number of conversations in a page of a list has limits") {
  const auto all = read<ListParams>("{}");
  CHECK(all.uri.empty());
  CHECK(all.limit == 50);
  const auto some =
      read<ListParams>(R"({"textDocument": {"uri": "a"}, "query": "q", "cursor": "x", "limit": 500})");
  CHECK(some.uri == "a");
  CHECK(some.query == "q");
  CHECK(some.cursor == "x");
  CHECK(some.limit == 500);
  check_refused<ListParams>({
      {R"({"limit": 0})", "params.limit must be an integer from 1 to 500, but is 0"},
      {R"({"limit": 501})", "params.limit must be an integer from 1 to 500, but is 501"},
      {R"({"limit": 1.5})", "params.limit must be an integer from 1 to 500, but is 1.5"},
      {R"({"limit": "9"})", "params.limit must be an integer, but is a string"},
  });
}

TEST_CASE("a conversation is written whole: turns in order, null where there is no head or parent") {
  GetResult reply;
  reply.conversation = "c";
  reply.uri = "file:///a";
  reply.model = "m";
  CHECK(to_json(reply) == json::parse(R"({
    "conversation": "c", "title": "", "uri": "file:///a", "model": "m", "effort": null, "head": null, "turns": [],
    "totals": {"usage": {"input": 0, "cacheRead": 0, "cacheWrite": 0, "output": 0}}})"));

  TurnResult question;
  question.id = "t1";
  question.role = "user";
  question.text = "why?";
  question.attachments = {{"file:///a", Range{{0, 1}, {2, 3}}, "c", "a.c", "int x;"},
                          {"file:///b", {}, "", "b", ""}};
  question.status = "complete";
  question.created = "2026-11-22T14:02:11.000Z";
  question.variants = {"t1"};
  TurnResult answer;
  answer.id = "t2";
  answer.parent = "t1";
  answer.role = "assistant";
  answer.thinking = "hm";
  answer.status = "failed";
  answer.stop_reason = "refusal";
  answer.error = Error{ErrorCode::Offline, "no route", {.hint = "plug it in", .conversation = "c"}};
  answer.model = "m2";
  answer.usage = UsageResult{1, 0, 0, 2, {}};
  answer.cost = 0.5;
  answer.created = "2026-11-22T14:02:12.000Z";
  answer.variants = {"t2", "t3"};
  answer.sent = true;
  reply.title = "Why";
  reply.effort = "high";
  reply.head = "t2";
  reply.redo = "t4";
  reply.turns = {question, answer};
  reply.total_cost = 1.5;
  CHECK(to_json(reply) == json::parse(R"({
    "conversation": "c", "title": "Why", "uri": "file:///a", "model": "m", "effort": "high", "head": "t2", "redo": "t4",
    "turns": [
      {"turn": "t1", "parent": null, "role": "user", "text": "why?", "status": "complete", "sent": false,
       "created": "2026-11-22T14:02:11.000Z", "variants": ["t1"],
       "attachments": [
         {"uri": "file:///a", "range": {"start": {"line": 0, "character": 1}, "end": {"line": 2, "character": 3}},
          "languageId": "c", "name": "a.c", "text": "int x;"},
         {"uri": "file:///b", "name": "b", "text": ""}]},
      {"turn": "t2", "parent": "t1", "role": "assistant", "text": "", "thinking": "hm", "attachments": [],
       "status": "failed", "sent": true, "stopReason": "refusal",
       "error": {"code": -31005, "kind": "offline", "message": "no route", "hint": "plug it in"},
       "model": "m2", "usage": {"input": 1, "cacheRead": 0, "cacheWrite": 0, "output": 2}, "cost": 0.5,
       "created": "2026-11-22T14:02:12.000Z", "variants": ["t2", "t3"]}],
    "totals": {"usage": {"input": 0, "cacheRead": 0, "cacheWrite": 0, "output": 0}, "cost": 1.5}})"));
}

TEST_CASE("transcripts, lists, models and reports have the form that protocol.md describes") {
  GetResult about;
  about.conversation = "c";
  about.head = "t2";
  about.candidates = {{"d", "Why", "file:///old"}};
  CHECK(to_json(TranscriptResult{about, "# Hi\n", {{"t1", "question", 0, 1}}}) == json::parse(R"({
    "conversation": "c", "title": "", "uri": "", "model": "", "effort": null, "head": "t2",
    "candidates": [{"conversation": "d", "title": "Why", "uri": "file:///old"}],
    "totals": {"usage": {"input": 0, "cacheRead": 0, "cacheWrite": 0, "output": 0}},
    "text": "# Hi\n", "sections": [{"turn": "t1", "kind": "question", "startLine": 0, "endLine": 1}],
    "folds": [], "figures": []})"));
  TranscriptResult running{about, "", {}, {{2, 5, "a\nb"}}, GrowingResult{"t2", "text"}, {"$0.012", "m\n"}};
  CHECK(to_json(running)["folds"] == json::parse(R"([{"startLine": 2, "endLine": 5, "text": "a b"}])"));
  CHECK(to_json(running)["growing"] == json::parse(R"({"turn": "t2", "kind": "text"})"));
  CHECK(to_json(running)["figures"] == json::parse(R"(["$0.012", "m "])"));
  CHECK(to_json(ListResult{}) == json::parse(R"({"conversations": []})"));
  CHECK(to_json(ListResult{{{"c", "Why", "file:///a", "2026-11-22T14:02:11.000Z", 4, 0.5, "$0.500"},
                            {"d", "", "", "", 0, {}}},
                           "n"}) == json::parse(R"({"conversations": [
          {"conversation": "c", "title": "Why", "uri": "file:///a", "updated": "2026-11-22T14:02:11.000Z", "turns": 4,
           "cost": 0.5, "price": "$0.500"},
          {"conversation": "d", "title": "", "uri": "", "updated": "", "turns": 0}], "next": "n"})"));
  const PriceResult price{1, 2, 3, 4, 5};
  ModelsResult models{{{"m",
                        "M",
                        1000,
                        100,
                        {"low", "high"},
                        price,
                        "2026-11-22",
                        50,
                        price,
                        true,
                        "2026-11-30",
                        "n",
                        true,
                        true},
                       {"n", "n"}},
                      "m",
                      true,
                      "2026-11-22T14:02:11.000Z"};
  CHECK(to_json(models) == json::parse(R"({
    "models": [{"id": "m", "name": "M", "contextWindow": 1000, "maxOutput": 100, "efforts": ["low", "high"],
      "price": {"input": 1.0, "output": 2.0, "cacheRead": 3.0, "cacheWrite5m": 4.0, "cacheWrite1h": 5.0},
      "longPrompt": {"above": 50, "price":
        {"input": 1.0, "output": 2.0, "cacheRead": 3.0, "cacheWrite5m": 4.0, "cacheWrite1h": 5.0}},
      "pricesAsOf": "2026-11-22", "deprecated": true, "retires": "2026-11-30", "successor": "n",
      "system": true, "compaction": true},
     {"id": "n", "name": "n", "efforts": [], "system": false, "compaction": false}],
    "default": "m", "source": "api", "asOf": "2026-11-22T14:02:11.000Z"})"));
  models.from_api = false;
  CHECK(to_json(models)["source"] == "builtIn");
  UsageReportResult::Row row{"2026-11-22", "2026-11", "file:///a",     "a", "m", "c",
                             "",           2,         {1, 2, 3, 4, 5}, 0.5, 1};
  CHECK(to_json(UsageReportResult{{row}, {"", "", "", "", "", "", {}, 0, {}, {}, 0}, 7, "t"}) ==
        json::parse(R"({
    "rows": [{"day": "2026-11-22", "month": "2026-11", "uri": "file:///a", "name": "a", "model": "m", "conversation": "c",
      "title": "", "replies": 2, "usage": {"input": 1, "cacheRead": 2, "cacheWrite": 3, "output": 4, "thinking": 5},
      "cost": 0.5, "unpriced": 1}],
    "total": {"replies": 0, "usage": {"input": 0, "cacheRead": 0, "cacheWrite": 0, "output": 0}},
    "omitted": 7, "text": "t"})"));
}

TEST_CASE("a file that a reply asks to see is written with the line that names it") {
  TurnResult turn;
  turn.wanted = {{"file:///a", "a", {}, 4}, {"file:///b", "b\n", Range{{1, 0}, {3, 0}}, 5}};
  const json wanted = json::parse(R"([{"uri": "file:///a", "name": "a", "line": 4},
    {"uri": "file:///b", "name": "b ", "line": 5, "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}}])");
  GetResult got;
  got.turns = {turn, TurnResult()};
  CHECK(to_json(got)["turns"][0]["wanted"] == wanted);
  CHECK_FALSE(to_json(got)["turns"][1].contains("wanted"));
  TranscriptResult shown;
  shown.sections = {{"t1", "reply", 0, 1, false, turn.wanted}, {"t1", "reply", 0, 1}};
  CHECK(to_json(shown)["sections"][0]["wanted"] == wanted);
  CHECK_FALSE(to_json(shown)["sections"][1].contains("wanted"));
}

TEST_CASE("a conversation names its instructions, without empty fields") {
  GetResult about;
  CHECK_FALSE(to_json(about).contains("instructions"));
  about.instructions = GuidanceResult{{"a.md"}, {}, {}};
  CHECK(to_json(about)["instructions"] == json::parse(R"({"files": ["a.md"]})"));
  about.instructions = GuidanceResult{{}, GuidanceResult::Offer{"b.md", "file:///f"}, "Look."};
  CHECK(to_json(TranscriptResult{about, "", {}})["instructions"] ==
        json::parse(R"({"files": [], "offer": {"name": "b.md", "folder": "file:///f"}, "notice": "Look."})"));
}
