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

  // Ends the step that is under way. A step that has just ended doesn't notice: what follows it asks `requested`.
  void request() {
    requested_ = true;
    signal_.emit(asio::cancellation_type::terminal);
  }
  bool requested() const { return requested_; }
  // For the one coroutine that is under way.
  asio::cancellation_slot slot() { return signal_.slot(); }
  // For a step that is no coroutine. It takes the place of the step before.
  void when_requested(std::function<void()> end) {
    signal_.slot().assign([end = std::move(end)](asio::cancellation_type) { end(); });
  }

 private:
  asio::cancellation_signal signal_;
  bool requested_ = false;
};

}  // namespace aside
