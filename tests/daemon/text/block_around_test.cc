#include "daemon/text/block_around.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

// `>` marks the cursor's line, and `|` the lines that are expected.
struct Drawn {
  std::string text;
  std::size_t cursor = 0;
  std::optional<LineRange> expected;
};

Drawn drawn(const std::string& picture) {
  Drawn drawn;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(picture)) {
    const std::string_view mark = line.substr(0, 2);
    if (mark.find('>') != mark.npos) drawn.cursor = number;
    if (mark.find('|') != mark.npos) {
      if (!drawn.expected) drawn.expected = LineRange{number, 0};
      ++drawn.expected->lines;
    }
    drawn.text += line.substr(2);
    ++number;
  }
  return drawn;
}

}  // namespace

TEST_CASE("the function around the cursor is found by its indentation") {
  const std::vector<std::string> pictures = {
      // C, a brace at the end of the line
      "  #include <stdio.h>\n"
      "  \n"
      "| // Says it.\n"
      "| static void say(int n) {\n"
      "|   if (n > 0) {\n"
      ">|    puts(\"it\");\n"
      "|   }\n"
      "| }\n"
      "  \n"
      "  int other(void) {\n"
      "    return 1;\n"
      "  }\n",
      // C, with the cursor on the first line of the function, and on the last one
      "  int a(void) {\n"
      "    return 1;\n"
      "  }\n"
      "  \n"
      ">|int b(void) {\n"
      "|   return 2;\n"
      "| }\n",
      "| int a(void) {\n"
      "|   return 1;\n"
      ">|}\n"
      "  \n"
      "  int b(void) {\n"
      "    return 2;\n"
      "  }\n",
      // C, with the brace on a line of its own, and the return type on a line of its own
      "  #define X 1\n"
      "  int other;\n"
      "| static int\n"
      "| add(int a,\n"
      "|     int b)\n"
      "| {\n"
      ">|  return a + b;\n"
      "| }\n"
      "  \n"
      "  int more;\n",
      // Python: a method, with its decorator
      "  class A:\n"
      "      x = 1\n"
      "  \n"
      "|     @property\n"
      "|     def name(self):\n"
      "|         for one in self.all:\n"
      "|             if one:\n"
      ">|                return one\n"
      "|         return None\n"
      "  \n"
      "      def other(self):\n"
      "          pass\n",
      // JavaScript, in a callback with a name in quotes
      "  import x from './x';\n"
      "  \n"
      "| test('it works', async () => {\n"
      "|   for (const a of all) {\n"
      ">|    check(a);\n"
      "|   }\n"
      "| });\n"
      "  \n"
      "  test('so does this', () => {\n"
      "    check(1);\n"
      "  });\n",
      // Vim script, Lua, Ruby
      "| def Say(n: number)\n"
      "|   if n > 0\n"
      ">|    echo n\n"
      "|   endif\n"
      "| enddef\n"
      "  \n"
      "  def Other()\n"
      "    echo 1\n"
      "  enddef\n",
      // Go, indented with tabs
      "| func say(n int) {\n"
      "| \tif n > 0 {\n"
      ">|\t\tprintln(n)\n"
      "| \t}\n"
      "| }\n"
      "  \n"
      "  func other() {\n"
      "  \tprintln(1)\n"
      "  }\n",
      // no function: the lines up to a blank one
      "  int a;\n"
      "  \n"
      "| int b;\n"
      ">|int c;\n"
      "  \n"
      "  int d;\n",
      // a blank line inside belongs to what is above it
      "| int a(void) {\n"
      "|   int n = 1;\n"
      ">|\n"
      "|   return n;\n"
      "| }\n"
      "  \n"
      "  int b;\n",
  };
  for (const std::string& picture : pictures) {
    CAPTURE(picture);
    const Drawn one = drawn(picture);
    const auto found = block_around(lines_of(one.text), one.cursor);
    REQUIRE(found);
    CHECK(found->first_line == one.expected->first_line);
    CHECK(found->lines == one.expected->lines);
  }
}

TEST_CASE("of a function that is too long, the block inside it is offered") {
  std::string text = "void longest(int n) {\n";
  for (int i = 0; i < 400; ++i) text += "  step(" + std::to_string(i) + ");\n";
  text += "  if (n) {\n    here();\n  }\n}\n";
  const auto found = block_around(lines_of(text), 402);
  REQUIRE(found);
  CHECK((*found == LineRange{401, 3}));
  CHECK_FALSE(block_around(lines_of(text), 5));
}

TEST_CASE("any text has a block around any line, or none") {
  for (const std::string text : {"", "\n", "\n\n\n", "}", "{", "  }\n}\n", "\t\n x", "{\n{\n{\n", "a\n  b"})
    for (std::size_t line = 0; line < 5; ++line) {
      CAPTURE(text, line);
      const Lines lines = lines_of(text);
      if (const auto found = block_around(lines, line))
        CHECK(found->first_line + found->lines <= lines.size());
    }
}
