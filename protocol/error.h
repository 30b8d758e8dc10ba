// Errors: codes for programs, messages for people. Functions that can fail in normal use return Result<T>. A
// message says what was being done, to what, and why it failed; the hint says what to do now. The table in
// protocol.md describes the codes for the authors of editor plugins.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace aside {

// The numbers of JSON-RPC and LSP, then our own numbers, which are outside of the ranges that JSON-RPC and LSP
// reserve.
enum class ErrorCode {
  ParseError = -32700,
  InvalidRequest = -32600,
  MethodNotFound = -32601,
  InvalidParams = -32602,
  InternalError = -32603,
  NotInitialized = -32002,
  RequestCancelled = -32800,
  Busy = -31001,
  Unauthorized = -31002,
  RateLimited = -31003,
  Overloaded = -31004,
  Offline = -31005,
  ContextFull = -31006,
  Upstream = -31007,
  Storage = -31008,
  NeedsConsent = -31009,
};

// The content of `error.data`, without the kind, which the code determines. Empty strings are not sent.
struct ErrorData {
  std::string hint = {};                                     // one sentence that says what to do
  bool retryable = false;                                    // the same request may succeed later
  std::optional<double> retry_after_seconds = std::nullopt;  // as the server asked
  std::string request_id = {};                               // the API's own id of the failed request
  std::string conversation = {};                             // the conversation in which the question is kept
  std::string turn = {};                  // the reply that failed, or the running one when Busy
  std::string owner = {};                 // Busy: which process writes the reply
  std::string since = {};                 // Busy: since when, ISO 8601
  std::vector<std::string> reasons = {};  // NeedsConsent: why the user should be asked
  std::string offer = {};                 // what would help: "compact", a new API "key", another "model"
};

struct Error {
  ErrorCode code = ErrorCode::InternalError;
  std::string message = {};
  ErrorData data = {};
};

// Returns the `kind` of `error.data`, one word for each code ("busy", "unauthorized" …). It never changes, so programs
// may compare it.
constexpr const char* kind(ErrorCode code) {
  switch (code) {
    case ErrorCode::ParseError:
      return "parseError";
    case ErrorCode::InvalidRequest:
      return "invalidRequest";
    case ErrorCode::MethodNotFound:
      return "methodNotFound";
    case ErrorCode::InvalidParams:
      return "invalidParams";
    case ErrorCode::InternalError:
      return "internalError";
    case ErrorCode::NotInitialized:
      return "notInitialized";
    case ErrorCode::RequestCancelled:
      return "requestCancelled";
    case ErrorCode::Busy:
      return "busy";
    case ErrorCode::Unauthorized:
      return "unauthorized";
    case ErrorCode::RateLimited:
      return "rateLimited";
    case ErrorCode::Overloaded:
      return "overloaded";
    case ErrorCode::Offline:
      return "offline";
    case ErrorCode::ContextFull:
      return "contextFull";
    case ErrorCode::Upstream:
      return "upstream";
    case ErrorCode::Storage:
      return "storage";
    case ErrorCode::NeedsConsent:
      return "needsConsent";
  }
  return "internalError";
}

// Holds a T or an Error. It has the members of std::expected, which C++20 doesn't have.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return held_.index() == 0; }
  bool has_value() const { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  Error& error() { return std::get<1>(held_); }
  const Error& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  bool has_value() const { return !error_; }
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace aside
