// Finds the proxy that libcurl will use for a request, from the usual environment variables. Errors have to name the
// proxy, but libcurl tells which proxy it has chosen only from version 8.7 on.
#pragma once

#include <optional>
#include <string>

#include "protocol/error.h"

namespace aside {

struct Proxy {
  std::string variable;  // the variable that names the proxy: "https_proxy"
  std::string address;   // without user and password
  bool known = true;     // its kind is supported: http, https, socks4, socks4a, socks5, socks5h
  bool readable = true;  // false: user or password hold a character that must be escaped in an address
};
std::optional<Proxy> proxy_for(const std::string& url);  // nullopt: requests need no proxy
// The error for HTTP 407, which comes from the proxy. It is not retryable, since proxies lock out clients that try too
// often.
Error proxy_wants_password(const std::string& url);

}  // namespace aside
