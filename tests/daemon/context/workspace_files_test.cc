// Tests of attachment/find: which files of a workspace are offered, with the real daemon, real files and the real git.
#include "daemon/context/workspace_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::json;
using aside::test::Editor;
using aside::test::WorkFolder;

namespace {

using Names = std::vector<std::string>;

struct World : WorkFolder {
  std::string about = write("src/main.c", "int main;\n");

  json asking(const std::string& letters, json more = json::object()) const {
    more["textDocument"] = {{"uri", about}};
    more["query"] = letters;
    return more;
  }
  void repository() const { shell("git init -q ."); }
  void shell(const std::string& commands) const {
    const std::string all = "cd '" + work + "' && { " + commands + "\n} > /dev/null 2>&1 < /dev/null";
    REQUIRE(std::system(all.c_str()) == 0);
  }
};

Names names(const json& result) {
  Names names;
  for (const json& file : result["files"]) names.push_back(file["name"]);
  return names;
}

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("a daemon that finds files says so, and finds the file that was meant") {
  World world;
  const bool git = GENERATE(false, true);
  CAPTURE(git);
  if (git) world.repository();
  world.write("src/list.c", "");
  world.write("docs/listing.md", "");
  world.write("README.md", "");
  Editor editor(world.options());
  CHECK(editor.initialized["capabilities"]["experimental"]["aside"]["find"] == true);
  const json found = editor.call("attachment/find", world.asking("list"));
  CHECK(names(found) == Names{"src/list.c", "docs/listing.md"});
  CHECK(found["files"][0]["uri"] == world.uri("src/list.c"));
  CHECK_FALSE(found.contains("incomplete"));
  CHECK(names(editor.call("attachment/find", world.asking("list", {{"limit", 1}}))) == Names{"src/list.c"});
  CHECK(sorted(names(editor.call("attachment/find", world.asking("")))) ==
        Names{"README.md", "docs/listing.md", "src/list.c", "src/main.c"});
  CHECK(names(editor.call("attachment/find", world.asking("", {{"folder", world.uri("docs")}}))) ==
        Names{"listing.md"});
  CHECK(names(editor.call("attachment/find", world.asking("nothing-like-it"))).empty());
}

TEST_CASE("what git ignores isn't offered, what it doesn't know yet is") {
  World world;
  world.repository();
  world.write(".gitignore", "build/\n*.o\n");
  world.write("build/out.c", "");
  world.write("src/main.o", "");
  world.write("src/gone.c", "");
  world.write("src/new.c", "");
  world.shell("git add src/main.c src/gone.c && rm src/gone.c");
  Editor editor(world.options());
  CHECK(sorted(names(editor.call("attachment/find", world.asking("")))) ==
        Names{".gitignore", "src/main.c", "src/new.c"});
}

TEST_CASE("without git, folders of programs are left out") {
  World world;
  for (const char* name :
       {"node_modules/x/a.js", ".cache/a.c", ".git-not/a.c", ".profile", "src/__pycache__/a.pyc"})
    world.write(name, "");
  Editor editor(world.options());
  CHECK(sorted(names(editor.call("attachment/find", world.asking("")))) == Names{".profile", "src/main.c"});
}

TEST_CASE("an .asideignore hides files, wherever it lies and however new it is") {
  World world;
  const bool git = GENERATE(false, true);
  CAPTURE(git);
  if (git) world.repository();
  world.write(".asideignore", "private/\nsecret*\n");
  world.write("src/.asideignore", "*.key2\n!main.c\n");
  for (const char* name : {"private/a.c", "x/private/deep/b.c", "x/secret.txt", "src/sub/c.key2", "x/c.key2"})
    world.write(name, "");
  Editor editor(world.options());
  const json everything = world.asking("", {{"limit", 100}});
  CHECK(sorted(names(editor.call("attachment/find", everything))) ==
        Names{".asideignore", "src/.asideignore", "src/main.c", "x/c.key2"});
  SECTION("the list is older than the file") {
    world.write("x/.asideignore", "*\n");
    CHECK(sorted(names(editor.call("attachment/find", everything))) ==
          Names{".asideignore", "src/.asideignore", "src/main.c"});
  }
  SECTION("the folder that is asked for lies below the one that hides") {
    CHECK(names(editor.call("attachment/find", world.asking("", {{"folder", world.uri("x")}}))) ==
          Names{"c.key2"});
    CHECK(
        names(editor.call("attachment/find", world.asking("", {{"folder", world.uri("private")}}))).empty());
  }
  SECTION("one that is too large hides everything") {
    world.write("y/.asideignore", std::string(70'000, 'a'));
    world.write("y/z/d.c", "");
    Editor other(world.options());
    CHECK_FALSE(has(names(other.call("attachment/find", everything)), "y/z/d.c"));
  }
}

TEST_CASE("names of any bytes are harmless") {
  World world;
  const bool git = GENERATE(false, true);
  CAPTURE(git);
  if (git) world.repository();
  world.write("odd\nname.c", "1");
  world.write("odd\xff.c", "2");
  world.write("odd\x1b[31m.c", "3");
  world.write("odd 100% `id` $(x).c", "4");
  Editor editor(world.options());
  const json found = editor.call("attachment/find", world.asking("odd"));
  REQUIRE(found["files"].size() == 4);
  for (const json& file : found["files"]) {
    const std::string name = file["name"];
    CAPTURE(name);
    CHECK(name.find_first_of("\n\x1b") == name.npos);
    const json checked = editor.call("attachment/check", {{"attachments", {{{"uri", file["uri"]}}}}});
    CHECK(checked["attachments"][0]["bytes"] == 1);
  }
}

TEST_CASE("links are offered where they lead to a file of the folder, and pipes never") {
  World world;
  const bool git = GENERATE(false, true);
  CAPTURE(git);
  if (git) world.repository();
  std::filesystem::create_symlink("main.c", world.work + "/src/link-in");
  std::filesystem::create_symlink("/etc/passwd", world.work + "/src/link-out");
  std::filesystem::create_symlink("gone", world.work + "/src/link-dead");
  std::filesystem::create_symlink(".", world.work + "/src/link-round");
  REQUIRE(::mkfifo((world.work + "/src/link-pipe").c_str(), 0600) == 0);
  Editor editor(world.options());
  CHECK(names(editor.call("attachment/find", world.asking("link"))) == Names{"src/link-in"});
}

TEST_CASE("what was shared lately, and what is near, comes first among equals") {
  World world;
  for (const char* name : {"a/x.txt", "b/x.txt", "src/y.txt", "z/y.txt"}) world.write(name, "text\n");
  Editor editor(world.options());
  CHECK(names(editor.call("attachment/find", world.asking("y.t"))) == Names{"src/y.txt", "z/y.txt"});
  CHECK(names(editor.call("attachment/find", world.asking("x.t"))) == Names{"a/x.txt", "b/x.txt"});
  editor.send("conversation/ask", {{"textDocument", {{"uri", world.about}}},
                                   {"question", "why?"},
                                   {"attachments", {{{"uri", world.uri("b/x.txt")}}}}});
  CHECK(names(editor.call("attachment/find", world.asking("x.t"))) == Names{"b/x.txt", "a/x.txt"});
}

TEST_CASE("a file that is made later is found soon, and one that is gone isn't") {
  World world;
  world.repository();
  Editor editor(world.options());
  CHECK(names(editor.call("attachment/find", world.asking("late"))).empty());
  world.write("late.c", "");
  const auto until = std::chrono::steady_clock::now() + Editor::patience;
  while (names(editor.call("attachment/find", world.asking("late"))).empty() &&
         std::chrono::steady_clock::now() < until)
    ;
  CHECK(names(editor.call("attachment/find", world.asking("late"))) == Names{"late.c"});
  std::filesystem::remove(world.work + "/late.c");
  CHECK(names(editor.call("attachment/find", world.asking("late"))).empty());
}

TEST_CASE("letters that begin like a path are completed part by part, also outside of the workspace") {
  World world;
  world.write("src/map.c", "");
  world.write("src/.hidden", "");
  world.write("src/more/deep.c", "");
  std::filesystem::create_directories(world.folder.path + "/home/notes");
  std::ofstream(world.folder.path + "/home/notes.txt") << "notes";
  world.shell("mkfifo src/mpipe; ln -s more src/mlink; ln -s gone src/mgone");
  Editor editor(world.options());
  struct Row {
    std::string letters;
    Names names;
  };
  const std::string src = world.work + "/src";
  const std::vector<Row> rows = {
      {"./src/m",
       {"./src/main.c", "./src/map.c", "./src/mgone", "./src/mlink/", "./src/more/", "./src/mpipe"}},
      {"./src/more/", {"./src/more/deep.c"}},
      {"./src/",
       {"./src/main.c", "./src/map.c", "./src/mgone", "./src/mlink/", "./src/more/", "./src/mpipe"}},
      {"./src/.", {"./src/.hidden"}},
      {"./sr", {"./src/"}},
      {"../work/src/ma", {"../work/src/main.c", "../work/src/map.c"}},
      {src + "/map", {src + "/map.c"}},
      {"~/no", {"~/notes/", "~/notes.txt"}},
      {"./nothing/x", {}},
      {"./src/M", {}},
      {"/$HOME/", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.letters);
    CHECK(sorted(names(editor.call("attachment/find", world.asking(row.letters)))) == sorted(row.names));
  }
  const json found = editor.call("attachment/find", world.asking("./src/ma", {{"limit", 1}}));
  CHECK(names(found) == Names{"./src/main.c"});
  CHECK(found["files"][0]["uri"] == "file://" + world.work + "/./src/main.c");
  CHECK(found["incomplete"] == true);
}

TEST_CASE("a request can be cancelled, and the next one is answered") {
  World world;
  for (int i = 0; i < 3000; ++i)
    world.write("many/f" + std::to_string(i % 50) + "/x" + std::to_string(i), "");
  Editor editor(world.options());
  const int id = editor.send("attachment/find", world.asking("x"));
  editor.notify("$/cancelRequest", {{"id", id}});
  CHECK(editor.answer(id)["error"]["data"]["kind"] == "requestCancelled");
  CHECK(names(editor.call("attachment/find", world.asking("x"))).size() == 20);
}

TEST_CASE("what can't be looked through is refused with a sentence") {
  World world;
  Editor editor(world.options());
  CHECK(editor.fails("attachment/find",
                     world.asking("x", {{"folder", world.uri("nowhere")}}))["data"]["kind"] ==
        "invalidParams");
  CHECK(editor.fails("attachment/find", world.asking("x", {{"limit", 0}}))["data"]["kind"] ==
        "invalidParams");
  Editor::Options without = world.options();
  without.folders = nullptr;
  Editor bare(without);
  const json untitled = {{"textDocument", {{"uri", "untitled:1"}}}, {"query", "x"}};
  CHECK(bare.fails("attachment/find", untitled)["message"].get<std::string>().find("no folder is open") !=
        std::string::npos);
  CHECK(names(bare.call("attachment/find", world.asking("main"))) == Names{"main.c"});
}
