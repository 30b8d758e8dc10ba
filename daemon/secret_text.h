// Does a text hold a key, by the form that keys of well-known kinds have? Pure, linear in the text. Passwords
// have no form, and keys of documentation ("EXAMPLE", "xxxx") are none: who is asked too often says yes to
// everything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

struct Secret {
  std::string what;      // "a private key", "a GitHub token"
  std::size_t line = 0;  // from 1
  bool operator==(const Secret&) const = default;
};

std::optional<Secret> secret_text(std::string_view text);  // the first

}  // namespace aside
