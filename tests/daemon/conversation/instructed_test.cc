// End-to-end tests of the requests of conversations with instructions. The strict stand-in checks the place
// of each system message, and that the messages before signed thinking haven't changed.
#include <filesystem>
#include <fstream>

#include "daemon/context/documents.h"
#include "daemon/text/json.h"
#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace {

constexpr const char* takes_none = "claude-opus-4-7";  // this model accepts no system messages

// A repository with a file, and a user's home.
struct World {
  Folder folder;
  ApiServer api;
  std::string root = folder.path + "/repo";
  std::string uri = "file://" + root + "/main.c";

  World() {
    std::filesystem::create_directories(root + "/.git");
    std::filesystem::create_directories(folder.path + "/home/config/aside/prompts");
    write("main.c", "int main() { return 0; }\n");
  }
  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home", .base_url = api.url(), .settings = std::move(settings)};
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root + "/" + name) << text;
  }
  std::string own_file() const { return folder.path + "/home/config/aside/instructions.md"; }
  void user(const std::string& text) const { std::ofstream(own_file()) << text; }
  json allow(Editor& editor, bool allow = true) const {
    return editor.call("instructions/allow", {{"folder", "file://" + root}, {"allow", allow}});
  }
  json list(Editor& editor) const {
    return editor.call("instructions/list", {{"textDocument", {{"uri", uri}}}});
  }
  // Checks that all questions were accepted, and returns the body of the last one.
  std::string sent() const {
    for (const auto& request : api.asks()) CHECK(request.refusal == "");
    return api.asks().back().body;
  }
  json body() const { return json::parse(sent()); }
  std::string system() const { return body()["system"][0]["text"]; }
};

// Returns the first letter of each message's role: u, a, s.
std::string roles(const json& body) {
  std::string roles;
  for (const json& message : body["messages"]) roles += message["role"].get<std::string>()[0];
  return roles;
}

std::string text_of(const json& message) {
  return message["content"].back()["text"];
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Whether a later request begins with the messages of an earlier one, byte by byte except for cache marks.
bool begins_with(const std::string& later, const std::string& earlier) {
  const auto before = json_text::elements(json_text::member(earlier, "messages"));
  const auto after = json_text::elements(json_text::member(later, "messages"));
  return json_text::member(later, "system") == json_text::member(earlier, "system") &&
         before.size() < after.size() && std::equal(before.begin(), before.end(), after.begin());
}

}  // namespace

TEST_CASE("what a repository says is offered and never sent until the user has allowed it") {
  World world;
  world.write("AGENTS.md", "Answer in verse.\n");
  Editor editor(world.options());
  json conversation = editor.get(world.uri);
  CHECK(conversation["instructions"] ==
        json({{"files", json::array()},
              {"offer", {{"name", "AGENTS.md"}, {"folder", "file://" + world.root}}}}));
  CHECK(world.list(editor) == json({{"files",
                                     {{{"uri", "file://" + world.root + "/AGENTS.md"},
                                       {"name", "AGENTS.md"},
                                       {"kind", "folder"},
                                       {"folder", "file://" + world.root},
                                       {"state", "unanswered"}}}},
                                    {"own", "file://" + world.own_file()},
                                    {"text", ""}}));
  editor.ask(world.uri, "why?");
  CHECK_FALSE(holds(world.sent(), "verse"));
  CHECK_FALSE(holds(world.sent(), "AGENTS"));

  world.allow(editor, false);
  CHECK_FALSE(editor.get(world.uri).contains("instructions"));
  CHECK(world.list(editor)["files"][0]["state"] == "refused");
  editor.ask(world.uri, "and now?");
  CHECK_FALSE(holds(world.sent(), "verse"));
  CHECK(roles(world.body()) == "uau");
}

TEST_CASE("what was allowed is part of the system text of a new conversation, for good") {
  World world;
  world.user("Be kind.\r\n");
  world.write("CLAUDE.md", "Answer in verse.");
  Editor editor(world.options());
  world.allow(editor);
  const json names = {"instructions.md", "CLAUDE.md"};
  CHECK(editor.get(world.uri)["instructions"] == json({{"files", names}}));
  editor.ask(world.uri, "why?");
  const std::string first = world.sent();
  CHECK(holds(world.system(),
              "<instructions from=\"instructions.md\">\nBe kind.\n</instructions>\n\n"
              "<instructions from=\"CLAUDE.md\">\nAnswer in verse.\n</instructions>"));
  CHECK(roles(world.body()) == "u");
  CHECK_FALSE(holds(first, world.folder.path));
  CHECK(editor.get(world.uri)["instructions"] == json({{"files", names}}));
  CHECK(holds(world.list(editor)["text"], "Be kind."));
  CHECK_FALSE(world.list(editor).contains("notice"));

  editor.notify("exit", nullptr);
  editor.wait();
  Editor later(world.options());
  later.ask(world.uri, "and why?");
  CHECK(begins_with(world.sent(), first));
  CHECK(roles(world.body()) == "uau");
}

TEST_CASE("a change is sent once, after the next question, and earlier messages stay as they were sent") {
  World world;
  world.write("AGENTS.md", "Answer in verse.\n");
  Editor editor(world.options());
  world.allow(editor);
  std::vector<std::string> sent;
  const auto ask = [&](const std::string& question) {
    const json reply = editor.ask(world.uri, question);
    CHECK(reply["status"] == "complete");
    sent.push_back(world.sent());
    if (sent.size() > 1) CHECK(begins_with(sent.back(), sent[sent.size() - 2]));
    return reply;
  };
  ask("one");
  world.write("AGENTS.md", "Answer in prose.\n");
  CHECK(holds(world.list(editor)["notice"], "the next question tells the model"));
  CHECK(holds(editor.get(world.uri)["instructions"]["notice"], "the next question tells the model"));
  ask("two");
  CHECK(roles(world.body()) == "uaus");
  CHECK(holds(text_of(world.body()["messages"][3]), "Answer in prose."));
  CHECK(holds(world.system(), "Answer in verse."));
  CHECK_FALSE(world.list(editor).contains("notice"));
  ask("three");
  CHECK(roles(world.body()) == "uausau");

  world.user("Be kind.\n");
  ask("four");
  CHECK(roles(world.body()) == "uausauaus");
  CHECK(editor.get(world.uri)["instructions"]["files"] == json({"instructions.md", "AGENTS.md"}));

  world.allow(editor, false);
  CHECK(editor.get(world.uri)["instructions"]["files"] == json({"instructions.md"}));
  ask("five");
  CHECK(holds(text_of(world.body()["messages"].back()), "Be kind."));
  CHECK_FALSE(holds(text_of(world.body()["messages"].back()), "prose"));
  std::filesystem::remove(world.folder.path + "/home/config/aside/instructions.md");
  ask("six");
  CHECK(holds(text_of(world.body()["messages"].back()), "no longer hold"));
  CHECK_FALSE(editor.get(world.uri).contains("instructions"));

  editor.notify("exit", nullptr);
  editor.wait();
  Editor later(world.options());
  later.ask(world.uri, "seven");
  CHECK(begins_with(world.sent(), sent.back()));
  CHECK(roles(world.body()).ends_with("usau"));

  // The transcript shows the change at the place where the model gets it.
  const json transcript = later.call("conversation/transcript", {{"textDocument", {{"uri", world.uri}}}});
  CHECK(holds(transcript["text"], "two\n\n*Instructions changed: AGENTS.md*\n```\n"));
  CHECK(holds(transcript["text"], "*Instructions withdrawn*"));
  const json turns = later.get(world.uri)["turns"];
  CHECK_FALSE(turns[0].contains("system"));
  CHECK(holds(turns[2]["system"], "Answer in prose."));
  CHECK_FALSE(turns[3].contains("system"));
}

TEST_CASE("a conversation that began without instructions gets them when there are some") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "one");
  const std::string first = world.sent();
  world.user("Be kind.\n");
  editor.ask(world.uri, "two");
  CHECK(roles(world.body()) == "uaus");
  CHECK(begins_with(world.sent(), first));
}

TEST_CASE("each branch gets the changes that it hasn't got yet") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  world.user("another way\n");
  const json second = editor.ask(world.uri, "second");
  CHECK(roles(world.body()) == "uaus");
  const std::string beside = world.sent();

  // A variant of the question has the same change, and the same bytes.
  editor.ask(world.uri, "second", {{"parent", first["turn"]}});
  CHECK(world.sent() == beside);
  // Before another first question, the new instructions are sent as a change, too: the system text stays as
  // it was when the conversation began.
  editor.ask(world.uri, "anew", {{"parent", nullptr}});
  CHECK(roles(world.body()) == "us");
  // After the turn that has the change, the change isn't sent again.
  editor.ask(world.uri, "third", {{"parent", second["turn"]}});
  CHECK(roles(world.body()) == "uausau");
  // After an undo, and with the old text in the file, there is no change.
  editor.call("conversation/select", {{"conversation", first["conversation"]}, {"turn", first["turn"]}});
  world.user("one way\n");
  editor.ask(world.uri, "second, otherwise");
  CHECK(roles(world.body()) == "uau");
  // A retry sends the question as it was asked.
  const json again =
      editor.call("conversation/retry", {{"conversation", first["conversation"]}, {"turn", second["turn"]}});
  CHECK(again["status"] == "complete");
  CHECK(world.sent() == beside);
}

TEST_CASE("an exchange that isn't sent doesn't count as having sent a change") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  world.user("another way\n");
  for (const char* end :
       {"[standin: 400]", "[standin: {\"stop_reason\":\"refusal\"}]", "[standin: {\"text\":\"\"}]"}) {
    INFO(end);
    editor.answer(editor.ask_later(world.uri, std::string("lost ") + end));
    CHECK(roles(json::parse(world.api.asks().back().body)) == "uaus");
  }
  editor.ask(world.uri, "second");
  CHECK(roles(json::parse(world.api.asks().back().body)) == "uaus");
  editor.ask(world.uri, "third");
  CHECK(roles(json::parse(world.api.asks().back().body)) == "uausau");
}

TEST_CASE("a change that was sent for an interrupted reply counts only if that exchange is sent later") {
  World world;
  world.user("one way\n");
  {
    Editor editor(world.options());
    editor.ask(world.uri, "first");
    world.user("another way\n");
    editor.ask_later(world.uri, "cut [standin: {\"gate\":\"never\",\"gate_after\":1,\"thinking\":\"hm\"}]");
    editor.wait_for_status("thinking", editor.seen.size());
    editor.kill_daemon();
  }
  Editor editor(world.options());
  editor.ask(world.uri, "second");
  CHECK(roles(json::parse(world.api.asks().back().body)) == "uaus");
}

TEST_CASE(
    "with a model that accepts no system messages, changed instructions wait for the next conversation, and the user is told") {
  World world;
  world.user("one way\n");
  Editor editor(world.options({{"model", takes_none}}));
  editor.ask(world.uri, "first");
  CHECK(holds(world.system(), "one way"));
  world.user("another way\n");
  CHECK(holds(world.list(editor)["notice"], "applies from the next conversation on"));
  CHECK(holds(world.list(editor)["notice"], takes_none));
  editor.ask(world.uri, "second");
  CHECK(roles(world.body()) == "uau");
  CHECK_FALSE(holds(world.sent(), "another"));

  editor.call("conversation/new", {{"textDocument", {{"uri", world.uri}}}});
  CHECK_FALSE(world.list(editor).contains("notice"));
  editor.ask(world.uri, "anew");
  CHECK(holds(world.system(), "another way"));
}

TEST_CASE("a conversation that holds a system message doesn't go on with a model that can't take it") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  world.user("another way\n");
  const json second = editor.ask(world.uri, "second");
  const std::size_t asked = world.api.asks().size();
  const std::string conversation = first["conversation"];
  const auto refused = [&](const std::string& method, const json& params) {
    const json error = editor.fails(method, params);
    CHECK(error["data"]["kind"] == "invalidParams");
    CHECK(holds(error["message"], std::string(takes_none) + " can't continue this conversation"));
    CHECK(holds(error["data"]["hint"], "new conversation"));
  };
  const json document = {{"uri", world.uri}};
  refused("conversation/configure", {{"conversation", conversation}, {"model", takes_none}});
  refused("conversation/ask", {{"textDocument", document}, {"question", "third"}, {"model", takes_none}});
  refused("conversation/retry", {{"conversation", conversation}, {"model", takes_none}});
  editor.notify("workspace/didChangeConfiguration", {{"settings", {{"aside", {{"model", takes_none}}}}}});
  refused("conversation/ask", {{"textDocument", document}, {"question", "third"}});
  CHECK(world.api.asks().size() == asked);
  CHECK(editor.get(world.uri)["head"] == second["turn"]);
  CHECK(editor.get(world.uri)["turns"].size() == 4);

  // The user can continue with another model, or go back to before that question.
  CHECK(editor.call("conversation/configure", {{"conversation", conversation},
                                               {"model", "claude-opus-4-8"}})["model"] == "claude-opus-4-8");
  refused("conversation/configure", {{"conversation", conversation}, {"model", ""}});
  editor.call("conversation/select", {{"conversation", conversation}, {"turn", first["turn"]}});
  editor.call("conversation/configure", {{"conversation", conversation}, {"model", takes_none}});
  editor.ask(world.uri, "second, otherwise");
  CHECK(roles(world.body()) == "uau");
}

TEST_CASE(
    "a fork, and what was exported and imported, sends what the conversation sent and knows what it knew") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  world.user("another way\n");
  editor.ask(world.uri, "second");
  const std::string changed = world.sent();
  const std::string conversation = first["conversation"];
  const std::string text =
      editor.call("conversation/export", {{"conversation", conversation}, {"format", "json"}})["text"];
  editor.ask(world.uri, "third");
  const std::string sent = world.sent();
  CHECK(roles(world.body()) == "uausau");

  const auto other = [&world](const std::string& name) { return "file://" + world.root + "/" + name; };
  editor.call("conversation/import", {{"textDocument", {{"uri", other("imported.c")}}}, {"text", text}});
  editor.ask(other("imported.c"), "third");
  CHECK(world.sent() == sent);
  const json turns = editor.get(world.uri)["turns"];
  const auto forked = [&](const std::string& name, const json& turn) {
    editor.call(
        "conversation/fork",
        {{"textDocument", {{"uri", other(name)}}}, {"conversation", conversation}, {"turn", turn["turn"]}});
  };
  forked("forked.c", turns[3]);
  editor.ask(other("forked.c"), "third");
  CHECK(world.sent() == sent);
  forked("earlier.c", turns[1]);  // this fork has the instructions only in the system text
  editor.ask(other("earlier.c"), "second");
  CHECK(world.sent() == changed);
  const std::string earlier = editor.call(
      "conversation/export",
      {{"conversation", editor.get(other("earlier.c"))["conversation"]}, {"format", "json"}})["text"];
  const json imported =
      editor.call("conversation/import", {{"textDocument", {{"uri", other("again.c")}}}, {"text", earlier}});
  editor.ask(other("again.c"), "second", {{"parent", imported["turns"][1]["turn"]}});
  CHECK(world.sent() == changed);
}

TEST_CASE("a preview shows the instructions that would be sent, and doesn't count as sending them") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  const auto preview = [&](const std::string& question) {
    return editor.call("conversation/preview",
                       {{"textDocument", {{"uri", world.uri}}}, {"question", question}})["request"];
  };
  CHECK(holds(preview("first")["system"][0]["text"], "one way"));
  editor.ask(world.uri, "first");
  world.user("another way\n");
  for (int again = 0; again < 2; ++again) {
    const json request = preview("/explain");
    CHECK(roles(request) == "uaus");
    CHECK(holds(text_of(request["messages"][3]), "another way"));
    CHECK(holds(text_of(request["messages"][2]), "Explain what this code does"));
  }
  const json previewed = preview("second");
  editor.ask(world.uri, "second");
  CHECK(previewed["messages"] == world.body()["messages"]);
}

TEST_CASE("after a summary, the system text isn't repeated, and later changes are sent again") {
  World world;
  world.user("one way\n");
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri, "first")["conversation"];
  world.user("another way\n");
  editor.ask(world.uri, "second");
  CHECK(roles(world.body()) == "uaus");
  CHECK(editor.call("conversation/compact", {{"conversation", conversation}})["status"] == "complete");
  CHECK(holds(world.list(editor)["notice"], "the next question tells the model"));
  editor.ask(world.uri, "third");
  CHECK(roles(world.body()).ends_with("us"));
  CHECK(holds(text_of(world.body()["messages"].back()), "another way"));
  editor.ask(world.uri, "fourth");
  CHECK(roles(world.body()).ends_with("usau"));
}

TEST_CASE("a file that can't be used is not sent, and it is said why") {
  World world;
  std::ofstream(world.folder.path + "/secret") << "the key\n";
  std::filesystem::create_symlink("../secret", world.root + "/AGENTS.md");
  world.user(std::string(65 * 1024, 'x'));
  Editor editor(world.options());
  world.allow(editor);
  const json told = editor.get(world.uri)["instructions"];
  CHECK(holds(told["notice"], "instructions.md is larger than 64 KiB"));
  CHECK(holds(told["notice"], "AGENTS.md is not used: it is a link"));
  CHECK(told["files"].empty());
  CHECK_FALSE(told.contains("offer"));
  editor.ask(world.uri, "why?");
  CHECK_FALSE(holds(world.sent(), "the key"));
  CHECK_FALSE(holds(world.sent(), "xxx"));
  const json listed = world.list(editor);
  REQUIRE(listed["files"].size() == 2);
  for (const json& file : listed["files"]) {
    CHECK(file["state"] == "refused");
    CHECK(file.contains("problem"));
  }
}

TEST_CASE("a named prompt is sent in full, and the conversation is called as the user typed it") {
  World world;
  std::ofstream(world.folder.path + "/home/config/aside/prompts/commit.md")
      << "# A commit message\nWrite {{input}}.";
  Editor editor(world.options());
  const json prompts = editor.call("prompt/list", json::object())["prompts"];
  CHECK(prompts[1] ==
        json({{"name", "commit"}, {"description", "A commit message"}, {"text", "Write {{input}}."}}));
  CHECK(prompts.size() == 7);

  editor.ask(world.uri, "/commit one\nfor this");
  CHECK(text_of(world.body()["messages"][0]) == "Write one\nfor this.");
  CHECK(editor.get(world.uri)["turns"][0]["text"] == "Write one\nfor this.");
  CHECK(editor.get(world.uri)["title"] == "/commit one");
  editor.ask(world.uri, "/explain");
  CHECK(holds(text_of(world.body()["messages"][2]), "Explain what this code does"));
  editor.ask(world.uri, "/usr/bin/foo fails");
  CHECK(text_of(world.body()["messages"][4]) == "/usr/bin/foo fails");
}

// The editor `second` asks before its daemon may know that the reply in `first` has ended.
TEST_CASE(
    "instructions that were sent with a question that was declined in another editor are sent with the next question") {
  World world;
  Editor first(world.options()), second(world.options());
  world.user("Answer in verse.");
  first.ask(world.uri, "one");
  world.user("Answer in prose.");
  second.get(world.uri);
  world.api.next({.text = "No", .stop_reason = "refusal", .category = "bio", .gate = "g", .gate_after = 1});
  const int declined = first.ask_later(world.uri, "two");
  second.wait_for_status("connecting");
  world.api.release("g");
  first.answer(declined);
  second.ask(world.uri, "three");
  CHECK(roles(world.body()) == "uaus");
  CHECK(holds(text_of(world.body()["messages"].back()), "Answer in prose."));
}
