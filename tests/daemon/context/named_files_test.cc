// Tests of attachment/named: what the words after an @ in a question mean, with the real daemon and real files.
#include "daemon/context/named_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::json;
using aside::NamedFiles;
using aside::test::Editor;
using aside::test::WorkFolder;

namespace {

struct World : WorkFolder {
  World() {
    for (const char* name : {"main.c", "src/list.c", "src/a b.txt", "src/list.h", "odd/10:5", "odd/end.",
                             "odd/*.c", "odd/a\\b.c", "odd/$HOME.c", "odd/`ls`.c", "odd/x.c:3"})
      write(name, "1\n2\n3\n");
    std::filesystem::create_directories(folder.path + "/home/notes");
    std::filesystem::create_directories(folder.path + "/other/src");
    std::ofstream(folder.path + "/home/notes.txt") << "notes\n";
    std::ofstream(folder.path + "/other/far.c") << "far\n";
    std::ofstream(folder.path + "/other/main.c") << "other\n";
    ::mkfifo((work + "/pipe").c_str(), 0600);
    ::symlink("main.c", (work + "/link.c").c_str());
    ::symlink("gone.c", (work + "/broken.c").c_str());
  }
  json asking(const std::string& text) const {
    return {{"text", text}, {"folders", {"file://" + work, "file://" + folder.path + "/other"}}};
  }
  // A row as a short text: its word, and the file with its lines or the folder with its pattern.
  std::string shown(const json& row) const {
    const auto path = [this](const std::string& uri) {
      const std::string top = "file://" + folder.path + "/";
      return uri.starts_with(top) ? uri.substr(top.size()) : uri;
    };
    std::string text = row["word"].get<std::string>() + " = ";
    if (row.contains("group")) {
      text += path(row["group"]["folder"]) + " | " + row["group"].value("pattern", "");
    } else {
      text += path(row["attachment"]["uri"]);
      if (row["attachment"].contains("range")) {
        const json& range = row["attachment"]["range"];
        CHECK(range["start"]["character"] == 0);
        CHECK(range["end"]["character"] == 0);
        text += " " + range["start"]["line"].dump() + "-" + range["end"]["line"].dump();
      }
    }
    return text;
  }
  std::vector<std::string> shown_all(const json& result) const {
    std::vector<std::string> rows;
    for (const json& row : result["names"]) rows.push_back(shown(row));
    return rows;
  }
};

}  // namespace

TEST_CASE("a word after an @ means the file, the lines or the files that people expect") {
  World world;
  Editor editor(world.options());
  CHECK(editor.initialized["capabilities"]["experimental"]["aside"]["named"] == true);
  struct Row {
    std::string what, text;
    std::vector<std::string> means;
  };
  const std::string home = world.folder.path + "/home";
  const std::string work = world.work;
  const std::vector<Row> rows = {
      {"a file", "Is @main.c right", {"main.c = work/main.c"}},
      {"a file in a folder", "@src/list.c", {"src/list.c = work/src/list.c"}},
      {"the first folder that has it", "@far.c @main.c", {"far.c = other/far.c", "main.c = work/main.c"}},
      {"lines", "@main.c:1-2 @main.c:3", {"main.c:1-2 = work/main.c 0-2", "main.c:3 = work/main.c 2-3"}},
      {"lines the wrong way round, and line 0",
       "@main.c:3-2 @main.c:0",
       {"main.c:3-2 = work/main.c 2-3", "main.c:0 = work/main.c 0-1"}},
      {"no line numbers after the colon",
       "@main.c:x @main.c:1-x @main.c:1234567890 @main.c:",
       {"main.c = work/main.c"}},
      {"a name that ends like lines",
       "@odd/10:5 @odd/x.c:3",
       {"odd/10:5 = work/odd/10%3A5", "odd/x.c:3 = work/odd/x.c%3A3"}},
      {"a blank in a name", "@src/a\\ b.txt.", {"src/a\\ b.txt = work/src/a%20b.txt"}},
      {"other characters after a backslash",
       "@odd/\\*.c @odd/a\\\\b.c @m\\ain.c",
       {"odd/\\*.c = work/odd/%2A.c", "odd/a\\\\b.c = work/odd/a%5Cb.c", "m\\ain.c = work/main.c"}},
      {"the punctuation of a sentence",
       "(@main.c) \"@src/list.c\", @src/list.h! @far.c?!",
       {"main.c = work/main.c", "src/list.c = work/src/list.c", "src/list.h = work/src/list.h",
        "far.c = other/far.c"}},
      {"punctuation that belongs to the name", "@odd/end. @odd/end..", {"odd/end. = work/odd/end."}},
      {"lines and punctuation", "@main.c:2.", {"main.c:2 = work/main.c 1-2"}},
      {"only words", "ann@main.c @ann @media @types/node @Override @param x @... @ @@main.c [@main.c]", {}},
      {"the home folder", "@~/notes.txt", {"~/notes.txt = home/notes.txt"}},
      {"no other home folder, no variable, no command", "@~root/x @$HOME/notes.txt @~ @`ls`", {}},
      {"such characters in names",
       "@odd/$HOME.c @odd/`ls`.c",
       {"odd/$HOME.c = work/odd/%24HOME.c", "odd/`ls`.c = work/odd/%60ls%60.c"}},
      {"an absolute name", "@" + work + "/main.c:2", {work + "/main.c:2 = work/main.c 1-2"}},
      {"an absolute name isn't looked up in the folders", "@/main.c @/src/list.c:1", {}},
      {"a way up", "@../work/main.c", {"../work/main.c = work/../work/main.c"}},
      {"a link, and one that leads nowhere", "@link.c @broken.c", {"link.c = work/link.c"}},
      {"a pipe counts as a file", "@pipe", {"pipe = work/pipe"}},
      {"a pattern", "Do @src/*.h, (and @*.c?) agree", {"src/*.h = work | src/*.h", "*.c = work | *.c"}},
      {"a pattern keeps its backslashes", "@src/a\\ *", {"src/a\\ * = work | src/a\\ *"}},
      {"a file is no pattern", "@odd/*.c", {"odd/*.c = work/odd/%2A.c"}},
      {"a pattern without a slash or a dot", "@items[0] @* @what?", {}},
      {"a folder needs its slash", "@src/, @src @src/.", {"src/ = work | src/"}},
      {"relative patterns and folders aren't looked up",
       "@nothing/*.h @nothing/",
       {"nothing/*.h = work | nothing/*.h", "nothing/ = work | nothing/"}},
      {"an absolute pattern", "@" + work + "/src/*.h", {work + "/src/*.h = work/src | *.h"}},
      {"a wildcard in a folder", "@~/*/x.c", {"~/*/x.c = home | */x.c"}},
      {"an absolute folder",
       "@" + work + "/src// @~/notes/",
       {work + "/src// = work/src | ", "~/notes/ = home/notes | "}},
      {"an absolute folder that isn't there", "@/nothing/like/it/ @~/nothing/", {}},
      {"the root", "@/", {}},
      {"each once, in the order of the text",
       "@src/list.c @main.c\n@src/list.c. @main.c @main.c:1",
       {"src/list.c = work/src/list.c", "main.c = work/main.c", "main.c:1 = work/main.c 0-1"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what, row.text);
    CHECK(world.shown_all(editor.call("attachment/named", world.asking(row.text))) == row.means);
  }
}

TEST_CASE("a file has a name for people, without lines and backslashes") {
  World world;
  Editor editor(world.options());
  const json row = editor.call("attachment/named", world.asking("@src/a\\ b.txt:2"))["names"][0];
  CHECK(row["name"] == "src/a b.txt");
  CHECK(row["attachment"]["uri"] == "file://" + world.work + "/src/a%20b.txt");
}

TEST_CASE("a file that can't be read is not meant, and without folders only absolute names are found") {
  World world;
  Editor editor(world.options());
  if (::geteuid() != 0) {
    REQUIRE(::chmod((world.work + "/main.c").c_str(), 0) == 0);
    CHECK(world.shown_all(editor.call("attachment/named", world.asking("@main.c"))) ==
          std::vector<std::string>{"main.c = other/main.c"});
  }
  const json bare = {{"text", "@src/list.c @src/*.h @~/notes.txt"}};
  CHECK(world.shown_all(editor.call("attachment/named", bare)) ==
        std::vector<std::string>{"~/notes.txt = home/notes.txt"});
}

TEST_CASE("a text beyond a limit is refused, and one within it isn't slow") {
  World world;
  Editor editor(world.options());
  std::string many;
  for (std::size_t i = 0; i < NamedFiles::max_words; ++i)
    many += "@x" + std::to_string(i) + "!!!!!!!!!!!!!!!!!!!!! ";
  CHECK(world.shown_all(editor.call("attachment/named", world.asking(many + "main.c"))).empty());
  json error = editor.fails("attachment/named", world.asking(many + "@main.c"));
  CHECK(error["data"]["kind"] == "invalidParams");
  CHECK(error["message"] == "params.text: more than 1000 words begin with @");
  const std::string large(NamedFiles::max_text - 8, ' ');
  CHECK(world.shown_all(editor.call("attachment/named", world.asking(large + " @main.c"))).size() == 1);
  error = editor.fails("attachment/named", world.asking(large + "  @main.c"));
  CHECK(error["data"]["kind"] == "invalidParams");
}

TEST_CASE("other requests are answered while many names are looked up, and the look-up can be cancelled") {
  World world;
  Editor editor(world.options());
  std::string many;
  for (std::size_t i = 0; i < NamedFiles::max_words; ++i)
    many += "@" + std::string(200, 'x') + "/" + std::to_string(i) + "!!!!!!!!!!!!!!!! ";
  json params = world.asking(many);
  for (int i = 0; i < 30; ++i) params["folders"].push_back("file://" + world.work);
  const int long_one = editor.send("attachment/named", params);
  const int short_one = editor.send("attachment/named", world.asking("@main.c"));
  const json first = editor.wait_for("an answer", [&](const json& message) {
    return message.contains("id") && (message["id"] == long_one || message["id"] == short_one);
  });
  CHECK(first["id"] == short_one);
  editor.notify("$/cancelRequest", {{"id", long_one}});
  CHECK(editor.answer(long_one)["error"]["data"]["kind"] == "requestCancelled");
}
