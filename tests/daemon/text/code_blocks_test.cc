#include "daemon/text/code_blocks.h"

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

struct Row {
  std::string what, markdown;
  std::size_t start_line, end_line;
  std::string text;
  bool closed = true, doubtful = false;
};

}  // namespace

TEST_CASE("a code block is found with its lines and its text") {
  const std::vector<Row> rows = {
      {"plain", "Do this:\n\n```c\nint a;\n```\n", 2, 5, "int a;\n"},
      {"at the end of the text", "```\nint a;\n```", 0, 3, "int a;\n"},
      {"without a line", "```\n```\n", 0, 2, ""},
      {"of a blank line", "```\n\n```\n", 0, 3, "\n"},
      {"of tildes", "~~~ c\nint a;\n```\n~~~\n", 0, 4, "int a;\n```\n"},
      {"a longer fence closes it", "```\na\n`````  \n", 0, 3, "a\n"},
      {"a shorter one doesn't", "````\n```\na\n```\n````\n", 0, 5, "```\na\n```\n"},
      {"nor one of the other kind", "```\n~~~\n```\n", 0, 3, "~~~\n"},
      {"backticks in an info string are no fence", "``` `a`\n```\nb\n```\n", 1, 4, "b\n"},
      {"with tildes they are one", "~~~ `a`\nb\n~~~\n", 0, 3, "b\n"},
      {"two marks are no fence", "``\n```\na\n```\n", 1, 4, "a\n"},
      {"in a list", "1. so:\n\n   ```c\n   int a;\n     int b;\n\n   ```\n", 2, 7, "int a;\n  int b;\n\n"},
      {"behind the mark of a list", "- ```c\n  int a;\n  ```\n", 0, 3, "int a;\n"},
      {"behind two marks", "- 1. ```c\n     int a;\n     ```\n", 0, 3, "int a;\n"},
      {"lines that are indented less keep what they have", "    ```\n  a\n    b\n    ```\n", 0, 4, "a\nb\n"},
      {"indented with tabs", "\t```\n\ta\n\t\tb\n    c\n\t```\n", 0, 5, "a\n\tb\nc\n"},
      {"a tab that is wider than the fence's indentation stays", "  ```\n\ta\n  ```\n", 0, 3, "\ta\n"},
      {"a closing fence may be indented by three more", "```\na\n   ```\n", 0, 3, "a\n"},
      {"but not by four", "```\na\n    ```\n```\n", 0, 4, "a\n    ```\n"},
      {"other line ends", "```c\r\nint a;\r\n```\r\n", 0, 3, "int a;\r\n"},
      {"not closed", "x\n```c\nint a;\n", 1, 3, "int a;\n", false},
      {"not closed, without a last newline", "```c\nint a;\nint", 0, 3, "int a;\nint", false},
      {"only its fence", "```c", 0, 1, "", false},
      {"an opening fence in it", "```md\na\n```c\nb\n```\n", 0, 5, "a\n```c\nb\n", true, true},
      {"one that is shorter", "````md\n```c\nb\n```\n````\n", 0, 5, "```c\nb\n```\n"},
      {"no block in a quote", "> ```c\n> int a;\n> ```\n\n```\nb\n```\n", 4, 7, "b\n"},
      {"no fence in a word", "a ```\n```\nb\n```\n", 1, 4, "b\n"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto blocks = code_blocks(row.markdown);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].start_line == row.start_line);
    CHECK(blocks[0].end_line == row.end_line);
    CHECK(blocks[0].text() == row.text);
    CHECK(blocks[0].closed == row.closed);
    CHECK(blocks[0].doubtful == row.doubtful);
  }
  CHECK(code_blocks("").empty());
  CHECK(code_blocks("no code `here`\n\n    nor here\n").empty());
}

TEST_CASE("several blocks are counted in their order") {
  const auto blocks = code_blocks("```c\na\n```\ntext\n~~~\nb\n~~~\n```d\nc\n");
  REQUIRE(blocks.size() == 3);
  CHECK(blocks[1].start_line == 4);
  CHECK(blocks[2].language == "d");
  CHECK(!blocks[2].closed);
  CHECK(blocks[2].fence == "```");
}

TEST_CASE("if Markdown has plain fences inside a block, no part of it is trusted") {
  const auto blocks = code_blocks("```markdown\n# A\n```\nmake\n```\n# B\n```\n");
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].doubtful);
  CHECK(blocks[1].doubtful);
  CHECK(!code_blocks("```md\n# A\n```\n\n```c\nb\n```\n")[0].doubtful);
}

TEST_CASE("a block may name its language and its file") {
  struct Named {
    std::string markdown, language, name;
  };
  const std::vector<Named> rows = {
      {"```c", "c", ""},
      {"```", "", ""},
      {"```c:src/main.c", "c", "src/main.c"},
      {"```src/main.c", "", "src/main.c"},
      {"```main.c", "", "main.c"},
      {"```c src/main.c", "c", "src/main.c"},
      {"```c title=\"my main.c\"", "c", "my main.c"},
      {"```c {1,3} title='main.c'", "c", "main.c"},
      {"```c filename=main.c:10-24", "c", "main.c"},
      {"``` c  file=a/b.c", "c", "a/b.c"},
      {"```c title=\"main.c", "c", "main.c"},
      {"```c linenos=true", "c", ""},
      {"`src/main.c`:\n\n```c", "c", "src/main.c"},
      {"**src/main.c**\n```c", "c", "src/main.c"},
      {"**`src/main.c`:**\n```c", "c", "src/main.c"},
      {"### `src/main.c`\n```c", "c", "src/main.c"},
      {"### src/main\n```c", "c", "src/main"},
      {"main.c:\n```c", "c", "main.c"},
      {"`main.c:10-24`\n```c", "c", "main.c"},
      {"In `main.c`:\n```c", "c", ""},
      {"and/or\n```c", "c", ""},
      {"2.5\n```c", "c", ""},
      {"http://a.example/main.c\n```c", "c", ""},
      {"```c\n// src/main.c\nint a;\n```", "c", "src/main.c"},
      {"```py\n# main.py\n", "py", "main.py"},
      {"```html\n<!-- a/index.html -->\n", "html", "a/index.html"},
      {"```css\n/* main.css */\n", "css", "main.css"},
      {"```vim\n\" plugin/a.vim\n", "vim", "plugin/a.vim"},
      {"```lua\n-- a.lua", "lua", "a.lua"},
      {"```c\n// see main.c\n", "c", ""},
      {"```c\n// main\n", "c", ""},
      {"```c\n#include \"a.h\"\n", "c", ""},
      {"```c:a.c\n// b.c\n", "c", "a.c"},
      {"`a.c`\n```c\n// b.c\n", "c", "a.c"},
  };
  for (const Named& row : rows) {
    INFO(row.markdown);
    const auto blocks = code_blocks(row.markdown);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].language == row.language);
    CHECK(blocks[0].name == row.name);
  }
  const auto second = code_blocks("`a.c`\n```c\nx\n```\n```c\ny\n```\n");
  CHECK(second[1].name.empty());
}

TEST_CASE("a hostile text is handled in linear time") {
  const auto milliseconds = [](const std::string& text) {
    const auto started = std::chrono::steady_clock::now();
    for (const CodeBlock& block : code_blocks(text)) (void)block.text();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  };
  for (const std::string unit :
       {"```\n", "``` c\n", "- ", "`", "~~~a=\" ", "# a/b.c\n```c\n", " \t", "1. ```\n"}) {
    std::string small, large;
    while (small.size() < 100'000) small += unit;
    for (int i = 0; i < 8; ++i) large += small;
    INFO(unit);
    CHECK(milliseconds(large) < 60 * milliseconds(small) + 50);
  }
}
