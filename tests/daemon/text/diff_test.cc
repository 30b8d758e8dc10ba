#include "daemon/text/diff.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/apply_diff.h"
#include "tests/support/test.h"

using namespace aside;
using namespace std::string_literals;

namespace {

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A random text like those that people write: few different lines, so that lines repeat; both kinds of line
// ends; the last line may have no end.
std::string random_text(std::mt19937& random, std::size_t lines) {
  static const std::vector<std::string> words = {"",   "}", "{",      "int a;",      "return;",       "\tx",
                                                 "\r", "é", "\0nul"s, "@@ -1 +1 @@", "\\ No newline", "-",
                                                 "+"};
  std::string text;
  for (std::size_t i = 0; i < lines; ++i)
    text += words[random() % words.size()] + (random() % 8 == 0 ? "\r\n" : "\n");
  if (!text.empty() && random() % 3 == 0) text.pop_back();
  return text;
}

std::string edited(std::string text, std::mt19937& random) {
  for (unsigned edits = random() % 4; edits-- > 0;) {
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    text.replace(at, random() % 12, random_text(random, random() % 4));
  }
  return text;
}

}  // namespace

TEST_CASE("a diff is what diff -u and git write") {
  struct Row {
    std::string old_text, new_text, diff;
  };
  const std::vector<Row> rows = {
      {"", "", ""},
      {"a\n", "a\n", ""},
      {"", "a\n", "@@ -0,0 +1 @@\n+a\n"},
      {"", "a\nb", "@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"},
      {"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
      {"a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
      {"a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"},
      {"a\nz", "b\nz", "@@ -1,2 +1,2 @@\n-a\n+b\n z\n\\ No newline at end of file\n"},
      {"a", "b", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"},
      {"a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"},
      {"a\rb\n", "a\rc\n", "@@ -1 +1 @@\n-a\rb\n+a\rc\n"},
      {"\0a\n"s, "\0b\n"s, "@@ -1 +1 @@\n-\0a\n+\0b\n"s},
      {"\n\n", "\n\n\n", "@@ -1,2 +1,3 @@\n \n \n+\n"},
      {numbered(1, 9), numbered(1, 4) + "new\n" + numbered(5, 9),
       "@@ -2,6 +2,7 @@\n line 2\n line 3\n line 4\n+new\n line 5\n line 6\n line 7\n"},
      {numbered(1, 9), numbered(1, 4) + numbered(6, 9),
       "@@ -2,7 +2,6 @@\n line 2\n line 3\n line 4\n-line 5\n line 6\n line 7\n line 8\n"},
      {numbered(1, 8), numbered(2, 7),
       "@@ -1,8 +1,6 @@\n-line 1\n line 2\n line 3\n line 4\n line 5\n line 6\n line 7\n-line 8\n"},
      {numbered(1, 9), numbered(2, 8),
       "@@ -1,4 +1,3 @@\n-line 1\n line 2\n line 3\n line 4\n"
       "@@ -6,4 +5,3 @@\n line 6\n line 7\n line 8\n-line 9\n"},
  };
  for (const auto& [old_text, new_text, diff] : rows) {
    CAPTURE(old_text, new_text);
    CHECK(unified_diff(old_text, new_text) == diff);
  }
}

TEST_CASE("a fragment's diff has the line numbers of its file") {
  struct Row {
    std::string old_text, new_text;
    LinesBefore before;
    std::string heading;
  };
  const std::vector<Row> rows = {
      {"a\n", "b\n", {9, 9}, "@@ -10 +10 @@"},
      {"a\n", "b\nc\n", {9, 19}, "@@ -10 +20,2 @@"},
      {"", "b\n", {9, 9}, "@@ -9,0 +10 @@"},
      {"a\n", "", {9, 9}, "@@ -10 +9,0 @@"},
      {numbered(1, 20), numbered(1, 19), {100, 90}, "@@ -117,4 +107,3 @@"},
  };
  for (const auto& [old_text, new_text, before, heading] : rows) {
    CAPTURE(heading);
    const std::string diff = unified_diff(old_text, new_text, before);
    CHECK(diff.substr(0, diff.find('\n')) == heading);
  }
  const std::string old_text = numbered(1, 50), new_text = numbered(5, 20) + "new\n" + numbered(21, 50);
  CHECK(apply_diff(old_text, unified_diff(old_text, new_text, {9, 9}), 10) == new_text);
}

TEST_CASE("among equal lines, the last possible one is shown as added or removed") {
  const std::string one = "int f() {\n  return 1;\n}\n\n", two = "int g() {\n  return 2;\n}\n\n";
  const std::string three = "int h() {\n  return 3;\n}\n";
  CHECK(unified_diff(one + three, one + two + three) ==
        "@@ -2,6 +2,10 @@\n   return 1;\n }\n \n+int g() {\n+  return 2;\n+}\n+\n int h() {\n   return 3;\n "
        "}\n");
  CHECK(unified_diff("x\na\nb\nc\n", "y\nb\na\nb\nb\nc\n") ==
        "@@ -1,4 +1,6 @@\n-x\n+y\n+b\n a\n b\n+b\n c\n");
  // If a change is moved down until it touches another one, the diff shows both as one change.
  CHECK(unified_diff("c\na\nc\nb\nc\n", "a\nc\nc\nc\n") == "@@ -1,5 +1,4 @@\n-c\n a\n c\n-b\n+c\n c\n");
  // A change that is moved down keeps its context.
  const std::string blank(200, '\n'), less(199, '\n');
  const std::string before = "x\nk\n" + blank + "z\n", after = "y\nk\n" + less + "z\n";
  CHECK(apply_diff(before, unified_diff(before, after)) == after);
}

TEST_CASE("a small change of a large text has a small diff") {
  const std::string before = numbered(1, 600);
  for (const int line : {1, 2, 300, 599, 600}) {
    std::string after = numbered(1, line - 1) + "another\n" + numbered(line + 1, 600);
    CAPTURE(line);
    const std::string diff = unified_diff(before, after);
    CHECK(lines_in(diff) <= 9);  // including the heading
    CHECK(apply_diff(before, diff) == after);
  }
  std::string after = before;
  for (const int line : {50, 250, 252, 550}) {
    const std::string whole = "line " + std::to_string(line) + "\n";
    after.replace(after.find(whole), whole.size(), "{\n}\n");
  }
  const std::string diff = unified_diff(before, after);
  CHECK(lines_in(diff) == 3 * 7 + 4 * 3 + 1);
  CHECK(apply_diff(before, diff) == after);
}

TEST_CASE("a diff that is applied to the old text gives the new one, whatever they are") {
  const auto seed = GENERATE(11u, 12u, 13u, 14u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 1000; ++round) {
    const std::string before = random_text(random, random() % 60);
    const std::string after = round % 2 == 0 ? edited(before, random) : random_text(random, random() % 60);
    CAPTURE(round, before, after);
    REQUIRE(apply_diff(before, unified_diff(before, after)) == after);
  }
}

TEST_CASE("diffs in a row end in the last text") {
  const auto seed = GENERATE(21u, 22u, 23u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::string text = random_text(random, 300), known = text;
  for (int edit = 0; edit < 200; ++edit) {
    const std::string next = edited(text, random);
    known = apply_diff(known, unified_diff(text, next));
    text = next;
    CAPTURE(edit);
    REQUIRE(known == text);
  }
}

TEST_CASE("texts of any size and shape have a right diff") {
  const std::string long_line(3'000'000, 'x');
  std::string different_old, different_new, shuffled_old, shuffled_new;
  std::mt19937 random(31);
  for (int i = 0; i < 20'000; ++i) {
    different_old += "old " + std::to_string(i) + "\n";
    different_new += "new " + std::to_string(i) + "\n";
    shuffled_old += std::to_string(random() % 5000) + "\n";
    shuffled_new += std::to_string(random() % 5000) + "\n";
  }
  const std::string blank(max_diff_lines + 10, '\n');
  const std::vector<std::pair<std::string, std::string>> table = {
      {long_line, long_line + "y"},
      {long_line + "\na\n", long_line + "\nb\n"},
      {different_old, different_new},
      {shuffled_old, shuffled_new},
      {"x\n" + blank + "y\n", "z\n" + blank + "z\n"},  // more lines than the limit
      // Fewer lines than the limit, after common lines at both ends are cut off.
      {"1\n2\n3\n4\nx" + blank, "1\n2\n3\n4\ny" + blank},
  };
  for (std::size_t row = 0; row < table.size(); ++row) {
    const auto& [before, after] = table[row];
    CAPTURE(row);
    CHECK(apply_diff(before, unified_diff(before, after)) == after);
    CHECK(apply_diff(after, unified_diff(after, before)) == before);
  }
  CHECK(lines_in(unified_diff(table[5].first, table[5].second)) == 9);
}
