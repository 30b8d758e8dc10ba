// Prepares text from outside (a reply, a conversation) for standard output, part by part as it arrives. Writes nothing
// itself.
//
// Raw, for pipes: every byte stays as it is. Plain, for terminals: control characters, and characters that change the
// direction of text, become U+FFFD, so that no text can send an escape sequence to the terminal. Styled: the same as
// Plain, but with bold headings, dim fences and dim quotes; no visible character is added or removed. Each style ends
// at the end of its line.
#pragma once

#include <string>
#include <string_view>

namespace aside {

enum class Look { Raw, Plain, Styled };

class Renderer {
 public:
  explicit Renderer(Look look) : look_(look) {}

  // Takes the next part of the text, which must not end inside a character, and returns what to write now. The
  // beginning of a line may be kept back until the style of the line is known.
  std::string feed(std::string_view text);
  // Returns what was kept back. After this call a new text may begin.
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
