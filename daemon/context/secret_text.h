// Does a text hold a key, by the form that keys of well-known kinds have? Pure, linear in the text. Passwords
// have no form, and keys of documentation ("EXAMPLE", "xxxx") are none: who is asked too often says yes to
// everything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct Secret {
  std::string what;      // "a private key", "a GitHub token"
  std::size_t line = 0;  // from 1
  std::string_view key;  // with which it begins: tells it from another of its kind in the same line
};

// The first of them, as many as are worth a line to people.
inline constexpr std::size_t max_secrets = 20;
std::vector<Secret> secrets_in(std::string_view text);

}  // namespace aside
