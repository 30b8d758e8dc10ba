// Tests of conversation/marks, which finds in a document the lines that were asked about. They use the real daemon over
// pipes.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test.h"
#include "tests/support/world.h"

using aside::json;
using aside::test::Editor;
using aside::test::lines;

namespace {

const std::string code =
    "int first(const char *s) {\n"
    "  int n = 0;\n"
    "  while (s[n]) n++;\n"
    "  return n;\n"
    "}\n"
    "\n"
    "int second(const char *s) {\n"
    "  return first(s) + 1;\n"
    "}\n";

struct World : aside::test::World {
  World() : aside::test::World(code) {}
  void open(Editor& editor, const std::string& text = code) { aside::test::World::open(editor, text); }
  json ask(Editor& editor, const std::string& question, const json& lines, json more = json::object()) {
    more["attachments"] = {{{"uri", uri}, {"range", lines}}};
    return editor.ask(uri, question, more);
  }
  json marks(Editor& editor) { return editor.call("conversation/marks", {{"textDocument", {{"uri", uri}}}}); }
  // Returns each mark as "text: begin-end". Lines are counted from 0; the line `end` isn't included.
  std::vector<std::string> shown(Editor& editor) {
    std::vector<std::string> shown;
    const json answer = marks(editor);
    for (const json& mark : answer["marks"])
      shown.push_back(mark["text"].get<std::string>() + ": " + mark["range"]["start"]["line"].dump() + "-" +
                      mark["range"]["end"]["line"].dump());
    return shown;
  }
};

using Shown = std::vector<std::string>;

}  // namespace

TEST_CASE("each question marks the lines that were shared with it, also after edits, until they are gone") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  CHECK(world.marks(editor)["marks"].empty());  // nothing was asked yet
  world.ask(editor, "And this?", lines(6, 9));
  world.ask(editor, "Why is this slow?\nI mean the loop.", lines(0, 5));
  const json marks = world.marks(editor);
  const json got = editor.get(world.uri);
  CHECK(marks ==
        json{{"conversation", got["conversation"]},
             {"version", 1},
             {"marks",
              {{{"turn", got["turns"][2]["turn"]}, {"text", "Why is this slow?"}, {"range", lines(0, 5)}},
               {{"turn", got["turns"][0]["turn"]}, {"text", "And this?"}, {"range", lines(6, 9)}}}}});

  world.type(editor, 0, 0, "// Counts.\n\n");
  CHECK(world.shown(editor) == Shown{"Why is this slow?: 2-7", "And this?: 8-11"});
  world.type(editor, 5, 5, "  if (n > 9) return 9;\n");
  CHECK(world.shown(editor) == Shown{"Why is this slow?: 2-7", "And this?: 9-12"});
  CHECK(world.marks(editor)["version"] == 3);
  world.type(editor, 9, 12, "");
  CHECK(world.shown(editor) == Shown{"Why is this slow?: 2-7"});
  world.type(editor, 0, 9, "");
  CHECK(world.shown(editor).empty());
}

TEST_CASE("questions of the path and beside it have marks, those of other branches and files have none") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json first = world.ask(editor, "first", lines(0, 5));
  world.ask(editor, "beside", lines(1, 3), {{"side", true}});
  world.ask(editor, "left", lines(6, 9));
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3", "left: 6-9"});
  CHECK(world.marks(editor)["marks"][1]["side"] == true);
  CHECK_FALSE(world.marks(editor)["marks"][0].contains("side"));
  editor.call("conversation/select", {{"conversation", first["conversation"]}, {"turn", first["turn"]}});
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3"});

  const std::string other = world.folder.write("other.c", code);
  editor.ask(world.uri, "other", {{"attachments", {{{"uri", other}, {"range", lines(0, 5)}}}}});
  editor.ask(world.uri, "whole", {{"attachments", {{{"uri", world.uri}}}}});
  editor.ask(
      world.uri, "problems",
      {{"attachments",
        {{{"uri", world.uri}, {"kind", "diagnostics"}, {"range", lines(0, 5)}, {"text", "line 3: n"}}}}});
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3"});
  CHECK(editor.call("conversation/marks", {{"textDocument", {{"uri", other}}}})["marks"].empty());
}

TEST_CASE("lines that were sent as a text, lines to rewrite, and parts of lines have marks") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  editor.ask(world.uri, "text",
             {{"attachments", {{{"uri", world.uri}, {"range", lines(3, 4)}, {"text", "  return n;\n"}}}}});
  editor.ask(world.uri, "rewrite", {{"rewrite", {{"uri", world.uri}, {"range", lines(6, 9)}}}});
  const json part = {{"start", {{"line", 2}, {"character", 2}}}, {"end", {{"line", 2}, {"character", 13}}}};
  world.ask(editor, "part", part);
  const json without_end = {{"start", {{"line", 0}, {"character", 0}}},
                            {"end", {{"line", 4}, {"character", 1}}}};
  world.ask(editor, "without its last line end", without_end);
  CHECK(world.shown(editor) ==
        Shown{"without its last line end: 0-5", "part: 2-3", "text: 3-4", "rewrite: 6-9"});
}

TEST_CASE("a summary takes no marks away") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json asked = world.ask(editor, "first", lines(0, 5));
  editor.call("conversation/compact", {{"conversation", asked["conversation"]}});
  CHECK(world.shown(editor) == Shown{"first: 0-5"});
}

TEST_CASE("a file that isn't open is read; one that is gone is an error") {
  World world;
  {
    Editor editor(world.options());
    world.open(editor);
    world.ask(editor, "first", lines(0, 5));
  }
  Editor editor(world.options());
  CHECK(world.shown(editor) == Shown{"first: 0-5"});
  CHECK(world.marks(editor)["version"].is_null());
  world.folder.write("main.c", "\xEF\xBB\xBF// Counts.\r\n" + code);
  CHECK(world.shown(editor) == Shown{"first: 1-6"});
  std::filesystem::remove(world.folder.work + "/main.c");
  CHECK(editor.fails("conversation/marks", {{"textDocument", {{"uri", world.uri}}}})["data"]["kind"] ==
        "invalidParams");
}

TEST_CASE("a range ends at the end of a text without a last line end") {
  World world;
  world.folder.write("main.c", "int a;\nint bcd = 1;");
  Editor editor(world.options());
  world.open(editor, "int a;\nint bcd = 1;");
  world.ask(editor, "last",
            {{"start", {{"line", 1}, {"character", 0}}}, {"end", {{"line", 1}, {"character", 12}}}});
  CHECK(world.marks(editor)["marks"][0]["range"]["end"] == json{{"line", 1}, {"character", 12}});
}

TEST_CASE("after the file was renamed, its earlier questions have their marks") {
  World world;
  Editor editor(world.options());
  world.ask(editor, "first", lines(0, 5));
  const std::string former = world.uri;
  const std::string path = world.folder.work + "/";
  SECTION("by the editor") {
    std::filesystem::rename(path + "main.c", path + "renamed.c");
    world.uri = world.folder.uri("renamed.c");
    editor.notify("workspace/didRenameFiles", {{"files", {{{"oldUri", former}, {"newUri", world.uri}}}}});
  }
  SECTION("by others") {
    std::filesystem::rename(path + "main.c", path + "renamed.c");
    world.uri = world.folder.uri("renamed.c");
  }
  SECTION("from a buffer without a name") {
    world.uri = "untitled:1";
    world.open(editor);
    world.ask(editor, "first", lines(0, 5));
    editor.notify("textDocument/didClose", {{"textDocument", {{"uri", world.uri}}}});
    const std::string buffer = std::exchange(world.uri, world.folder.write("saved.c", code));
    editor.notify("workspace/didRenameFiles", {{"files", {{{"oldUri", buffer}, {"newUri", world.uri}}}}});
  }
  CHECK(world.shown(editor) == Shown{"first: 0-5"});
  world.ask(editor, "second", lines(6, 9));
  CHECK(world.shown(editor) == Shown{"first: 0-5", "second: 6-9"});
}

TEST_CASE("lines of another file that is there are not marked, even if they are the same") {
  World world;
  Editor editor(world.options());
  const json copied = json::array({{{"uri", world.folder.write("copy.c", code)}, {"range", lines(0, 5)}}});
  editor.ask(world.uri, "first", {{"attachments", copied}});
  CHECK(world.shown(editor).empty());
}

TEST_CASE("200 marks in a file of 5,000 lines: how long the daemon takes", "[.][figures]") {
  World world;
  std::string text;
  for (int i = 0; i < 5'000; ++i)
    text += i % 25 == 24
                ? "}\n"
                : "  call_" + std::to_string(i * 7919 % 10'007) + "(list, " + std::to_string(i) + ");\n";
  world.folder.write("main.c", text);
  Editor editor(world.options());
  world.open(editor, text);
  for (int i = 0; i < 50; ++i) {
    json shared = json::array();
    for (int j = 0; j < 4; ++j)
      shared.push_back({{"uri", world.uri}, {"range", lines((i * 4 + j) * 25, (i * 4 + j) * 25 + 25)}});
    editor.ask(world.uri, "why?", {{"attachments", shared}, {"current", false}});
  }
  for (int i = 0; i < 100; ++i) world.type(editor, i * 50 + 7, i * 50 + 8, "  changed(list);\n");
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const json marks = world.marks(editor);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    REQUIRE(marks["marks"].size() == 200);
    best = std::min(best, took.count());
  }
  std::printf("200 marks in 5,000 lines: %.2f ms for the request and its answer\n", best);
}
