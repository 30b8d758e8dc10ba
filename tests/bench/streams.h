// Paced streams whose deltas say when they were sent. The server speaks just enough of the Messages API, on a
// thread of its own; what is asked of it stands as a word anywhere in a request, "stream-7-3000-1000" (label,
// deltas, deltas a second; 0 a second: as fast as it goes), so that any client can ask for it. Each delta is
// a text of 32 bytes that holds its stream, its place in it and the time just before it was given to the
// socket. That clock is CLOCK_MONOTONIC, which all processes share.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket_server.h"

namespace aside::bench {

using Nanoseconds = std::int64_t;
Nanoseconds now();

struct Wish {
  int label = 0;
  int deltas = 0;
  int per_second = 0;
};
std::string word(const Wish& wish);

// Bytes as a client's reader got them, and when.
struct Came {
  Nanoseconds at;
  std::string bytes;
};
struct Delta {
  int label, index;
  Nanoseconds sent, came;
  std::string text;
};
// The deltas in what came, in order, wherever they were cut.
std::vector<Delta> deltas_in(const std::vector<Came>& came);

class StreamServer {
 public:
  StreamServer();
  ~StreamServer();
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  std::string url() const { return server_.url(""); }
  unsigned short port() const { return server_.port(); }

  // Of streams that have ended:
  Nanoseconds arrived(int label) const;  // when the request's last byte was here
  std::string text(int label) const;     // all that was sent
  std::vector<double> late() const;      // how long after its time each paced delta was sent, in microseconds

 private:
  struct Stream {
    Nanoseconds arrived = 0;
    std::string text;
  };

  asio::awaitable<void> serve(SocketServer::Peer& peer);
  asio::awaitable<void> stream(SocketServer::Peer& peer, Wish wish, Nanoseconds arrived);

  mutable std::mutex mutex_;
  std::map<int, Stream> streams_;
  std::vector<double> late_;
  asio::io_context io_{1};
  SocketServer server_;
  std::thread thread_;
};

}  // namespace aside::bench
