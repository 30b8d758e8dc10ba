// Makes names, titles and other text from outside safe to show within a line of ours: a message, a list, a
// question of consent. Applied to all such text that an editor is told. Pure.
#pragma once

#include <string>
#include <string_view>

namespace aside {

// The text on one line, shown in the order in which it is stored: line ends and tabs become blanks; other
// control characters, marks that change the direction of text, and zero-width blanks become U+FFFD. Applying it
// twice changes nothing more.
std::string plain_line(std::string_view text);

}  // namespace aside
