#include "daemon/backup.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace aside {

Backups::Backups(asio::io_context& io, Store& store, Clock clock)
    : store_(store), clock_(std::move(clock)), timer_(io) {}

void Backups::start() {
  wait(after_start, [this] { look([this] { wait(look_again, [this] { start(); }); }); });
}

void Backups::look(std::function<void()> done) {
  done_ = std::move(done);
  auto due = store_.back_up(clock_());
  if (!due) {
    spdlog::warn("{}", due.error().message);
  } else {
    running_ = std::move(*due);
  }
  go_on();
}

void Backups::stop() {
  timer_.cancel();
  running_.reset();
  done_ = nullptr;
}

void Backups::go_on() {
  if (running_) {
    const auto whole = running_->step();
    if (whole && !*whole) return wait(pause, [this] { go_on(); });
    if (!whole) spdlog::warn("{}", whole.error().message);
    running_.reset();
  }
  if (const auto done = std::exchange(done_, nullptr)) done();
}

void Backups::wait(std::chrono::milliseconds time, std::function<void()> then) {
  timer_.expires_after(time);
  timer_.async_wait([then = std::move(then)](const asio::error_code& error) {
    if (!error) then();
  });
}

}  // namespace aside
