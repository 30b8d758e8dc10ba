// Makes the list of the files of a folder, for WorkspaceFiles: by git where there is a repository, which knows what is ignored,
// else by reading the folders. What an `.asideignore` names isn't in it, nor is what lies in `.git`. No link is followed. It
// reads folders and never a file of the user's, and makes pauses, so that the loop isn't held for long.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

// Names relative to the folder, any bytes but NUL, kept in one text. Each is there once. Immutable when it is made.
class FileList {
 public:
  // Beyond one of these, or after this time, the list ends, and it is `cut`.
  static constexpr std::size_t max_files = 200'000, max_bytes = 16 * 1024 * 1024;
  static constexpr std::chrono::seconds max_time{10};
  // The loop may be held for this time; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{1};

  struct File {
    std::uint32_t start = 0, bytes = 0;
    std::uint64_t characters = 0;  // the characters in its path; file_match.h says how
  };
  const std::vector<File>& files() const { return files_; }
  std::string_view name(const File& file) const {
    return std::string_view(names_).substr(file.start, file.bytes);
  }
  bool cut() const { return cut_; }
  std::size_t bytes() const { return names_.capacity() + files_.capacity() * sizeof(File); }

 private:
  friend class FileListMaker;
  std::string names_;
  std::vector<File> files_;
  bool cut_ = false;
};

// `folder` and `ignore_from` are absolute and without links. `ignore_from` is this folder or one above it: the first whose
// `.asideignore` counts.
asio::awaitable<FileList> list_files(asio::io_context& io, std::string folder, std::string ignore_from);

}  // namespace aside
