// Tells which characters are white space: those of Unicode's White_Space, and the four separators of ASCII, in UTF-8.
// Only these functions test and trim questions, titles and the words of a search. The API refuses a blank text block.
#pragma once

#include <cstddef>
#include <string_view>

namespace aside {

bool blank(std::string_view text);
std::string_view trimmed(std::string_view text);  // trims both ends
// Returns the number of bytes before the first white space; the size of the text if it has none.
std::size_t word_bytes(std::string_view text);

}  // namespace aside
