// A copy of the whole store once a day, made while everybody goes on working; the last three are kept. Looked
// after by each daemon, from the loop: a little at a time, with pauses. Of several daemons one makes it.
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
  static constexpr std::chrono::seconds after_start{60};  // an editor that is opened for a moment makes none
  static constexpr std::chrono::hours look_again{1};
  static constexpr std::chrono::milliseconds pause{10};  // between two steps

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970
  // `warn` tells the user that there is no backup, and why: each reason once, until there is one.
  Backups(asio::io_context& io, Store& store, Clock clock, std::function<void(const std::string&)> warn);
  void start();
  // Makes today's now, unless it is there; `done` when nothing is left to do.
  void look(std::function<void()> done);
  void stop();  // one that isn't whole is dropped, its connections closed: before a fork

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
