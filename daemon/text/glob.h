// Patterns for names of files, as in gitignore: `*`, `?`, `[a-z]`, `[!a-z]` within a name, `**` for any
// number of folders. A slash at the beginning or in the middle ties a pattern to the folder that paths are
// relative to; without one it holds at any depth. A slash at the end is for folders only. What names a folder
// names all below it. A backslash takes the meaning from the next character. Unlike git's, they hold for
// small and capital letters (of ASCII) alike. Pure; the work is at most the product of the lengths, whatever
// the pattern.
#pragma once

#include <string_view>

namespace aside {

// Whether the pattern names the file, or a folder that it is in. The path has `/` between its parts.
bool glob_names(std::string_view pattern, std::string_view path);

}  // namespace aside
