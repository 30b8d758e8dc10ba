// The connection to the editor: reads frames from one descriptor and writes queued frames to another, on the
// loop. It knows frames, but nothing of JSON. Each descriptor may be a pipe, a socket, a terminal or a file. It
// must outlive the server that it feeds and the last run of the loop. SIGPIPE must be ignored.
//
// An exception from one of its events, or for want of memory, may leave the loop. After that call `resume`: reading goes
// on with the next message, and the end of input is still noticed, as nobody else tells the daemon that its editor
// is gone. A message that can't be kept for want of memory is skipped.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "protocol/framing.h"

namespace aside {

class Stdio {
 public:
  // Above this many waiting bytes the editor is `congested`: messages that can wait should not be sent.
  static constexpr std::size_t congested_bytes = 1024 * 1024;
  // Above this many waiting bytes the editor counts as gone, since it has stopped reading.
  static constexpr std::size_t max_outbox_bytes = 256 * 1024 * 1024;

  struct Events {
    std::function<void(std::string body)> message;
    // A frame was skipped (too large, or no memory for it); answer with this error. `beginning` is what is known of
    // it, and may be empty.
    std::function<void(Error error, std::string_view beginning)> unreadable;
    std::function<void()> drained;  // no longer congested
    // There is no more input; called once, or again if it throws. Without an error: end of file, or the editor no longer reads. With an
    // error: a header can't be read, or a descriptor fails. After end of file, messages can still be sent.
    std::function<void(Result<void>)> ended;
  };

  Stdio(asio::io_context& io, int in, int out);  // takes ownership of both descriptors
  ~Stdio();
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  // Events are called from the loop, never from within `send` or `close`.
  void start(Events events);
  void resume();  // after an exception has left the loop, before the loop runs again
  void send(std::string body);
  bool congested() const { return waiting_bytes_ > congested_bytes; }
  // Sends what is queued, for at most `time`, then closes both descriptors and calls `closed` (at once if nothing
  // is queued). No event is called any more.
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
  int in_flags_;  // the original flags, to be restored: another process may share the terminal
  int out_flags_;
  asio::steady_timer deadline_;
  Events events_;
  FrameDecoder decoder_;
  std::array<char, FrameDecoder::max_fed_bytes> input_;
  std::deque<std::string> outbox_;  // frames; `sent_` bytes of the first have been written
  std::size_t sent_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool closing_ = false;
  std::function<void()> closed_;
};

}  // namespace aside
