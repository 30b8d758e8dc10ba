// Images and PDFs in a request, as far as the API's rules and prices look into them:
// what their first bytes say they are, how large, and what they cost in tokens.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace aside::test {

struct Media {
  std::string type;                    // by the first bytes, "image/png"; empty: none that is known
  std::int64_t width = 0, height = 0;  // 0: cannot be told
  std::int64_t pages = 0;              // of a PDF
};

std::optional<std::string> decode_base64(std::string_view text);  // nothing: it isn't base64
Media look_at(std::string_view bytes);

// Of an `image` or `document` block whose shape has been checked; its title and the like not counted.
std::int64_t media_tokens(const nlohmann::ordered_json& block, bool sees_finely);

}  // namespace aside::test
