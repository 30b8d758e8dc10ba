// One day's copy of a store, while it is being made. Only once it is whole and on the disk does it have its
// name, and the oldest make room for it; but for one that holds far more than all that are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/database.h"
#include "daemon/system/lock_file.h"

namespace aside {

class Backup {
 public:
  static constexpr std::size_t kept = 3;

  static constexpr std::uintmax_t spare = 64 << 20;  // bytes that stay free on the disk beside it

  // nullopt: there is one of that day (UTC). Errors: Storage where the disk has no room for it.
  static Result<std::optional<Backup>> due(const std::string& store, std::int64_t now, LockFile::Lock lock);
  Result<bool> step();  // true: it is there. After an error nothing of it is left
  // Once it is there: what the user should know of it, in sentences; mostly empty.
  const std::string& notice() const { return notice_; }

 private:
  // A file that goes with this object unless it is kept.
  struct Unfinished {
    explicit Unfinished(std::string path) : path(std::move(path)) {}
    Unfinished(Unfinished&& other) noexcept : path(std::exchange(other.path, {})) {}
    Unfinished& operator=(Unfinished&& other) noexcept;
    ~Unfinished();
    std::string path;
  };

  Backup(std::string store, std::string name, LockFile::Lock lock);
  Result<void> keep();
  void make_room();

  std::string store_, name_, notice_;
  LockFile::Lock lock_;    // while it is held, no other process makes one
  Unfinished unfinished_;  // closed before it is removed
  Copy copy_;
};

}  // namespace aside
