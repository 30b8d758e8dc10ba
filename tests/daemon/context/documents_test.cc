#include "daemon/context/documents.h"

#include <unistd.h>

#include <filesystem>

#include "daemon/context/file_name.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::Folder;
namespace fs = std::filesystem;

namespace {

constexpr auto utf8 = PositionEncoding::Utf8;
constexpr auto utf16 = PositionEncoding::Utf16;

Range range(int start_line, int start_character, int end_line, int end_character) {
  return {{start_line, start_character}, {end_line, end_character}};
}

}  // namespace

TEST_CASE("positions count in the negotiated encoding, and never point inside a character or a line end") {
  struct Row {
    std::string text;
    Position position;
    std::size_t in_utf8, in_utf16;
  };
  const std::string euro = "\xE2\x82\xAC", clef = "\xF0\x9D\x84\x9E";  // one UTF-16 unit; two UTF-16 units
  const std::vector<Row> rows = {
      {"", {0, 0}, 0, 0},
      {"", {5, 5}, 0, 0},
      {"abc", {0, 2}, 2, 2},
      {"abc", {0, 9}, 3, 3},
      {"abc", {1, 0}, 3, 3},
      {"abc", {0, -1}, 0, 0},
      {"a\nb", {0, 9}, 1, 1},
      {"a\r\nb", {0, 9}, 1, 1},
      {"a\rb", {0, 9}, 1, 1},
      {"a\r\nb", {1, 0}, 3, 3},
      {"a\rb", {1, 1}, 3, 3},
      {"a\r\rb", {1, 0}, 2, 2},
      {"a\n\rb", {1, 0}, 2, 2},
      {"a\n\rb", {2, 0}, 3, 3},
      {"a\n", {1, 0}, 2, 2},
      {"a\r\n", {1, 4}, 3, 3},
      {euro + "x", {0, 1}, 0, 3},
      {euro + "x", {0, 3}, 3, 4},
      {euro + "x", {0, 2}, 0, 4},
      {clef + "x", {0, 1}, 0, 0},
      {clef + "x", {0, 2}, 0, 4},
      {clef + "x", {0, 3}, 0, 5},
      {clef + "x", {0, 4}, 4, 5},
      {"\xC3\xA9" + clef + euro, {0, 3}, 2, 6},
      {"\xFF\xFEx", {0, 2}, 2, 2},              // bytes with which no character begins
      {"\xC3x", {0, 1}, 1, 1},                  // cut short
      {"\xE2\x82\nx", {0, 2}, 2, 2},            // cut short by the line's end
      {"\xED\xA0\x80x", {0, 3}, 3, 3},          // a surrogate
      {"\xC0\x80\xE0\x80\x80x", {0, 5}, 5, 5},  // overlong
      {"\xF4\x90\x80\x80x", {0, 4}, 4, 4},      // above U+10FFFF
      {"\xF0\x9D\x84", {0, 2}, 2, 2},           // cut short by the text's end
  };
  for (const Row& row : rows) {
    INFO("text '" << row.text << "' at " << row.position.line << ":" << row.position.character);
    CHECK(offset(row.text, row.position, utf8) == row.in_utf8);
    CHECK(offset(row.text, row.position, utf16) == row.in_utf16);
  }
}

TEST_CASE("edits are applied in order, each to the text that the one before left") {
  struct Row {
    std::string text;
    std::vector<Edit> edits;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"old", {{std::nullopt, "new"}}, "new"},
      {"abc", {{range(0, 1, 0, 2), "X"}}, "aXc"},
      {"abc", {{range(0, 1, 0, 1), "X"}, {range(0, 1, 0, 2), ""}}, "abc"},
      {"abc", {{std::nullopt, "one\ntwo"}, {range(1, 0, 1, 3), "2"}}, "one\n2"},
      {"a\r\nb\r\n", {{range(0, 1, 1, 0), " "}}, "a b\r\n"},
      {"a\r\nb", {{range(0, 7, 0, 9), "!"}}, "a!\r\nb"},
      {"\xF0\x9D\x84\x9E!", {{range(0, 2, 0, 3), "?"}}, "\xF0\x9D\x84\x9E?"},
      {"a", {{range(1, 0, 1, 0), "\nb"}}, "a\nb"},     // one line after the last line
      {"a\nb", {{range(0, 0, 99, 0), "all"}}, "all"},  // an end after the text counts as the end of the text
      {"", {{range(0, 0, 0, 0), "first"}}, "first"},
  };
  for (const Row& row : rows) {
    Documents documents;
    documents.open("file:///t", {"c", 1, row.text});
    INFO(row.text);
    CHECK(documents.change("file:///t", 2, row.edits));
    CHECK(documents.find("file:///t")->text == row.expected);
    CHECK(documents.find("file:///t")->version == 2);
  }
}

TEST_CASE("an impossible change leaves the text as it was") {
  Documents documents;
  documents.open("file:///t.c", {"c", 1, "one\ntwo\n"});
  const std::vector<std::vector<Edit>> rows = {
      {{range(1, 0, 0, 0), "x"}},
      {{range(0, 2, 0, 1), "x"}},
      {{range(4, 0, 4, 0), "x"}},
      {{range(0, 0, 0, 3), "1"}, {range(9, 0, 9, 0), "x"}},
  };
  for (const auto& edits : rows) {
    auto changed = documents.change("file:///t.c", 2, edits);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code == ErrorCode::InvalidParams);
    CHECK(documents.find("file:///t.c")->text == "one\ntwo\n");
    CHECK(documents.find("file:///t.c")->version == 1);
  }
  CHECK(documents.change("file:///t.c", 2, {{range(4, 0, 4, 0), "x"}}).error().message ==
        "textDocument/didChange: a range begins below the end of t.c (4:0 to 4:0)");
  documents.close("file:///t.c");
  CHECK(documents.find("file:///t.c") == nullptr);
  CHECK(documents.change("file:///t.c", 2, {}).error().message == "textDocument/didChange: t.c isn't open");
}

TEST_CASE("after a lost message no text is shared that the editor may have changed") {
  Documents documents;
  const std::string uri = "untitled:1";
  documents.open(uri, {"c", 1, "old\n"});
  documents.distrust();
  const auto lost = documents.attach({.uri = uri});
  REQUIRE_FALSE(lost);
  CHECK(
      lost.error().message ==
      "attachments: untitled may have another text in the editor by now, since a message from the editor was lost");
  CHECK(documents.attach({.uri = uri, .text = "sent\n"})->text == "sent\n");
  REQUIRE(documents.change(uri, 2, {{Range{{0, 0}, {0, 0}}, "x"}}));
  CHECK_FALSE(documents.attach({.uri = uri}));
  REQUIRE(documents.change(uri, 3, {{std::nullopt, "new\n"}}));
  CHECK(documents.attach({.uri = uri})->text == "new\n");
  documents.distrust();
  documents.open(uri, {"c", 1, "again\n"});
  CHECK(documents.attach({.uri = uri})->text == "again\n");
}

TEST_CASE("what is shared is the range, the document or the text that was named, and nothing else") {
  Documents documents;
  documents.use(utf8);
  documents.open("file:///x/main.c", {"c", 1, "one\ntwo\nthree\n"});

  auto whole = documents.attach({.uri = "file:///x/main.c"});
  REQUIRE(whole);
  CHECK(whole->text == "one\ntwo\nthree\n");
  CHECK(whole->language == "c");
  CHECK(whole->name == "main.c");
  CHECK(whole->uri == "file:///x/main.c");
  CHECK_FALSE(whole->range);

  auto part = documents.attach({.uri = "file:///x/main.c", .range = range(1, 0, 2, 2)});
  REQUIRE(part);
  CHECK(part->text == "two\nth");
  CHECK(part->range == range(1, 0, 2, 2));

  // If an attachment has text, that text is used, and the range is only a label.
  auto given = documents.attach(
      {.uri = "file:///x/main.c", .range = range(7, 0, 8, 0), .text = "unsaved", .language = "cpp"});
  REQUIRE(given);
  CHECK(given->text == "unsaved");
  CHECK(given->language == "cpp");
  CHECK(given->range == range(7, 0, 8, 0));

  CHECK(documents.attach({.uri = "file:///other", .text = ""})->text.empty());
  CHECK(documents.attach({.uri = "file:///x/main.c", .range = range(9, 0, 12, 0)})->text.empty());

  auto missing = documents.attach({.uri = "file:///x/other.c"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::InvalidParams);
  CHECK(missing.error().message == "attachments: other.c isn't open in the editor");
  CHECK(missing.error().data.hint == "Send the document's text.");

  auto reversed = documents.attach({.uri = "file:///x/main.c", .range = range(2, 0, 1, 0)});
  REQUIRE_FALSE(reversed);
  CHECK(reversed.error().message == "attachments: the range of main.c ends before it starts (2:0 to 1:0)");

  const std::string large(Documents::max_attachment_bytes + 1, 'x');
  auto refused = documents.attach({.uri = "file:///x/main.c", .text = large});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "attachments: main.c has 16.1 MiB; at most 16 MiB can be shared");
  CHECK(documents.attach({.uri = "file:///x/main.c", .text = large.substr(1)}));
}

// TMPDIR may be in a file system that ignores the case of letters. The test works with either kind of file
// system.
TEST_CASE("a document is found by any name of its file") {
  Folder folder;
  folder.write("real/x.c", "");
  fs::create_directory_symlink(folder / "real", folder / "link");
  Documents documents;
  documents.open("file://" + (folder / "link/x.c"), {"c", 3, "text"});
  REQUIRE(documents.find(file_uri(folder / "real/x.c")));
  CHECK(documents.find(file_uri(folder / "real/x.c"))->version == 3);
  CHECK(documents.find(file_uri(folder / "real/y.c")) == nullptr);
}

TEST_CASE("a folder that is a document lies in itself") {
  Folder folder;
  fs::create_directories(folder / "work/src");
  const std::string root = "file://" + folder.path, real = fs::canonical(folder.path).string();
  Documents documents;
  CHECK(documents.base_folder(root + "/work") == real + "/work");
  CHECK(documents.folder_of(root + "/work/src") == folder.path + "/work/src");
  documents.use({root + "/work"});
  for (const char* inside : {"/work", "/work/src", "/work/src/"}) {
    CHECK(documents.base_folder(root + inside) == real + "/work");
    CHECK(documents.folder_of(root + inside) == folder.path + "/work");
  }
}

TEST_CASE("a name is relative to the innermost workspace folder and never absolute") {
  Folder folder;
  fs::create_directories(folder / "work/nested/src");
  fs::create_directory_symlink(folder / "work", folder / "link");
  const std::string root = "file://" + folder.path;
  Documents documents;
  documents.use({root + "/work/nested", root + "/link/", "file:///", "vscode-remote://h/w", ""});

  struct Row {
    std::string uri, expected;
  };
  const std::vector<Row> rows = {
      {root + "/work/main.c", "main.c"},
      {root + "/link/src/main.c", "src/main.c"},
      {root + "/work/nested/src/a%20b.c", "src/a b.c"},
      {root + "/work/nested/src/../../up.c", "up.c"},
      {root + "/workshop/main.c", "main.c"},  // not in folder `work`
      {root + "/work", "work"},
      {"file:///etc/passwd", "passwd"},
      {"file:///", "untitled"},
      {"file://server/share/x.c", "x.c"},
      {"untitled:5d1c", "untitled"},
      {"UNTITLED:5d1c", "untitled"},
      {"vscode-remote://h/w/src/x.c?y#z", "src/x.c"},
      {"vscode-remote://h/w/../secret/%2E%2E/x%2Fy", "secret/x/y"},
      {"git:/a/b/c.py?ref=~", "c.py"},
      {"oddity", "oddity"},
      {"", "untitled"},
      {root + "/work/two%0Alines%1B", "two\xEF\xBF\xBDlines\xEF\xBF\xBD"},
      {root + "/work/latin%E9", "latin\xEF\xBF\xBD"},
      {root + "/work/%E2%82%AC", "\xE2\x82\xAC"},
  };
  for (const Row& row : rows) {
    INFO(row.uri);
    CHECK(documents.name(row.uri) == row.expected);
  }
}
