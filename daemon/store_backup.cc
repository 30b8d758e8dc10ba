#include "daemon/store_backup.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/store_file.h"
#include "protocol/iso_time.h"

namespace aside {
namespace {

std::string unfinished(const std::string& store) {
  return store + "-backup-unfinished";
}

}  // namespace

std::optional<Backup> Backup::due(const std::string& store, std::int64_t now, LockFile::Lock lock) {
  const std::string name = backup_name(store, iso_time(now).substr(0, std::string_view("2026-11-22").size()));
  if (std::filesystem::exists(name)) return std::nullopt;
  std::error_code ignored;
  std::filesystem::remove(unfinished(store), ignored);  // of a process that died over it
  return Backup(store, name, std::move(lock));
}

Backup::Backup(std::string store, std::string name, LockFile::Lock lock)
    : store_(std::move(store)),
      name_(std::move(name)),
      lock_(std::move(lock)),
      copy_(store_, unfinished(store_)) {}

Result<bool> Backup::step() {
  const auto whole = copy_.step();
  if (!whole || !*whole) return whole;
  if (auto done = keep(); !done) return done.error();
  return true;
}

Result<void> Backup::keep() const {
  std::error_code failed;
  std::filesystem::rename(unfinished(store_), name_, failed);
  if (failed) return Error{ErrorCode::Storage, "keeping the backup " + name_ + ": " + failed.message()};
  auto all = backups_of(store_);
  // A clock that once ran ahead left some that seem newer: today's stays all the same.
  all.erase(std::remove(all.begin(), all.end(), name_), all.end());
  for (std::size_t i = 0; i + kept <= all.size(); ++i) std::filesystem::remove(all[i], failed);
  return {};
}

}  // namespace aside
