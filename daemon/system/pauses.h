// Lets others run if a coroutine has held the loop for a stretch of time. Made where the coroutine begins, it lives as long as
// that.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

namespace aside {

class Pauses {
 public:
  Pauses(asio::io_context& io, std::chrono::milliseconds stretch) : io_(io), stretch_(stretch) {}

  asio::awaitable<void> pause() {
    if (std::chrono::steady_clock::now() - started_ < stretch_) co_return;
    co_await asio::post(io_, asio::use_awaitable);
    started_ = std::chrono::steady_clock::now();
  }

 private:
  asio::io_context& io_;
  std::chrono::milliseconds stretch_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace aside
