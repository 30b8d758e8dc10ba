// Lets the sender of a request cancel it, from the first moment until it is answered. The server makes one for each
// request that isn't answered at once; each step of the request binds the slot to what ends that step.
#pragma once

#include <asio/cancellation_signal.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace aside {

class Cancel {
 public:
  using Pointer = std::shared_ptr<Cancel>;

  // Ends the step that is under way. A step that has just ended doesn't notice, so the code after a step checks
  // `requested`.
  void request() {
    requested_ = true;
    signal_.emit(asio::cancellation_type::terminal);
  }
  bool requested() const { return requested_; }
  // For the coroutine that runs now; only one may run at a time.
  asio::cancellation_slot slot() { return signal_.slot(); }
  // For a step that is not a coroutine. `end` replaces what an earlier step has set.
  void when_requested(std::function<void()> end) {
    signal_.slot().assign([end = std::move(end)](asio::cancellation_type) { end(); });
  }

 private:
  asio::cancellation_signal signal_;
  bool requested_ = false;
};

}  // namespace aside
