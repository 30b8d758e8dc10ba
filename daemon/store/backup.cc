#include "daemon/store/backup.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace aside {

Backups::Backups(asio::io_context& io, Store& store, Clock clock,
                 std::function<void(const std::string&)> warn)
    : store_(store), clock_(std::move(clock)), warn_(std::move(warn)), timer_(io) {}

void Backups::start() {
  wait(after_start, [this] { look([this] { wait(look_again, [this] { start(); }); }); });
}

void Backups::look(std::function<void()> done) {
  done_ = std::move(done);
  auto due = store_.back_up(clock_());
  if (!due) {
    failed(due.error());
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
    if (!whole) {
      failed(whole.error());
    } else {
      warned_.clear();
      if (!running_->notice().empty()) warn_(running_->notice());
    }
    running_.reset();
  }
  if (const auto done = std::exchange(done_, nullptr)) done();
}

void Backups::failed(const Error& why) {
  spdlog::warn("{}", why.message);
  if (std::exchange(warned_, why.message) == why.message) return;
  warn_("today's backup of the conversations could not be made. " + why.message + ". " + why.data.hint);
}

void Backups::wait(std::chrono::milliseconds time, std::function<void()> then) {
  timer_.expires_after(time);
  timer_.async_wait([then = std::move(then)](const asio::error_code& error) {
    if (!error) then();
  });
}

}  // namespace aside
