// Which characters are ASCII digits and letters, whatever the locale is; and, by these, which names have the extension
// of a file. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace aside {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Whether a path or name ends with an extension such as ".c" or ".html5". Numbers ("2.5") and the words of prose mostly
// don't.
constexpr bool has_extension(std::string_view path) {
  constexpr std::size_t longest = 10;
  const std::size_t dot = path.rfind('.');
  if (dot == path.npos || dot + 1 >= path.size() || path.size() - dot - 1 > longest) return false;
  const std::string_view extension = path.substr(dot + 1);
  return is_letter(extension[0]) && std::all_of(extension.begin(), extension.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '_';
         });
}

}  // namespace aside
