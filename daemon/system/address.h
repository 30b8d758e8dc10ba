// Scheme, host and port of a URL, without the user, the password, the path and the query that a URL may hold.
#pragma once

#include <string>

namespace aside {

struct Address {
  std::string scheme = {};
  std::string host = {};              // an IPv6 address is in brackets
  std::string origin = "the server";  // scheme, host and port in one text, without the scheme's usual port
};
// All parts are in lower case, so that two URLs of one server give the same `origin`. A text that can't be read as a URL
// gives an Address that has only the default `origin`: such a text is not quoted, since it may hold a key.
Address address_of(const std::string& url);

}  // namespace aside
