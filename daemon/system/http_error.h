// Says in words for people why a request failed, and what to do. Http calls this when libcurl has given up a request.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

// What went wrong. http.cc derives it from libcurl's error code.
enum class HttpFault {
  Other,
  Cancelled,     // by Aside
  BadUrl,        // not an http or https URL
  UnknownHost,   // the server's name could not be resolved
  UnknownProxy,  // the proxy's name could not be resolved
  Proxy,         // the proxy failed
  NoConnection,
  TimedOut,
  Certificate,      // the server's certificate could not be verified
  AuthoritiesFile,  // the file of certificate authorities could not be read
  Handshake,        // the TLS handshake failed
  UnknownEncoding,  // the body is compressed in a way that can't be read
  NotTaken,  // Aside refused the answer: it is over one of the limits below, or there is not enough memory
};

struct HttpFailure {
  HttpFault fault = HttpFault::Other;
  std::string detail = {};   // libcurl's own words; they may quote a proxy's address with a password
  std::string general = {};  // libcurl's words for this error code, which quote nothing
  std::string url, ca_file;  // `url`, `ca_file` and the two time-outs are those of the request
  std::chrono::milliseconds connect_timeout{}, silence_timeout{};
  bool connected = false;          // there was a connection
  bool answered = false;           // the head of the response has arrived
  std::size_t header_limit = 0;    // the headers are longer than this; 0: they aren't too long
  std::size_t unpacked_limit = 0;  // the compressed body became longer than this at once; 0: it didn't
  long proxy_status = 0;           // the proxy's answer to CONNECT; 0: none
  long system_error = 0;           // errno of connecting
};

// Returns the error, and logs details that its words leave out.
Error http_error(const HttpFailure& failure);

}  // namespace aside
