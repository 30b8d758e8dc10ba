// A copy of the whole store each day, made while the store is in use. Owned by main. Each daemon checks whether one is
// due; one of them makes it, in small steps from the loop, with pauses. The last three copies are kept, and beside them
// an older one that holds far more than all of these.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "daemon/store/database.h"
#include "daemon/system/lock_file.h"

namespace aside {

class Store;

// One day's copy while it is being made. It gets its name when it is complete and on the disk; then old copies are
// removed.
class Backup {
 public:
  static constexpr std::size_t kept = 3;
  static constexpr std::uintmax_t spare = 64 << 20;  // bytes that stay free on the disk beside it

  // nullopt: there is already one of that day (UTC), another process is making it, or the store is in memory.
  // Errors: Storage, if the disk has no room for it. The Backup must be destroyed before the store.
  static Result<std::optional<Backup>> due(Store& store, std::int64_t now);
  Result<bool> step();  // true: it is complete. After an error, destroy it: that removes its file
  // When it is complete: sentences for the user; usually empty.
  const std::string& notice() const { return notice_; }

 private:
  // A file that is removed with this object, unless `path` has been cleared.
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
  Unfinished unfinished_;  // stands before `copy_`, so that the file is closed before it is removed
  Copy copy_;
};

class Backups {
 public:
  static constexpr std::chrono::seconds after_start{60};  // so that a short-lived editor makes none
  static constexpr std::chrono::hours look_again{1};
  static constexpr std::chrono::milliseconds pause{10};  // between two steps

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970
  // `warn` tells the user why there is no backup: each reason once, until a backup succeeds.
  Backups(asio::io_context& io, Store& store, Clock clock, std::function<void(const std::string&)> warn);
  void start();
  // Makes today's backup now, unless there is one; calls `done` when nothing is left to do.
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
