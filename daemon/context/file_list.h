// Lists the files of a folder. In a repository, git makes the list, since git knows which files are ignored. Elsewhere,
// the folders are read. Files that an `.asideignore` names, and files in `.git`, are left out. Links are not followed,
// and no file is read but `.asideignore`. The work is done in short steps, so that the event loop is never blocked for
// long. Called by WorkspaceFiles and FileGroups.
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

// The names of files, relative to the folder. A name may have any bytes but NUL. Each name is in the list once. A
// finished list never changes.
class FileList {
 public:
  // When one of these limits is reached, the list ends there, and `cut` returns true.
  static constexpr std::size_t max_files = 200'000, max_bytes = 16 * 1024 * 1024;
  static constexpr std::chrono::seconds max_time{10};
  // The event loop may be blocked for this time; then other events get their turn.
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

// `folder` and `ignore_from` are absolute paths without links. `ignore_from` is `folder` or a folder above it. Its
// `.asideignore` counts, and so do those in the folders below it.
asio::awaitable<FileList> list_files(asio::io_context& io, std::string folder, std::string ignore_from);

}  // namespace aside
