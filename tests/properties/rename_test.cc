// Tests that a conversation follows its file, for every way in which a file is renamed or removed. They use
// the real daemon, real files and a real git.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using aside::json;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace fs = std::filesystem;

namespace {

// Text that is long enough to identify a file by its content.
const std::string long_text = "int a() { return 1; }\n" + std::string(600, '/') + "\n";

// A working copy of git with the file src/a.c. On the branch `renamed`, which isn't checked out, the file is
// lib/a.c.
struct World {
  Folder folder;
  ApiServer api;
  std::string project = folder.path + "/project";

  explicit World(const World& other) { fs::copy(other.project, project, fs::copy_options::recursive); }
  World() {
    fs::create_directories(project + "/src");
    write("src/a.c", long_text);
    write("src/other.c", "int other() { return 2; }\n");
    run("git init -q -b main . && git config user.email a@b && git config user.name a && git add -A && git "
        "commit -qm one && git checkout -q -b renamed && mkdir lib && git mv src/a.c lib/a.c && git commit "
        "-qm two && git checkout -q main");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(project + "/" + name) << text;
  }
  void run(const std::string& command) const {
    const std::string quiet = "cd '" + project + "' && { " + command + "; } > /dev/null 2>&1";
    REQUIRE(std::system(quiet.c_str()) == 0);
  }
  std::string uri(const std::string& name) const {
    return name.find(':') == std::string::npos ? "file://" + project + "/" + name : name;
  }
  Editor::Options options() const { return {.home = folder.path + "/home", .base_url = api.url()}; }
};

struct Row {
  const char* what;
  // Old and new names that the editor sends with didRenameFiles.
  std::vector<std::pair<const char*, const char*>> told;
  // A shell command that renames, copies or removes files without the editor.
  const char* behind;
  const char* found;                // the file that shows the conversation afterwards
  std::vector<const char*> others;  // files that have no conversation
  const char* asked = "src/a.c";
  bool by_content = false;            // the file is recognised by its content, and a message says this
  std::optional<bool> caseless = {};  // true: only for file systems that ignore case; false: only for others
};

const std::vector<Row> rows = {
    {"renamed in the editor", {{"src/a.c", "src/b.c"}}, "mv src/a.c src/b.c", "src/b.c", {"src/a.c"}},
    {"renamed in the editor, told before it is done", {{"src/a.c", "src/b.c"}}, "true", "src/b.c", {}},
    {"moved to another folder in the editor", {{"src/a.c", "a.c"}}, "mv src/a.c a.c", "a.c", {"src/a.c"}},
    {"its folder renamed in the editor",
     {{"src", "lib"}},
     "mv src lib",
     "lib/a.c",
     {"src/a.c", "lib/other.c"}},
    {"its folder's folder renamed in the editor",
     {{"", "../moved"}},
     "cd .. && mv project moved",
     "../moved/src/a.c",
     {}},
    {"renamed twice in the editor",
     {{"src/a.c", "src/b.c"}, {"src/b.c", "src/c.c"}},
     "mv src/a.c src/c.c",
     "src/c.c",
     {"src/a.c", "src/b.c"}},
    {"renamed to another case",
     {{"src/a.c", "src/A.c"}},
     "mv src/a.c src/t && mv src/t src/A.c",
     "src/A.c",
     {"src/a.c"},
     "src/a.c",
     false,
     false},
    {"mv", {}, "mv src/a.c src/b.c", "src/b.c", {"src/other.c"}},
    {"mv, and edited since", {}, "mv src/a.c src/b.c && echo more >> src/b.c", "src/b.c", {}},
    {"mv of its folder", {}, "mv src lib", "lib/a.c", {"lib/other.c"}},
    {"mv to another disk: content only",
     {},
     "mkdir lib && cp src/a.c lib/a.c && rm src/a.c",
     "lib/a.c",
     {},
     "src/a.c",
     true},
    {"git mv", {}, "git mv src/a.c src/b.c", "src/b.c", {}},
    {"git mv of its folder", {}, "git mv src lib", "lib/a.c", {"lib/other.c"}},
    {"a switched branch", {}, "git checkout -q renamed", "lib/a.c", {"src/other.c"}, "src/a.c", true},
    {"another name with its content is another file",
     {},
     "cp src/a.c src/b.c && rm src/a.c",
     "src/a.c",
     {"src/b.c"}},
    {"moved, and linked back",
     {},
     "mkdir lib && mv src/a.c lib/b.c && ln -s ../lib/b.c src/a.c",
     "src/a.c",
     {}},
    {"moved, and linked back: under its new name",
     {},
     "mkdir lib && mv src/a.c lib/b.c && ln -s ../lib/b.c src/a.c",
     "lib/b.c",
     {}},
    {"copied and changed elsewhere, and linked back",
     {},
     "mkdir lib && cp src/a.c lib/b.c && echo more >> lib/b.c && ln -sf ../lib/b.c src/a.c",
     "src/a.c",
     {}},
    {"its folder moved, and linked back", {}, "mv src lib && ln -s lib src", "src/a.c", {"lib/other.c"}},
    {"its folder moved, and linked back: under its new name",
     {},
     "mv src lib && ln -s lib src",
     "lib/a.c",
     {}},
    {"linked back, and a file again",
     {},
     "mkdir lib && cp src/a.c lib/b.c && ln -sf ../lib/b.c src/a.c && rm src/a.c && echo new > src/a.c",
     "src/a.c",
     {}},
    {"a switched branch and back", {}, "git checkout -q renamed && git checkout -q main", "src/a.c", {}},
    {"a copy", {}, "cp src/a.c src/b.c", "src/a.c", {"src/b.c"}},
    {"a copy of its folder", {}, "cp -r src lib", "src/a.c", {"lib/a.c"}},
    {"a hard link", {}, "ln src/a.c src/b.c", "src/a.c", {"src/b.c"}},
    {"deleted", {}, "rm src/a.c", "src/a.c", {"src/other.c"}},
    {"deleted and restored", {}, "rm src/a.c && git checkout -q src/a.c", "src/a.c", {}},
    {"deleted and restored in another folder",
     {},
     "mkdir lib && git show HEAD:src/a.c > lib/a.c && rm src/a.c",
     "lib/a.c",
     {},
     "src/a.c",
     true},
    {"deleted, and another file in its place", {}, "rm src/a.c && echo 'int n;' > src/a.c", "src/a.c", {}},
    {"saved by replacing it", {}, "echo new > src/t && mv src/t src/a.c", "src/a.c", {}},
    {"two copies of it, and it is gone: the first that is asked about",
     {},
     "cp src/a.c src/b.c && mv src/a.c src/c.c",
     "src/c.c",
     {}},
    {"through a link to it", {}, "ln -s a.c src/link.c", "src/link.c", {}},
    {"through a link to its folder", {}, "ln -s src lib", "lib/a.c", {"lib/other.c"}},
    {"mv, then through a link", {}, "mv src/a.c src/b.c && ln -s b.c src/link.c", "src/link.c", {}},
    {"an unsaved buffer that gets its file",
     {{"untitled:1", "src/new.c"}},
     "echo 'int n;' > src/new.c",
     "src/new.c",
     {"untitled:1"},
     "untitled:1"},
    {"a buffer saved over a file without a conversation",
     {{"untitled:1", "src/other.c"}},
     "echo 'int n;' > src/other.c",
     "src/other.c",
     {},
     "untitled:1"},
    {"in another spelling", {}, "true", "SRC/A.c", {}, "src/a.c", false, true},
    {"renamed to another case in the editor, and named as before",
     {{"src/a.c", "src/A.c"}},
     "mv src/a.c src/t && mv src/t src/A.c",
     "src/a.c",
     {},
     "src/a.c",
     false,
     true},
    {"mv to another case", {}, "mv src/a.c src/t && mv src/t src/A.c", "src/A.c", {}, "src/a.c", false, true},
    {"mv to another case, and named as before",
     {},
     "mv src/a.c src/t && mv src/t src/A.c",
     "src/a.c",
     {},
     "src/a.c",
     false,
     true},
    {"mv of its folder to another case", {}, "mv src t && mv t Src", "Src/a.c", {}, "src/a.c", false, true},
};

// The messages about files that were recognised by their content.
std::vector<std::string> told_of_content(const Editor& editor) {
  std::vector<std::string> told;
  for (const json& message : editor.seen)
    if (message.value("method", "") == "window/showMessage" && message["params"]["type"] == 3)
      told.push_back(message["params"]["message"]);
  return told;
}

bool has_turns(Editor& editor, const std::string& uri) {
  return !editor.get(uri)["turns"].empty();
}

}  // namespace

TEST_CASE("the conversation follows the file through every kind of rename, and never goes to another") {
  const bool restarted = GENERATE(false, true);
  const World fresh;
  for (const Row& row : rows) {
    CAPTURE(row.what, restarted);
    World world(fresh);
    if (row.caseless && *row.caseless != fs::exists(world.project + "/SRC")) continue;
    auto editor = std::make_unique<Editor>(world.options());
    const std::string conversation = editor->ask(world.uri(row.asked), "why?")["conversation"];
    world.run(row.behind);
    json files = json::array();
    for (const auto& [from, to] : row.told) {
      const auto named = [&](const char* name) {
        return *name ? world.uri(name) : "file://" + world.project;
      };
      files.push_back({{"oldUri", named(from)}, {"newUri", named(to)}});
    }
    if (!files.empty()) editor->notify("workspace/didRenameFiles", {{"files", files}});
    if (restarted) {
      editor->call("model/list", json::object());  // the answer comes after the notifications were handled
      editor = std::make_unique<Editor>(world.options());
    }
    for (const char* other : row.others) {
      CAPTURE(other);
      CHECK_FALSE(has_turns(*editor, world.uri(other)));
    }
    CHECK(editor->get(world.uri(row.found))["conversation"] == conversation);
    // The conversation stays with the file: a follow-up is added to it.
    CHECK(editor->ask(world.uri(row.found), "and now?")["conversation"] == conversation);
    CHECK(editor->get(world.uri(row.found))["turns"].size() == 4);
    CHECK(told_of_content(*editor).size() == (row.by_content ? 1 : 0));
    // A search finds the conversation under any name of the file, and even if the file is gone.
    const json hits = editor->call("conversation/search", {{"query", "why"}})["hits"];
    REQUIRE_FALSE(hits.empty());
    CHECK(hits.back()["conversation"] == conversation);
  }
}

TEST_CASE(
    "of two files that may be the vanished one by name and content, the first that is opened is it, and it "
    "is said") {
  World world;
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri("src/a.c"), "why?")["conversation"];
  world.run("mkdir b c && cp src/a.c b/a.c && cp src/a.c c/a.c && rm src/a.c");
  const bool by_transcript = GENERATE(false, true);
  const json opened = editor.call(by_transcript ? "conversation/transcript" : "conversation/get",
                                  {{"textDocument", {{"uri", world.uri("b/a.c")}}}});
  CHECK(opened["conversation"] == conversation);
  const auto told = told_of_content(editor);
  REQUIRE(told.size() == 1);
  CHECK(told[0].rfind("Aside: " + world.project + "/b/a.c goes on with the conversation of " + world.project +
                          "/src/a.c, which no longer exists",
                      0) == 0);
  // Now the other file has no conversation in any process. The first editor has got only the message from before; a new
  // editor gets none.
  for (const bool later : {false, true}) {
    Editor another(world.options());
    Editor& asked = later ? another : editor;
    CHECK_FALSE(has_turns(asked, world.uri("c/a.c")));
    CHECK_FALSE(asked.get(world.uri("c/a.c")).contains("candidates"));
    CHECK(asked.get(world.uri("b/a.c"))["conversation"] == conversation);
    CHECK(asked.get(world.uri("b/a.c"))["uri"] == world.uri("b/a.c"));
    CHECK(told_of_content(asked).size() == (later ? 0 : 1));
  }
}

TEST_CASE("a file that may be either of two vanished ones is neither until one of them is chosen") {
  World world;
  Editor editor(world.options());
  world.run("cp src/a.c src/b.c");
  const std::string first = editor.ask(world.uri("src/a.c"), "why?")["conversation"];
  const std::string second = editor.ask(world.uri("src/b.c"), "and why?")["conversation"];
  world.run("cp src/a.c src/c.c && rm src/a.c src/b.c");
  const json subject = {{"textDocument", {{"uri", world.uri("src/c.c")}}}};
  const json expected = {
      {{"conversation", second}, {"title", "and why?"}, {"uri", world.uri("src/b.c")}},
      {{"conversation", first}, {"title", "why?"}, {"uri", world.uri("src/a.c")}},
  };
  for (const char* method : {"conversation/get", "conversation/transcript"}) {
    const json shown = editor.call(method, subject);
    CHECK(shown["candidates"] == expected);
    CHECK(shown["conversation"] != first);
    CHECK(shown["conversation"] != second);
  }

  SECTION("one is opened: the file is that one, and the other is offered to the next") {
    const json opened = editor.call(
        "conversation/open", {{"textDocument", {{"uri", world.uri("src/c.c")}}}, {"conversation", first}});
    CHECK(opened["turns"].size() == 2);
    CHECK_FALSE(opened.contains("candidates"));
    CHECK(told_of_content(editor).empty());
    CHECK(editor.ask(world.uri("src/c.c"), "and now?")["conversation"] == first);
    const json hits = editor.call("conversation/search", {{"query", "now"}})["hits"];
    CHECK(hits.at(0)["uri"] == world.uri("src/c.c"));
    world.run("cp src/c.c src/d.c");
    CHECK(editor.get(world.uri("src/d.c"))["candidates"][0]["conversation"] == second);
    CHECK(told_of_content(editor).empty());
  }
  SECTION("none is: a question begins another") {
    const std::string third = editor.ask(world.uri("src/c.c"), "what is it?")["conversation"];
    CHECK(third != first);
    CHECK(third != second);
    CHECK_FALSE(editor.get(world.uri("src/c.c")).contains("candidates"));
  }
  SECTION("one of them comes back: the other is still offered") {
    world.run("cp src/c.c src/b.c");
    const json shown = editor.get(world.uri("src/c.c"));
    CHECK(shown["candidates"] ==
          json::array({{{"conversation", first}, {"title", "why?"}, {"uri", world.uri("src/a.c")}}}));
    CHECK(told_of_content(editor).empty());
  }
}

TEST_CASE(
    "a file doesn't take over the conversation of a vanished file with the same content, but offers it") {
  World world;
  const auto [what, text, behind, name] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"a stub", "int n;\n", "mkdir lib && mv src/a.c src/t && cp src/t lib/a.c && rm src/t", "lib/a.c"},
      {"another name", long_text, "cp src/a.c src/b.c && rm src/a.c", "src/b.c"},
      {"another project", long_text, "mkdir -p p/.git && cp src/a.c p/a.c && rm src/a.c", "p/a.c"},
      {"a disk that isn't mounted", long_text, "mkdir lib && cp src/a.c lib/a.c && mv src ../src", "lib/a.c"},
  }));
  CAPTURE(what);
  world.write("src/a.c", text);
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri("src/a.c"), "why?")["conversation"];
  world.run(behind);
  const json shown = editor.get(world.uri(name));
  CHECK(shown["conversation"] != conversation);
  CHECK(shown["turns"].empty());
  REQUIRE(shown["candidates"].size() == 1);
  CHECK(shown["candidates"][0]["conversation"] == conversation);
  CHECK(editor.ask(world.uri(name), "and now?")["conversation"] != conversation);
  CHECK(told_of_content(editor).empty());
  CHECK(json::parse(world.api.asks().back().body)["messages"].size() == 1);
}

TEST_CASE("a conversation that was only opened or begun in a file follows it too") {
  World world;
  Editor editor(world.options());
  const std::string other = editor.ask(world.uri("src/other.c"), "why?")["conversation"];
  const json subject = {{"textDocument", {{"uri", world.uri("src/a.c")}}}};
  json params = subject;
  std::string conversation = other;
  const bool opened = GENERATE(true, false);
  if (opened) {
    params["conversation"] = other;
    editor.call("conversation/open", params);
  } else {
    conversation = editor.call("conversation/new", params)["conversation"];
  }
  world.run("mv src/a.c src/b.c");
  CHECK(editor.get(world.uri("src/b.c"))["conversation"] == conversation);
}
