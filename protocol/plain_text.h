// Makes names, titles and other text from outside safe to show in Aside's own lines: in a message, a list, or a
// question of consent. All such text that is sent to an editor passes through this function. Pure.
#pragma once

#include <string>
#include <string_view>

namespace aside {

// Returns the text on one line, shown in the order in which it is stored. Line ends and tabs become blanks. Other
// control characters, marks that change the direction of text, and zero-width blanks become U+FFFD. A second call
// changes nothing more.
std::string plain_line(std::string_view text);

}  // namespace aside
