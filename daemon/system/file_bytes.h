// Reads a whole small file at once: settings, lists, instructions. Only regular files, which never make the loop wait:
// pipes, sockets and devices are refused.
#pragma once

#include <cstddef>
#include <string>

namespace aside {

struct FileBytes {
  enum class Outcome { Read, Missing, NotRegular, TooLarge, Unreadable };
  Outcome outcome = Outcome::Unreadable;
  std::string bytes = {};  // where it is too large: as many as were allowed
  int error = 0;           // errno, where nothing could be read
};

enum class Links { Follow, RefuseLast };  // of the path; the last part only

FileBytes read_file_bytes(const std::string& path, std::size_t max_bytes, Links links = Links::Follow);

}  // namespace aside
