// Names, titles and other people's words as they may stand in a line of ours: a message, a list, a question
// of consent. Used for whatever of that kind the daemon has an editor show; pure.
#pragma once

#include <string>
#include <string_view>

namespace aside {

// On one line, in the order in which it is stored: line ends and tabs become blanks, and other control
// characters, marks that change the direction of text and an invisible blank become U+FFFD. A text that went
// through this once stays as it is.
std::string plain_line(std::string_view text);

}  // namespace aside
