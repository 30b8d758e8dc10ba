// End-to-end tests of summaries that the user asks for: what is sent before and after, with both kinds of
// summary, and how a summary is undone. The strict stand-in refuses a summary that isn't the first message,
// was changed, or is followed by the messages that it sums up.

#include "daemon/api/prompt.h"
#include "daemon/text/json.h"
#include "tests/support/test.h"
#include "tests/support/world.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;
using aside::test::Home;

namespace {

struct World : Home {
  std::vector<std::string> messages(std::size_t ask) const {
    std::vector<std::string> messages;
    const std::string body = api.asks().at(ask).body;
    for (const auto message : json_text::elements(json_text::member(body, "messages")))
      messages.emplace_back(message);
    return messages;
  }
};

std::string first_words(const json& message) {
  return message["content"][0]["text"].get<std::string>().substr(0, 9);
}

}  // namespace

TEST_CASE("a summary replaces the turns before it in requests, and these turns stay in the conversation") {
  // "auto" uses the API's compaction; "ask" uses an ordinary question, for servers without compaction.
  const std::string compaction = GENERATE("auto", "ask");
  CAPTURE(compaction);
  World world;
  Editor editor(world.options({{"compaction", compaction}}));
  editor.ask(world.uri, "first");
  editor.ask(world.uri, "second");
  const std::string before = editor.get(world.uri)["head"];
  const std::string conversation = editor.get(world.uri)["conversation"];
  const json summed = editor.call("conversation/compact", {{"conversation", conversation}});
  CHECK(summed["status"] == "complete");
  CHECK_FALSE(summed["text"].get<std::string>().empty());
  CHECK(summed["cost"] > 0);
  CHECK(world.last_body().contains("compaction") == (compaction == "auto"));

  editor.ask(world.uri, "third");
  // A summary by an ordinary question is sent as the first block of the next question, since two messages of
  // the user are never adjacent.
  const std::size_t apart = compaction == "auto" ? 1 : 0;
  const auto third = world.messages(3);
  REQUIRE(third.size() == 1 + apart);
  const json begins = json::parse(third[0]);
  if (compaction == "auto") {
    CHECK(begins["role"] == "assistant");
    CHECK(begins["content"][0]["type"] == "compaction");
  } else {
    CHECK(begins["role"] == "user");
    CHECK(first_words(begins) == "<summary>");
    REQUIRE(begins["content"].size() == 2);
    CHECK(begins["content"][1]["text"] == "third");
  }
  editor.ask(world.uri, "fourth");
  const auto fourth = world.messages(4);
  REQUIRE(fourth.size() == 3 + apart);
  CHECK(fourth[0] == third[0]);
  CHECK(fourth[apart] == third[apart]);

  json shown = editor.get(world.uri);
  REQUIRE(shown["turns"].size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CAPTURE(i);
    CHECK(shown["turns"][i]["sent"] == (i >= 4));
    CHECK(shown["turns"][i].value("summedUp", false) == (i < 4));
    CHECK(shown["turns"][i].value("kind", "") == (i == 4 || i == 5 ? "compaction" : ""));
  }
  SECTION("the transcript marks the place, and does not call what is above it lost") {
    const std::string text = editor.call("conversation/transcript", {{"conversation", conversation}})["text"];
    CHECK(text.find("## Summed up · ") != std::string::npos);
    CHECK(text.find("*From here on this summary is sent instead of everything above it.*") !=
          std::string::npos);
    CHECK(text.find("Left out") == std::string::npos);
  }
  SECTION("a part of the conversation that begins after it is sent, and knows it") {
    const json last = editor.call("conversation/get", {{"conversation", conversation}, {"limit", 2}});
    CHECK(last["turns"][0]["sent"] == true);
    const json first =
        editor.call("conversation/get",
                    {{"conversation", conversation}, {"limit", 2}, {"before", shown["turns"][4]["turn"]}});
    CHECK(first["turns"][0]["summedUp"] == true);
  }
  SECTION("it is undone by selecting what was before it") {
    editor.call("conversation/select", {{"conversation", conversation}, {"turn", before}});
    editor.ask(world.uri, "differently");
    const auto sent = world.messages(5);
    REQUIRE(sent.size() == 5);
    CHECK(sent[0] == world.messages(0)[0]);
  }
  SECTION("the daemon that starts next begins with the same bytes") {
    editor.notify("exit", nullptr);
    editor.wait();
    Editor later(world.options({{"compaction", compaction}}));
    later.ask(world.uri, "fifth");
    CHECK(world.messages(5)[0] == third[0]);
  }
  SECTION("so does a fork, and what was exported and imported") {
    editor.call("conversation/fork",
                {{"textDocument", {{"uri", world.uri}}}, {"conversation", conversation}});
    editor.ask(world.uri, "in the fork");
    CHECK(world.messages(5)[0] == third[0]);
    const std::string text =
        editor.call("conversation/export", {{"conversation", conversation}, {"format", "json"}})["text"];
    editor.call("conversation/import", {{"textDocument", {{"uri", world.uri}}}, {"text", text}});
    editor.ask(world.uri, "in the import");
    CHECK(world.messages(6)[0] == third[0]);
  }
  SECTION("another summary sums up the first") {
    editor.call("conversation/compact",
                {{"conversation", conversation}, {"instructions", "Only the parser."}});
    CHECK(world.last_body().dump().find("Only the parser.") != std::string::npos);
    editor.ask(world.uri, "fifth");
    CHECK(world.messages(6).size() == 1 + apart);
  }
  SECTION("a model that can't take the API's summary gets its words") {
    editor.ask(world.uri, "to another", {{"model", "claude-haiku-4-5"}});
    CHECK(first_words(world.last_body()["messages"][0]) == "<summary>");
  }
  SECTION("a retry of the summary is another one") {
    const json again = editor.call("conversation/retry",
                                   {{"conversation", conversation}, {"turn", shown["turns"][5]["turn"]}});
    CHECK(again["status"] == "complete");
    editor.ask(world.uri, "after it");
    CHECK(world.messages(6).size() == 1 + apart);
  }
}

TEST_CASE("nothing of a new summary is in the cache") {
  const std::string compaction = GENERATE("auto", "ask");
  CAPTURE(compaction);
  World world;
  Editor editor(world.options({{"compaction", compaction}}));
  std::string words;
  for (int i = 0; i < 2000; ++i) words += "word ";
  editor.ask(world.uri, words);
  editor.ask(world.uri, "second");
  const json before = editor.get(world.uri)["context"];
  CHECK(before["cached"] > 0);
  CHECK(before["cached"] <= before["tokens"]);
  editor.call("conversation/compact", {{"conversation", editor.get(world.uri)["conversation"]}});
  const json after = editor.get(world.uri)["context"];
  CHECK(after["tokens"] > 0);
  CHECK(after["tokens"] < before["cached"]);
  CHECK(after["cached"] == 0);
}

TEST_CASE("an incomplete summary replaces nothing") {
  World world;
  Editor editor(world.options({{"compaction", "ask"}}));
  editor.ask(world.uri, "first");
  const std::string conversation = editor.get(world.uri)["conversation"];
  world.api.next({.text = "one two three", .fault = aside::test::Fault::Fin, .after = 1});
  const json cut = editor.call("conversation/compact", {{"conversation", conversation}});
  CHECK(cut["status"] == "interrupted");
  editor.ask(world.uri, "second");
  CHECK(world.messages(2).size() == 3);
  CHECK(editor.get(world.uri)["turns"][2]["sent"] == false);
}

TEST_CASE("an empty summary is an error, and replaces nothing") {
  const std::string compaction = GENERATE("auto", "ask");
  const std::string summary = GENERATE("", " \n");
  CAPTURE(compaction, summary);
  World world;
  Editor editor(world.options({{"compaction", compaction}}));
  editor.ask(world.uri, "first");
  const std::string conversation = editor.get(world.uri)["conversation"];
  world.api.next({.text = summary, .thinking = ""});
  const json error = editor.fails("conversation/compact", {{"conversation", conversation}});
  CHECK(error["message"] == "the summary came back empty, so the conversation goes on as it was");
  editor.ask(world.uri, "second");
  CHECK(world.messages(2).size() == 3);
  CHECK(world.messages(2)[0] == world.messages(0)[0]);
}

TEST_CASE("there is nothing to sum up in a conversation that sends nothing") {
  World world;
  Editor editor(world.options());
  const json empty = editor.get(world.uri);
  const json error = editor.fails("conversation/compact", {{"conversation", empty["conversation"]}});
  CHECK(error["message"] == "there is nothing to sum up: the conversation has no answer yet");
  editor.ask(world.uri, "first");
  const std::string conversation = editor.get(world.uri)["conversation"];
  editor.call("conversation/compact", {{"conversation", conversation}});
  const json again = editor.fails("conversation/compact", {{"conversation", conversation}});
  CHECK(again["message"] == "there is nothing to sum up: nothing was asked since the last summary");
}

TEST_CASE("a conversation that no longer fits says that it can be summed up") {
  World world;
  Editor editor(world.options());
  const json error =
      editor.fails("conversation/ask",
                   {{"textDocument", {{"uri", world.uri}}},
                    {"question",
                     "x [standin: {\"status\":400,\"body\":\"{\\\"type\\\":\\\"error\\\",\\\"error\\\":{"
                     "\\\"type\\\":\\\"invalid_request_error\\\",\\\"message\\\":\\\"prompt is too long: "
                     "210000 tokens > 200000 maximum\\\"}}\"}]"}});
  CHECK(error["data"]["kind"] == "contextFull");
  CHECK(error["data"]["offer"] == "compact");
  CHECK(error["data"]["hint"].get<std::string>().find("Sum it up") != std::string::npos);
}

TEST_CASE("a path whose summary and question were sent as two messages stays as it is") {
  Folder folder;
  ApiServer api({.alternating = false});
  Editor editor({.home = folder.path + "/home", .base_url = api.url(), .settings = {{"compaction", "ask"}}});
  const std::string uri = "file://" + folder.path + "/main.c";
  editor.ask(uri, "first");
  const std::string conversation = editor.get(uri)["conversation"];
  editor.call("conversation/compact", {{"conversation", conversation}});
  editor.ask(uri, "second");
  // Changes the summary to the form in which an earlier version stored it.
  const std::string text =
      editor.call("conversation/export", {{"conversation", conversation}, {"format", "json"}})["text"];
  json exported = json::parse(text);
  exported["turns"][4]["content"] = R"([{"type":"text","text":"second"}])";
  const std::string copy = "file://" + folder.path + "/copy.c";
  editor.call("conversation/import", {{"textDocument", {{"uri", copy}}}, {"text", exported.dump()}});
  editor.ask(copy, "third");
  const json messages = json::parse(api.asks().back().body)["messages"];
  REQUIRE(messages.size() == 4);
  CHECK(first_words(messages[0]) == "<summary>");
  CHECK(messages[0]["content"].size() == 1);
  CHECK(messages[1]["content"][0]["text"] == "second");
}

TEST_CASE("a conversation that an older version stored with a server's own fields can be asked again") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  const std::string conversation = editor.get(world.uri)["conversation"];
  const std::string text =
      editor.call("conversation/export", {{"conversation", conversation}, {"format", "json"}})["text"];
  json exported = json::parse(text);
  exported["turns"][1]["content"] = R"([{"type":"text","text":"a","thinking":"b"},{"type":"odd"}])";
  const std::string copy = "file://" + world.folder.path + "/copy.c";
  editor.call("conversation/import", {{"textDocument", {{"uri", copy}}}, {"text", exported.dump()}});
  CHECK(editor.ask(copy, "second")["status"] == "complete");
  CHECK(world.last_body()["messages"][1]["content"].dump() == R"([{"text":"a","type":"text"}])");
}
