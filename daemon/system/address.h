// Scheme, host and port of a URL, without the user, the password and the query that a URL may hold.
#pragma once

#include <string>

namespace aside {

struct Address {
  std::string scheme;
  std::string host;
  std::string origin = "the server";  // scheme, host and port in one text
};
// A URL that can't be read gives an Address that has only the default `origin`.
Address address_of(const std::string& url);

}  // namespace aside
