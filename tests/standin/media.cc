#include "tests/standin/media.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "tests/standin/prompt.h"

namespace aside::test {

namespace {

constexpr std::int64_t tokens_of_page = 2000;
constexpr std::int64_t patch = 28;  // the pixels on each side of a patch

std::int64_t number(std::string_view bytes, std::size_t at, std::size_t size, bool little) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = at + (little ? size - 1 - i : i);
    value = value << 8 | (place < bytes.size() ? static_cast<unsigned char>(bytes[place]) : 0);
  }
  return value;
}

bool begins(std::string_view bytes, std::string_view with) {
  return bytes.substr(0, with.size()) == with;
}

// Reads the size of a JPEG from the first frame header, which comes after segments of any length.
void measure_jpeg(std::string_view bytes, Media& media) {
  std::size_t at = 2;
  while (at + 9 < bytes.size() && bytes[at] == '\xFF') {
    const unsigned marker = static_cast<unsigned char>(bytes[at + 1]);
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      media.height = number(bytes, at + 5, 2, false);
      media.width = number(bytes, at + 7, 2, false);
      return;
    }
    at += 2 + static_cast<std::size_t>(number(bytes, at + 2, 2, false));
  }
}

void measure_webp(std::string_view bytes, Media& media) {
  const std::string_view kind = bytes.substr(std::min<std::size_t>(12, bytes.size()), 4);
  if (kind == "VP8 ") {
    media.width = number(bytes, 26, 2, true) & 0x3FFF;
    media.height = number(bytes, 28, 2, true) & 0x3FFF;
  } else if (kind == "VP8L") {
    const std::int64_t bits = number(bytes, 21, 4, true);
    media.width = (bits & 0x3FFF) + 1;
    media.height = (bits >> 14 & 0x3FFF) + 1;
  } else if (kind == "VP8X") {
    media.width = number(bytes, 24, 3, true) + 1;
    media.height = number(bytes, 27, 3, true) + 1;
  }
}

// Counts the page objects of a PDF. Compressed objects can't be read; if a document has only such pages, it
// counts as one page.
std::int64_t pages_of(std::string_view bytes) {
  constexpr std::string_view name = "/Type";
  std::int64_t pages = 0;
  for (std::size_t at = bytes.find(name); at != std::string_view::npos; at = bytes.find(name, at + 1)) {
    std::string_view value = bytes.substr(at + name.size());
    value.remove_prefix(std::min(value.find_first_not_of(" \r\n\t"), value.size()));
    if (begins(value, "/Page") && !begins(value, "/Pages")) ++pages;
  }
  return std::max<std::int64_t>(pages, 1);
}

std::int64_t image_tokens(Media media, bool sees_finely) {
  const std::int64_t longest = sees_finely ? 2576 : 1568, cap = sees_finely ? 4784 : 1568;
  const std::int64_t edge = std::max(media.width, media.height);
  if (edge == 0) return cap;
  if (edge > longest) {
    media.width = std::max<std::int64_t>(1, media.width * longest / edge);
    media.height = std::max<std::int64_t>(1, media.height * longest / edge);
  }
  return std::min(cap, (media.width + patch - 1) / patch * ((media.height + patch - 1) / patch));
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  static const std::array<signed char, 256> values = [] {
    std::array<signed char, 256> table;
    table.fill(-1);
    const std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < letters.size(); ++i)
      table[static_cast<unsigned char>(letters[i])] = static_cast<signed char>(i);
    return table;
  }();
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.back() == '='; ++padding) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  unsigned bits = 0;
  int held = 0;
  for (char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

Media look_at(std::string_view bytes) {
  Media media;
  if (begins(bytes, "\x89PNG\r\n\x1A\n")) {
    media = {"image/png", number(bytes, 16, 4, false), number(bytes, 20, 4, false)};
  } else if (begins(bytes, "GIF8")) {
    media = {"image/gif", number(bytes, 6, 2, true), number(bytes, 8, 2, true)};
  } else if (begins(bytes, "\xFF\xD8\xFF")) {
    media.type = "image/jpeg";
    measure_jpeg(bytes, media);
  } else if (begins(bytes, "RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size()), 4) == "WEBP") {
    media.type = "image/webp";
    measure_webp(bytes, media);
  } else if (begins(bytes, "%PDF-")) {
    media.type = "application/pdf";
    media.pages = pages_of(bytes);
  }
  return media;
}

std::int64_t media_tokens(const nlohmann::ordered_json& block, bool sees_finely) {
  const nlohmann::ordered_json& source = block["source"];
  const std::string type = source["type"];
  if (type == "text") return tokens(source["data"].get_ref<const std::string&>());
  if (type == "content") return tokens(source["content"].dump());
  // A source without bytes (a URL or a file id) counts as an image of the largest size, or as a document of
  // one page.
  Media media;
  if (type == "base64") {
    media = look_at(decode_base64(source["data"].get_ref<const std::string&>()).value_or(""));
  }
  if (block["type"] == "image") return image_tokens(media, sees_finely);
  return std::max<std::int64_t>(media.pages, 1) * tokens_of_page;
}

}  // namespace aside::test
