#include "daemon/system/spelling.h"

#include <dirent.h>
#include <strings.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace aside {
namespace {

struct Close {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

struct Place {
  dev_t device;
  ino_t inode;
  bool operator==(const Place&) const = default;
};

std::optional<Place> place(const std::string& path) {
  struct stat file = {};
  if (::lstat(path.c_str(), &file) != 0) return std::nullopt;
  return Place{file.st_dev, file.st_ino};
}

std::string with_case_swapped(std::string name) {
  for (char& c : name)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c ^= 0x20;
  return name;
}

// Returns the name under which the folder lists the file. If the folder lists `name` itself (perhaps a hard link),
// this is `name`. If the file has several other names, the one that differs only in case is preferred.
std::string listed(const std::string& folder, const std::string& name, const Place& file) {
  const std::unique_ptr<DIR, Close> open(::opendir(folder.c_str()));
  std::string found = name;
  bool alike = false;
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    if (name == entry->d_name) return name;
    const bool equal = ::strcasecmp(name.c_str(), entry->d_name) == 0;
    if (alike || (!equal && entry->d_ino != file.inode)) continue;
    if (place(folder + entry->d_name) != file) continue;
    found = entry->d_name;
    alike = equal;
  }
  return found;
}

}  // namespace

std::string own_spelling(const std::string& path) {
  std::string own = "/";
  for (std::size_t start = 1, end; start < path.size(); start = end + 1) {
    end = std::min(path.find('/', start), path.size());
    std::string name = path.substr(start, end - start);
    const auto file = place(own + name);
    // The folder is searched only if the name in the other case leads to the same file.
    if (file && place(own + with_case_swapped(name)) == file && with_case_swapped(name) != name)
      name = listed(own, name, *file);
    own += name;
    if (end < path.size()) own += '/';
  }
  return own;
}

}  // namespace aside
