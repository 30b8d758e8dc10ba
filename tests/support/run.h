// Runs an io_context in a test until something is done. If it is never done, the test fails instead of
// hanging.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace aside {

inline constexpr std::chrono::seconds longest_run{30};

// Runs the loop until `done()` is true. `done` is called after each event, and every few milliseconds if
// there is no event.
template <class Predicate>
void run_until(asio::io_context& io, Predicate done) {
  using Clock = std::chrono::steady_clock;
  for (const auto give_up = Clock::now() + longest_run; !done();) {
    if (give_up < Clock::now()) throw std::runtime_error("what the test waits for did not happen");
    io.restart();
    io.run_one_for(std::chrono::milliseconds(5));
  }
}

// An awaitable that runs while the test continues. This object must not be destroyed before the awaitable has
// ended.
template <class T>
class Running {
 public:
  Running(asio::io_context& io, asio::awaitable<T> task) : io_(io) {
    auto ended = [this](std::exception_ptr failure) { failure_ = failure, done_ = true; };
    asio::co_spawn(io, keep(std::move(task)), asio::bind_cancellation_slot(signal_.slot(), std::move(ended)));
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  bool done() const { return done_; }
  void cancel() { signal_.emit(asio::cancellation_type::terminal); }
  T get() {
    run_until(io_, [this] { return done_; });
    if (failure_) std::rethrow_exception(failure_);
    return std::move(*result_);
  }

 private:
  // As in the daemon, a cancelled task doesn't throw: it returns a value that says that it was cancelled.
  asio::awaitable<void> keep(asio::awaitable<T> task) {
    co_await asio::this_coro::throw_if_cancelled(false);
    result_.emplace(co_await std::move(task));
  }

  asio::io_context& io_;
  asio::cancellation_signal signal_;
  std::optional<T> result_;
  std::exception_ptr failure_;
  bool done_ = false;
};

// Runs a task to its end and returns its result.
template <class T>
T run(asio::io_context& io, asio::awaitable<T> task) {
  return Running<T>(io, std::move(task)).get();
}

}  // namespace aside
