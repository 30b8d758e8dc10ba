// Lets the sender of a request cancel it, until it is answered. The server makes one Cancel for each request that
// isn't answered at once. Each step of the request binds the slot to the operation that ends that step.
#pragma once

#include <asio/cancellation_signal.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace aside {

class Cancel {
 public:
  using Pointer = std::shared_ptr<Cancel>;

  // Ends the present step of the request. A step that has just ended isn't affected, so the code after a step checks
  // `requested`.
  void request() {
    requested_ = true;
    signal_.emit(asio::cancellation_type::terminal);
  }
  bool requested() const { return requested_; }
  // For the coroutine that runs now; only one may run at a time.
  asio::cancellation_slot slot() { return signal_.slot(); }
  // For a step that is not a coroutine: `end` is called on a request. It replaces the function of an earlier step.
  void when_requested(std::function<void()> end) {
    signal_.slot().assign([end = std::move(end)](asio::cancellation_type) { end(); });
  }

 private:
  asio::cancellation_signal signal_;
  bool requested_ = false;
};

}  // namespace aside
