#include "daemon/store/subscription.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

namespace aside {
namespace {

std::string folder_of(const std::string& store) {
  return store + "-followed";
}

}  // namespace

std::int64_t followers_of(const std::string& uri) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : uri) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return document_places + static_cast<std::int64_t>(hash % std::uint64_t{document_places});
}

Subscription::Subscription(std::optional<LockFile::Lock> mark, Watch::File file)
    : mark_(std::move(mark)), file_(std::move(file)) {}

// A process that begins to follow at this moment may lose the file that is removed here. That process notices the
// loss and makes the file again.
Subscription::~Subscription() {
  const std::string path = file_.path();
  if (path.empty()) return;
  file_ = Watch::File();
  if (!mark_ || mark_->alone()) ::unlink(path.c_str());
}

std::string followed_file(const std::string& store, std::int64_t place) {
  return folder_of(store) + "/" + std::to_string(place);
}

void drop_unfollowed(const std::string& store, const LockFile& locks) {
  std::error_code failed;
  std::filesystem::directory_iterator entry(folder_of(store), failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::int64_t place = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), place);
    if (read.ec == std::errc() && read.ptr == name.data() + name.size() && !locks.held(place))
      ::unlink(entry->path().c_str());
  }
}

}  // namespace aside
