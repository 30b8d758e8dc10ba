// UTF-8, character by character. Pure. Callers decide what replaces bytes that are not UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aside::utf8 {

inline constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  // The length in bytes. For invalid bytes: how many of them one replacement character replaces (Unicode's "maximal
  // subpart of an ill-formed subsequence", as in browsers).
  std::size_t length = 0;
  bool valid = false;
  char32_t code = 0xFFFD;
};

// The character at the beginning of a text, which must not be empty.
Character first(std::string_view text);
void append(std::string& text, char32_t code);

// Whether a byte of valid UTF-8 continues the character before it.
constexpr bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}
// The number of characters in valid UTF-8.
std::size_t count(std::string_view text);
// Returns the number of bytes of the first `characters` characters of valid UTF-8. If the text has fewer characters,
// returns its size.
std::size_t bytes_of(std::string_view text, std::size_t characters);

}  // namespace aside::utf8
