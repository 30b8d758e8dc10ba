// Reads a whole small file at once: settings, lists, instructions. Only regular files are read, since they never
// make the loop wait; pipes, sockets and devices are refused.
#pragma once

#include <cstddef>
#include <string>

namespace aside {

struct FileBytes {
  enum class Outcome { Read, Missing, NotRegular, TooLarge, Unreadable };
  Outcome outcome = Outcome::Unreadable;
  std::string bytes = {};  // of a file that is too large: the first `max_bytes`
  int error = 0;           // errno, where nothing could be read
};

enum class Links { Follow, RefuseLast };  // whether the last part of the path may be a link

FileBytes read_file_bytes(const std::string& path, std::size_t max_bytes, Links links = Links::Follow);

}  // namespace aside
