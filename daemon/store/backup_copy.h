// One day's copy of a store while it is being made. It gets its name when it is complete and on the disk; then the
// oldest copies are removed, except one that holds far more than all the newer ones.
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

  // nullopt: there is already one of that day (UTC). Error: Storage, if the disk has no room for it.
  static Result<std::optional<Backup>> due(const std::string& store, std::int64_t now, LockFile::Lock lock);
  Result<bool> step();  // true: it is complete. After an error, destroy it: that removes its file
  // When it is complete: sentences for the user; usually empty.
  const std::string& notice() const { return notice_; }

 private:
  // A file that is removed with this object, unless it is kept.
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
