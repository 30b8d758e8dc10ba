// Images and PDFs in a request: their type, their size, and their cost in tokens. Only the facts on which the
// API's rules and prices depend are read.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aside::test {

struct Media {
  std::string type;                    // recognised by the first bytes, such as "image/png"; empty if unknown
  std::int64_t width = 0, height = 0;  // 0 if unknown
  std::int64_t pages = 0;              // the pages of a PDF
};

std::optional<std::string> decode_base64(std::string_view text);  // nullopt if it isn't base64
Media look_at(std::string_view bytes);

// Returns the tokens of an `image` or `document` block whose shape has been checked. The title and other text
// of the block don't count.
std::int64_t media_tokens(const nlohmann::ordered_json& block, bool sees_finely);

}  // namespace aside::test
