// The thread follows the file: every way in which a file gets another name, or loses it, through the real
// daemon, with real files and a real git.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/api_server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using aside::json;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace fs = std::filesystem;

namespace {

// A working copy with src/a.c on the branch it is on; on the branch `renamed` that file is src/b.c.
struct World {
  Folder folder;
  ApiServer api;
  std::string project = folder.path + "/project";

  explicit World(const World& other) { fs::copy(other.project, project, fs::copy_options::recursive); }
  World() {
    fs::create_directories(project + "/src");
    write("src/a.c", "int a() { return 1; }\n");
    write("src/other.c", "int other() { return 2; }\n");
    run("git init -q -b main . && git config user.email a@b && git config user.name a && git add -A && "
        "git commit -qm one && git checkout -q -b renamed && git mv src/a.c src/b.c && git commit -qm two && "
        "git checkout -q main");
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
  std::vector<std::pair<const char*, const char*>> told;  // didRenameFiles
  const char* behind;                                     // what happens in the shell
  const char* found;                                      // under this name the file shows its thread
  std::vector<const char*> others;                        // these have none
  const char* asked = "src/a.c";
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
    {"renamed to another case", {{"src/a.c", "src/A.c"}}, "mv src/a.c src/A.c", "src/A.c", {"src/a.c"}},
    {"mv", {}, "mv src/a.c src/b.c", "src/b.c", {"src/other.c"}},
    {"mv, and edited since", {}, "mv src/a.c src/b.c && echo more >> src/b.c", "src/b.c", {}},
    {"mv of its folder", {}, "mv src lib", "lib/a.c", {"lib/other.c"}},
    {"mv to another disk: content only", {}, "cp src/a.c src/b.c && rm src/a.c", "src/b.c", {}},
    {"git mv", {}, "git mv src/a.c src/b.c", "src/b.c", {}},
    {"a switched branch", {}, "git checkout -q renamed", "src/b.c", {"src/other.c"}},
    {"a switched branch and back", {}, "git checkout -q renamed && git checkout -q main", "src/a.c", {}},
    {"a copy", {}, "cp src/a.c src/b.c", "src/a.c", {"src/b.c"}},
    {"a copy of its folder", {}, "cp -r src lib", "src/a.c", {"lib/a.c"}},
    {"a hard link", {}, "ln src/a.c src/b.c", "src/a.c", {"src/b.c"}},
    {"deleted", {}, "rm src/a.c", "src/a.c", {"src/other.c"}},
    {"deleted and restored", {}, "rm src/a.c && git checkout -q src/a.c", "src/a.c", {}},
    {"deleted and restored under another name",
     {},
     "git show HEAD:src/a.c > src/b.c && rm src/a.c",
     "src/b.c",
     {}},
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
    {"a buffer saved over a file without a thread",
     {{"untitled:1", "src/other.c"}},
     "echo 'int n;' > src/other.c",
     "src/other.c",
     {},
     "untitled:1"},
};

bool has_turns(Editor& editor, const std::string& uri) {
  return !editor.get(uri)["turns"].empty();
}

}  // namespace

TEST_CASE("the thread follows the file through every kind of rename, and never goes to another") {
  const bool restarted = GENERATE(false, true);
  const World fresh;
  for (const Row& row : rows) {
    CAPTURE(row.what, restarted);
    World world(fresh);
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
      editor->call("model/list", json::object());  // it has taken in what came before
      editor = std::make_unique<Editor>(world.options());
    }
    for (const char* other : row.others) {
      CAPTURE(other);
      CHECK_FALSE(has_turns(*editor, world.uri(other)));
    }
    CHECK(editor->get(world.uri(row.found))["conversation"] == conversation);
    // And from now on, whatever becomes of the other name.
    CHECK(editor->ask(world.uri(row.found), "and now?")["conversation"] == conversation);
    CHECK(editor->get(world.uri(row.found))["turns"].size() == 4);
    // Found by its words whatever the file is called, or if there is none.
    const json hits = editor->call("conversation/search", {{"query", "why"}})["hits"];
    REQUIRE_FALSE(hits.empty());
    CHECK(hits.back()["conversation"] == conversation);
  }
}
