// One day's copy of a store, while it is being made. Only once it is whole and on the disk does it have its
// name, and the oldest make room for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/lease.h"
#include "daemon/store_database.h"

namespace aside {

class Backup {
 public:
  static constexpr std::size_t kept = 3;

  // nullopt: there is one of that day (UTC).
  static std::optional<Backup> due(const std::string& store, std::int64_t now, LockFile::Lock lock);
  Result<bool> step();  // true: it is there

 private:
  Backup(std::string store, std::string name, LockFile::Lock lock);
  Result<void> keep() const;

  std::string store_, name_;
  LockFile::Lock lock_;  // while it is held, no other process makes one
  Copy copy_;
};

}  // namespace aside
