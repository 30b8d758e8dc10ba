#include "protocol/blank.h"

#include <algorithm>
#include <iterator>

namespace aside {
namespace {

// White space outside ASCII, except U+2000 … U+200A: space_bytes recognises these by their bytes.
constexpr std::string_view spaces[] = {"\u0085", "\u00A0", "\u1680", "\u2028",
                                       "\u2029", "\u202F", "\u205F", "\u3000"};

// Returns the size of the white space character at the beginning of a text; 0 if another character is there.
std::size_t space_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto c = static_cast<unsigned char>(text[0]);
  if (c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F)) return 1;
  if (text.starts_with("\xE2\x80") && text.size() > 2) {
    const auto third = static_cast<unsigned char>(text[2]);
    if (third >= 0x80 && third <= 0x8A) return 3;
  }
  const auto begins = [text](std::string_view space) { return text.starts_with(space); };
  const auto found = std::find_if(std::begin(spaces), std::end(spaces), begins);
  return found == std::end(spaces) ? 0 : found->size();
}

// Returns the size of the white space character at the end of a text; 0 if another character is there. The last bytes
// of a white space character can't begin a character, so a match is never a part of another character.
std::size_t space_bytes_at_end(std::string_view text) {
  for (const std::size_t size : {1, 2, 3})
    if (size <= text.size() && space_bytes(text.substr(text.size() - size)) == size) return size;
  return 0;
}

}  // namespace

bool blank(std::string_view text) {
  return trimmed(text).empty();
}

std::string_view trimmed(std::string_view text) {
  while (const std::size_t space = space_bytes(text)) text.remove_prefix(space);
  while (const std::size_t space = space_bytes_at_end(text)) text.remove_suffix(space);
  return text;
}

std::size_t word_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && space_bytes(text.substr(at)) == 0) ++at;
  return at;
}

}  // namespace aside
