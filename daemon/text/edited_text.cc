#include "daemon/text/edited_text.h"

#include <cstring>
#include <utility>

namespace aside {

std::size_t next_line(std::string_view text, std::size_t at) {
  at = text.find_first_of("\r\n", at);
  if (at == text.npos) return text.npos;
  return at + (text.substr(at, 2) == "\r\n" ? 2 : 1);
}

bool EditedText::move_to(int line) {
  while (line_ > line) move_up();
  std::size_t at = 0;
  while (line_ < line) {
    const std::size_t next = next_line(rest(), at);
    if (next == rest().npos) break;
    at = next;
    ++line_;
  }
  move_gap(gap_ + at);
  return line_ == line;
}

void EditedText::replace(std::size_t start, std::size_t bytes, std::string_view with) {
  if (gap_bytes_ + bytes < with.size()) {
    const std::size_t more = with.size() + buffer_.size();  // so that the buffer rarely grows
    buffer_.insert(gap_, more, '\0');
    gap_bytes_ += more;
  }
  // The new text ends where the replaced text ended. The part of the line before it is moved next to it.
  char* const line = buffer_.data() + gap_ + gap_bytes_;
  char* const text = line + start + bytes - with.size();
  std::memmove(text - start, line, start);
  std::memcpy(text, with.data(), with.size());
  gap_bytes_ += bytes - with.size();
  // A "\n" that now follows a "\r" forms one line end with it.
  if (gap_ > 0 && buffer_[gap_ - 1] == '\r' && rest().starts_with('\n')) move_up();
}

std::string EditedText::text() && {
  buffer_.erase(gap_, gap_bytes_);
  return std::move(buffer_);
}

void EditedText::move_gap(std::size_t to) {
  char* const bytes = buffer_.data();
  if (to < gap_) std::memmove(bytes + to + gap_bytes_, bytes + to, gap_ - to);
  if (to > gap_) std::memmove(bytes + gap_, bytes + gap_ + gap_bytes_, to - gap_);
  gap_ = to;
}

// Moves to the start of the previous line.
void EditedText::move_up() {
  std::size_t at = gap_;
  const auto ends_with = [&](char end) { return at > 0 && buffer_[at - 1] == end; };
  if (ends_with('\n')) {
    --at;
    if (ends_with('\r')) --at;
  } else if (ends_with('\r')) {
    --at;
  }
  while (at > 0 && !ends_with('\n') && !ends_with('\r')) --at;
  move_gap(at);
  --line_;
}

}  // namespace aside
