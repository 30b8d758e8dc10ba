// Which characters are ASCII digits and letters, whatever the locale is. Pure.
#pragma once

namespace aside {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace aside
