// Images and PDFs in a request: their type by their first bytes, their size, and what they cost in tokens, as
// far as the API's rules and prices depend on these.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aside::test {

struct Media {
  std::string type;                    // by the first bytes, such as "image/png"; empty if it is unknown
  std::int64_t width = 0, height = 0;  // 0 if unknown
  std::int64_t pages = 0;              // of a PDF
};

std::optional<std::string> decode_base64(std::string_view text);  // nullopt if it isn't base64
Media look_at(std::string_view bytes);

// The tokens of an `image` or `document` block whose shape has been checked, without its title and the like.
std::int64_t media_tokens(const nlohmann::ordered_json& block, bool sees_finely);

}  // namespace aside::test
