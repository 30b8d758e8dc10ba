#include "daemon/text/image_size.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;
using namespace std::string_literals;

namespace {

const std::string png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xE0\x08\x02"s;  // 640 × 480
const std::string gif = "GIF89a\x80\x02\xE0\x01\xF7\0"s;
const std::string frame = "\xFF\xC0\0\x11\x08\x01\xE0\x02\x80\x03"s,
                  jfif = "\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"s;
const std::string riff = "RIFF\x24\0\0\0WEBP"s;
const std::string lossy = riff + "VP8 \x18\0\0\0\x30\1\0\x9D\x01\x2A\x80\x02\xE0\x01"s;
const std::string lossless = riff + "VP8L\x10\0\0\0\x2F\x7F\xC2\x77\x10"s;
const std::string extended = riff + "VP8X\x0A\0\0\0\x10\0\0\0\x7F\x02\0\xDF\x01\0"s;

}  // namespace

TEST_CASE("the four formats tell what they are and how large") {
  struct Row {
    std::string what, bytes, type;
    std::optional<Pixels> size;
  };
  const Pixels vga{640, 480};
  // A preview picture inside a segment, with a frame header of its own.
  const std::string preview = "\xFF\xE1\0\x0E"s + frame + "\xFF\xD9"s;
  const std::vector<Row> rows = {
      {"PNG", png, "image/png", vga},
      {"GIF", gif, "image/gif", vga},
      {"old GIF", "GIF87a\x80\x02\xE0\x01"s, "image/gif", vga},
      {"JPEG", jfif + frame, "image/jpeg", vga},
      {"JPEG with a preview", jfif + preview + frame, "image/jpeg", vga},
      {"JPEG with padding and tables", jfif + "\xFF\xC4\0\x04\1\2\xFF\xFF"s + frame, "image/jpeg", vga},
      {"progressive JPEG", jfif + "\xFF\xC2" + frame.substr(2), "image/jpeg", vga},
      {"JPEG without a frame", jfif + "\xFF\xDA\0\x02"s + frame, "image/jpeg", std::nullopt},
      {"JPEG that ends early", jfif, "image/jpeg", std::nullopt},
      {"JPEG out of step", jfif + "x" + frame, "image/jpeg", std::nullopt},
      {"JPEG with a segment beyond the end", "\xFF\xD8\xFF\xE0\xFF\xFF", "image/jpeg", std::nullopt},
      {"lossy WebP", lossy, "image/webp", vga},
      {"lossless WebP", lossless, "image/webp", vga},
      {"extended WebP", extended, "image/webp", vga},
      {"WebP of an unknown kind", riff + "VP9 \0\0\0\0"s, "image/webp", std::nullopt},
      {"no width", "GIF89a\0\0\1\0"s, "image/gif", std::nullopt},
      {"other RIFF", "RIFF\x24\0\0\0WAVEfmt "s, "", std::nullopt},
      {"text", "GIF89 is a format", "", std::nullopt},
      {"nothing", "", "", std::nullopt},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(image_media_type(row.bytes) == row.type);
    CHECK(image_size(row.bytes) == row.size);
  }
}

TEST_CASE("an image that is cut off has no size, and nothing beyond it is read") {
  for (const std::string& whole : {png, gif, jfif + frame, lossy, lossless, extended}) {
    bool told = false;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto found = image_size({exact.data(), exact.size()});
      CHECK(found.has_value() >= told);
      told = found.has_value();
      CHECK(found.value_or(Pixels{640, 480}) == Pixels{640, 480});
    }
    CHECK(told);
  }
}
