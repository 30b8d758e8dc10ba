#include "daemon/system/address.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace aside {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Address address_of(const std::string& url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos) return {};
  const std::string scheme = lower(url.substr(0, colon));
  const std::size_t begin = colon + 3;
  std::string server = lower(url.substr(begin, url.find_first_of("/?#", begin) - begin));
  server.erase(0, server.rfind('@') + 1);  // removes user and password
  // The colons of an IPv6 address are within its brackets.
  const std::size_t port = server.find(':', server.find(']') + 1);
  const std::string host = server.substr(0, port);
  if (host.empty() || (port != std::string::npos && !is_port(server.substr(port + 1)))) return {};
  const std::string usual_port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
  if (port != std::string::npos && server.substr(port) == usual_port) server.erase(port);
  return {scheme, host, scheme + "://" + server};
}

}  // namespace aside
