// Checks objects of a request against tables of their fields. A field that is missing, of the wrong type, or
// unknown is refused in the words of the real API ("messages.0.content.1.text.text: Field required").
//
// A refusal is thrown, and only check_request catches it. So the many rules can be written as a list of
// statements.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace aside::test {

struct Refusal {
  int status = 400;
  std::string type = "invalid_request_error";
  std::string message;
  nlohmann::ordered_json details = {};  // the `details` of the error, with `error_code`; or null
};

Refusal coded_refusal(const char* code, std::string message);
[[noreturn]] void refuse(std::string message);
[[noreturn]] void refuse(std::string_view path, std::string_view message);

enum class Kind { String, Integer, Number, Bool, Object, Array, StringOrArray, StringOrObject };
enum class Need { Required, Optional };  // an optional field may also be null

struct Field {
  std::string_view name;
  Kind kind;
  Need need = Need::Optional;
};

std::string join(std::string_view path, std::string_view name);
std::string join(std::string_view path, std::size_t index);

void check_fields(const nlohmann::ordered_json& object, std::string_view path, const Field* begin,
                  const Field* end);
void check_fields(const nlohmann::ordered_json& object, std::string_view path,
                  std::initializer_list<Field> fields);
// Checks that a member is one of these words, which are separated by spaces. The member may be absent or
// null.
void check_word(const nlohmann::ordered_json& object, std::string_view path, const char* name,
                std::string_view words);

// Returns the member of this name; nullptr if the member is absent or null.
const nlohmann::ordered_json* present(const nlohmann::ordered_json& object, std::string_view name);
bool blank(std::string_view text);

}  // namespace aside::test
