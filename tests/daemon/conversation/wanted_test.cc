// Tests of the files that a reply asks to see. They are listed in the reply's turn, checked like any attachment, and
// shared only if the user says so. The tests use the real daemon over pipes.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/test.h"
#include "tests/support/world.h"

using aside::json;
using aside::test::Contains;
using aside::test::Editor;
using aside::test::lines;
using aside::test::Script;

namespace {

struct World : aside::test::World {
  json ask(Editor& editor, const std::string& reply, Script script = {}, json more = json::object()) {
    script.text = reply;
    script.thinking = "";
    api.next(script);
    return editor.ask(uri, "why?", std::move(more));
  }
  // Returns the files that the last turn asks to see.
  json wanted(Editor& editor) { return editor.get(uri)["turns"].back().value("wanted", json()); }
  json check(Editor& editor, const json& files) {
    return editor.call("attachment/check", {{"attachments", files}})["attachments"];
  }
};

std::vector<std::string> names(const json& files) {
  std::vector<std::string> names;
  for (const json& file : files) names.push_back(file["name"]);
  return names;
}

}  // namespace

TEST_CASE("a reply asks for two files, one is chosen, and the next request holds exactly that") {
  World world;
  const std::string heap = world.folder.write("heap.c", "int heap;\n");
  const std::string list = world.folder.write("src/list.c", "int a;\nint b;\nint c;\nint d;\n");
  Editor editor(world.options());
  editor.ask(world.uri, "Why is this slow? [standin: wants heap.c src/list.c:2-3]");
  const json wanted = world.wanted(editor);
  CHECK(wanted == json{{{"uri", heap}, {"name", "heap.c"}, {"line", 2}},
                       {{"uri", list}, {"name", "src/list.c"}, {"line", 3}, {"range", lines(1, 3)}}});

  const json checked = world.check(editor, wanted);
  CHECK(names(checked) == std::vector<std::string>{"heap.c", "src/list.c"});
  CHECK(checked[0]["tokens"] > 0);
  CHECK(checked[1]["lines"] == "2-3");

  editor.ask(world.uri, "/here", {{"attachments", {wanted[1]}}});
  const json body = world.last_body();
  const json& question = body["messages"].back()["content"];
  REQUIRE(question.size() == 2);
  CHECK(question[0]["text"] ==
        "<attachment name=\"src/list.c\" lines=\"2-3\">\nint b;\nint c;\n</attachment>");
  CHECK_THAT(question[1]["text"].get<std::string>(),
             aside::test::StartsWith("Here is what you asked to see."));
  CHECK_THAT(body["messages"].dump(), !Contains("int heap;"));
  CHECK(editor.get(world.uri)["turns"][2]["text"] == question[1]["text"]);  // as it was sent
}

TEST_CASE(
    "conversation/get and conversation/transcript list the wanted files with the reply, and with nothing else") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  world.ask(editor, "Let me see.\n\n@heap.c\n");
  world.ask(editor, "Let me see.\n\n@list.c:1-2\n", {}, {{"side", true}});
  const json got = editor.get(world.uri);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(got["turns"][i].contains("wanted"));
  CHECK(names(got["turns"][3]["wanted"]) == std::vector<std::string>{"heap.c"});
  CHECK_FALSE(got["sides"][0].contains("wanted"));
  CHECK(names(got["sides"][1]["wanted"]) == std::vector<std::string>{"list.c"});

  const json transcript = editor.call("conversation/transcript", {{"textDocument", {{"uri", world.uri}}}});
  std::vector<json> with;
  for (const json& section : transcript["sections"])
    if (section.contains("wanted")) with.push_back(section);
  REQUIRE(with.size() == 2);
  CHECK(with[0]["turn"] == got["turns"][3]["turn"]);
  CHECK(with[0]["kind"] == "reply");
  // This is the section of the reply's text, not that of its heading.
  CHECK(with[0]["endLine"].get<int>() - with[0]["startLine"].get<int>() > 1);
  CHECK(with[0]["wanted"] == got["turns"][3]["wanted"]);
  CHECK(with[1]["side"] == true);
  CHECK(with[1]["wanted"] == got["sides"][1]["wanted"]);
}

TEST_CASE("only a complete reply asks for something") {
  World world;
  Editor editor(world.options());
  const std::string reply = "Let me see.\n\n@heap.c\n";
  Script cut;
  cut.stop_reason = "max_tokens";
  world.ask(editor, reply, cut);
  CHECK(world.wanted(editor).is_null());
  Script refused;
  refused.stop_reason = "refusal";
  world.ask(editor, reply, refused);
  CHECK(world.wanted(editor).is_null());
  Script broken;
  broken.fault = aside::test::Fault::Truncate;
  broken.after = 1000;
  world.ask(editor, reply, broken);
  CHECK(editor.get(world.uri)["turns"].back()["text"] == reply);
  CHECK(world.wanted(editor).is_null());
  world.ask(editor, reply);
  CHECK(names(world.wanted(editor)) == std::vector<std::string>{"heap.c"});
}

TEST_CASE("text that only looks like a request for files asks for nothing") {
  World world;
  Editor editor(world.options());
  for (const char* near_miss :
       {"wants-in-code", "wants-decorator", "wants-mail", "wants-words", "wants-before"}) {
    INFO(near_miss);
    editor.ask(world.uri, std::string("why? [standin: ") + near_miss + "]");
    CHECK_THAT(editor.get(world.uri)["turns"].back()["text"].get<std::string>(), Contains("@"));
    CHECK(world.wanted(editor).is_null());
  }
}

TEST_CASE("a name stands for what was shared under this name, otherwise for a file below the folder") {
  World world;
  const std::string deep = world.folder.write("lib/deep/heap.c", "int heap;\n");
  Editor editor(world.options());
  SECTION("one that was shared") {
    editor.ask(world.uri, "first", {{"attachments", {{{"uri", deep}, {"range", lines(0, 1)}}}}});
    world.ask(editor, "@lib/deep/heap.c\n");
    CHECK(world.wanted(editor) == json{{{"uri", deep}, {"name", "lib/deep/heap.c"}, {"line", 0}}});
  }
  SECTION("one that is there") {
    world.ask(editor, "@lib/deep/heap.c\n");
    CHECK(world.wanted(editor) == json{{{"uri", deep}, {"name", "lib/deep/heap.c"}, {"line", 0}}});
  }
  SECTION("a file that isn't there is listed, too, and is reported as missing when it is checked") {
    world.ask(editor, "@lib/gone.c\n");
    const json wanted = world.wanted(editor);
    CHECK(names(wanted) == std::vector<std::string>{"lib/gone.c"});
    CHECK(world.check(editor, wanted)[0].contains("refused"));
  }
}

TEST_CASE("without a workspace folder a name is relative to the document's folder") {
  World world;
  world.uri = world.folder.write("src/main.c", "int main() {}\n");
  const std::string heap = world.folder.write("src/heap.c", "int heap;\n");
  Editor::Options options = world.options();
  options.folders = nullptr;
  Editor editor(options);
  world.ask(editor, "@heap.c\n");
  CHECK(world.wanted(editor) == json{{{"uri", heap}, {"name", "heap.c"}, {"line", 0}}});
}

TEST_CASE("files that a hostile reply names are treated like attachments of the same files") {
  World world;
  const std::string home = world.options().home;
  std::filesystem::create_directories(home + "/.ssh");
  std::ofstream(home + "/.ssh/id_rsa") << "key\n";
  world.folder.write(".env", "A=1\n");
  Editor editor(world.options());
  world.ask(editor, "@~/.ssh/id_rsa\n@.env\n@../outside.c\n@src/../../outside.c\n@/etc/passwd\n");
  const json wanted = world.wanted(editor);
  REQUIRE(wanted.size() == 5);
  CHECK(wanted[0]["uri"] == "file://" + home + "/.ssh/id_rsa");
  CHECK(wanted[0]["name"] == home + "/.ssh/id_rsa");  // the name shows the folder
  CHECK(wanted[1]["name"] == ".env");
  CHECK(wanted[2]["name"] == wanted[3]["name"]);
  CHECK(wanted[2]["name"].get<std::string>().front() == '/');
  CHECK(wanted[4]["uri"] == "file:///etc/passwd");
  for (const json& row : world.check(editor, wanted)) {
    INFO(row.dump());
    CHECK((row.contains("reasons") || row.contains("refused")));
  }
  for (const json& one : wanted) {
    const json error =
        editor.fails("conversation/ask",
                     {{"textDocument", {{"uri", world.uri}}}, {"question", "/here"}, {"attachments", {one}}});
    CHECK((error["data"]["kind"] == "needsConsent" || error["data"]["kind"] == "invalidParams"));
  }
  CHECK(world.api.asks().size() == 1);
}

TEST_CASE("a new conversation tells the model how to ask; an older one keeps its system text") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "new");
  const std::string told = world.last_body()["system"][0]["text"];
  CHECK_THAT(told, Contains("`@path/to/file.c`") && Contains("`@path/to/file.c:10-40`"));

  const json older = {{"aside", {{"kind", "conversation"}, {"version", 1}}},
                      {"title", "Older"},
                      {"updated", "2026-11-22T14:02:19.102Z"},
                      {"system", "You answer as of old."},
                      {"head", "t2"},
                      {"turns",
                       {{{"turn", "t1"},
                         {"role", "user"},
                         {"created", "2026-11-22T14:02:11.482Z"},
                         {"text", "a"},
                         {"content", R"([{"type":"text","text":"a"}])"}},
                        {{"turn", "t2"},
                         {"parent", "t1"},
                         {"role", "assistant"},
                         {"created", "2026-11-22T14:02:11.490Z"},
                         {"text", "b"},
                         {"status", "complete"},
                         {"content", R"([{"type":"text","text":"b"}])"}}}}};
  editor.call("conversation/import", {{"textDocument", {{"uri", world.uri}}}, {"text", older.dump()}});
  editor.ask(world.uri, "on");
  CHECK(world.last_body()["system"][0]["text"] == "You answer as of old.");
  CHECK(world.last_body()["messages"].size() == 3);
}
