#include "daemon/system/proxy.h"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <asio/ip/network_v4.hpp>
#include <cctype>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

#include "daemon/system/address.h"
#include "daemon/system/environment.h"
#include "daemon/text/safe.h"

namespace aside {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Whether no_proxy lists this host, read as libcurl reads the variable: "*", addresses, networks, and names, which
// include their subdomains.
bool goes_directly(std::string host, const std::string& list) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  asio::error_code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  std::string names = lower(list);
  std::replace(names.begin(), names.end(), ',', ' ');
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    if (name == "*") return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    if (!no_address) {
      asio::error_code other;
      if (name == host) return true;
      const auto network = asio::ip::make_network_v4(name, other);
      if (!other && address.is_v4() &&
          network.canonical() ==
              asio::ip::make_network_v4(address.to_v4(), network.prefix_length()).canonical())
        return true;
      continue;
    }
    if (name.starts_with('.')) name.erase(0, 1);
    if (name.ends_with('.')) name.pop_back();
    if (!name.empty() && (host == name || host.ends_with("." + name))) return true;
  }
  return false;
}

// Everything before the last @ belongs to user and password, even a character that should be escaped there.
Proxy proxy_in(const std::string& variable, const std::string& value) {
  const auto in_scheme = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; };
  const std::size_t colon = value.find("://");
  const bool has_scheme = colon != value.npos && std::all_of(value.begin(), value.begin() + colon, in_scheme);
  const std::string kind = has_scheme ? value.substr(0, colon) : "http";
  std::string rest = has_scheme ? value.substr(colon + 3) : value;
  const std::size_t host = rest.rfind('@') + 1;  // 0 where there is no user
  const bool readable =
      rest.substr(0, std::max<std::size_t>(host, 1) - 1).find_first_of("/?#@ \t\r\n") == rest.npos;
  rest.erase(0, host);
  const std::string address = kind + "://" + rest.substr(0, rest.find_first_of("/?# \t\r\n"));
  constexpr std::string_view kinds[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  const bool known = std::find(std::begin(kinds), std::end(kinds), lower(kind)) != std::end(kinds);
  return Proxy{variable, one_line(redacted(address)), known, readable};
}

}  // namespace

std::optional<Proxy> proxy_for(const std::string& url) {
  const Address target = address_of(url);
  std::vector<std::string> variables = {target.scheme + "_proxy"};
  // HTTP_PROXY isn't read: in a CGI program, a header of the request can set this variable.
  if (target.scheme != "http") variables.push_back(upper(target.scheme) + "_PROXY");
  variables.insert(variables.end(), {"all_proxy", "ALL_PROXY"});
  for (const std::string& variable : variables) {
    const std::string value = environment(variable);
    if (value.empty()) continue;
    std::string excluded = environment("no_proxy");
    if (excluded.empty()) excluded = environment("NO_PROXY");
    if (goes_directly(target.host, excluded)) return std::nullopt;
    return proxy_in(variable, value);
  }
  return std::nullopt;
}

Error proxy_wants_password(const std::string& url) {
  const auto proxy = proxy_for(url);
  const std::string variable = proxy ? proxy->variable : "https_proxy";
  return Error{ErrorCode::Offline,
               "the proxy" + (proxy ? " " + proxy->address : "") +
                   " asks for a user and a password, or refuses those it got (HTTP 407)",
               {.hint = "Put the proxy's user and password before its host in " + variable +
                        ": user:password@host:port."}};
}

}  // namespace aside
