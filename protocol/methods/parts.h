// Reads and writes the fields that many methods have in common. Used by the .cc files of this folder, and for exported
// conversations, which have some of the same fields.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

inline constexpr int any_least = std::numeric_limits<int>::min();
inline constexpr int any_most = std::numeric_limits<int>::max();

std::string read_document(const Fields& fields);                  // textDocument.uri
std::string read_string(const Fields& fields, const char* name);  // empty if the field is absent
std::string read_effort(const Fields& fields);                    // the field `effort`; empty if it is absent
// The field `effort` where "" means the default; nullopt if it is absent.
std::optional<std::string> optional_effort(const Fields& fields);
Position read_position(const Fields& fields);
// nullopt if the field is absent.
std::optional<Range> read_range(const Fields& fields, const char* name = "range");
// Milliseconds since 1970 of a date or a time; nullopt if the field is absent.
std::optional<std::int64_t> read_moment(const Fields& fields, const char* name);

json to_json(const Range& range);
json null_if_empty(const std::string& text);

// Adds a field, unless its value is empty. Json is `json`, or a JSON object that keeps the order of its fields.
template <class Json>
void put(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}
template <class Json, class T>
void put(Json& object, const char* name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

// Writes each value with its to_json. That function must be in namespace aside, not in an unnamed namespace, since the
// compiler looks for it in the namespace of the value's type.
template <class T>
json list(const std::vector<T>& values) {
  auto array = json::array();
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}

}  // namespace aside
