// How text from outside (a reply, a conversation) is written to standard output, as it comes. Pure.
//
// Raw, for pipes: every byte as it is. Plain, for terminals: control characters, and those that change the direction of
// text, become U+FFFD, so that no text can send an escape sequence to the terminal. Styled: plain, with bold headings
// and dim fences and quotes; no character is added or taken away. Each style ends with its line.
#pragma once

#include <string>
#include <string_view>

namespace aside {

enum class Look { Raw, Plain, Styled };

class Renderer {
 public:
  explicit Renderer(Look look) : look_(look) {}

  // Returns what to write for a further part of the text, which ends with a whole character. The beginning of a line
  // may be kept back until it is clear what the line is.
  std::string feed(std::string_view text);
  // The rest; afterwards a new text may begin.
  std::string end();

 private:
  bool undecided() const;
  std::string begun();

  Look look_;
  std::string held_;      // the beginning of a line that isn't written yet
  bool in_line_ = false;  // the beginning of this line is written
  bool styled_ = false;   // a style is on
  std::string fence_;     // the fence that began this block of code; empty outside of code
};

}  // namespace aside
