// A text that many edits change one after another: an editor's "replace all" sends such edits. The cost of an edit
// depends on its distance from the edit before, not on the size of the text. The text lies in two parts, with a gap
// between them that moves to the edited line. Documents uses it for the edits of one notification.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aside {

// The start of the next line, after "\r\n", "\n" or "\r"; npos if this line is the last.
std::size_t next_line(std::string_view text, std::size_t at);

class EditedText {
 public:
  explicit EditedText(std::string text) : buffer_(std::move(text)) {}

  // Moves to the start of this line, counted from 0. Returns false if the text has fewer lines, and then moves to the
  // start of the last line.
  bool move_to(int line);
  int line() const { return line_; }
  // Returns the text from the start of the current line. Valid until the next call.
  std::string_view rest() const { return std::string_view(buffer_).substr(gap_ + gap_bytes_); }
  // Replaces `bytes` bytes of `rest`, beginning at `start`.
  void replace(std::size_t start, std::size_t bytes, std::string_view with);
  std::string text() &&;

 private:
  void move_gap(std::size_t to);
  void move_up();

  std::string buffer_;  // the text before the line, the gap, the rest
  std::size_t gap_ = 0, gap_bytes_ = 0;
  int line_ = 0;
};

}  // namespace aside
