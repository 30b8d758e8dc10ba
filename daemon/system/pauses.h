// Lets the loop go on with other work while a coroutine computes for long. Made by the coroutine, which calls `pause`
// between two small steps of its work. It ends with the coroutine.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

namespace aside {

class Pauses {
 public:
  // `stretch`: the loop may be held so long at a time.
  Pauses(asio::io_context& io, std::chrono::microseconds stretch) : io_(io), stretch_(stretch) {}

  // Whether it is time for a pause. A step that is much shorter than a call of the clock asks now and then only.
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
