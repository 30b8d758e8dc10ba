#include "protocol/plain_text.h"

#include <cstddef>

namespace aside {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Returns the size of the first character if it must not be shown; 0 if it may be shown.
std::size_t unfit(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
  };
  const unsigned first = byte(0), second = byte(1), third = byte(2);
  if (first < 0x20 || first == 0x7F) return 1;
  if (first == 0xC2) return second >= 0x80 && second <= 0x9F ? 2 : 0;  // U+0080 … U+009F
  if (first == 0xD8) return second == 0x9C ? 2 : 0;                    // U+061C
  if (first == 0xE2 && second == 0x80) {
    const bool blank_or_mark = third == 0x8B || third == 0x8E || third == 0x8F;  // U+200B, U+200E, U+200F
    return blank_or_mark || (third >= 0xA8 && third <= 0xAE) ? 3 : 0;            // U+2028 … U+202E
  }
  if (first == 0xE2 && second == 0x81) return third >= 0xA6 && third <= 0xA9 ? 3 : 0;  // U+2066 … U+2069
  if (first == 0xEF) return second == 0xBB && third == 0xBF ? 3 : 0;                   // U+FEFF
  return 0;
}

}  // namespace

std::string plain_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = unfit(text);
    if (length == 0) {
      line += text[0];
    } else if (std::string_view("\t\n\v\f\r").find(text[0]) != std::string_view::npos) {
      line += ' ';
    } else {
      line += replacement;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

}  // namespace aside
