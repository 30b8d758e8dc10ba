// Tests of lines that are followed through edits: first a table of single edits, then random edits of a text
// in which each line is known.
#include "daemon/text/followed_lines.h"

#include <random>
#include <string>

#include "tests/support/test.h"

using aside::FollowedLines;
using aside::Range;

TEST_CASE("lines are followed through an edit above, in, below and across them") {
  struct Row {
    const char* what;
    Range range;
    const char* text;
    bool at_line_end;
    std::optional<FollowedLines> after;
  };
  // The lines 2 to 4 of a text of ten lines.
  const FollowedLines lines{2, 3};
  const Row rows[] = {
      {"a line above", {{0, 0}, {0, 0}}, "x\n", false, {{3, 3}}},
      {"a line above is deleted", {{0, 0}, {1, 0}}, "", false, {{1, 3}}},
      {"text directly before", {{2, 0}, {2, 0}}, "x\ny\n", false, {{4, 3}}},
      {"text at the end of the line before", {{1, 5}, {1, 5}}, "\nx", true, {{3, 3}}},
      {"a word at the beginning", {{2, 0}, {2, 0}}, "x", false, {{2, 3}}},
      {"a line in them", {{3, 0}, {3, 0}}, "x\n", false, {{2, 4}}},
      {"a line in them is deleted", {{3, 0}, {4, 0}}, "", false, {{2, 2}}},
      {"a word in them", {{3, 1}, {3, 2}}, "x", false, {{2, 3}}},
      {"a word at their end", {{4, 5}, {4, 5}}, "x", true, {{2, 3}}},
      {"a line directly behind, from the end of the last", {{4, 5}, {4, 5}}, "\nx", true, {{2, 3}}},
      {"a line directly behind, with \\r\\n", {{4, 5}, {4, 5}}, "\r\nx", true, {{2, 3}}},
      {"a line directly behind, from its beginning", {{5, 0}, {5, 0}}, "x\n", false, {{2, 3}}},
      {"a line break in the last line", {{4, 2}, {4, 2}}, "\n", false, {{2, 4}}},
      {"all of them, replaced", {{2, 0}, {5, 0}}, "x\n", false, {{2, 1}}},
      {"all of them without the last line end, replaced", {{2, 0}, {4, 5}}, "x\ny", false, {{2, 2}}},
      {"all of them, deleted", {{2, 0}, {5, 0}}, "", false, std::nullopt},
      {"all of them and more, replaced", {{1, 0}, {6, 0}}, "x\ny\nz\n", false, std::nullopt},
      {"their beginning and the line before", {{1, 0}, {3, 0}}, "x\n", false, {{2, 2}}},
      {"their end and the line behind", {{4, 0}, {6, 0}}, "x\n", false, {{2, 2}}},
      {"the rest of the last line and the next", {{4, 2}, {6, 0}}, "x\n", false, {{2, 3}}},
      {"a line below", {{7, 0}, {7, 0}}, "x\n", false, {{2, 3}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(lines.after(row.range, row.text, row.at_line_end) == row.after);
  }
}

// The edits delete and add whole lines, so the lines that are left show where the followed lines are.
TEST_CASE("after random edits of whole lines the followed lines are those that are left") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](int limit) {
      return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    std::string text = "....ffff....";  // each letter stands for a line; f: a followed line
    std::optional<FollowedLines> lines = FollowedLines{4, 4};
    for (int edit = 0; edit < 12 && lines; ++edit) {
      const int at = below(static_cast<int>(text.size()) + 1);
      const int removed = below(std::min(3, static_cast<int>(text.size()) - at) + 1), added = below(3);
      // Skips replacements, since the new lines may count as followed or not.
      if (removed > 0 && added > 0) continue;
      std::string inserted;
      for (int i = 0; i < added; ++i) inserted += "x\n";
      lines = lines->after({{at, 0}, {at + removed, 0}}, inserted, false);
      const auto place = static_cast<std::size_t>(at);
      const bool inside = place > text.find('f') && place <= text.rfind('f');
      text.replace(place, static_cast<std::size_t>(removed), static_cast<std::size_t>(added),
                   inside ? 'f' : '+');
    }
    CAPTURE(seed, text);
    const auto first = text.find('f'), last = text.rfind('f');
    CHECK(lines.has_value() == (first != text.npos));
    if (!lines || first == text.npos) continue;
    CHECK(lines->first == static_cast<int>(first));
    CHECK(lines->count == static_cast<int>(last - first + 1));
  }
}
