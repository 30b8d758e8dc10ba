#include "daemon/context/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "protocol/blank.h"

#ifdef __linux__
#include <sys/sysmacros.h>
#endif

namespace aside {
namespace {

constexpr std::size_t max_fingerprint_bytes = 4 * 1024 * 1024;

}  // namespace

std::string file_identity(const std::string& path) {
  unsigned long long device = 0, inode = 0, birth = 0;
#ifdef __linux__
  struct statx s = {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE | STATX_INO | STATX_BTIME, &s) != 0 ||
      !S_ISREG(s.stx_mode))
    return {};
  device = makedev(s.stx_dev_major, s.stx_dev_minor);
  inode = s.stx_ino;
  if (s.stx_mask & STATX_BTIME) birth = s.stx_btime.tv_sec * 1'000'000'000ull + s.stx_btime.tv_nsec;
#else
  struct stat s = {};
  if (::stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return {};
  device = s.st_dev;
  inode = s.st_ino;
#ifdef __APPLE__
  birth = s.st_birthtimespec.tv_sec * 1'000'000'000ull + s.st_birthtimespec.tv_nsec;
#endif
#endif
  return std::to_string(device) + ":" + std::to_string(inode) + ":" + std::to_string(birth);
}

std::string file_fingerprint(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return {};  // reading a pipe would wait
  std::ifstream file(path, std::ios::binary);
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  std::size_t size = 0;
  bool blank_so_far = true;
  std::array<char, 64 * 1024> chunk;
  while (file.read(chunk.data(), chunk.size()), file.gcount() > 0) {
    size += static_cast<std::size_t>(file.gcount());
    if (size > max_fingerprint_bytes) return {};
    blank_so_far =
        blank_so_far && blank(std::string_view(chunk.data(), static_cast<std::size_t>(file.gcount())));
    for (std::streamsize i = 0; i < file.gcount(); ++i)
      hash = (hash ^ static_cast<unsigned char>(chunk[static_cast<std::size_t>(i)])) * 0x100000001b3;
  }
  if (blank_so_far || file.bad()) return {};
  std::array<char, 17> digits;
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return std::string(digits.data()) + ":" + std::to_string(size);
}

}  // namespace aside
