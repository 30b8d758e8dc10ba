// The editor's end of the wire: frames in from one descriptor, queued frames out to another, on the loop.
// Knows bytes and frames, nothing of JSON. Each may be a pipe, a socket, a terminal or a file. It outlives
// the server that it feeds and the last run of the loop. SIGPIPE must be ignored.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
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
    // No more input, told once: end of file, a reader that is gone, or (with an error) a header that can't be
    // read or a descriptor that fails. After end of file what is sent still goes out.
    std::function<void(Result<void>)> ended;
  };

  Stdio(asio::io_context& io, int in, int out);  // takes both descriptors over
  ~Stdio();
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  // Events come from the loop, never from within a call of ours.
  void start(Events events);
  void send(std::string body);
  bool congested() const { return waiting_bytes_ > congested_bytes; }
  // What is queued goes out (for at most `time`), then both ends are closed and `closed` is called. No event
  // is called any more.
  void close(std::chrono::milliseconds time, std::function<void()> closed = {});

 private:
  void read();
  void hand_over();
  void write();
  void wrote(asio::error_code failed, std::size_t bytes);
  void end(Result<void> how);
  void shut();

  asio::posix::stream_descriptor in_;
  asio::posix::stream_descriptor out_;
  int in_flags_;  // as they were: another process may share the terminal
  int out_flags_;
  asio::steady_timer deadline_;
  Events events_;
  FrameDecoder decoder_;
  std::array<char, 64 * 1024> input_;
  std::deque<std::string> outbox_;  // frames; of the first, `sent_` bytes are out
  std::size_t sent_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool writing_ = false;
  bool ended_ = false;
  bool closing_ = false;
  std::function<void()> closed_;
};

}  // namespace aside
