// Scheme, host and port of a URL, without the user, the password, the path and the query that a URL may hold. Messages
// name a server by its `origin`, which is the same for all URLs of one server. The proxy is chosen by scheme and host.
#pragma once

#include <string>

namespace aside {

struct Address {
  std::string scheme = {};
  std::string host = {};              // an IPv6 address keeps its brackets
  std::string origin = "the server";  // scheme, host and port in one text, without the scheme's usual port
};
// All parts are in lower case. A text that can't be read as a URL gives an Address with only the default `origin`: messages
// must not quote such a text, since it may hold a key.
Address address_of(const std::string& url);

}  // namespace aside
