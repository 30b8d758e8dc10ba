// Reads a whole small file at once: settings, lists, instructions. Reads only regular files, which never make the
// loop wait. Refuses pipes, sockets and devices.
#pragma once

#include <cstddef>
#include <string>

namespace aside {

struct FileBytes {
  enum class Outcome { Read, Missing, NotRegular, TooLarge, Unreadable };
  Outcome outcome = Outcome::Unreadable;
  std::string bytes = {};  // if the file is too large: its first `max_bytes`
  int error = 0;           // the errno, if nothing could be read
};

enum class Links { Follow, RefuseLast };  // whether the last part of the path may be a link

FileBytes read_file_bytes(const std::string& path, std::size_t max_bytes, Links links = Links::Follow);

}  // namespace aside
