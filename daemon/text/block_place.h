// Finds the place of a block of code in a text: the lines whose new form it is. Pure. The rules are those of `place`.
#pragma once

#include <string>
#include <vector>

#include "daemon/text/searched_text.h"

namespace aside {

struct BlockPlace {
  LineRange place;
  std::vector<std::string> block;  // indented as its place is
  const char* why_not = nullptr;   // a sentence, if there is no place
};

// The block has lines, and neither begins nor ends with a blank one.
BlockPlace find_block(const Lines& block, const SearchedText& text);

// Why these lines can't come in place of those: some stand for code that was left out, or are marks of a conflict. Lines that are
// among the old ones may be anything. Null: they can.
const char* why_unfit(const Lines& lines, const Lines& old_lines);

inline constexpr const char* why_twice =
    "These lines are there twice: select those that are meant, and have them rewritten.";
inline constexpr const char* why_indented =
    "The tabs and spaces of the block don't fit the document's: ask for it with the document's indentation.";

}  // namespace aside
