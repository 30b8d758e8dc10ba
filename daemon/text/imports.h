// Finds the files that a source file includes or imports, where its text leaves no doubt: `#include "…"` in C and C++,
// relative modules in JavaScript and TypeScript, modules in Python. Called by Suggestions. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

// An import, with the paths that it may mean. The caller has to look which of them exist.
struct Import {
  std::vector<std::string> paths;  // relative to the folder of the file; the first one that exists is meant
  bool above = false;              // if none exists there, they are looked for in the folders above it
  bool operator==(const Import&) const = default;
};

inline constexpr std::size_t max_imports = 60;

// Returns the imports in the order of the text, each of them once. The language is known from the file's name.
std::vector<Import> imports(std::string_view text, std::string_view file_name);

// The names that the other half of a source file may have: for a header, the names of its source file; for a source
// file, the names of its header.
std::vector<std::string> other_halves(std::string_view file_name);

}  // namespace aside
