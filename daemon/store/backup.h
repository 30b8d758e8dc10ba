// Makes a copy of the whole store each day while the store is in use. main owns the Backups. Each daemon checks
// whether today's copy is missing; one of the daemons makes it, in small steps from the loop, with pauses. The last
// three copies are kept, and in addition an older copy that holds far more than those three.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/copy.h"
#include "daemon/system/lock_file.h"

namespace aside {

class Store;

// One day's copy while it is being made. The file gets its final name when the copy is complete and on the disk; then
// old copies are removed.
class Backup {
 public:
  static constexpr std::size_t kept = 3;
  static constexpr std::uintmax_t spare = 64 << 20;  // bytes that must stay free on the disk after the copy

  // Begins today's copy. nullopt if there is already a copy of that day (UTC), if another process is making it, or if
  // the store is in memory. Errors: Storage, if the disk has no room for the copy. The Backup must be destroyed
  // before the store.
  static Result<std::optional<Backup>> due(Store& store, std::int64_t now);
  // True: the copy is complete. After an error, destroy the Backup: that removes its file.
  Result<bool> step();
  // Sentences for the user, once the copy is complete. Usually empty.
  const std::string& notice() const { return notice_; }

 private:
  // A file that is removed together with this object, unless `path` has been cleared.
  struct Unfinished {
    explicit Unfinished(std::string path) : path(std::move(path)) {}
    Unfinished(Unfinished&& other) noexcept : path(std::exchange(other.path, {})) {}
    Unfinished& operator=(Unfinished&& other) noexcept;
    ~Unfinished();
    std::string path;
  };

  Backup(std::string store, std::string name, LockFile::Lock lock);
  Result<void> give_name();
  void make_room();

  std::string store_, name_, notice_;
  LockFile::Lock lock_;    // while it is held, no other process makes a backup
  Unfinished unfinished_;  // a member before `copy_`, so that the file is closed before it is removed
  Copy copy_;
};

class Backups {
 public:
  static constexpr std::chrono::seconds after_start{60};  // an editor that runs only briefly makes no backup
  static constexpr std::chrono::hours look_again{1};
  static constexpr std::chrono::milliseconds pause{10};  // between two steps

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970
  // `warn` tells the user why there is no backup: each reason once, until a backup succeeds.
  Backups(asio::io_context& io, Store& store, Clock clock, std::function<void(const std::string&)> warn);
  void start();
  // Makes today's backup now, if there is none yet. Calls `done` when nothing is left to do.
  void make_if_due(std::function<void()> done);
  void stop();  // drops an unfinished backup and closes its connections; called before a fork

 private:
  void wait(std::chrono::milliseconds time, std::function<void()> then);
  void continue_step();
  void failed(const Error& why);

  Store& store_;
  Clock clock_;
  std::function<void(const std::string&)> warn_;
  std::string warned_;
  asio::steady_timer timer_;
  std::optional<Backup> running_;
  std::function<void()> done_;
};

}  // namespace aside
