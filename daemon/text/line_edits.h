// Splits a text into lines and their ends, and makes edits of whole lines. A line ends with "\r\n", "\n" or "\r", as
// in the editors' protocol. Pure.
//
// New text gets the line ends of the old text: a new line takes the end of the line that it replaces, or else of its
// neighbour. If the last line has no end, the new last line has none either. In an empty text, each new line ends with
// "\n". A byte order mark stays where it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/text/alignment.h"

namespace aside {

// Points into the text. The byte order mark is not part of a line.
struct SplitText {
  explicit SplitText(std::string_view text);

  std::string_view mark;  // the byte order mark, or empty
  Lines lines, ends;      // the lines without their ends, and the end of each line
};

struct LineEdit {
  std::size_t first_line = 0, lines = 0;  // the lines to replace; the first is counted from 0
  std::string text;
  bool operator==(const LineEdit&) const = default;
};

struct LineRange {
  std::size_t first_line = 0, lines = 0;  // from 0
  bool operator==(const LineRange&) const = default;
};

// Lines of a text, and what replaces them.
struct Replacement {
  LineRange place;
  Lines with;
  bool keep = false;  // keeps the old lines: `before` comes before them, `with` after them
  Lines before = {};
};

LineEdit line_edit(const SplitText& text, const Replacement& replacement);

}  // namespace aside
