// Lets the loop go on with other work while a coroutine computes for long. The coroutine makes a Pauses and destroys it
// at its end. It calls `pause` between two small steps of its work.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

namespace aside {

class Pauses {
 public:
  // `stretch` is how long the loop may be blocked between two pauses.
  Pauses(asio::io_context& io, std::chrono::microseconds stretch) : io_(io), stretch_(stretch) {}

  // Whether it is time for a pause. This reads the clock; if a step takes less time than that, call this only now and
  // then.
  bool due() const { return std::chrono::steady_clock::now() - started_ >= stretch_; }
  asio::awaitable<void> pause() {
    if (!due()) co_return;
    co_await asio::post(io_, asio::use_awaitable);
    started_ = std::chrono::steady_clock::now();
  }

 private:
  asio::io_context& io_;
  std::chrono::microseconds stretch_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace aside
