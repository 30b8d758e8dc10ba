// What is asked, before the daemon is started: the text of standard input, and a question that is typed in the user's
// editor.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

constexpr std::size_t max_input_bytes = 16 * 1024 * 1024;  // as much as the daemon takes as one attachment

struct Input {
  std::string text;
  std::size_t replaced = 0;  // how many bytes were no UTF-8 and are U+FFFD in the text
};

// Reads to the end. Errors: nothing came, a binary file, or more than max_input_bytes; then the rest isn't read.
Result<Input> read_input(int descriptor);

// The file in which the user writes a question, in a folder that only the user can open. It is removed when this object
// ends, unless it is kept.
class Draft {
 public:
  Draft() = default;
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  // Opens $VISUAL, $EDITOR or vi on the terminal and returns what was written; `shared` is listed below the place for the
  // question. Empty: nothing is to be asked. The editor doesn't get the API key.
  Result<std::string> write(int terminal, const std::vector<std::string>& shared);
  // Keeps the file and returns its path; empty if there is none.
  std::string keep();

 private:
  std::string folder_;
};

}  // namespace aside
