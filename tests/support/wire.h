// A small blocking HTTP client. It shows a response as it was sent: the chunks, and how the connection ended.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/test.h"

namespace aside::test {

// Closed and Reset mean that the connection ended before the response was complete.
enum class End { Whole, Closed, Reset };

struct Reply {
  int status = 0;
  std::string head;
  std::string body;  // the body without the chunk sizes
  std::vector<std::string> chunks;
  End end = End::Whole;

  std::string header(const std::string& name) const {
    std::size_t begin = head.find("\r\n" + name + ": ");
    if (begin == std::string::npos) return "";
    begin += name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class Client {
 public:
  explicit Client(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + url.rfind(':') + 1)));
    timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      ssize_t size = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (size <= 0) return;
      sent += static_cast<std::size_t>(size);
    }
  }
  void request(const std::string& method, const std::string& path, const std::string& body,
               const std::string& headers = "") {
    send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  }

  // Reads until `text` has arrived. Returns false if the stream ended before that.
  bool wait_for(const std::string& text) {
    while (inbox_.find(text) == std::string::npos) {
      if (!more()) return false;
    }
    return true;
  }
  Reply reply(const std::string& method = "POST") {
    Reply reply;
    if (!wait_for("\r\n\r\n")) return broken(reply);
    std::size_t head = inbox_.find("\r\n\r\n") + 4;
    reply.head = inbox_.substr(0, head);
    inbox_.erase(0, head);
    reply.status = std::atoi(reply.head.c_str() + std::strlen("HTTP/1.1 "));
    if (method == "HEAD" || reply.status == 100) return reply;
    if (reply.header("transfer-encoding") != "chunked") {
      const std::size_t size = static_cast<std::size_t>(std::atol(reply.header("content-length").c_str()));
      while (inbox_.size() < size) {
        if (!more()) return broken(reply);
      }
      reply.body = inbox_.substr(0, size);
      inbox_.erase(0, size);
      return reply;
    }
    for (;;) {
      if (!wait_for("\r\n")) return broken(reply);
      char* after = nullptr;
      const std::size_t size = std::strtoul(inbox_.c_str(), &after, 16), line = inbox_.find("\r\n") + 2;
      if (after != inbox_.c_str() + line - 2) {
        reply.end = End::Closed;  // no valid chunk follows
        return reply;
      }
      while (inbox_.size() < line + size + 2) {
        if (!more()) return broken(reply);
      }
      if (size > 0) reply.chunks.push_back(inbox_.substr(line, size));
      reply.body += inbox_.substr(line, size);
      inbox_.erase(0, line + size + 2);
      if (size == 0) return reply;
    }
  }
  bool closed() { return inbox_.empty() && !more(); }

 private:
  bool more() {
    char piece[65536];
    ssize_t size = ::recv(socket_, piece, sizeof piece, 0);
    if (size < 0) end_ = errno == ECONNRESET ? End::Reset : End::Whole;  // a time-out counts as neither
    if (size == 0) end_ = End::Closed;
    if (size > 0) inbox_.append(piece, static_cast<std::size_t>(size));
    return size > 0;
  }
  Reply broken(Reply reply) const {
    reply.end = end_;
    return reply;
  }

  int socket_;
  std::string inbox_;
  End end_ = End::Whole;
};

}  // namespace aside::test
