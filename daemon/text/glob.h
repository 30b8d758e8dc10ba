// Matches file names with patterns as in gitignore: `*`, `?`, `[a-z]`, `[!a-z]` within a name, `**` for any number of
// folders. A pattern with a slash at its beginning or in the middle must match the path from its beginning; a pattern
// without such a slash matches at any depth. A pattern with a slash at its end matches folders only. A pattern that
// matches a folder matches everything below it. After a backslash, the next character stands for itself. Unlike git,
// this treats small and capital ASCII letters as equal. Pure. The work is at most the product of the two lengths.
#pragma once

#include <string_view>

namespace aside {

// Whether the pattern matches the file, or a folder that holds the file. `/` separates the parts of the path.
bool glob_names(std::string_view pattern, std::string_view path);
// Whether the pattern matches this path, from its beginning to its end, wherever the pattern's slashes are: `*.c` doesn't
// match `a/x.c`.
bool glob_fits(std::string_view pattern, std::string_view path);
// Whether a name has characters that mean something in a pattern, such as `*`.
bool is_glob(std::string_view name);

}  // namespace aside
