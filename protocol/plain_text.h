// Makes names, titles and other text from outside safe to show within one of Aside's own lines: in a message, a
// list, a question of consent. All such text that goes to an editor passes through it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace aside {

// The text on one line, shown in the order in which it is stored: line ends and tabs become blanks; other
// control characters, marks that change the direction of text, and zero-width blanks become U+FFFD. Applying it
// twice changes nothing more.
std::string plain_line(std::string_view text);

}  // namespace aside
