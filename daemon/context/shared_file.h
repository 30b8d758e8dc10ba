// What of a file on disk may be shared, and as what: text, an image or a PDF, by its first bytes, never by
// its name. Read once, without waiting for anything but the disk: a pipe or a device is refused, not opened
// for good. What can't be shared is an error (InvalidParams) with one sentence for people and the way out;
// `name` is what people call the file there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/error.h"

namespace aside {

struct SharedFile {
  enum class Kind { Text, Image, Pdf };

  // Half of what a request may carry in all, as for text that an editor sends.
  static constexpr std::size_t max_text_bytes = 16 * 1024 * 1024;
  // The API takes 10 MiB of base64, and nothing longer than this on a side.
  static constexpr std::size_t max_image_bytes = std::size_t{10} * 1024 * 1024 / 4 * 3;
  static constexpr unsigned max_image_pixels = 8000;
  // 21 MiB in base64: the conversation around it has 10 MB left.
  static constexpr std::size_t max_pdf_bytes = 16 * 1024 * 1024;

  Kind kind = Kind::Text;
  std::string bytes;         // of text: UTF-8 with "\n" and without byte order mark; else as they are on disk
  std::string media_type;    // "text/plain", "image/png", "application/pdf" …
  std::string decoded_from;  // of text that isn't UTF-8 on disk: "UTF-16", "Windows-1252" …
  bool guessed = false;      // nothing but its bytes speaks for that
  std::string raw = {};      // of text that another encoding would give otherwise: as it is on disk
  unsigned width = 0, height = 0;     // of an image
  std::size_t pages = 0;              // of a PDF, about; 0 where it doesn't say so in plain text
  std::optional<std::size_t> tokens;  // what an image or a PDF costs, about, each time it is sent
};

Result<SharedFile> read_shared_file(const std::string& path, const std::string& name);

}  // namespace aside
