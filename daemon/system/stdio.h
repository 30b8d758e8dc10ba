// The connection to the editor: reads frames from one descriptor and writes queued frames to another, on the loop. It
// knows frames, but not their JSON. Each descriptor may be a pipe, a socket, a terminal or a file. A Stdio must
// outlive the server that gets its messages, and the last run of the loop. SIGPIPE must be ignored.
//
// An event may throw, and memory may run out: an exception may then leave the loop. After an exception, call
// `resume`: reading continues with the next message, and the end of input is still noticed. (Nothing else tells the
// daemon that its editor is gone.) A message for which there is no memory is skipped.
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
  // The editor is `congested` if more bytes than this wait to be sent. Messages that can wait should not be sent
  // then.
  static constexpr std::size_t congested_bytes = 1024 * 1024;
  // The editor counts as gone if more bytes than this wait to be sent, since it has stopped reading.
  static constexpr std::size_t max_outbox_bytes = 256 * 1024 * 1024;

  struct Events {
    std::function<void(std::string body)> message;
    // A frame was skipped (too large, or no memory for it). The handler must answer with this error. `beginning`
    // holds the bytes that are known of the frame; it may be empty.
    std::function<void(Error error, std::string_view beginning)> unreadable;
    std::function<void()> drained;  // the editor is no longer congested
    // There is no more input. Called once, or again if it throws. Without an error, the input has ended or the editor
    // no longer reads. With an error, a header can't be read, or a descriptor fails. After the end of the input,
    // messages can still be sent.
    std::function<void(Result<void>)> ended;
  };

  Stdio(asio::io_context& io, int in, int out);  // takes ownership of both descriptors
  ~Stdio();
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  // Starts reading. Events are called from the loop, never from within `send` or `close`.
  void start(Events events);
  void resume();  // after an exception has left the loop, before the loop runs again
  void send(std::string body);
  bool congested() const { return waiting_bytes_ > congested_bytes; }
  // Sends what is queued, for at most `time`, then closes both descriptors and calls `closed` (at once if nothing is
  // queued). After this call, no event is called.
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
