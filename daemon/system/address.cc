#include "daemon/system/address.h"

#include <curl/curl.h>

#include <memory>

namespace aside {
namespace {

struct Free {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  return std::unique_ptr<char, Free>(text).get();
}

}  // namespace

Address address_of(const std::string& url) {
  Address address;
  const std::unique_ptr<CURLU, Free> read(curl_url());
  if (curl_url_set(read.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return address;
  address.scheme = part_of(read.get(), CURLUPART_SCHEME);
  address.host = part_of(read.get(), CURLUPART_HOST);
  const std::string port = part_of(read.get(), CURLUPART_PORT);
  address.origin = address.scheme + "://" + address.host + (port.empty() ? "" : ":" + port);
  return address;
}

}  // namespace aside
