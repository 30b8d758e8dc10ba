#include "protocol/methods.h"

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

struct Row {
  const char* params;
  const char* message;
};

// Checks that the params of each row are refused with exactly its message.
template <class Params>
void check_refused(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.params);
    const auto params = decode<Params>(json::parse(row.params));
    REQUIRE(!params);
    CHECK(params.error().code == ErrorCode::InvalidParams);
    CHECK(params.error().message == row.message);
  }
}

template <class Params>
Params read(const char* text) {
  auto params = decode<Params>(json::parse(text));
  INFO((params ? "" : params.error().message));
  REQUIRE(params);
  return *params;
}

// A code block of protocol.md. `method` is the method of its section; `part` says whether the block has
// params, a result or an error.
struct Example {
  std::string method, part, text;
};

std::string protocol_md() {
  std::ifstream file(TEST_TRANSCRIPTS "/../../protocol/protocol.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Example> examples() {
  std::vector<Example> examples;
  std::istringstream file(protocol_md());
  std::string method;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("### ", 0) == 0) method = line.substr(4);
    if (line.rfind("```json ", 0) == 0) examples.push_back({method, line.substr(8), ""});
    if (line.rfind("```", 0) == 0) {
      inside = line.rfind("```json ", 0) == 0;
    } else if (inside) {
      examples.back().text += line + "\n";
    }
  }
  return examples;
}

template <class Params>
bool accepted(const json& params) {
  return decode<Params>(params).has_value();
}

}  // namespace

TEST_CASE("initialize is read as far as it concerns us, and everything in it may be absent") {
  const auto nothing = read<InitializeParams>(R"({"processId": null, "rootUri": null, "capabilities": {}})");
  CHECK(nothing.position_encodings.empty());
  CHECK(nothing.workspace_folders.empty());
  CHECK(nothing.client.empty());
  CHECK(nothing.options.is_null());

  const auto all = read<InitializeParams>(R"({
    "clientInfo": {"name": "Vim", "version": "9.0"}, "rootUri": "file:///r",
    "workspaceFolders": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b", "name": "b"}],
    "capabilities": {"general": {"positionEncodings": ["utf-8", "utf-16"]}, "window": {}},
    "initializationOptions": {"model": "m"}})");
  CHECK(all.position_encodings == std::vector<std::string>{"utf-8", "utf-16"});
  CHECK(all.workspace_folders == std::vector<std::string>{"file:///a", "file:///b"});
  CHECK(all.client == "Vim 9.0");
  CHECK(all.options["model"] == "m");

  CHECK(read<InitializeParams>(R"({"rootUri": "file:///r", "workspaceFolders": null})").workspace_folders ==
        std::vector<std::string>{"file:///r"});
  CHECK(read<InitializeParams>(R"({"rootUri": "file:///r", "workspaceFolders": []})")
            .workspace_folders.empty());
  CHECK(read<InitializeParams>(R"({"clientInfo": {"name": "Vim"}})").client == "Vim");

  check_refused<InitializeParams>({
      {R"({"capabilities": 1})", "params.capabilities must be an object, but is a number"},
      {R"({"capabilities": {"general": {"positionEncodings": [8]}}})",
       "params.capabilities.general.positionEncodings must hold strings only, but holds a number"},
      {R"({"workspaceFolders": [{"name": "a"}]})", "params.workspaceFolders[0].uri is missing"},
      {R"({"clientInfo": {}})", "params.clientInfo.name is missing"},
  });
}

TEST_CASE("text synchronisation is read as LSP has it") {
  const auto opened = read<DidOpenParams>(
      R"({"textDocument": {"uri": "file:///a", "languageId": "c", "version": -3, "text": ""}})");
  CHECK(opened.uri == "file:///a");
  CHECK(opened.language == "c");
  CHECK(opened.version == -3);
  CHECK(opened.text.empty());

  const auto changed = read<DidChangeParams>(R"({
    "textDocument": {"uri": "file:///a", "version": 2},
    "contentChanges": [
      {"range": {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 2147483647}},
       "rangeLength": 4, "text": "x"},
      {"text": "whole"}]})");
  REQUIRE(changed.changes.size() == 2);
  CHECK(changed.version == 2);
  CHECK((changed.changes[0].range == Range{{1, 2}, {1, 2147483647}}));
  CHECK(!changed.changes[1].range);
  CHECK(changed.changes[1].text == "whole");

  CHECK(read<DocumentParams>(R"({"textDocument": {"uri": "untitled:1"}, "text": "x"})").uri == "untitled:1");
  const auto renamed =
      read<DidRenameFilesParams>(R"({"files": [{"oldUri": "file:///a", "newUri": "file:///b"}]})");
  REQUIRE(renamed.files.size() == 1);
  CHECK(renamed.files[0].from == "file:///a");
  CHECK(renamed.files[0].to == "file:///b");

  check_refused<DidOpenParams>({
      {"{}", "params.textDocument is missing"},
      {R"({"textDocument": "a"})", "params.textDocument must be an object, but is a string"},
      {R"({"textDocument": {"uri": 7}})", "params.textDocument.uri must be a string, but is a number"},
      {R"({"textDocument": {"uri": ""}})", "params.textDocument.uri must not be empty"},
      {R"({"textDocument": {"uri": "a", "languageId": "c", "text": null}})",
       "params.textDocument.text must be a string, but is null"},
      {R"({"textDocument": {"uri": "a", "languageId": "c", "text": "", "version": 2147483648}})",
       "params.textDocument.version must be an integer from -2147483648 to 2147483647, but is 2147483648"},
  });
  check_refused<DidChangeParams>({
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": {}})",
       "params.contentChanges must be an array, but is an object"},
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": ""}, {}]})",
       "params.contentChanges[1].text is missing"},
      {R"({"textDocument": {"uri": "a", "version": 1},
           "contentChanges": [{"range": {"start": {"line": 0, "character": -1}}}]})",
       "params.contentChanges[0].range.start.character must be an integer from 0 to 2147483647, but is -1"},
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": "", "range":
           {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 3}}}]})",
       "params.contentChanges[0].range.end must not be before its start"},
  });
  check_refused<DidRenameFilesParams>(
      {{R"({"files": [{"oldUri": "a"}]})", "params.files[0].newUri is missing"}});
}

TEST_CASE("settings are those of the section `aside`, where there is one") {
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": {"aside": {"model": "m"}, "x": 1}})").settings ==
        json{{"model", "m"}});
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": {"model": "m"}})").settings ==
        json{{"model", "m"}});
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": null})").settings.is_null());
}

TEST_CASE("workspace folders come and go by uri") {
  const auto params = read<DidChangeWorkspaceFoldersParams>(
      R"({"event": {"added": [{"uri": "file:///a", "name": "a"}], "removed": []}})");
  CHECK(params.added == std::vector<std::string>{"file:///a"});
  CHECK(params.removed.empty());
  check_refused<DidChangeWorkspaceFoldersParams>(
      {{R"({"event": {"added": []}})", "params.event.removed is missing"}});
}

TEST_CASE("a cancel names the request as it was named") {
  CHECK(read<CancelParams>(R"({"id": 7})").id == Id(std::int64_t{7}));
  CHECK(read<CancelParams>(R"({"id": "7"})").id == Id("7"));
  check_refused<CancelParams>({
      {R"({"id": null})", "params.id must be an integer of 64 bits or a string, but is null"},
      {R"({"id": 1.5})", "params.id must be an integer of 64 bits or a string, but is 1.5"},
  });
}

TEST_CASE("an ask carries a question and only what was chosen to go with it") {
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

TEST_CASE("a retry without a turn is of the last exchange") {
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

TEST_CASE("a conversation is named by its document or by itself, never by both") {
  CHECK(read<SubjectParams>(R"({"textDocument": {"uri": "a"}})").uri == "a");
  CHECK(read<SubjectParams>(R"({"conversation": "c", "textDocument": null})").conversation == "c");
  check_refused<SubjectParams>({
      {"{}", "params.textDocument is missing (or give a conversation)"},
      {R"({"conversation": ""})", "params.conversation must not be empty"},
      {R"({"conversation": "c", "textDocument": {"uri": "a"}})",
       "params.conversation must be absent if there is a textDocument"},
  });
  CHECK(read<ConversationParams>(R"({"conversation": "c"})").conversation == "c");
  CHECK(read<OpenParams>(R"({"textDocument": {"uri": "a"}, "conversation": "c"})").conversation == "c");
  CHECK(read<NewParams>(R"({"textDocument": {"uri": "a"}})").title.empty());
  CHECK(read<NewParams>(R"({"textDocument": {"uri": "a"}, "title": "t"})").title == "t");
  check_refused<OpenParams>({{R"({"textDocument": {"uri": "a"}})", "params.conversation is missing"}});
}

TEST_CASE("the times of a list are dates or moments, and a page of turns is within bounds") {
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

TEST_CASE("a list has a page size within bounds") {
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

TEST_CASE("a selection says where to: a turn, or null for before the first question, and whether onward") {
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": "t"})").turn == "t");
  CHECK_FALSE(read<SelectParams>(R"({"conversation": "c", "turn": "t"})").onward);
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": "t", "onward": true})").onward);
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": null})").turn == "");
  check_refused<SelectParams>({
      {R"({"conversation": "c"})", "params.turn is missing (null is before the first question)"},
      {R"({"conversation": "c", "turn": ""})", "params.turn must not be empty"},
  });
}

TEST_CASE("configure leaves alone what is absent, and empty goes back to the default") {
  const auto nothing = read<ConfigureParams>(R"({"conversation": "c", "model": null})");
  CHECK(!nothing.model);
  CHECK(!nothing.effort);
  CHECK(!nothing.title);
  const auto all = read<ConfigureParams>(R"({"conversation": "c", "model": "", "effort": "", "title": "t"})");
  CHECK(all.model == "");
  CHECK(all.effort == "");
  CHECK(all.title == "t");
  check_refused<ConfigureParams>({
      {R"({"conversation": "c", "effort": "none"})",
       "params.effort must be one of low, medium, high, xhigh, max"},
      {R"({"conversation": "c", "title": " "})", "params.title must not be blank"},
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

TEST_CASE("the other answers have the shapes of the contract") {
  GetResult about;
  about.conversation = "c";
  about.head = "t2";
  about.candidates = {{"d", "Why", "file:///old"}};
  CHECK(to_json(TranscriptResult{about, "# Hi\n", {{"t1", "question", 0, 1}}}) == json::parse(R"({
    "conversation": "c", "title": "", "uri": "", "model": "", "effort": null, "head": "t2",
    "candidates": [{"conversation": "d", "title": "Why", "uri": "file:///old"}],
    "totals": {"usage": {"input": 0, "cacheRead": 0, "cacheWrite": 0, "output": 0}},
    "text": "# Hi\n", "sections": [{"turn": "t1", "kind": "question", "startLine": 0, "endLine": 1}]})"));
  CHECK(to_json(NewResult{"c"}) == json::parse(R"({"conversation": "c"})"));
  CHECK(to_json(ListResult{}) == json::parse(R"({"conversations": []})"));
  CHECK(to_json(ListResult{
            {{"c", "Why", "file:///a", "2026-11-22T14:02:11.000Z", 4, 0.5}, {"d", "", "", "", 0, {}}},
            "n"}) == json::parse(R"({"conversations": [
          {"conversation": "c", "title": "Why", "uri": "file:///a", "updated": "2026-11-22T14:02:11.000Z", "turns": 4,
           "cost": 0.5},
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

TEST_CASE("instructions are reported with their files, without empty fields") {
  GetResult about;
  CHECK_FALSE(to_json(about).contains("instructions"));
  about.instructions = GuidanceResult{{"a.md"}, {}, {}};
  CHECK(to_json(about)["instructions"] == json::parse(R"({"files": ["a.md"]})"));
  about.instructions = GuidanceResult{{}, GuidanceResult::Offer{"b.md", "file:///f"}, "Look."};
  CHECK(to_json(TranscriptResult{about, "", {}})["instructions"] ==
        json::parse(R"({"files": [], "offer": {"name": "b.md", "folder": "file:///f"}, "notice": "Look."})"));
  CHECK(
      to_json(InstructionsResult{{{"file:///a.md", "a.md", "user", "", "used", ""},
                                  {"file:///f/b.md", "b.md", "folder", "file:///f", "refused", "Too large."}},
                                 "text",
                                 "Look."}) == json::parse(R"({
    "files": [{"uri": "file:///a.md", "name": "a.md", "kind": "user", "state": "used"},
              {"uri": "file:///f/b.md", "name": "b.md", "kind": "folder", "folder": "file:///f", "state": "refused",
               "problem": "Too large."}],
    "text": "text", "notice": "Look."})"));
  CHECK(to_json(InstructionsResult{}) == json::parse(R"({"files": [], "text": ""})"));
  CHECK(to_json(PromptsResult{{{"why", "Why", "Say why.", ""}, {"bad", "", "", "Empty."}}}) ==
        json::parse(R"({"prompts": [
    {"name": "why", "description": "Why", "text": "Say why."},
    {"name": "bad", "description": "", "text": "", "problem": "Empty."}]})"));
}

TEST_CASE("a permission is for a folder, and says yes or no") {
  const auto yes = read<AllowParams>(R"({"folder": "file:///f", "allow": true})");
  CHECK(yes.folder == "file:///f");
  CHECK(yes.allow);
  check_refused<AllowParams>({
      {R"({"allow": true})", "params.folder is missing"},
      {R"({"folder": "", "allow": true})", "params.folder must not be empty"},
      {R"({"folder": "file:///f"})", "params.allow is missing"},
      {R"({"folder": "file:///f", "allow": "yes"})", "params.allow must be true or false, but is a string"},
  });
}

TEST_CASE("a question may rewrite lines, and be asked by the way") {
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

TEST_CASE("proposals are written as a TextDocumentEdit with more fields") {
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

TEST_CASE("what a reply asks to see, and what was asked about, is written with its place") {
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
  CHECK(to_json(MarksResult{"c", 7, {{"t1", "why\t?", {{1, 0}, {3, 0}}}, {"t3", "", {}, true}}}) ==
        json::parse(R"({
    "conversation": "c", "version": 7, "marks": [
      {"turn": "t1", "text": "why ?", "range": {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 0}}},
      {"turn": "t3", "text": "", "side": true,
       "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}}]})"));
  CHECK(to_json(MarksResult{"c"}) == json::parse(R"({"conversation": "c", "version": null, "marks": []})"));
}

TEST_CASE("files are found, groups are told, and suggestions are made as the contract says") {
  const auto found = read<FindParams>(R"({"textDocument": {"uri": "file:///a"}, "query": ""})");
  CHECK(found.limit == 20);
  CHECK(found.folder.empty());
  check_refused<FindParams>({
      {R"({"textDocument": {"uri": "file:///a"}})", "params.query is missing"},
      {R"({"query": ""})", "params.textDocument is missing"},
      {R"({"textDocument": {"uri": "file:///a"}, "query": "", "limit": 101})",
       "params.limit must be an integer from 1 to 100, but is 101"},
  });
  CHECK(
      read<ExpandParams>(R"({"textDocument": {"uri": "file:///a"}, "folder": "file:///f"})").pattern.empty());
  check_refused<ExpandParams>(
      {{R"({"textDocument": {"uri": "file:///a"}})", "params.pattern is missing (or give a folder)"}});
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
  CheckResult::Row row{"a", "text"};
  row.bytes = 2;
  row.tokens = 1;
  CHECK(to_json(ExpandResult{{{"file:///a", row, 0.5}}, 2, 1, {}}) == json::parse(R"({"files": [
    {"name": "a", "kind": "text", "bytes": 2, "tokens": 1, "cost": 0.5, "attachment": {"uri": "file:///a"}}],
    "bytes": 2, "tokens": 1})"));
  CHECK(to_json(
            SuggestResult{{{"problems", "file:///a", Range{{1, 0}, {2, 0}}, "diagnostics", "t", row, {}}}}) ==
        json::parse(
            R"({"suggestions": [{"reason": "problems", "name": "a", "kind": "text", "bytes": 2, "tokens": 1,
    "attachment": {"uri": "file:///a", "kind": "diagnostics", "text": "t",
      "range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}}}]})"));
}

TEST_CASE("a credential is reported without its value, and set as a string that is not empty") {
  CHECK(to_json(CredentialResult{"found", "the editor", "https://api.anthropic.com", std::nullopt}) ==
        json::parse(R"({"state": "found", "source": "the editor", "server": "https://api.anthropic.com"})"));
  CHECK(to_json(CredentialResult{"missing", "", "", CredentialResult::Problem{"m", "h"}}) ==
        json::parse(R"({"state": "missing", "problem": {"message": "m", "hint": "h"}})"));
  CHECK(read<SetCredentialParams>(R"({"apiKey": "k"})").api_key == "k");
  check_refused<SetCredentialParams>(
      {{R"({"apiKey": ""})", "params.apiKey must not be empty"},
       {R"({"apiKey": 1})", "params.apiKey must be a string, but is a number"}});
}

TEST_CASE("initialize announces what there is") {
  const auto reply = initialize_result(true, "1.2.3");
  CHECK(reply["serverInfo"] == json::parse(R"({"name": "asided", "version": "1.2.3"})"));
  const auto& capabilities = reply["capabilities"];
  CHECK(capabilities["positionEncoding"] == "utf-8");
  CHECK(initialize_result(false, "")["capabilities"]["positionEncoding"] == "utf-16");
  CHECK(capabilities["textDocumentSync"] == json::parse(R"({"openClose": true, "change": 2, "save": true})"));
  const auto& aside = capabilities["experimental"]["aside"];
  CHECK(aside["protocol"] == protocol_version);
  for (const char* present : {"ask",    "retry",        "continue", "stop",       "transcript", "threads",
                              "select", "configure",    "prepare",  "models",     "search",     "fork",
                              "delete", "export",       "import",   "preview",    "compact",    "attachments",
                              "usage",  "instructions", "prompts",  "credential", "side",       "rewrite",
                              "edits",  "wanted",       "marks",    "find",       "suggest"}) {
    CHECK(aside[present] == true);
  }
  for (const auto& filter : capabilities["workspace"]["fileOperations"]["didRename"]["filters"]) {
    CHECK(filter["pattern"]["glob"] == "**");
  }
}

TEST_CASE("the examples of protocol.md are what is read and written") {
  const std::map<std::string, bool (*)(const json&)> requests = {
      {method::initialize, accepted<InitializeParams>},
      {method::ask, accepted<AskParams>},
      {method::retry, accepted<RetryParams>},
      {method::resume, accepted<ReplyParams>},
      {method::stop, accepted<ReplyParams>},
      {method::edits, accepted<EditsParams>},
      {method::prepare, accepted<DocumentParams>},
      {method::marks, accepted<DocumentParams>},
      {method::get, accepted<SubjectParams>},
      {method::transcript, accepted<SubjectParams>},
      {method::list, accepted<ListParams>},
      {method::models, [](const json& params) { return params.empty(); }},
      {method::search, accepted<SearchParams>},
      {method::usage, accepted<UsageParams>},
      {method::fork, accepted<ForkParams>},
      {method::remove, accepted<ConversationParams>},
      {method::archive, accepted<ExportParams>},
      {method::restore, accepted<ImportParams>},
      {method::create, accepted<NewParams>},
      {method::open, accepted<OpenParams>},
      {method::select, accepted<SelectParams>},
      {method::configure, accepted<ConfigureParams>},
      {method::preview, accepted<AskParams>},
      {method::compact, accepted<CompactParams>},
      {method::check_attachments, accepted<CheckParams>},
      {method::find_files, accepted<FindParams>},
      {method::expand, accepted<ExpandParams>},
      {method::suggest, accepted<SuggestParams>},
      {method::instructions, accepted<DocumentParams>},
      {method::allow, accepted<AllowParams>},
      {method::prompts, [](const json& params) { return params.empty(); }},
      {method::check_credential, [](const json& params) { return params.empty(); }},
      {method::set_credential, accepted<SetCredentialParams>},
  };
  auto untold = requests;
  for (const auto& example : examples()) {
    INFO(example.method << " " << example.part << "\n" << example.text);
    const auto value = json::parse(example.text);
    if (example.part == "params") untold.erase(example.method);
    if (example.part == "params" && requests.count(example.method) > 0)
      CHECK(requests.at(example.method)(value));
    if (example.part == "result" && example.method == method::initialize)
      CHECK(value == initialize_result(true, value["serverInfo"]["version"]));
  }
  CHECK(untold.empty());
}

TEST_CASE("protocol.md has each error with its number and kind") {
  const auto text = protocol_md();
  for (const auto code :
       {ErrorCode::ParseError, ErrorCode::InvalidRequest, ErrorCode::MethodNotFound, ErrorCode::InvalidParams,
        ErrorCode::InternalError, ErrorCode::NotInitialized, ErrorCode::RequestCancelled, ErrorCode::Busy,
        ErrorCode::Unauthorized, ErrorCode::RateLimited, ErrorCode::Overloaded, ErrorCode::Offline,
        ErrorCode::ContextFull, ErrorCode::Upstream, ErrorCode::Storage, ErrorCode::NeedsConsent}) {
    const auto row = "| " + std::to_string(static_cast<int>(code)) + " | `" + kind(code) + "` |";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
}
