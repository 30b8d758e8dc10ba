#include "daemon/text/locate.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

std::string numbered(const std::string& word, int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += word + " " + std::to_string(i) + "\n";
  return text;
}

std::string repeated(const std::string& line, int times) {
  std::string text;
  while (times-- > 0) text += line;
  return text;
}

const std::string above = numbered("above", 1, 20), below = numbered("below", 1, 20);
const std::string function =
    "int sum(int a, int b) {\n  int total = a;\n  total += b;\n\n  return total;\n}\n";

struct Row {
  std::string what, fragment, text;
  std::size_t hint;
  std::optional<Place> place;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.what);
    const auto found = locate(row.fragment, row.text, row.hint);
    if (found)
      UNSCOPED_INFO("found " << found->first_line << ", " << found->lines << ", " << found->distance);
    CHECK(found == row.place);
  }
}

}  // namespace

TEST_CASE("lines that are as they were are found wherever they have gone") {
  check({
      {"where they were", function, above + function + below, 20, Place{20, 6, 0}},
      {"moved down", function, above + above + function, 20, Place{40, 6, 0}},
      {"moved up", function, function + below, 20, Place{0, 6, 0}},
      {"hint below the end", function, function, 1'000'000, Place{0, 6, 0}},
      {"twice, the nearer one below", function, function + above + function, 15, Place{26, 6, 0}},
      {"twice, the nearer one above", function, function + above + function, 12, Place{0, 6, 0}},
      {"twice, as near: the first", function, function + above + function, 13, Place{0, 6, 0}},
      {"overlapping occurrences", "a\na\n", repeated("a\n", 9), 4, Place{4, 2, 0}},
      {"after a false start", "a\na\nb\n", "a\na\na\nb\n", 0, Place{1, 3, 0}},
      {"without its last newline", "  return total;\n}", above + function, 0, Place{24, 2, 0}},
      {"at an end without newline", "x\ny\n", "w\nx\ny", 0, Place{1, 2, 0}},
      {"other line ends", "one\ntwo\n", "zero\r\none\r\ntwo\r\n", 0, Place{1, 2, 0}},
      {"the whole text", function, function, 0, Place{0, 6, 0}},
      {"one line", "  total += b;\n", above + function, 0, Place{22, 1, 0}},
      {"lines that tell nothing", "}\n", "{\n}\n}\n}\n", 2, Place{2, 1, 0}},
  });
}

TEST_CASE("lines that were edited are found by those that are left") {
  check({
      {"one line changed", function,
       above + "int sum(int a, int b) {\n  int total = a;\n  total -= b;\n\n  return total;\n}\n" + below, 20,
       Place{20, 6, 2}},
      {"the first line changed", function,
       above + "int sum(int a, int b, int c) {\n" + function.substr(24) + below, 20, Place{20, 6, 2}},
      {"the last line changed", "one line\ntwo lines\nthree lines\n",
       above + "one line\ntwo lines\nthree lines now\n" + below, 20, Place{20, 3, 2}},
      {"first and last changed", "first of all\none line\ntwo lines\nlast of all\n",
       above + "first of them\none line\ntwo lines\nlast of them\n" + below, 20, Place{20, 4, 4}},
      {"indented", "if (ready)\n  one line;\n  two lines;\nnothing();\n",
       above + "if (ready) {\n  one line;\n  two lines;\n}\nnothing();\n" + below, 20, Place{20, 5, 3}},
      {"a line put in", function,
       above + function.substr(0, 41) + "  log(a);\n" + function.substr(41) + below, 20, Place{20, 7, 1}},
      {"a line put in before the brace", function,
       above + function.substr(0, function.size() - 2) + "  log(a);\n}\n" + below, 20, Place{20, 7, 1}},
      {"ten lines put in", function,
       above + function.substr(0, 41) + numbered("  new", 1, 10) + function.substr(41) + below, 20,
       Place{20, 16, 10}},
      {"a line taken out", function, above + function.substr(0, 41) + function.substr(55) + below, 20,
       Place{20, 5, 1}},
      {"the first lines taken out", "one line\ntwo lines\nthree lines\nfour lines\n",
       above + "three lines\nfour lines\n" + below, 20, Place{20, 2, 2}},
      {"the last lines taken out", "one line\ntwo lines\nthree lines\nfour lines\n",
       above + "one line\ntwo lines\n" + below, 20, Place{20, 2, 2}},
      {"lines added before and after", function,
       above + "// sum\n" + function.substr(0, 41) + "\n" + function.substr(41) + "// end\n" + below, 20,
       Place{21, 7, 1}},
      {"edited and moved far away", function,
       numbered("other", 1, 900) + function.substr(0, 24) + "  int all;\n" + function.substr(24) + below, 20,
       Place{900, 7, 1}},
      {"edited twice over: the nearer one", function,
       function.substr(0, 24) + "//1\n" + function.substr(24) + above + function.substr(0, 24) + "//2\n" +
           function.substr(24),
       25, Place{27, 7, 1}},
      {"an edited one is nearer, a whole one is there", function,
       function.substr(0, 24) + "//1\n" + function.substr(24) + above + function, 0, Place{27, 6, 0}},
      {"half of it left", numbered("kept", 1, 10) + numbered("gone", 1, 10),
       above + numbered("kept", 1, 10) + below, 20, Place{20, 10, 10}},
      {"its order changed", numbered("early", 1, 8) + numbered("late", 1, 4),
       above + numbered("late", 1, 4) + numbered("early", 1, 8) + below, 20, Place{24, 8, 4}},
  });
}

TEST_CASE("lines that are gone are found nowhere") {
  check({
      {"nothing to find", "", above, 0, std::nullopt},
      {"no text", function, "", 0, std::nullopt},
      {"nothing in common", function, above + below, 20, std::nullopt},
      {"less than half of it left", numbered("kept", 1, 9) + numbered("gone", 1, 10),
       above + numbered("kept", 1, 9) + below, 20, std::nullopt},
      {"one line, changed", "  int total = a;\n", above + "  int total = b;\n", 20, std::nullopt},
      {"braces and blank lines only", "{\n\n}\n\n}\n", "{\n}\n\n{\n  a;\n\n}\n", 0, std::nullopt},
      {"braces and blank lines are left", function, "int main() {\n  f();\n\n}\n{\n\n}\n", 0, std::nullopt},
      {"what is left is everywhere", "  work(a);\n  return 0;\n}\n",
       "int f() {\n  return 0;\n}\nint g() {\n  return 0;\n}\n", 0, std::nullopt},
      {"scattered over the text", numbered("line", 1, 4),
       "line 1\n" + numbered("a", 1, 99) + "line 3\n" + numbered("b", 1, 99) + "line 2\n" +
           numbered("c", 1, 99) + "line 4\n",
       0, std::nullopt},
  });
}

TEST_CASE("neighbours of shared lines aren't taken for the shared lines") {
  check({
      {"the last line taken out, another like none follows", "one line\ntwo lines\nthree lines\n",
       above + "one line\ntwo lines\nsomething else\n" + below, 20, Place{20, 2, 1}},
      {"the first line taken out, what was above stays out", "one line\ntwo lines\nthree lines\n",
       above + "two lines\nthree lines\n" + below, 20, Place{20, 2, 1}},
      {"twenty lines put in before a brace", function,
       above + function.substr(0, function.size() - 2) + numbered("new", 1, 20) + "}\n" + below, 20,
       Place{20, 5, 1}},
  });
}

TEST_CASE("beyond its limits only an exact occurrence is found") {
  const std::string large = numbered("line", 1, 3000);
  std::string changed = large;
  changed.replace(changed.find("line 1500"), 4, "LINE");
  check({
      {"too many cells, changed", large, above + changed, 20, std::nullopt},
      {"too many cells, as it was", large, above + large + below, 0, Place{20, 3000, 0}},
      {"many blank lines", repeated("\n", 2000) + "end of it\n", repeated("\n", 20'000) + "end of it\n", 0,
       Place{18'000, 2001, 0}},
      {"too many lines", "end of it\n", repeated("\n", max_located_lines) + "end of it\n", 0, std::nullopt},
  });
}

TEST_CASE("random edits within a fragment don't lose it") {
  const auto seed = GENERATE(41u, 42u, 43u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    const int size = 10 + static_cast<int>(random() % 60), before = static_cast<int>(random() % 300);
    std::vector<std::string> lines;
    for (int i = 0; i < size; ++i)
      lines.push_back(random() % 3 == 0 ? (random() % 2 ? "}\n" : "\n") : "code " + std::to_string(i) + "\n");
    lines.front() = "code first\n";
    lines.back() = "code last\n";
    std::string fragment, edited;
    std::size_t edited_lines = 0;
    for (const std::string& line : lines) {
      fragment += line;
      const bool inner = &line != &lines.front() && &line != &lines.back();
      const unsigned edit = inner ? random() % 12 : 9;
      if (edit == 0) continue;
      if (edit == 1) edited += "added " + std::to_string(random()) + "\n", ++edited_lines;
      edited += edit == 2 ? "changed " + std::to_string(random()) + "\n" : line, ++edited_lines;
    }
    const std::string text =
        numbered("around", 1, before) + "}\n\n" + edited + "\n}\n" + numbered("around", before, before + 300);
    CAPTURE(round, fragment, edited);
    const auto place = locate(fragment, text, random() % 400);
    REQUIRE(place);
    CHECK(place->first_line == static_cast<std::size_t>(before) + 2);
    CHECK(place->lines == edited_lines);
  }
}
