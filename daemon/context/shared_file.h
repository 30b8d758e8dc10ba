// Reads a file from the disk to share it: text, an image or a PDF. The file's first bytes decide which of these it
// is; its name doesn't matter. Pipes and devices are refused, so reading waits only for the disk. A file that can't
// be shared gives an Error (InvalidParams) with a sentence for people and a hint; `name` is the file's name in that
// sentence.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "protocol/error.h"

namespace aside {

struct SharedFile {
  enum class Kind { Text, Image, Pdf };

  // Half of the size that a request may have. The limit for a text that an editor sends is the same.
  static constexpr std::size_t max_text_bytes = 16 * 1024 * 1024;
  // The API takes images of up to 10 MiB in base64, and up to `max_image_pixels` in width and in height.
  static constexpr std::size_t max_image_bytes = std::size_t{10} * 1024 * 1024 / 4 * 3;
  static constexpr unsigned max_image_pixels = 8000;
  // 16 MiB are 21 MiB in base64. This leaves 10 MB for the rest of the conversation.
  static constexpr std::size_t max_pdf_bytes = 16 * 1024 * 1024;

  Kind kind = Kind::Text;
  std::string bytes;         // text as UTF-8 with "\n" and without byte order mark; others as on the disk
  std::string media_type;    // "text/plain", "image/png", "application/pdf" …
  std::string decoded_from;  // the encoding on the disk of text that isn't UTF-8: "UTF-16" …
  bool guessed = false;      // the encoding is a guess from the bytes alone
  bool crlf = false;         // the first line of a text ends with "\r\n" on the disk
  std::string raw = {};      // the text as on the disk, if another encoding would give another text
  unsigned width = 0, height = 0;     // only for an image
  std::size_t pages = 0;              // only for a PDF, an estimate; 0 if its page list is compressed
  std::optional<std::size_t> tokens;  // only for an image or a PDF: an estimate for each request
};

Result<SharedFile> read_shared_file(const std::string& path, const std::string& name);

}  // namespace aside
