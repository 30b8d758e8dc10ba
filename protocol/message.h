// JSON-RPC 2.0 messages: text in, one of four things out. What can't be a message still says whom to answer (`Unparsed`).
// `decode` turns parameters into one of the structs of methods.h; a failure names the field. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/error.h"

namespace aside {

using json = nlohmann::json;
using Id = std::variant<std::int64_t, std::string>;  // echoed as it came

struct Request {
  Id id;
  std::string method;
  json params;  // null where absent
};
struct Notification {
  std::string method;
  json params;
};
struct Response {  // to a request of ours; we send none, so these are dropped
  Id id;
};
struct Unparsed {
  std::optional<Id> id;  // null on the wire where it could not be read
  Error error;
};
using Incoming = std::variant<Request, Notification, Response, Unparsed>;

inline constexpr std::size_t max_nesting = 64;

// ParseError for what is no JSON, no UTF-8 or nested deeper than max_nesting; InvalidRequest for a batch, a missing or wrong
// `jsonrpc`, `id` or `method`.
Incoming parse(std::string_view body);

// Bytes that are not UTF-8 go out as U+FFFD.
std::string dump_result(const Id& id, const json& result);
std::string dump_error(const std::optional<Id>& id, const Error& error);
std::string dump_notification(std::string_view method, const json& params);

// A field that is missing or of the wrong type, by its path: "params.textDocument.uri must be a string".
struct BadField {
  std::string path;
  std::string problem;
};

// One JSON object being read. Throws BadField; caught in `decode`.
class Fields {
 public:
  Fields(const json& value, std::string path);

  Fields object(const char* name) const;  // required
  std::optional<Fields> optional_object(const char* name) const;
  template <class T>
  T required(const char* name) const;  // std::string, int, bool
  template <class T>
  std::optional<T> optional(const char* name) const;  // absent or null: nullopt
  bool has(const char* name) const;                   // present, null included
  const json& raw(const char* name) const;            // null where absent
  std::string path_of(const char* name) const;

 private:
  const json& value_;
  std::string path_;
};

// T needs `static T from(const Fields&)`. InvalidParams with the path of the field; also for positional parameters.
template <class T>
Result<T> decode(const json& params) {
  static const json nothing = json::object();
  try {
    return T::from(Fields(params.is_null() ? nothing : params, "params"));
  } catch (const BadField& bad) {
    return Error{ErrorCode::InvalidParams, bad.path + " " + bad.problem};
  }
}

}  // namespace aside
