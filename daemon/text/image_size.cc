#include "daemon/text/image_size.h"

#include <cstddef>

namespace aside {
namespace {

// Reads numbers from the bytes. After a read beyond the end, `whole` is false, and no number that was read is valid.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  bool whole() const { return whole_; }
  unsigned byte(std::size_t at) {
    if (at < bytes_.size()) return static_cast<unsigned char>(bytes_[at]);
    whole_ = false;
    return 0;
  }
  unsigned big(std::size_t at, int size) {
    unsigned value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | byte(at + static_cast<std::size_t>(i));
    return value;
  }
  unsigned little(std::size_t at, int size) {
    unsigned value = 0;
    for (int i = size; i-- > 0;) value = value << 8 | byte(at + static_cast<std::size_t>(i));
    return value;
  }

 private:
  std::string_view bytes_;
  bool whole_ = true;
};

// In a JPEG, the frame header has the size. It follows segments of any length (such as a camera's preview).
Pixels jpeg(Fields& fields) {
  for (std::size_t at = 2; fields.whole();) {
    if (fields.byte(at) != 0xFF) return {};
    const unsigned marker = fields.byte(at + 1);
    if (marker == 0xFF) {  // padding
      ++at;
      continue;
    }
    const bool tables = marker == 0xC4 || marker == 0xC8 || marker == 0xCC;
    if (marker >= 0xC0 && marker <= 0xCF && !tables) return {fields.big(at + 7, 2), fields.big(at + 5, 2)};
    if (marker == 0xD9 || marker == 0xDA) return {};  // the image data begins, and no frame header came
    const bool alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    at += 2 + (alone ? 0 : fields.big(at + 2, 2));
  }
  return {};
}

Pixels webp(std::string_view bytes, Fields& fields) {
  const std::string_view chunk = bytes.substr(0, 16).substr(12);
  if (chunk == "VP8 ") return {fields.little(26, 2) & 0x3FFF, fields.little(28, 2) & 0x3FFF};
  if (chunk == "VP8L") {
    const unsigned both = fields.little(21, 4);
    return {(both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1};
  }
  if (chunk == "VP8X") return {fields.little(24, 3) + 1, fields.little(27, 3) + 1};
  return {};
}

}  // namespace

std::string_view image_media_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP") && bytes.size() >= 12)
    return "image/webp";
  return {};
}

std::optional<Pixels> image_size(std::string_view bytes) {
  const std::string_view type = image_media_type(bytes);
  Fields fields(bytes);
  Pixels size;
  if (type == "image/png") size = {fields.big(16, 4), fields.big(20, 4)};
  if (type == "image/jpeg") size = jpeg(fields);
  if (type == "image/gif") size = {fields.little(6, 2), fields.little(8, 2)};
  if (type == "image/webp" && bytes.size() >= 16) size = webp(bytes, fields);
  if (!fields.whole() || size.width == 0 || size.height == 0) return std::nullopt;
  return size;
}

}  // namespace aside
