// Does a file look as if it held secrets, by its name and by what `.asideignore` files say? What does is
// asked about before it is sent. A false alarm costs a question and a miss may cost a key; but who is asked
// too often says yes to everything. Patterns are those of daemon/text/glob; one that begins with `!` takes
// back what those before it say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

// Used unless the setting `secretFiles` says otherwise.
const std::vector<std::string>& built_in_secret_files();

// The pattern that says a file may hold secrets: the last that holds for it, unless it begins with `!`. The
// path is relative to the folder that the patterns are meant for, with `/` between its parts.
std::optional<std::string> secret_name(std::string_view path, const std::vector<std::string>& patterns);

// The most that the `.asideignore` files of one look-up may hold together. What is beyond can't be known, so
// all of the folder is then asked about (the pattern `*`), as when a file can't be read.
inline constexpr std::size_t max_asideignore_bytes = 64 * 1024;
inline constexpr std::size_t max_asideignore_patterns = 1000;

// The patterns of a folder's `.asideignore`; none where there is no such file. A repository may add to what
// is asked about and take nothing back: lines with `!` are passed over, beside comments (`#`) and blank
// lines.
std::vector<std::string> read_asideignore(const std::string& folder);

// The pattern by which an `.asideignore` in the workspace folder, or in a folder between it and the file,
// names the file; its path is relative to the workspace folder.
std::optional<std::string> named_by_asideignore(const std::string& workspace_folder, std::string_view path);

}  // namespace aside
