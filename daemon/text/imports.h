// The files that a source file includes or imports, where its text leaves no doubt: `#include "…"` of C and C++, relative
// modules of JavaScript and TypeScript, modules of Python. Called by Suggestions. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

// An import, with the paths that it may mean. The caller has to look which of them exist.
struct Import {
  std::vector<std::string> paths;  // relative to the folder of the file; the first that exists is meant
  bool above = false;              // if there is none, relative to the folders above it
  bool operator==(const Import&) const = default;
};

inline constexpr std::size_t max_imports = 60;

// In the order of the text, each once. The file's name tells the language.
std::vector<Import> imports(std::string_view text, std::string_view file_name);

// The names that the other half of a source file may have: of a header the source, and of a source the header.
std::vector<std::string> other_halves(std::string_view file_name);

}  // namespace aside
