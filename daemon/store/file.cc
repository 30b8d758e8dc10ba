#include "daemon/store/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace aside {
namespace {

constexpr std::string_view backup_suffix = "-backup-";
constexpr std::string_view day_pattern = "dddd-dd-dd";

Error storage(std::string message, std::string hint) {
  return {ErrorCode::Storage, std::move(message), {.hint = std::move(hint)}};
}

// Makes the folder and its parents.
Result<void> make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return {};
  if (auto above = make_folder(folder.parent_path()); !above) return above;
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return storage("making the folder " + folder.string() + ": " + std::strerror(errno),
                 "Make it writable for you, or set XDG_STATE_HOME to a writable folder.");
}

bool is_day(std::string_view text) {
  const auto fits = [](char c, char pattern) { return pattern == 'd' ? c >= '0' && c <= '9' : c == pattern; };
  return std::equal(text.begin(), text.end(), day_pattern.begin(), day_pattern.end(), fits);
}

}  // namespace

// Makes the file before SQLite opens it, since SQLite would use the umask for its permissions.
Result<void> make_file(const std::string& path) {
  if (auto folder = make_folder(std::filesystem::path(path).parent_path()); !folder) return folder;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
  } else if (errno != EEXIST) {
    return storage("making the store " + path + ": " + std::strerror(errno),
                   "Make its folder writable for you, or set XDG_STATE_HOME to a writable folder.");
  }
  return {};
}

void keep_private(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat file = {};
    const std::string name = path + suffix;
    if (::stat(name.c_str(), &file) == 0 && (file.st_mode & 077)) ::chmod(name.c_str(), file.st_mode & 0700);
  }
}

void begin_writing_out([[maybe_unused]] const std::string& path) {
#ifdef SYNC_FILE_RANGE_WRITE  // Linux
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
  ::close(file);
#endif
}

Result<void> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int why = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return storage("writing " + path + ": " + std::strerror(why), "Check the disk and the space left on it.");
}

std::string backup_name(const std::string& store, const std::string& day) {
  return store + std::string(backup_suffix) + day;
}

std::vector<std::string> backups_of(const std::string& store) {
  std::vector<std::string> backups;
  const std::filesystem::path file(store);
  const std::string prefix = file.filename().string() + std::string(backup_suffix);
  std::error_code failed;
  std::filesystem::directory_iterator entry(file.parent_path(), failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (name.starts_with(prefix) && is_day(std::string_view(name).substr(prefix.size())) &&
        entry->is_regular_file(unknown))
      backups.push_back(entry->path().string());
  }
  std::sort(backups.begin(), backups.end());
  return backups;
}

}  // namespace aside
