#include "daemon/system/http_error.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "daemon/system/address.h"
#include "daemon/system/proxy.h"
#include "daemon/text/safe.h"

namespace aside {
namespace {

std::string doing(const HttpFailure& failure) {
  return "sending the request to " + address_of(failure.url).origin + ": ";
}

// With a proxy, `detail` may quote the proxy's password, so it isn't logged.
void write_log(const HttpFailure& failure, const std::optional<Proxy>& proxy) {
  spdlog::info("{}", doing(failure) + (proxy ? failure.general : redacted(failure.detail)));
}

std::string seconds(std::chrono::milliseconds time) {
  std::ostringstream text;
  text << std::chrono::duration<double>(time).count() << " s";
  return text.str();
}

// Says what is wrong with a certificate, if the TLS library's message tells; otherwise empty.
std::string certificate_fault(std::string_view detail) {
  constexpr std::pair<std::string_view, std::string_view> faults[] = {
      {"expired", "it has expired"},
      {"not yet valid", "it is not valid yet; is the clock right?"},
      {"self-signed", "it is signed by an authority that is not known here"},
      {"self signed", "it is signed by an authority that is not known here"},
      {"local issuer", "it is signed by an authority that is not known here"},
      {"subject name", "it is for another host"},
      {"host name", "it is for another host"},
      {"revoked", "it was revoked"}};
  for (const auto& [word, fault] : faults) {
    if (detail.find(word) != detail.npos) return ": " + std::string(fault);
  }
  return "";
}

Error unreachable(const HttpFailure& failure, const std::optional<Proxy>& proxy) {
  const auto offline = [&](const std::string& why, const std::string& hint) {
    return Error{ErrorCode::Offline, doing(failure) + why, {.hint = hint, .retryable = true}};
  };
  // Not retryable: another attempt would fail in the same way.
  const auto misconfigured = [&](const std::string& why, const std::string& hint) {
    return Error{ErrorCode::Offline, doing(failure) + why, {.hint = hint}};
  };
  const std::string through = proxy ? "the proxy " + proxy->address : "";
  const std::string check_proxy = proxy ? "Check " + proxy->variable + ", which names the proxy." : "";
  const std::string check_network =
      proxy ? "Check the network connection, baseUrl, and " + proxy->variable + "."
            : "Check the network connection and baseUrl.";
  if (proxy && !proxy->readable)
    return misconfigured("the user or the password of " + through + " can't be read",
                         "In " + proxy->variable +
                             ", write a special character of them as % and its code: %2F for /, "
                             "%3F for ?, %23 for #, %40 for @, %20 for a blank.");
  if (proxy && !proxy->known)
    return misconfigured(through + " is of a kind that can't be used",
                         "Set " + proxy->variable + " to an http, https or socks5 address.");
  const long refused = failure.proxy_status;
  if (proxy && refused == 407) return proxy_wants_password(failure.url);
  if (proxy && refused >= 300) {
    const std::string why = through + " would not connect to it (HTTP " + std::to_string(refused) + ")";
    return refused >= 500 ? offline(why, check_proxy) : misconfigured(why, check_proxy);
  }

  switch (failure.fault) {
    case HttpFault::BadUrl:
      return misconfigured("the address is not a valid http or https URL",
                           "Correct baseUrl in the settings.");
    case HttpFault::UnknownHost:
      return offline("could not resolve the host name \"" + address_of(failure.url).host + "\"",
                     check_network);
    case HttpFault::UnknownProxy:
      return offline("could not resolve the name of " + through, check_proxy);
    case HttpFault::Proxy:
      return offline(through + " failed", check_proxy);
    case HttpFault::NoConnection: {
      const long number = failure.system_error;
      const std::string why = number == 0 || number == ECONNREFUSED
                                  ? ""
                                  : std::string(" (") + std::strerror(static_cast<int>(number)) + ")";
      if (proxy && number == ECONNREFUSED) return offline(through + " refused the connection", check_proxy);
      if (proxy) return offline("could not connect to " + through + why, check_proxy);
      if (number != ECONNREFUSED) return offline("could not connect" + why, check_network);
      return offline("the connection was refused", "Is the server running? Check baseUrl.");
    }
    case HttpFault::TimedOut:
      return offline(
          "no connection within " + seconds(failure.connect_timeout) + (proxy ? ", through " + through : ""),
          check_network);
    case HttpFault::Certificate:
      return misconfigured(
          "the server's certificate could not be verified" + certificate_fault(failure.detail),
          "For a private certificate authority set caFile to its PEM file.");
    case HttpFault::AuthoritiesFile:
      return misconfigured("the file of certificate authorities " +
                               (failure.ca_file.empty() ? "of this system" : failure.ca_file) +
                               " could not be read",
                           "Check caFile in the settings.");
    case HttpFault::Handshake:
      return offline("the TLS handshake failed", "Does this server speak https? Check baseUrl" +
                                                     (proxy ? ", and " + proxy->variable : "") + ".");
    default:
      return offline(proxy ? "could not connect through " + through : "could not connect", check_network);
  }
}

Error broken(const HttpFailure& failure, const std::optional<Proxy>& proxy) {
  if (failure.fault == HttpFault::TimedOut) {
    return {ErrorCode::Upstream,
            doing(failure) + "nothing was heard for " + seconds(failure.silence_timeout),
            {.hint = "Try again; the setting silenceTimeoutSeconds says how long Aside waits.",
             .retryable = true}};
  }
  if (failure.fault == HttpFault::UnknownEncoding) {
    return {ErrorCode::Upstream,
            doing(failure) + "the answer is compressed in a way that can't be read",
            {.hint = "Let the gateway or proxy send the answer without compression."}};
  }
  if (failure.fault == HttpFault::NotTaken && failure.header_limit > 0) {
    return {ErrorCode::Upstream,
            doing(failure) + "the headers of the answer are longer than " +
                std::to_string(failure.header_limit / 1024) + " KiB",
            {.hint = "Check that baseUrl leads to the Messages API."}};
  }
  if (failure.fault == HttpFault::NotTaken && failure.unpacked_limit > 0) {
    return {ErrorCode::Upstream,
            doing(failure) + "the answer is compressed, and becomes longer than " +
                std::to_string(failure.unpacked_limit / 1024 / 1024) + " MiB at once",
            {.hint = "Check that baseUrl leads to the Messages API."}};
  }
  if (failure.fault == HttpFault::NotTaken) {
    return {ErrorCode::Upstream,
            doing(failure) + "there is not enough memory for the answer",
            {.hint = "Close other programs, or ask for less at a time."}};
  }
  write_log(failure, proxy);
  const std::string when = failure.answered ? "before the answer was complete" : "before an answer came";
  return {ErrorCode::Upstream,
          doing(failure) + "the connection broke " + when,
          {.hint = "Try again; if it happens again, check the network connection.", .retryable = true}};
}

}  // namespace

Error http_error(const HttpFailure& failure) {
  if (failure.fault == HttpFault::Cancelled)
    return Error{ErrorCode::RequestCancelled, doing(failure) + "cancelled"};
  const std::optional<Proxy> proxy = proxy_for(failure.url);
  if (failure.connected) return broken(failure, proxy);
  write_log(failure, proxy);
  return unreachable(failure, proxy);
}

}  // namespace aside
