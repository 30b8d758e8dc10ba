// The network, as much of it as we need: one request, its response in pieces as they arrive. `Http` is the
// interface that tests replace; `curl_http` is the real one, libcurl's multi interface driven by asio on the
// one thread.
//
// A request runs until its response has ended, it fails, or the coroutine that awaits it is cancelled;
// cancelling closes the connection at once, whatever the request was waiting for. The functions of
// HttpProgress are called from the loop, never after `send` has returned. Requests may run side by side;
// finished ones leave their connection for the next. Redirects are never followed (they would carry the
// credential elsewhere); proxies come from the usual variables; no compression is offered (proxies that
// compress hold a stream back), but what comes compressed all the same is unpacked.
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
  std::string ca_file = {};  // PEM; empty: the system's
  std::chrono::milliseconds connect_timeout{20000};
  // No byte in either direction. There is no total time-out.
  std::chrono::milliseconds silence_timeout{300000};
};

struct HttpHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
};

struct HttpProgress {
  std::function<void()> connected = {};            // a connection stands (new or kept), the request goes out
  std::function<void(const HttpHead&)> head = {};  // status and headers are complete; 1xx are not reported
  // More of the body. False: enough was received; what is left is read for at most `trailing_time`, then
  // given up, and the request counts as ended.
  std::function<bool(std::string_view)> body = {};
  // When the request is over at the latest, as far as can be told now; asked again as the body comes. It then
  // counts as ended, as after enough was received.
  std::function<std::chrono::steady_clock::time_point()> until = {};
};

// The proxy that a request to this address goes through, by the usual variables; nullopt: none.
struct Proxy {
  std::string variable;  // which one names it: "https_proxy"
  std::string address;   // without user and password
  bool known = true;     // of a kind that is spoken here: http, https, socks4, socks4a, socks5, socks5h
};
std::optional<Proxy> proxy_for(const std::string& url);
// HTTP 407, which is the proxy's. Never to be repeated: proxies lock out who tries too often.
Error proxy_wants_password(const std::string& url);

class Http {
 public:
  static constexpr std::chrono::milliseconds trailing_time{500};

  virtual ~Http() = default;
  // The head, once the body has ended. Errors: Offline (no connection: name look-up, refused, TLS, time-out;
  // its hint says which way out), Upstream (the connection broke or fell silent after it stood; retryable),
  // RequestCancelled.
  virtual asio::awaitable<Result<HttpHead>> send(HttpRequest request, HttpProgress progress) = 0;
};

// libcurl is initialised at the first `send`, not here: it costs about 2 MB and half of a start.
std::unique_ptr<Http> curl_http(asio::io_context& io);

}  // namespace aside
