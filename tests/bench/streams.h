// Paced streams whose deltas say when they were sent. The server has a thread of its own and supports the
// parts of the Messages API that the benchmarks need. A word anywhere in a request says which stream is
// wanted: "stream-7-3000-1000" (label, deltas, deltas per second; 0 means as fast as possible). So any client
// can ask for a stream. Each delta is a text of 32 bytes with the label, the number of the delta, and the
// time just before the delta was written to the socket. The time is that of CLOCK_MONOTONIC, which all
// processes share.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
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

// Bytes that a client has read, and the time of the read.
struct Came {
  Nanoseconds at;
  std::string bytes;
};
struct Delta {
  int label, index;
  Nanoseconds sent, came;
  std::string text;
};
// Returns the deltas in these bytes, in order. A delta may be spread over several reads.
std::vector<Delta> deltas_in(const std::vector<Came>& came);

class StreamServer {
 public:
  StreamServer();
  ~StreamServer();
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  std::string url() const { return server_.url(""); }
  unsigned short port() const { return server_.port(); }

  // The next functions are for streams that have ended.
  Nanoseconds arrived(int label) const;  // when the last byte of the request arrived
  std::string text(int label) const;     // the whole text that was sent
  std::vector<double> late() const;      // how late each paced delta was sent, in microseconds

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
