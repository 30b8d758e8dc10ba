// The editor's end of the wire: frames in from one descriptor, queued frames out to another, on the loop. Knows bytes and
// frames, nothing of JSON. It outlives the server that it feeds.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <string>

#include "protocol/framing.h"

namespace aside {

class Stdio {
 public:
  // Above this many waiting bytes the editor is `congested`: whoever can wait with what it has to say does.
  static constexpr std::size_t congested_bytes = 1024 * 1024;
  // Above this the editor has stopped reading for good: it counts as gone.
  static constexpr std::size_t max_outbox_bytes = 256 * 1024 * 1024;

  struct Events {
    std::function<void(std::string body)> message;
    std::function<void(Error error)> unreadable;  // a frame that was skipped (too large): to be answered
    std::function<void()> drained;                // no longer congested
    // No more input: end of file, a reader that is gone, or (with an error) a header that can't be read.
    std::function<void(Result<void>)> ended;
  };

  Stdio(asio::io_context& io, int in, int out);  // takes both descriptors over
  void start(Events events);
  void send(std::string body);
  bool congested() const;
  // What is queued goes out (for at most `time`), then both ends are closed and no event is called any more.
  void close(std::chrono::milliseconds time);
};

}  // namespace aside
