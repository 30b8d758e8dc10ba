// Finds keys in a text by the forms that well-known kinds of keys have. Pure, linear in the text. Passwords have no
// such form and aren't found. Keys from documentation ("EXAMPLE", "xxxx") are skipped: a user who is asked too often
// says yes to everything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct Secret {
  std::string what;      // "a private key", "a GitHub token"
  std::size_t line = 0;  // from 1
  std::string_view key;  // the key's first bytes, to distinguish several keys of one kind in a line
};

// The first secrets in a text, at most `max_secrets`.
inline constexpr std::size_t max_secrets = 20;
std::vector<Secret> secrets_in(std::string_view text);

}  // namespace aside
