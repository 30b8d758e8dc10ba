// Finds the type and the size of an image from its first bytes, for the four formats that the API takes. Pure;
// never reads beyond the end, whatever the bytes claim.
#pragma once

#include <optional>
#include <string_view>

namespace aside {

struct Pixels {
  unsigned width = 0, height = 0;
  bool operator==(const Pixels&) const = default;
};

// Returns "image/png", "image/jpeg", "image/gif" or "image/webp"; empty for everything else.
std::string_view image_media_type(std::string_view bytes);
// Returns nullopt if the bytes end before the size, or give an impossible size.
std::optional<Pixels> image_size(std::string_view bytes);

}  // namespace aside
