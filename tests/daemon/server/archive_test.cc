// Tests of exporting conversations as JSON and importing them: what the imported conversations hold, and what
// later requests send.
#include "daemon/server/archive.h"

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "daemon/text/json.h"
#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace {

struct World {
  Folder folder;
  ApiServer api;
  Editor editor{{.home = folder.path + "/home", .base_url = api.url()}};

  std::string file(const std::string& name) const {
    std::ofstream(folder.path + "/" + name) << "int main() { return 0; }\n";
    return "file://" + folder.path + "/" + name;
  }
  std::string exported(const std::string& conversation, const std::string& format = "json") {
    return editor.call("conversation/export", {{"conversation", conversation}, {"format", format}})["text"];
  }
  json import(const std::string& uri, const std::string& text) {
    return editor.call("conversation/import", {{"textDocument", {{"uri", uri}}}, {"text", text}});
  }
  std::string last_body() const { return api.requests().back().body; }
};

// Returns the exported text without the URI of its document.
std::string elsewhere(std::string text) {
  const auto start = text.find("\"uri\": ");
  return text.erase(start, text.find('\n', start) - start);
}

// Makes a conversation with replies of each kind, with branches, and with an attachment that has every field
// of an attachment in JSON.
std::string grow(World& world, const std::string& uri, unsigned seed) {
  std::mt19937 random(seed);
  const std::vector<std::string> questions = {
      "why?",
      "[standin: redacted]",
      "[standin: refusal]",
      "\xC3\xBCn\xC3\xAF \"\\ \xE2\x80\xA8 \x01 </attachment>",
      "[standin: 400]",
      "a\n```c\nb",
      "[standin: max-tokens]",
      "[standin: surrogates]",
      "[standin: unknown]",
      "[standin: thinking-only]",
      "[standin: {\"fault\":\"fin\",\"after\":3,\"times\":1}]",
  };
  std::vector<std::string> replies;
  std::string conversation;
  for (int step = 0; step < 12; ++step) {
    json more = {{"attachments", json::array()}};
    if (random() % 3 == 0)
      more["attachments"].push_back(
          {{"uri", uri},
           {"text", "tab\t\"quote\" \xF0\x9F\x98\x80\n"},
           {"languageId", "c"},
           {"range",
            {{"start", {{"line", 3}, {"character", 0}}}, {"end", {{"line", 4}, {"character", 0}}}}}});
    if (!replies.empty() && random() % 3 == 0) more["parent"] = replies[random() % replies.size()];
    const json answer = world.editor.answer(world.editor.ask_later(
        uri, std::to_string(step) + " " + questions[random() % questions.size()], more));
    const json& told = answer.contains("result") ? answer["result"] : answer["error"]["data"];
    conversation = told["conversation"];
    replies.push_back(told["turn"]);
    if (random() % 4 == 0)
      world.editor.answer(world.editor.send("conversation/retry", {{"conversation", conversation}}));
  }
  world.editor.call("conversation/select",
                    {{"conversation", conversation}, {"turn", replies[random() % replies.size()]}});
  return conversation;
}

}  // namespace

TEST_CASE("a conversation that was exported and imported is the same, and sends the same") {
  World world;
  const unsigned seed = GENERATE(1u, 2u, 3u, 4u, 5u);
  CAPTURE(seed);
  const std::string conversation = grow(world, world.file("a.c"), seed);
  const std::string text = world.exported(conversation);

  const json imported = world.import(world.file("b.c"), text);
  const json original = world.editor.call("conversation/get", {{"conversation", conversation}});
  CHECK(imported["conversation"] != conversation);
  CHECK(imported["title"] == original["title"]);
  CHECK(imported["totals"] == original["totals"]);
  CHECK(imported["turns"].size() == original["turns"].size());
  CHECK(imported.contains("redo") == original.contains("redo"));
  const std::string again = world.exported(imported["conversation"]);
  CHECK(elsewhere(again) == elsewhere(text));
  const json twice = world.import(world.file("c.c"), again);
  CHECK(elsewhere(world.exported(twice["conversation"])) == elsewhere(text));

  const auto hits = [&](const std::string& name) {
    const json all = {{"query", "short"}, {"textDocument", {{"uri", "file://" + world.folder.path + name}}}};
    return world.editor.call("conversation/search", all)["hits"].size();
  };
  CHECK(hits("/a.c") > 0);
  CHECK(hits("/c.c") == hits("/a.c"));

  // Both questions are asked without updates, since an imported conversation gets no updates of its text.
  const json current = {{"current", false}};
  world.editor.ask("file://" + world.folder.path + "/a.c", "and on?", current);
  const std::string sent = world.last_body();
  world.editor.ask("file://" + world.folder.path + "/b.c", "and on?", current);
  CHECK(world.last_body() == sent);
}

TEST_CASE("which reply to a question was last read is known where it was imported") {
  World world;
  const std::string uri = world.file("a.c");
  const json asked = world.editor.ask(uri, "one");
  const json conversation = asked["conversation"];
  world.editor.call("conversation/retry", {{"conversation", conversation}});
  world.editor.call("conversation/select", {{"conversation", conversation}, {"turn", asked["turn"]}});
  const json imported = world.import(world.file("b.c"), world.exported(conversation));
  const json first = imported["turns"][1]["turn"];
  const json last = imported["turns"][1]["variants"][1];
  CHECK(first != last);
  const json question = {{"conversation", imported["conversation"]}, {"turn", imported["turns"][0]["turn"]}};
  CHECK(world.editor.call("conversation/select", question)["head"] == first);
}

TEST_CASE("bytes that a parser would change stay: numbers, key order, signatures") {
  const std::string odd =
      R"([{"type":"text","z":1.10,"a":1E400,"text":"\u0041\/","n":12345678901234567890123}])";
  // The import refuses 1E400, which is too large for a double. Without this number, all other bytes are kept.
  std::string content = odd;
  content.erase(content.find(R"("a":1E400,)"), 10);
  Tree tree;
  tree.conversation.title = "Odd";
  tree.turns.push_back(Turn{.id = "t7", .text = "?", .content = content, .created = 1700000000001});
  tree.turns.push_back(Turn{.id = "t9",
                            .parent = "t7",
                            .role = Role::Assistant,
                            .content = content,
                            .blocks = content,
                            .cost = 0.1 + 0.2,
                            .created = 1700000000002});
  const auto text = archive(tree);
  REQUIRE(text);
  const auto read = read_archive(*text);
  REQUIRE(read);
  CHECK(read->turns[0].content == content);
  CHECK(read->turns[1].blocks == content);
  CHECK(read->turns[1].cost == tree.turns[1].cost);
  CHECK(*archive(*read) == *text);
  tree.turns[0].content = odd;
  CHECK_FALSE(read_archive(*archive(tree)));
}

TEST_CASE("what is wrong in a text to be imported is named with its path, and nothing is made of it") {
  const std::string question =
      R"({"turn":"a","role":"user","created":"2026-01-01","text":"?","content":"[{\"type\":\"text\"}]"})";
  const std::string reply =
      R"({"turn":"b","parent":"a","role":"assistant","created":"2026-01-01","text":"!","status":"complete"})";
  const std::string whole =
      R"({"aside":{"kind":"conversation","version":1},"title":"","updated":"2026-01-01",)"
      R"("head":"b","visited":"b","turns":[)" +
      question + "," + reply + "]}";
  REQUIRE(read_archive(whole));
  struct Row {
    const char *what, *with, *error;
  };
  const Row row = GENERATE(
      Row{"\"kind\":\"conversation\"", "\"kind\":\"x\"", "params.text.aside.kind must be conversation"},
      Row{"\"version\":1", "\"version\":2",
          "params.text.aside.version must be an integer from 1 to 1, but is 2"},
      Row{"\"title\":\"\",", "", "params.text.title is missing"},
      Row{"\"updated\":\"2026-01-01\"", "\"updated\":\"now\"",
          "params.text.updated must be a time like 2026-11-22T14:02:11.482Z"},
      Row{"\"head\":\"b\"", "\"head\":\"a\"", "params.text.head must be one of the replies"},
      Row{"\"visited\":\"b\"", "\"visited\":\"c\"", "params.text.visited must be one of the replies"},
      Row{"\"role\":\"user\"", "\"role\":\"system\"", "params.text.turns[0].role must be user or assistant"},
      Row{"\"turn\":\"b\"", "\"turn\":\"a\"",
          "params.text.turns[1].turn must differ from the turns before it"},
      Row{"\"parent\":\"a\"", "\"parent\":\"b\"",
          "params.text.turns[1].parent must be a question that comes before it"},
      Row{"\"parent\":\"a\",", "", "params.text.turns[1].parent must be a question that comes before it"},
      Row{"\"turn\":\"a\",", "\"turn\":\"a\",\"parent\":\"b\",",
          "params.text.turns[0].parent must be a reply that comes before it, or absent"},
      Row{"\"status\":\"complete\"", "\"status\":\"streaming\"",
          "params.text.turns[1].status must be one of complete, cancelled, cut, interrupted, refused, "
          "failed"},
      Row{",\"content\":\"[{\\\"type\\\":\\\"text\\\"}]\"", "",
          "params.text.turns[0].content is missing: nothing could be sent for this question"},
      Row{"[{\\\"type\\\":\\\"text\\\"}]", "[{}]",
          "params.text.turns[0].content must hold a JSON array of objects with a type"},
      Row{"[{\\\"type\\\":\\\"text\\\"}]", "[]", "params.text.turns[0].content must not be empty"},
      Row{"[{\\\"type\\\":\\\"text\\\"}]", "[]]", "params.text.turns[0].content is no JSON"},
      Row{"\"text\":\"!\"", "\"text\":7", "params.text.turns[1].text must be a string, but is a number"},
      Row{"\"text\":\"!\"", "\"text\":\"!\",\"usage\":{\"input\":-1}",
          "params.text.turns[1].usage.input must be an integer from 0, but is -1"},
      Row{"\"text\":\"!\"", "\"text\":\"!\",\"cost\":\"1\"",
          "params.text.turns[1].cost must be a number from 0, but is a string"},
      Row{"\"text\":\"!\"", "\"text\":\"!\",\"error\":{\"code\":-32000,\"message\":\"\"}",
          "params.text.turns[1].error.code must be one of Aside's error codes"},
      Row{"\"turns\":[", "\"turns\":[7,", "params.text.turns[0] must be an object, but is a number"},
      Row{"]}", "]", "params.text is no JSON"});
  std::string text = whole;
  const auto at = std::string(row.what) == "]}" ? text.rfind(row.what) : text.find(row.what);
  REQUIRE(at != std::string::npos);
  text.replace(at, std::string(row.what).size(), row.with);
  const auto read = read_archive(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::InvalidParams);
  CHECK(read.error().message.substr(0, std::string(row.error).size()) == row.error);
}

TEST_CASE("what is nested too deep or too large is refused, and too large a conversation isn't exported") {
  CHECK(read_archive(std::string(100, '[')).error().message == "params.text is nested deeper than 64 levels");
  CHECK(read_archive(std::string(max_archive_bytes + 1, ' ')).error().message ==
        "params.text must have at most 32 MiB");
  Tree tree;
  tree.turns.push_back(Turn{.id = "t1", .text = std::string(max_archive_bytes, 'x')});
  const auto large = archive(tree);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == ErrorCode::InvalidRequest);
  CHECK_FALSE(large.error().data.hint.empty());
}

TEST_CASE("a reply that is being written is exported as far as it has come") {
  World world;
  const std::string uri = world.file("a.c");
  const int asked = world.editor.ask_later(uri, "[standin: silence]");
  world.editor.wait_for_status("writing");
  const std::string conversation = world.editor.get(uri)["conversation"];
  const json turn = json::parse(world.exported(conversation))["turns"][1];
  CHECK(turn["status"] == "interrupted");
  CHECK(world.exported(conversation, "markdown").find("*Interrupted.") != std::string::npos);
  world.editor.call("conversation/stop", {{"conversation", conversation}});
  world.editor.answer(asked);
}

TEST_CASE("as Markdown the path can be read: title, headings, attachments in fences, no other variants") {
  World world;
  const std::string uri = world.file("a.c");
  world.editor.ask(
      uri, "First answer?",
      {{"attachments", json::array({{{"uri", uri}, {"text", "int x;\n"}, {"languageId", "c"}}})}});
  const std::string conversation = world.editor.get(uri)["conversation"];
  world.editor.call("conversation/retry", {{"conversation", conversation}});
  const std::string text = world.exported(conversation, "markdown");
  CHECK(text.rfind("# First answer?\n\n## You · ", 0) == 0);
  CHECK(text.find("\n`a.c` (1 line)\n```c\nint x;\n```\n\nFirst answer?\n\n## Claude · ") !=
        std::string::npos);
  CHECK(text.find(" · 2/2 · ") != std::string::npos);
  CHECK(text.find(world.folder.path) == std::string::npos);
  CHECK(text.back() == '\n');
  const json error =
      world.editor.fails("conversation/export", {{"conversation", conversation}, {"format", "html"}});
  CHECK(error["message"] == "params.format must be markdown or json");
}
