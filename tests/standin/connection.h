// One client's connection, with the parts of HTTP/1.1 that the stand-in needs: requests with a known length,
// keep-alive, `Expect: 100-continue`, responses in one piece or chunked. The connection reads all the time,
// so that it notices at once when the client goes away, even while a response waits. One coroutine at a time
// uses it, on the loop's thread.
#pragma once

#include <asio.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/standin/rules.h"

namespace aside::test {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

struct HttpInput {
  enum class Kind { Request, Malformed, TooLarge, End };
  Kind kind = Kind::End;
  std::string method, path, query;
  ApiHeaders headers;
  std::string body;
  bool keep_alive = true;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  static constexpr std::size_t max_head_bytes = 64 * 1024;
  static constexpr std::size_t max_inbox_bytes = ApiRules::max_body_bytes + 2 * max_head_bytes;

  explicit Connection(asio::ip::tcp::socket socket);

  void start();  // begins to read
  asio::awaitable<HttpInput> next_request();

  // The next three functions return false if the client is gone.
  asio::awaitable<bool> send(std::string bytes);
  asio::awaitable<bool> pause(std::chrono::milliseconds time);
  asio::awaitable<bool> wait_until(std::function<bool()> done);  // `done` is called again after each wake()
  asio::awaitable<void> wait_for_end();

  bool gone() const { return gone_; }
  void wake();
  void close();  // closes with FIN
  void reset();  // closes with RST

 private:
  asio::awaitable<void> read();
  asio::awaitable<bool> wait_for(std::chrono::steady_clock::time_point deadline, std::function<bool()> done);
  asio::awaitable<bool> fill(std::size_t size);
  asio::awaitable<void> discard(std::size_t size);
  HttpInput parse_head(std::string_view head) const;

  asio::ip::tcp::socket socket_;
  asio::steady_timer wake_;
  std::string inbox_;
  bool gone_ = false;
};

std::string http_head(int status, const HeaderLines& headers);
std::string http_chunk(std::string_view bytes);

}  // namespace aside::test
