#include "daemon/system/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aside {
namespace {

using Outcome = FileBytes::Outcome;

FileBytes failed() {
  const bool is_missing = errno == ENOENT || errno == ENOTDIR;
  return {is_missing ? Outcome::Missing : Outcome::Unreadable, {}, errno};
}

FileBytes read_all(int file, std::size_t max_bytes) {
  struct stat found = {};
  if (::fstat(file, &found) != 0) return failed();
  if (!S_ISREG(found.st_mode)) return {Outcome::NotRegular};
  // A file system may give a wrong size, so this tries to read one byte more than allowed.
  FileBytes read{Outcome::Read, std::string(max_bytes + 1, '\0')};
  std::size_t size = 0;
  while (size < read.bytes.size()) {
    const ssize_t got = ::read(file, read.bytes.data() + size, read.bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed();
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) read.outcome = Outcome::TooLarge;
  read.bytes.resize(std::min(size, max_bytes));
  return read;
}

}  // namespace

FileBytes read_file_bytes(const std::string& path, std::size_t max_bytes, Links links) {
  // O_NONBLOCK, because opening a pipe that nobody writes to would wait.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::Follow ? 0 : O_NOFOLLOW);
  const int file = ::open(path.c_str(), flags);
  if (file < 0) return failed();
  FileBytes read = read_all(file, max_bytes);
  ::close(file);
  return read;
}

}  // namespace aside
