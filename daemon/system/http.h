// HTTP: sends one request and passes on its response in pieces as they arrive. `Http` is an interface, which
// tests replace; `curl_http` implements it with libcurl's multi interface, driven by asio on the one thread.
//
// A request runs until its response has ended, it fails, or the coroutine that awaits it is cancelled;
// cancelling closes the connection at once, whatever the request was waiting for. The functions of
// HttpProgress are called from the loop, never after `send` has returned. Requests may run side by side; the
// connection of a finished request is used again. Redirects are never followed (they would send the credential
// to another server). Proxies come from the usual environment variables. No compression is asked for (proxies that
// compress delay a stream), but a compressed response is decompressed.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"

namespace aside {

enum class HttpMethod { Get, Head, Post };

struct HttpRequest {
  HttpMethod method = HttpMethod::Post;
  std::string url = {};
  std::vector<std::string> headers = {};  // "name: value"
  std::string body = {};
  std::string ca_file = {};  // certificates as a PEM file; empty: the system's certificates
  std::chrono::milliseconds connect_timeout{20000};
  // The longest time without a byte in either direction. There is no total time-out.
  std::chrono::milliseconds silence_timeout{300000};
};

struct HttpHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct HttpProgress {
  std::function<void()> connected = {};  // there is a connection, new or reused; the request is sent now
  std::function<void(const HttpHead&)> head = {};  // status and headers are complete; 1xx are not reported
  // Receives more of the body. Returns false when it needs no more: the rest is then read for at most `trailing_time`
  // and dropped, and the request counts as ended.
  std::function<bool(std::string_view)> body = {};
  // Returns the time at which the request counts as ended, even if the server hasn't ended it. Called again whenever
  // more of the body has come.
  std::function<std::chrono::steady_clock::time_point()> until = {};
};

// A date in a header, in any form that HTTP allows; nullopt: the text is not a date. A date that the clock can't hold
// becomes the nearest one.
std::optional<std::chrono::system_clock::time_point> http_date(const std::string& text);

class Http {
 public:
  static constexpr std::chrono::milliseconds trailing_time{500};
  static constexpr std::size_t max_header_bytes = 256 * 1024;  // the most for one answer
  // The most of a body in one pass of the loop. Only a compressed body can hold more, and reading it would hold the
  // loop up: a megabyte from the server can become a gigabyte.
  static constexpr std::size_t max_bytes_at_once = 16 * 1024 * 1024;

  virtual ~Http() = default;
  // Returns the head when the body has ended. Errors: Offline (no connection: name look-up, refused, TLS,
  // time-out; the hint says what to do), Upstream (the connection broke or fell silent later; retryable),
  // RequestCancelled.
  virtual asio::awaitable<Result<HttpHead>> send(HttpRequest request, HttpProgress progress) = 0;
};

// libcurl is initialised at the first `send`, not here: it costs about 2 MB and half of the daemon's start time.
std::unique_ptr<Http> curl_http(asio::io_context& io);

}  // namespace aside
