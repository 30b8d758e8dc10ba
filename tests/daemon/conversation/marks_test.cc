// Tests of conversation/marks, which finds in a document the lines that were asked about. They use the real daemon over
// pipes.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::json;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::WorkFolder;

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

json range(int from, int to) {
  return {{"start", {{"line", from}, {"character", 0}}}, {"end", {{"line", to}, {"character", 0}}}};
}

struct World {
  WorkFolder folder;
  ApiServer api;
  std::string uri = folder.write("main.c", code);
  int version = 1;

  Editor::Options options() {
    Editor::Options options = folder.options();
    options.base_url = api.url();
    return options;
  }
  void open(Editor& editor, const std::string& text = code) {
    editor.notify(
        "textDocument/didOpen",
        {{"textDocument", {{"uri", uri}, {"languageId", "c"}, {"version", version}, {"text", text}}}});
  }
  void type(Editor& editor, int from, int to, const std::string& typed) {
    const json change = {{"range", range(from, to)}, {"text", typed}};
    editor.notify("textDocument/didChange",
                  {{"textDocument", {{"uri", uri}, {"version", ++version}}}, {"contentChanges", {change}}});
  }
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
  world.ask(editor, "And this?", range(6, 9));
  world.ask(editor, "Why is this slow?\nI mean the loop.", range(0, 5));
  const json marks = world.marks(editor);
  const json got = editor.get(world.uri);
  CHECK(marks ==
        json{{"conversation", got["conversation"]},
             {"version", 1},
             {"marks",
              {{{"turn", got["turns"][2]["turn"]}, {"text", "Why is this slow?"}, {"range", range(0, 5)}},
               {{"turn", got["turns"][0]["turn"]}, {"text", "And this?"}, {"range", range(6, 9)}}}}});

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
  const json first = world.ask(editor, "first", range(0, 5));
  world.ask(editor, "beside", range(1, 3), {{"side", true}});
  world.ask(editor, "left", range(6, 9));
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3", "left: 6-9"});
  CHECK(world.marks(editor)["marks"][1]["side"] == true);
  CHECK_FALSE(world.marks(editor)["marks"][0].contains("side"));
  editor.call("conversation/select", {{"conversation", first["conversation"]}, {"turn", first["turn"]}});
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3"});

  const std::string other = world.folder.write("other.c", code);
  editor.ask(world.uri, "other", {{"attachments", {{{"uri", other}, {"range", range(0, 5)}}}}});
  editor.ask(world.uri, "whole", {{"attachments", {{{"uri", world.uri}}}}});
  editor.ask(
      world.uri, "problems",
      {{"attachments",
        {{{"uri", world.uri}, {"kind", "diagnostics"}, {"range", range(0, 5)}, {"text", "line 3: n"}}}}});
  CHECK(world.shown(editor) == Shown{"first: 0-5", "beside: 1-3"});
  CHECK(editor.call("conversation/marks", {{"textDocument", {{"uri", other}}}})["marks"].empty());
}

TEST_CASE("lines that were sent as a text, lines to rewrite, and parts of lines have marks") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  editor.ask(world.uri, "text",
             {{"attachments", {{{"uri", world.uri}, {"range", range(3, 4)}, {"text", "  return n;\n"}}}}});
  editor.ask(world.uri, "rewrite", {{"rewrite", {{"uri", world.uri}, {"range", range(6, 9)}}}});
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
  const json asked = world.ask(editor, "first", range(0, 5));
  editor.call("conversation/compact", {{"conversation", asked["conversation"]}});
  CHECK(world.shown(editor) == Shown{"first: 0-5"});
}

TEST_CASE("a file that isn't open is read; one that is gone is an error") {
  World world;
  {
    Editor editor(world.options());
    world.open(editor);
    world.ask(editor, "first", range(0, 5));
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
    json lines = json::array();
    for (int j = 0; j < 4; ++j)
      lines.push_back({{"uri", world.uri}, {"range", range((i * 4 + j) * 25, (i * 4 + j) * 25 + 25)}});
    editor.ask(world.uri, "why?", {{"attachments", lines}, {"current", false}});
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
