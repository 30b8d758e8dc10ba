// A TCP server on loopback that runs a script, which is a coroutine, for each connection. The script can send
// any bytes, even bytes that no real server would send on purpose. The server runs on the test's io_context.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <cctype>
#include <charconv>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aside {

class SocketServer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Log {
    int connections = 0;
    std::vector<std::string> requests;  // the received requests in order, each with head and body
    // The times at which scripts saw that the client had closed the connection.
    std::vector<Clock::time_point> closed;
  };

  class Peer {
   public:
    Peer(asio::ip::tcp::socket socket, Log& log, int number)
        : number(number), socket_(std::move(socket)), log_(log) {}

    // Reads one HTTP request; content-length gives the length of its body. At the end of input it throws, and
    // so ends the script.
    asio::awaitable<std::string> request() {
      const std::size_t head = co_await asio::async_read_until(socket_, asio::dynamic_buffer(input_),
                                                               "\r\n\r\n", asio::use_awaitable);
      const std::size_t size = head + content_length(std::string_view(input_).substr(0, head));
      if (size > input_.size()) {
        const std::size_t missing = size - input_.size();
        co_await asio::async_read(socket_, asio::dynamic_buffer(input_), asio::transfer_exactly(missing),
                                  asio::use_awaitable);
      }
      std::string request = input_.substr(0, size);
      input_.erase(0, size);
      log_.requests.push_back(request);
      co_return request;
    }

    asio::awaitable<void> send(std::string bytes) {
      co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }

    asio::awaitable<void> send_slowly(std::string bytes) {
      for (const char byte : bytes) {
        co_await send(std::string(1, byte));
        co_await pause(std::chrono::milliseconds(1));
      }
    }

    asio::awaitable<void> pause(std::chrono::milliseconds time) {
      asio::steady_timer timer(socket_.get_executor(), time);
      co_await timer.async_wait(asio::use_awaitable);
    }

    // Reads and drops this many bytes, with a pause after each `gulp` bytes.
    asio::awaitable<void> read_slowly(std::size_t bytes, std::size_t gulp, std::chrono::milliseconds time) {
      std::string dropped(gulp, '\0');
      while (bytes > 0) {
        const std::size_t size = std::min(gulp, bytes);
        co_await asio::async_read(socket_, asio::buffer(dropped, size), asio::use_awaitable);
        co_await pause(time);
        bytes -= size;
      }
    }

    // Waits until the client has closed its end. Bytes that the client sends meanwhile are dropped.
    asio::awaitable<void> closed() {
      std::error_code ended;
      std::string dropped(4096, '\0');
      while (!ended) {
        co_await socket_.async_read_some(asio::buffer(dropped),
                                         asio::redirect_error(asio::use_awaitable, ended));
      }
      log_.closed.push_back(Clock::now());
    }

    void close() { socket_.close(); }
    void reset() {
      socket_.set_option(asio::socket_base::linger(true, 0));
      socket_.close();
    }

    const int number;  // the number of the connection, from 1

   private:
    static std::size_t content_length(std::string_view head) {
      constexpr std::string_view name = "content-length: ";
      const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
      const auto found = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
      std::size_t length = 0;
      if (found != head.end()) std::from_chars(&*found + name.size(), head.data() + head.size(), length);
      return length;
    }

    asio::ip::tcp::socket socket_;
    Log& log_;
    std::string input_;
  };

  // A script for one connection. The connection is closed when the script returns or throws.
  using Script = std::function<asio::awaitable<void>(Peer&)>;

  SocketServer(asio::io_context& io, Script script)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), shared_(std::make_shared<Shared>()) {
    shared_->script = std::move(script);
    accept();
  }

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
  }
  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  const Log& log() const { return shared_->log; }

 private:
  struct Shared {
    Script script;
    Log log;
  };

  static asio::awaitable<void> serve(std::shared_ptr<Shared> shared, asio::ip::tcp::socket socket) {
    Peer peer(std::move(socket), shared->log, shared->log.connections);
    co_await shared->script(peer);
  }

  void accept() {
    acceptor_.async_accept([this](std::error_code error, asio::ip::tcp::socket socket) {
      if (error) return;
      std::error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);  // the bytes of a script are sent at once
      ++shared_->log.connections;
      const auto executor = socket.get_executor();
      asio::co_spawn(executor, serve(shared_, std::move(socket)), [](std::exception_ptr) {});
      accept();
    });
  }

  asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace aside
