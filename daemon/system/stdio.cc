#include "daemon/system/stdio.h"

#include <fcntl.h>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <new>
#include <utility>
#include <vector>

namespace aside {
namespace {

// The largest number of frames in one system call. asio ignores further ones.
constexpr std::size_t max_buffers = 64;

Result<void> why(std::string doing, asio::error_code failed) {
  bool gone = failed == asio::error::eof || failed == asio::error::broken_pipe ||
              failed == asio::error::connection_reset;
  if (gone) return {};
  return Error{ErrorCode::InternalError, std::move(doing) + ": " + failed.message()};
}

}  // namespace

Stdio::Stdio(asio::io_context& io, int in, int out)
    : in_(io, in),
      out_(io, out),
      in_flags_(::fcntl(in, F_GETFL)),
      out_flags_(::fcntl(out, F_GETFL)),
      deadline_(io) {}

Stdio::~Stdio() {
  shut();
}

void Stdio::start(Events events) {
  events_ = std::move(events);
  read();
}

void Stdio::send(std::string body) {
  if (closing_ || !out_.is_open()) return;
  outbox_.push_back(frame(body));
  waiting_bytes_ += outbox_.back().size();
  if (waiting_bytes_ > max_outbox_bytes) {
    shut();
    asio::post(deadline_.get_executor(), [this] { end({}); });
  } else if (!writing_) {
    write();
  }
}

void Stdio::close(std::chrono::milliseconds time, std::function<void()> closed) {
  if (std::exchange(closing_, true)) return;
  closed_ = std::move(closed);
  if (outbox_.empty()) return shut();
  in_.cancel();
  deadline_.expires_after(time);
  try {
    deadline_.async_wait([this](asio::error_code cancelled) {
      if (!cancelled) shut();
    });
  } catch (const std::bad_alloc&) {
    shut();  // otherwise an editor that doesn't read could hold the daemon for ever
  }
}

void Stdio::resume() {
  if (closing_) {
    if (!out_.is_open()) shut();
    return;
  }
  if (!writing_ && !outbox_.empty()) write();
  if (reading_ || ended_) return;
  in_.is_open() ? hand_over() : end({});
}

// epoll refuses regular files. They still work, because asio tries each operation before it waits.
void Stdio::read() {
  in_.async_read_some(asio::buffer(input_), [this](asio::error_code failed, std::size_t bytes) {
    reading_ = false;
    if (failed == asio::error::operation_aborted || closing_ || !in_.is_open()) return;
    if (failed) return end(why("reading from the editor", failed));
    decoder_.feed({input_.data(), bytes});
    hand_over();
  });
  reading_ = true;
}

void Stdio::hand_over() {
  while (!closing_ && in_.is_open()) {
    auto body = decoder_.next();
    if (!body && decoder_.broken()) return end(body.error());
    if (!body) {
      events_.unreadable(body.error(), decoder_.skipped());
    } else if (*body) {
      events_.message(std::move(**body));
    } else {
      return read();
    }
  }
}

void Stdio::write() {
  std::vector<asio::const_buffer> buffers;
  for (const std::string& frame : outbox_) {
    buffers.push_back(asio::buffer(frame));
    if (buffers.size() == max_buffers) break;
  }
  buffers.front() += sent_;
  out_.async_write_some(buffers, [this](asio::error_code failed, std::size_t bytes) {
    if (failed != asio::error::operation_aborted && out_.is_open()) wrote(failed, bytes);
  });
  writing_ = true;
}

void Stdio::wrote(asio::error_code failed, std::size_t bytes) {
  if (failed) {
    shut();
    return end(why("writing to the editor", failed));
  }
  bool was_congested = congested();
  waiting_bytes_ -= bytes;
  for (sent_ += bytes; !outbox_.empty() && sent_ >= outbox_.front().size(); outbox_.pop_front()) {
    sent_ -= outbox_.front().size();
  }
  writing_ = false;
  if (!outbox_.empty()) {
    write();
  } else if (closing_) {
    return shut();
  }
  if (was_congested && !congested() && !closing_) events_.drained();
}

void Stdio::end(Result<void> how) {
  if (closing_ || std::exchange(ended_, true)) return;
  try {
    events_.ended(std::move(how));
  } catch (...) {
    ended_ = false;
    throw;
  }
}

void Stdio::shut() {
  // Cancels first, since a pending write refers to the outbox.
  for (auto [descriptor, flags] : {std::pair(&in_, in_flags_), std::pair(&out_, out_flags_)}) {
    if (!descriptor->is_open()) continue;
    descriptor->cancel();
    // asio has set O_NONBLOCK. This flag belongs to the open file and would stay set for other processes that share
    // the file.
    if (flags >= 0) ::fcntl(descriptor->native_handle(), F_SETFL, flags);
  }
  asio::error_code ignored;
  in_.close(ignored);
  out_.close(ignored);
  deadline_.cancel();
  outbox_.clear();
  waiting_bytes_ = 0;
  if (!closing_ || !closed_) return;
  auto closed = std::exchange(closed_, nullptr);
  try {
    closed();
  } catch (...) {
    closed_ = std::move(closed);
    throw;
  }
}

}  // namespace aside
