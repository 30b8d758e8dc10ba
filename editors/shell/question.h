// Gets the question before the daemon is started: reads standard input, and lets the user type a question in an editor.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

constexpr std::size_t max_input_bytes = 16 * 1024 * 1024;  // the daemon's limit for one attachment

struct Input {
  std::string text;
  std::size_t replaced = 0;  // how many bytes were not UTF-8; each is U+FFFD in the text
};

// Reads to the end. It is an error if the input is empty, binary, or longer than max_input_bytes.
Result<Input> read_input(int descriptor);

// The file in which the user writes a question, in a folder that only the user can open. It is removed when this object
// ends, unless it is kept.
class Draft {
 public:
  Draft() = default;
  ~Draft();
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  // Opens $VISUAL, $EDITOR or vi on the terminal and returns the question that was written; if it is empty, nothing is
  // to be asked. The file lists below the place for the question what is sent with it: `shared`. The editor doesn't get
  // the API key.
  Result<std::string> write(int terminal, const std::vector<std::string>& shared);
  // Keeps the file and returns its path; empty if there is none.
  std::string keep();

 private:
  std::string folder_;
};

}  // namespace aside
