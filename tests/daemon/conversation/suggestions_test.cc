// Tests of attachment/suggest: what a user may want to share, in which order, and what is never suggested.
#include "daemon/conversation/suggestions.h"

#include <filesystem>
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

using Rows = std::vector<std::string>;

const std::string code =
    "#include \"list.h\"\n"
    "#include \"util/text.h\"\n"
    "#include \"gone.h\"\n"
    "\n"
    "int first(void) {\n"
    "  int n = 0;\n"
    "  return n;\n"
    "}\n"
    "\n"
    "int second(void) {\n"
    "  return 2;\n"
    "}\n";

json lines(int first, int last) {
  return {{"start", {{"line", first - 1}, {"character", 0}}}, {"end", {{"line", last}, {"character", 0}}}};
}

struct World : WorkFolder {
  ApiServer api;
  std::string about = write("src/list.c", code);

  World() {
    write("src/list.h", "int first(void);\n");
    write("util/text.h", "int text;\n");
  }
  Editor::Options options(json settings = json::object()) const {
    Editor::Options options = WorkFolder::options(std::move(settings));
    options.base_url = api.url();
    return options;
  }
  json asking(json more = json::object()) const {
    more["textDocument"] = {{"uri", about}};
    return more;
  }
};

// Returns each suggestion as "reason name:lines".
Rows rows(const json& result) {
  Rows rows;
  for (const json& one : result["suggestions"])
    rows.push_back(one["reason"].get<std::string>() + " " + one["name"].get<std::string>() +
                   (one.contains("lines") ? ":" + one["lines"].get<std::string>() : ""));
  return rows;
}

json at(int line) {
  return {{"line", line - 1}, {"character", 0}};
}

}  // namespace

TEST_CASE("suggested are the selection, what is around it, and the files that belong to it") {
  World world;
  Editor editor(world.options());
  CHECK(editor.initialized["capabilities"]["experimental"]["aside"]["suggest"] == true);
  const json problems = {{"text", "6:3 error: no\n"}, {"range", lines(6, 6)}};
  const json result =
      editor.call("attachment/suggest",
                  world.asking({{"position", at(6)}, {"selection", lines(6, 6)}, {"problems", problems}}));
  CHECK(rows(result) == Rows{"selection src/list.c:6", "block src/list.c:5-8", "import src/list.h",
                             "import util/text.h", "problems src/list.c:6"});
  for (const json& one : result["suggestions"]) {
    CAPTURE(one.dump());
    CHECK(one["tokens"].get<int>() > 0);
    CHECK(one["cost"].get<double>() > 0);
    CHECK(one["remark"].get<std::string>().find("$0.") != std::string::npos);
    const json checked = editor.call("attachment/check", {{"attachments", {one["attachment"]}}});
    CHECK(checked["attachments"][0]["tokens"] == one["tokens"]);
    CHECK(checked["attachments"][0]["name"] == one["name"]);
  }
  CHECK(result["suggestions"][4]["attachment"]["kind"] == "diagnostics");
  CHECK(world.api.asks().empty());

  SECTION("the editor knows the block better") {
    CHECK(rows(editor.call("attachment/suggest",
                           world.asking({{"position", at(6)}, {"block", lines(5, 12)}})))[0] ==
          "block src/list.c:5-12");
  }
  SECTION("without a cursor there is no block") {
    CHECK(rows(editor.call("attachment/suggest", world.asking())) ==
          Rows{"import src/list.h", "import util/text.h"});
  }
  SECTION("the text in the editor counts, not that on the disk") {
    editor.notify("textDocument/didOpen", {{"textDocument",
                                            {{"uri", world.about},
                                             {"languageId", "c"},
                                             {"version", 1},
                                             {"text", "int a(void) {\n  return 1;\n}\n\nint b;\n"}}}});
    CHECK(rows(editor.call("attachment/suggest", world.asking({{"position", at(2)}}))) ==
          Rows{"block src/list.c:1-3", "otherHalf src/list.h"});
  }
}

TEST_CASE("there are at most five suggestions, and each reason gets one before any reason gets a second") {
  World world;
  std::string text;
  for (const char* name : {"a", "b", "c", "d"}) {
    world.write("src/" + std::string(name) + ".h", "int x;\n");
    text += "#include \"" + std::string(name) + ".h\"\n";
  }
  world.write("src/list.c", text + "\nint f(void) {\n  return 1;\n}\n");
  Editor editor(world.options());
  const json result = editor.call(
      "attachment/suggest",
      world.asking({{"position", at(7)}, {"selection", lines(7, 7)}, {"problems", {{"text", "no\n"}}}}));
  CHECK(rows(result) == Rows{"selection src/list.c:7", "block src/list.c:6-8", "import src/a.h",
                             "otherHalf src/list.h", "problems src/list.c"});
  CHECK(rows(editor.call("attachment/suggest", world.asking())) ==
        Rows{"import src/a.h", "import src/b.h", "import src/c.h", "otherHalf src/list.h"});
}

TEST_CASE("nothing outside of the workspace is suggested") {
  World world;
  world.folder.write("outside.h", "int secret;\n");
  world.write("src/list.c", "#include \"../../outside.h\"\n#include \"" + world.folder.path +
                                "/outside.h\"\n#include \"link.h\"\n"
                                "#include \"util\"\n#include \"../../../../../../../../etc/passwd\"\n");
  std::filesystem::create_symlink(world.folder.path + "/outside.h", world.work + "/src/link.h");
  Editor editor(world.options());
  CHECK(rows(editor.call("attachment/suggest", world.asking())) == Rows{"otherHalf src/list.h"});
  SECTION("without a workspace, nothing above the file's folder is") {
    world.write("src/list.c", "#include \"../util/text.h\"\n#include \"list.h\"\n");
    Editor::Options without = world.options();
    without.folders = nullptr;
    Editor bare(without);
    CHECK(rows(bare.call("attachment/suggest", world.asking())) == Rows{"import list.h"});
  }
}

TEST_CASE("a suggestion has the same facts as an attachment of the same lines") {
  World world;
  world.write("src/list.c", "#include \"token.h\"\n#include \"bin.h\"\n");
  world.write(".asideignore", "token.h\n");
  world.write("src/token.h", "int t;\n");
  world.write("src/bin.h", std::string("\0\1", 2));
  Editor editor(world.options());
  const json result = editor.call("attachment/suggest", world.asking());
  REQUIRE(rows(result) == Rows{"import src/token.h", "import src/bin.h", "otherHalf src/list.h"});
  CHECK(result["suggestions"][0]["reasons"].size() == 1);
  CHECK(result["suggestions"][1]["refused"].get<std::string>().find("binary") != std::string::npos);
  CHECK(result["suggestions"][0]["offer"].get<std::string>().find(", asks you first)") != std::string::npos);
  CHECK_FALSE(result["suggestions"][1].contains("offer"));
}

TEST_CASE("what Claude has, and what is listed already, isn't suggested") {
  World world;
  Editor editor(world.options());
  const json position = {{"position", at(6)}};
  CHECK(rows(editor.call("attachment/suggest", world.asking({{"position", at(6)},
                                                             {"attachments",
                                                              {{{"uri", world.about}, {"range", lines(1, 8)}},
                                                               {{"uri", world.uri("src/list.h")}}}}}))) ==
        Rows{"import util/text.h"});
  editor.ask(world.about, "why?",
             {{"attachments", {{{"uri", world.uri("util/text.h")}}, {{"uri", world.about}}}}});
  CHECK(rows(editor.call("attachment/suggest", world.asking(position))) == Rows{"import src/list.h"});
  SECTION("what has changed is sent automatically") {
    world.write("util/text.h", "int other;\n");
    CHECK(rows(editor.call("attachment/suggest", world.asking(position))) == Rows{"import src/list.h"});
  }
}

TEST_CASE("if changes aren't sent automatically, they are suggested") {
  World world;
  Editor editor(world.options({{"keepCurrent", false}}));
  world.write("util/other.c", "int x;\n");
  editor.ask(world.about, "why?", {{"attachments", {{{"uri", world.uri("util/other.c")}}}}});
  CHECK(rows(editor.call("attachment/suggest", world.asking())) ==
        Rows{"import src/list.h", "import util/text.h"});
  world.write("util/other.c", "int y;\n");
  CHECK(rows(editor.call("attachment/suggest", world.asking())) ==
        Rows{"import src/list.h", "import util/text.h", "changed util/other.c"});
}

TEST_CASE("a buffer without a file gets suggestions, and a file that is gone gets none") {
  World world;
  Editor editor(world.options());
  editor.notify("textDocument/didOpen",
                {{"textDocument",
                  {{"uri", "untitled:1"},
                   {"languageId", "c"},
                   {"version", 1},
                   {"text", "#include \"list.h\"\n\nint f(void) {\n  return 1;\n}\n"}}}});
  const json result =
      editor.call("attachment/suggest", {{"textDocument", {{"uri", "untitled:1"}}}, {"position", at(4)}});
  CHECK(rows(result) == Rows{"block untitled:3-5"});
  const json gone = {{"textDocument", {{"uri", world.uri("gone.c")}}}, {"position", at(1)}};
  CHECK(editor.call("attachment/suggest", gone)["suggestions"].empty());
}
