// Which characters are white space: those of Unicode's White_Space, and the four separators of ASCII, in UTF-8.
// Questions, titles and the words of a search are tested and trimmed by these functions only. The API refuses a
// blank text block.
#pragma once

#include <cstddef>
#include <string_view>

namespace aside {

bool blank(std::string_view text);
std::string_view trimmed(std::string_view text);  // at both ends
// The number of bytes before the first white space; without white space, of all.
std::size_t word_bytes(std::string_view text);

}  // namespace aside
