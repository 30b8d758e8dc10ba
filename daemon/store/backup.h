// Makes a copy of the whole store once a day, while the store is in use, and keeps the last three. Each daemon
// checks whether one is due; only one of them makes it, in small steps from the loop, with pauses.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/store/store.h"

namespace aside {

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
  void look(std::function<void()> done);
  void stop();  // drops an unfinished backup and closes its connections; called before a fork

 private:
  void wait(std::chrono::milliseconds time, std::function<void()> then);
  void go_on();
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
