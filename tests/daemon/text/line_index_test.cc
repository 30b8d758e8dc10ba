#include "daemon/text/line_index.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

const std::string code =
    "#include <string.h>\n"         // 0
    "\n"                            // 1
    "int first(const char *s) {\n"  // 2
    "  int n = 0;\n"
    "  while (s[n]) n++;\n"
    "  return n;\n"
    "}\n"
    "\n"
    "int second(const char *s) {\n"  // 8
    "  return first(s) + 1;\n"
    "}\n";
const std::string first = code.substr(21, code.find("\nint second") - 21);

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const std::size_t at = text.find(old);
  REQUIRE(at != text.npos);
  return text.replace(at, old.size(), with);
}

// Returns "first line, number of lines" for a place, and "" if there is none.
std::string shown(const std::optional<LineRange>& place) {
  return place ? std::to_string(place->first_line) + ", " + std::to_string(place->lines) : "";
}

std::string found(const std::string& text, const std::string& fragment, std::size_t hint = 2) {
  return shown(LineIndex(text).find(fragment, hint));
}

}  // namespace

TEST_CASE("lines that were shared are found where they stand now, or not at all") {
  struct Row {
    const char* what;
    std::string text, fragment, place;
  };
  const std::vector<Row> rows = {
      {"unchanged", code, first, "2, 5"},
      {"the whole text", code, code, "0, 11"},
      {"lower down", "// A\n// B\n" + code, first, "4, 5"},
      {"at the end, which has no line end", code.substr(0, code.size() - 1),
       code.substr(code.find("int second")), "8, 3"},
      {"other line ends", "// A\r\n" + replaced(replaced(first, "{\n", "{\r\n"), ";\n", ";\r\n"), first,
       "1, 5"},
      {"a line was added in it", replaced(code, "  return n;\n", "  n += 2;\n  return n;\n"), first, "2, 5"},
      {"a line was changed in it", replaced(code, "  int n = 0;\n", "  size_t n = 0;\n"), first, "2, 4"},
      {"its first line was changed", replaced(code, "int first(", "long first("), first, "3, 3"},
      {"most of it was changed",
       replaced(replaced(replaced(code, "  int n = 0;\n", ""), "int first(const char *s)", "x()"),
                "  while (s[n]) n++;\n", ""),
       first, ""},
      {"gone", replaced(code, first, ""), first, ""},
      {"it stands there twice", code + first, first, ""},
      {"one line", code, "  while (s[n]) n++;\n", "4, 1"},
      {"one line that was changed", replaced(code, "n++", "++n"), "  while (s[n]) n++;\n", ""},
      {"one line that stands there twice", code + "  while (s[n]) n++;\n", "  while (s[n]) n++;\n", ""},
      {"a brace", "int a() {\n}\n", "}\n", ""},
      {"blank lines", "int a;\n\n\nint b;\n", "\n\n", ""},
      {"nothing", code, "", ""},
      {"in an empty text", "", first, ""},
      {"a longer text than there is", "int n = 0;\n", first, ""},
      {"its end is like the end of what follows",
       replaced(code, "  while (s[n]) n++;\n  return n;\n}\n", "  while (s[n]) n++;\n"), first, "2, 3"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(found(row.text, row.fragment) == row.place);
  }
}

TEST_CASE("lines that are far from where they were are found, even if others are like them nearby") {
  std::string text = code;
  for (int i = 0; i < 500; ++i)
    text += "  value_" + std::to_string(i) + " = " + std::to_string(i) + ";\n}\n\n";
  const std::string moved =
      replaced(text, first, "") + replaced(first, "  int n = 0;\n", "  int n = 0, m = 1;\n");
  CHECK(found(moved, first) == "1506, 4");
}

TEST_CASE("a part of a line marks its line, if it stands there once") {
  const LineIndex index(code);
  CHECK(shown(index.find_part("while (s[n])")) == "4, 1");
  CHECK(shown(index.find_part("n++;\n  return n")) == "4, 2");
  CHECK(shown(index.find_part("second(const char *s) {\n  return first(s) + 1;\n}\n")) == "8, 3");
  CHECK(shown(index.find_part("const char *s")).empty());
  CHECK(shown(index.find_part("not there")).empty());
  CHECK(shown(index.find_part("++")).empty());
}

TEST_CASE("in a text that is too long nothing is found") {
  std::string text;
  for (std::size_t i = 0; i <= LineIndex::max_lines; ++i) text += "line " + std::to_string(i) + "\n";
  CHECK(found(text, "line 70\n").empty());
  text.resize(text.rfind("line"));
  CHECK(found(text, "line 70\n") == "70, 1");
}

TEST_CASE("texts of equal lines don't take long") {
  std::string text, fragment;
  for (int i = 0; i < 20'000; ++i) text += i % 100 == 0 ? "something else\n" : "the same line\n";
  for (int i = 0; i < 5'000; ++i) fragment += i == 4'000 ? "something else\n" : "the same line\n";
  const LineIndex index(text);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) CHECK_FALSE(index.find(fragment, 0));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));  // enough with sanitizers
}

TEST_CASE("200 fragments of a text of 5,000 lines, half of them changed, take a few milliseconds",
          "[.][figures]") {
  const auto line = [](int i, const char* what) {
    return "  " + std::string(what) + "_" + std::to_string(i * 7919 % 10'007) + "(list, " +
           std::to_string(i) + ");\n";
  };
  std::string text;
  std::vector<std::string> fragments(200);
  for (int i = 0; i < 5'000; ++i) {
    const int fragment = i / 25;
    const bool is_changed = fragment % 2 == 1 && i % 25 % 7 == 3;
    text += i % 25 == 24 ? "}\n" : line(i, is_changed ? "changed" : "call");
    fragments[static_cast<std::size_t>(fragment)] += i % 25 == 24 ? "}\n" : line(i, "call");
  }
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const LineIndex index(text);
    for (std::size_t i = 0; i < fragments.size(); ++i) REQUIRE(index.find(fragments[i], 0));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  std::printf("200 fragments of 25 lines in 5,000 lines: %.2f ms\n", best);
}
