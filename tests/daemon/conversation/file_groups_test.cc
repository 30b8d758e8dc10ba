// Tests of attachment/expand: which files a folder or a pattern means, with their sizes, and what is refused.
#include "daemon/conversation/file_groups.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::FileGroups;
using aside::json;
using aside::test::Editor;
using aside::test::WorkFolder;

namespace {

using Names = std::vector<std::string>;

struct World : WorkFolder {
  std::string about = write("src/main.c", "int main;\n");

  World() {
    write("src/a.h", "int a;\n");
    write("src/b.h", "int b;\n");
    write("src/sub/c.h", "int c;\n");
    write("top.h", "int top;\n");
  }
  json wanted(const std::string& pattern, const std::string& folder = "") const {
    json params = {{"textDocument", {{"uri", about}}}};
    if (!pattern.empty()) params["pattern"] = pattern;
    if (!folder.empty()) params["folder"] = folder;
    return params;
  }
};

Names names(const json& result) {
  Names names;
  for (const json& file : result["files"]) names.push_back(file["name"]);
  return names;
}

bool contains(const json& text, const std::string& part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a folder and a pattern mean the files that a person would say they mean") {
  World world;
  const bool git = GENERATE(false, true);
  CAPTURE(git);
  if (git) REQUIRE(std::system(("git init -q '" + world.work + "'").c_str()) == 0);
  Editor editor(world.options());
  struct Row {
    std::string pattern;
    Names means;
  };
  const std::vector<Row> rows = {
      {"src/*.h", {"src/a.h", "src/b.h"}},
      {"src/**/*.h", {"src/a.h", "src/b.h", "src/sub/c.h"}},
      {"*.h", {"top.h"}},
      {"**/*.h", {"src/a.h", "src/b.h", "src/sub/c.h", "top.h"}},
      {"src/[ab].h", {"src/a.h", "src/b.h"}},
      {"src/?.h", {"src/a.h", "src/b.h"}},
      {"./src/sub", {"src/sub/c.h"}},
      {"src/sub/", {"src/sub/c.h"}},
      {"src", {"src/a.h", "src/b.h", "src/main.c", "src/sub/c.h"}},
      {"src/sub/../*.c", {"src/main.c"}},
      {"*/main.c", {"src/main.c"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CHECK(names(editor.call("attachment/expand", world.wanted(row.pattern))) == row.means);
  }
  CHECK(names(editor.call("attachment/expand", world.wanted("", world.uri("src/sub")))) ==
        Names{"src/sub/c.h"});
  CHECK(names(editor.call("attachment/expand", world.wanted("*.h", world.uri("src")))) ==
        Names{"src/a.h", "src/b.h"});
}

TEST_CASE("each file has its size and its price, and the sum is theirs") {
  World world;
  world.write("mix/ok.c", "int ok;\n");
  world.write("mix/.env", "X=1\n");
  world.write("mix/bin", std::string("\0\1\2", 3));
  Editor editor(world.options());
  const json group = editor.call("attachment/expand", world.wanted("mix"));
  CHECK(names(group) == Names{"mix/.env", "mix/bin", "mix/ok.c"});
  CHECK(group["files"][0]["reasons"].size() == 1);
  CHECK(contains(group["files"][1]["refused"], "binary"));
  CHECK_FALSE(group["files"][2].contains("reasons"));
  CHECK(group["files"][2]["attachment"] == json{{"uri", world.uri("mix/ok.c")}});
  CHECK(group["bytes"] == 12);
  CHECK(group["tokens"] == group["files"][0]["tokens"].get<int>() + group["files"][2]["tokens"].get<int>());
  CHECK(group["cost"].get<double>() > group["files"][2]["cost"].get<double>());
  json attachments = json::array();
  for (const json& file : group["files"]) attachments.push_back(file["attachment"]);
  const json checked = editor.call("attachment/check",
                                   {{"attachments", attachments}, {"textDocument", {{"uri", world.about}}}});
  CHECK(checked["tokens"] == group["tokens"]);
  CHECK(checked["cost"] == group["cost"]);
  CHECK(checked["texts"]["size"] == group["texts"]["size"]);
  CHECK(checked["texts"]["price"] == group["texts"]["price"]);
}

TEST_CASE("what is ignored is left out") {
  World world;
  REQUIRE(std::system(("git init -q '" + world.work + "'").c_str()) == 0);
  world.write(".gitignore", "*.o\n");
  world.write("src/main.o", "o");
  world.write("src/.asideignore", "b.h\n");
  Editor editor(world.options());
  CHECK(names(editor.call("attachment/expand", world.wanted("src/*"))) ==
        Names{"src/.asideignore", "src/a.h", "src/main.c"});
}

TEST_CASE("too much, nothing and nowhere are refused with a sentence") {
  World world;
  Editor editor(world.options());
  const auto refused = [&](const std::string& pattern) {
    const json error = editor.fails("attachment/expand", world.wanted(pattern));
    CHECK(error["data"]["kind"] == "invalidParams");
    CHECK(!error["data"]["hint"].get<std::string>().empty());
    return error["message"].get<std::string>();
  };
  for (std::size_t i = 0; i < FileGroups::max_files; ++i) world.write("many/" + std::to_string(i), "x");
  CHECK(editor.call("attachment/expand", world.wanted("many"))["files"].size() == FileGroups::max_files);
  world.write("many/more", "x");
  CHECK(contains(refused("many"), "many means more than 50 files"));
  world.write("large/a", std::string(FileGroups::max_bytes, 'a'));
  CHECK(editor.call("attachment/expand", world.wanted("large"))["files"].size() == 1);
  world.write("large/b", "bb");
  CHECK(contains(refused("large"), "have 1.1 MiB; at most 1 MiB can be attached at once"));
  CHECK(contains(refused("src/*.rs"), "no file fits src/*.rs"));
  CHECK(contains(refused("nowhere/*.c"), "nowhere is no folder"));
  CHECK(contains(refused("src/main.c"), "is no folder"));
  CHECK(editor.fails("attachment/expand", world.wanted(""))["data"]["kind"] == "invalidParams");
}

TEST_CASE("a folder outside of the workspace is listed, and each file is asked about") {
  World world;
  const std::string outside = world.folder.path + "/outside";
  world.folder.write("outside/x.c", "int x;\n");
  Editor editor(world.options());
  const json group = editor.call("attachment/expand", world.wanted("", "file://" + outside));
  REQUIRE(group["files"].size() == 1);
  CHECK(contains(group["files"][0]["reasons"][0], "outside of the folders"));
  CHECK(names(editor.call("attachment/expand", world.wanted("../outside/*.c"))).size() == 1);
}
