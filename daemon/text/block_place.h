// Finds the place of a block of code in a text: the old lines that the block should replace. Pure. The rules are in
// place.h.
#pragma once

#include <string>
#include <vector>

#include "daemon/text/searched_text.h"

namespace aside {

struct BlockPlace {
  LineRange place;
  std::vector<std::string> block;  // indented like the lines at its place
  const char* why_not = nullptr;   // if there is no place: a sentence that says why
};

// The block must have lines, and must neither begin nor end with a blank line.
BlockPlace find_block(const Lines& block, const SearchedText& text);

// Says why `lines` can't replace `old_lines`: some of them stand for code that was left out, or are conflict marks.
// Lines that are also in `old_lines` are always allowed. Null if they can replace them.
const char* why_unfit(const Lines& lines, const Lines& old_lines);

inline constexpr const char* why_twice =
    "These lines occur twice: select the lines that are meant, and have them rewritten.";
inline constexpr const char* why_indented =
    "The tabs and spaces of the block don't fit the document's: ask for the block with the document's indentation.";

}  // namespace aside
