// What counts as blank everywhere: Unicode's white space (White_Space, and ASCII's four separators), in
// UTF-8. A question, a title or a word of a search is blank, or is trimmed, by this and by nothing else; the
// API refuses a text block that is blank.
#pragma once

#include <cstddef>
#include <string_view>

namespace aside {

bool blank(std::string_view text);
std::string_view trimmed(std::string_view text);  // at both ends
// The bytes before the first white space, or all.
std::size_t word_bytes(std::string_view text);

}  // namespace aside
