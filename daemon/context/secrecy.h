// Finds files that may hold secrets, by their names and by `.asideignore` files. The user is asked before such a file
// is sent. A missed file may expose a key; but a user who is asked too often says yes to everything. Patterns are
// those of daemon/text/glob. A pattern that begins with `!` cancels the patterns before it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace aside {

// The patterns that are used unless the setting `secretFiles` replaces them.
const std::vector<std::string>& built_in_secret_files();

// Returns the pattern that makes a file a possible secret: the last pattern that matches, unless this one begins with
// `!`. The path is relative to the folder of the patterns; `/` separates its parts.
std::optional<std::string> secret_name(std::string_view path, const std::vector<std::string>& patterns);

// The limits for all `.asideignore` files of one look-up together. Above them, or if one of these files can't be
// read, the user is asked about every file (the pattern is then `*`).
inline constexpr std::size_t max_asideignore_bytes = 64 * 1024;
inline constexpr std::size_t max_asideignore_patterns = 1000;

// Returns the patterns of a folder's `.asideignore`; none if there is no such file. A repository may only add
// patterns, so lines that begin with `!` are ignored. Comments (`#`) and blank lines are ignored, too.
std::vector<std::string> read_asideignore(const std::string& folder);

// Returns the pattern that matches the file, from the `.asideignore` of the workspace folder or of a folder between
// it and the file. The file's path is relative to the workspace folder.
std::optional<std::string> named_by_asideignore(const std::string& workspace_folder, std::string_view path);

// Does the same for many files of a workspace folder, but reads each `.asideignore` only once: when `name` is called
// for the first file of its folder. Make a new object for each list of files, since the `.asideignore` files may
// change.
class AsideignoreFiles {
 public:
  explicit AsideignoreFiles(std::string workspace_folder) : workspace_folder_(std::move(workspace_folder)) {}

  bool name(std::string_view path);

 private:
  // The patterns that count in one folder: its own, and those of each folder above it up to the workspace folder.
  struct Folder {
    std::vector<std::pair<std::size_t, std::vector<std::string>>>
        patterns;  // with the length of the path, "/" included, of the folder that has them
    std::size_t bytes = 0, count = 0;
    bool everything = false;  // a limit was exceeded, so every file counts as named
  };
  const Folder& folder(const std::string& path);

  std::string workspace_folder_;
  std::unordered_map<std::string, Folder> folders_;
};

}  // namespace aside
