// A text as lines and their ends, and edits of whole lines of it. A line ends with "\r\n", "\n" or "\r", as in the editors'
// protocol. Pure.
//
// An edit has the text's own line ends: a new line takes the end of the line that it replaces, or else of its neighbour. A
// text whose last line has no end keeps it so; an empty text gets one. A byte order mark stays where it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/alignment.h"

namespace aside {

// Points into the text. A byte order mark is in no line.
struct SplitText {
  explicit SplitText(std::string_view text);

  std::string_view mark;  // the byte order mark, or empty
  Lines lines, ends;      // without their ends; these
};

struct LineEdit {
  std::size_t first_line = 0, lines = 0;  // from 0; these lines are replaced
  std::string text;
  bool operator==(const LineEdit&) const = default;
};

struct LineRange {
  std::size_t first_line = 0, lines = 0;  // from 0
  bool operator==(const LineRange&) const = default;
};

// Lines of a text, and what comes in their place.
struct Replacement {
  LineRange place;
  Lines with;
  bool keep = false;  // the old lines stay; `before` comes before them, `with` behind them
  Lines before = {};
};

LineEdit line_edit(const SplitText& text, const Replacement& replacement);

}  // namespace aside
