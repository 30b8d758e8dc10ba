#include "tests/standin/fields.h"

#include <algorithm>

#include "tests/standin/models.h"

namespace aside::test {

using Json = nlohmann::ordered_json;

namespace {

bool fits(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::String:
      return value.is_string();
    case Kind::Integer:
      return value.is_number_integer();
    case Kind::Number:
      return value.is_number();
    case Kind::Bool:
      return value.is_boolean();
    case Kind::Object:
      return value.is_object();
    case Kind::Array:
      return value.is_array();
    case Kind::StringOrArray:
      return value.is_string() || value.is_array();
    case Kind::StringOrObject:
      return value.is_string() || value.is_object();
  }
  return false;
}

std::string_view wanted(Kind kind) {
  switch (kind) {
    case Kind::String:
      return "Input should be a valid string";
    case Kind::Integer:
      return "Input should be a valid integer";
    case Kind::Number:
      return "Input should be a valid number";
    case Kind::Bool:
      return "Input should be a valid boolean";
    case Kind::Object:
      return "Input should be an object";
    case Kind::Array:
      return "Input should be a valid array";
    case Kind::StringOrArray:
      return "Input should be a valid string or array";
    case Kind::StringOrObject:
      return "Input should be a valid string or object";
  }
  return "";
}

}  // namespace

Refusal coded_refusal(const char* code, std::string message) {
  return {400, "invalid_request_error", std::move(message), {{"error_code", code}}};
}

void refuse(std::string message) {
  throw Refusal{400, "invalid_request_error", std::move(message)};
}

void refuse(std::string_view path, std::string_view message) {
  refuse(path.empty() ? std::string(message) : std::string(path) + ": " + std::string(message));
}

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path) + "." + std::string(name);
}

std::string join(std::string_view path, std::size_t index) {
  return join(path, std::to_string(index));
}

void check_fields(const Json& object, std::string_view path, const Field* begin, const Field* end) {
  if (!object.is_object()) refuse(path, wanted(Kind::Object));
  for (const auto& [name, value] : object.items()) {
    auto same = [&name = name](const Field& field) { return field.name == name; };
    const Field* field = std::find_if(begin, end, same);
    if (field == end) refuse(join(path, name), "Extra inputs are not permitted");
    if (value.is_null() && field->need == Need::Optional) continue;
    if (!fits(value, field->kind)) refuse(join(path, name), wanted(field->kind));
  }
  for (const Field* field = begin; field != end; ++field) {
    if (field->need == Need::Required && !object.contains(std::string(field->name))) {
      refuse(join(path, field->name), "Field required");
    }
  }
}

void check_fields(const Json& object, std::string_view path, std::initializer_list<Field> fields) {
  check_fields(object, path, fields.begin(), fields.end());
}

void check_word(const Json& object, std::string_view path, const char* name, std::string_view words) {
  const Json* value = present(object, name);
  if (value == nullptr) return;
  if (!value->is_string() || !listed(words, value->get_ref<const std::string&>())) {
    refuse(join(path, name), "Input should be one of: " + std::string(words));
  }
}

const Json* present(const Json& object, std::string_view name) {
  auto found = object.find(std::string(name));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace aside::test
