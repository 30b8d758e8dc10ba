#include "daemon/text/wanted_files.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

using Files = std::vector<WantedFile>;

std::string shown(const Files& files) {
  std::string text;
  for (const auto& [path, first, last, line] : files) {
    text += (text.empty() ? "" : " | ") + path;
    if (first > 0) text += ":" + std::to_string(first) + "-" + std::to_string(last);
  }
  return text;
}

struct Row {
  std::string what, reply, wanted;
};

}  // namespace

TEST_CASE("the last lines of a reply name the files that it asks to see") {
  const std::vector<Row> rows = {
      {"a file", "I need more.\n\n@src/heap.c", "src/heap.c"},
      {"some of its lines", "I need more.\n\n@src/heap.c:10-40\n", "src/heap.c:10-40"},
      {"one of its lines", "@heap.c:7", "heap.c:7-7"},
      {"two files", "Show me these:\n@a.c\n@b/c.h:1-2\n", "a.c | b/c.h:1-2"},
      {"nothing before them", "@a.c\n@b.c", "a.c | b.c"},
      {"the same twice", "@a.c\n@b.c\n@a.c\n", "b.c | a.c"},
      {"two parts of one", "@a.c:1-2\n@a.c:5-9\n", "a.c:1-2 | a.c:5-9"},
      {"blank lines between and after them", "x\n\n@a.c\n\n@b.c\n \n\n", "a.c | b.c"},
      {"other line ends", "x\r\n\r\n@a.c\r\n@b.c:1-2\r\n", "a.c | b.c:1-2"},
      {"below a code block", "```c\nint a;\n```\n@a.c\n", "a.c"},
      {"directly below its fence", "```\n@b.c\n```\n@a.c", "a.c"},
      {"only the last lines count", "@a.c\n\nNo, rather:\n\n@b.c\n", "b.c"},
      {"a list", "- @a.c\n- @b.c:3-4\n", "a.c | b.c:3-4"},
      {"a list with other marks", "* @a.c\n+ @b.c\n1. @c.c\n12) @d.c\n", "a.c | b.c | c.c | d.c"},
      {"an indented list", "   - @a.c\n", "a.c"},
      {"in backticks", "`@a.c`\n- `@b.c:1-2`\n", "a.c | b.c:1-2"},
      {"the path in backticks", "@`a.c`\n@`b.c`:1-2", "a.c | b.c:1-2"},
      {"bold", "**@a.c**\n**`@b.c`**", "a.c | b.c"},
      {"a comma and a full stop behind it", "@a.c,\n`@b.c:1-2`.\n", "a.c | b.c:1-2"},
      {"lines as on a web page", "@a.c:L10-L40", "a.c:10-40"},
      {"a dash between the lines", "@a.c:10\u201340", "a.c:10-40"},
      {"white space in quotes", "@\"my notes/a b.txt\"\n@\"c d.txt\":2-3\n",
       "my notes/a b.txt | c d.txt:2-3"},
      {"white space in backticks", "`@my notes/a b.txt:2-3`\n@`c d.txt`", "my notes/a b.txt:2-3 | c d.txt"},
      {"other scripts", "@src/Größe.c\n@源/文件.py", "src/Größe.c | 源/文件.py"},
      {"signs that paths have", "@app/(shop)/[id]/$page.tsx\n@a+b/c-d_e=f#1.h",
       "app/(shop)/[id]/$page.tsx | a+b/c-d_e=f#1.h"},
      {"names without an extension", "@Makefile\n@docker/Dockerfile\n@LICENSE",
       "Makefile | docker/Dockerfile | LICENSE"},
      {"or with lines", "@bin/run:1-9", "bin/run:1-9"},
      {"or from a folder", "@./run\n@../bin/run", "./run | ../bin/run"},
      {"names that begin with a dot", "@.gitignore\n@src/.clang-format", ".gitignore | src/.clang-format"},
      {"what nobody should share is not hidden", "@~/.ssh/id_rsa\n@.env\n@../x.key\n@/etc/passwd",
       "~/.ssh/id_rsa | .env | ../x.key | /etc/passwd"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(shown(wanted_files(row.reply)) == row.wanted);
  }
}

TEST_CASE("lines that only look like requests for files ask for nothing") {
  const std::vector<Row> rows = {
      {"nothing", "", ""},
      {"blank lines", "\n \n\n", ""},
      {"a reply without it", "That is all.", ""},
      {"in a code block", "Write\n\n```\n@a.c\n```\n", ""},
      {"in one that isn't closed", "Write\n\n```java\n@a.c\n", ""},
      {"in one that may have been cut", "```md\nA\n```c\nx\n```\n@a.c\n", ""},
      {"in indented code", "Write\n\n    @a.c\n", ""},
      {"behind a tab", "Write\n\n\t@a.c\n", ""},
      {"in a quotation", "> @a.c", ""},
      {"words behind it", "@a.c and who calls it", ""},
      {"words before it", "See @a.c", ""},
      {"an explanation", "@a.c (the heap)", ""},
      {"more text after it", "@a.c\n\nThen I can say why.", ""},
      {"two in a line", "@a.c @b.c", ""},
      {"no sign before it", "a.c", ""},
      {"an address", "ann@heap.c", ""},
      {"a person", "Thanks to\n\n@ann", ""},
      {"a rule of CSS", "@media", ""},
      {"one with conditions", "@media screen and (max-width: 600px)", ""},
      {"a decorator", "@dataclass", ""},
      {"one with arguments", "@app.route(\"/\")", ""},
      {"one with braces", "@Component({a})", ""},
      {"an annotation", "@Override", ""},
      {"a package", "- @types/node\n- @babel/core", ""},
      {"a version", "@v1.2", ""},
      {"an address of the web", "@https://example.com/a.c", ""},
      {"a file's address", "@file:///etc/passwd", ""},
      {"a folder", "@src/", ""},
      {"only folders", "@..", ""},
      {"the sign alone", "@", ""},
      {"a blank behind it", "@ a.c", ""},
      {"lines that end before they begin", "@a.c:40-10", ""},
      {"lines from 0", "@a.c:0-3", ""},
      {"lines without an end", "@a.c:10-", ""},
      {"a line and a column", "@a.c:10:5", ""},
      {"several parts", "@a.c:1-2,5-9", ""},
      {"a colon", "@a.c:", ""},
      {"a number that is too large", "@a.c:1-99999999999", ""},
      {"a backslash", "@src\\a.c", ""},
      {"a control character", "@a\x1B[31m.c", ""},
      {"a pattern", "@src/*.c", ""},
      {"a path that is too long", "@" + std::string(500, 'a') + ".c", ""},
      {"half a pair of quotes", "@\"my notes/a.txt", ""},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(shown(wanted_files(row.reply)).empty());
  }
}

TEST_CASE("each file has the number of the line that asks for it") {
  const Files files = wanted_files("```\n```\n\n@a.c\n\n- @b.c\r\n@a.c\n");
  REQUIRE(files.size() == 2);
  CHECK(files[0].line == 5);
  CHECK(files[1].line == 6);
}

TEST_CASE("of very many files, only the last ones count") {
  std::string reply;
  for (int i = 0; i < 100'000; ++i) reply += "@file" + std::to_string(i) + ".c\n";
  const Files files = wanted_files(reply);
  REQUIRE(files.size() == max_wanted_files);
  CHECK(files.front().path == "file99990.c");
  CHECK(files.back().path == "file99999.c");
}
