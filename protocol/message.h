// JSON-RPC 2.0 messages. `parse` turns a text into one of four types. If the text is not a valid message, the result
// (`Unparsed`) still has the id to answer, if the id can be read. `decode` turns parameters into one of the structs
// of methods.h; its errors name the field. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/error.h"

namespace aside {

using json = nlohmann::json;
using Id = std::variant<std::int64_t, std::string>;  // sent back as it came

struct Request {
  Id id;
  std::string method;
  json params;  // null if absent
};
struct Notification {
  std::string method;
  json params;
};
struct Response {  // a Response is dropped, since the daemon sends no requests
  std::optional<Id> id;
};
struct Unparsed {
  std::optional<Id> id;  // null on the wire if it could not be read
  Error error;
};
using Incoming = std::variant<Request, Notification, Response, Unparsed>;

inline constexpr std::size_t max_nesting = 64;

// Returns ParseError for a text that is no JSON, not UTF-8, or nested deeper than max_nesting; InvalidRequest for a
// batch, or for a missing or wrong `jsonrpc`, `id` or `method`. Half of an escaped surrogate pair, which editors that
// use UTF-16 may send, is read as U+FFFD.
Incoming parse(std::string_view body);

// Returns the id of a request that can't be parsed, because memory ran out or only the beginning of the message is
// known; the answer needs the id. Reads no further than necessary, and copies nothing but the id. nullopt if the
// message is no request, or if too little is known.
std::optional<Id> request_id(std::string_view beginning);

// Parses JSON from another source (an exported file) by the same rules. `problem` continues a sentence that begins
// with the name of the text: "is no JSON: …".
struct BadJson {
  std::string problem;
};
std::variant<json, BadJson> parse_json(std::string_view text);

// Says why the JSON library could not read a text. Leaves out the library's class names, and the text that the
// library read last, which may be long or a secret.
std::string reason(const json::exception& error);

// These functions replace bytes that are not UTF-8 by U+FFFD.
std::string dump_result(const Id& id, const json& result);
std::string dump_error(const std::optional<Id>& id, const Error& error);
std::string dump_notification(std::string_view method, const json& params);

// A field that is missing or of the wrong type, with its path: "params.textDocument.uri must be a string".
struct BadField {
  std::string path;
  std::string problem;
};

// Reads one JSON object field by field. Throws BadField, which `decode` catches. In an optional field, null counts as
// missing. A Fields points to the value and must not outlive it.
class Fields {
 public:
  Fields(const json& value, std::string path);

  bool has(const char* name) const;
  std::string string(const char* name) const;
  std::string filled(const char* name) const;  // a string that is not empty
  std::optional<std::string> optional_string(const char* name) const;
  std::optional<std::string> nullable(const char* name) const;  // a filled string, or "" for an explicit null
  std::vector<std::string> optional_strings(const char* name) const;
  bool boolean(const char* name) const;
  std::optional<bool> optional_boolean(const char* name) const;
  int integer(const char* name, int least, int most) const;
  std::int64_t count(const char* name) const;  // an integer of 64 bits, not below 0
  double amount(const char* name) const;       // a number, not below 0
  Id id(const char* name) const;
  Fields object(const char* name) const;
  std::optional<Fields> optional_object(const char* name) const;
  std::vector<Fields> list(const char* name) const;  // of objects
  std::vector<Fields> optional_list(const char* name) const;
  const json& raw(const char* name) const;  // null if missing

  [[noreturn]] void refuse(const char* name, std::string problem) const;

 private:
  const json& required(const char* name) const;

  const json* value_;
  std::string path_;
};

// T needs `static T from(const Fields&)`. The error is InvalidParams and begins with the field's path.
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
