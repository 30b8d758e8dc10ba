#include "daemon/context/shared_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/text/encoding.h"
#include "daemon/text/figures.h"
#include "daemon/text/image_size.h"

namespace aside {
namespace {

using Kind = SharedFile::Kind;

// The API divides an image into squares, one token each; larger images are scaled down to `max_image_tokens`
// squares.
constexpr std::size_t pixels_per_token_side = 28, max_image_tokens = 4784;
// The text of a page has 1,500 to 3,000 tokens, and the model gets the page as an image, too.
constexpr std::size_t tokens_per_page = 2250 + 1568;

struct OpenFile {
  explicit OpenFile(const std::string& path)
      // O_NONBLOCK, since opening a pipe that nobody writes to would block the loop.
      : number(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (number >= 0) ::close(number);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const int number;
};

Error refused(const std::string& name, const std::string& why, std::string hint) {
  return {ErrorCode::InvalidParams, "sharing " + name + ": " + why, {.hint = std::move(hint)}};
}

Error not_read(const std::string& name, int why) {
  switch (why) {
    case ENOENT:
    case ENOTDIR:
      return refused(name, "there is no such file", "Save it first, or check its name.");
    case EACCES:
    case EPERM:
      return refused(name, "you may not read this file", "Give yourself the permission to read it.");
    case ENXIO:  // a socket
      return refused(name, "it is not a regular file", "Save its content to a file, and share that.");
    default:
      return refused(name, std::string("it could not be read: ") + std::strerror(why),
                     "Check the disk or the network that it is on.");
  }
}

Error too_large(const std::string& name, std::size_t size, std::string_view what, std::size_t limit,
                std::string hint) {
  // `size` may be too small, if the file has grown since, or if its file system doesn't report sizes.
  const std::string has =
      size > limit ? "it has " + mebibytes_text(size) : "it has more than " + mebibytes_text(limit);
  return refused(name,
                 has + "; " + std::string(what) + " of at most " + mebibytes_text(limit) + " can be shared",
                 std::move(hint));
}

// Reads at most one byte more than the limit, whatever size the file system reports. Returns false if reading failed;
// errno then says why.
bool read_up_to(const OpenFile& file, std::size_t limit, std::string& bytes) {
  constexpr std::size_t piece = 256 * 1024;
  while (bytes.size() <= limit) {
    const std::size_t had = bytes.size();
    bytes.resize(std::min(had + piece, limit + 1));
    const ssize_t got = ::read(file.number, bytes.data() + had, bytes.size() - had);
    const int why = errno;
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return true;
    if (got < 0 && why != EINTR) {
      errno = why;
      return false;
    }
  }
  return true;
}

Kind kind_of(std::string_view first_bytes) {
  if (!image_media_type(first_bytes).empty()) return Kind::Image;
  return first_bytes.starts_with("%PDF-") ? Kind::Pdf : Kind::Text;
}

// Counts the pages that the file lists in plain text; newer files may compress that list.
std::size_t pages_of(std::string_view pdf) {
  std::size_t pages = 0;
  for (std::size_t at = 0; (at = pdf.find("/Type", at)) != pdf.npos;) {
    at = std::min(pdf.find_first_not_of(" \t\r\n", at + 5), pdf.size());
    constexpr std::string_view page = "/Page";
    if (!pdf.substr(at).starts_with(page)) continue;
    at += page.size();
    const auto next = static_cast<unsigned char>(at < pdf.size() ? pdf[at] | 0x20 : ' ');
    pages += next < 'a' || next > 'z';  // not /Pages
  }
  return pages;
}

Result<SharedFile> image(SharedFile file, const std::string& name) {
  file.media_type = image_media_type(file.bytes);
  const auto size = image_size(file.bytes);
  if (!size) {
    return refused(name, "it begins like an image, but doesn't say how large it is",
                   "Open it to see whether it is damaged, and save it again.");
  }
  if (std::max(size->width, size->height) > SharedFile::max_image_pixels) {
    return refused(name,
                   "it is " + std::to_string(size->width) + " × " + std::to_string(size->height) +
                       " pixels; an image may have at most " + std::to_string(SharedFile::max_image_pixels) +
                       " on each side",
                   "Scale it down, or cut out what matters.");
  }
  file.width = size->width;
  file.height = size->height;
  const auto squares = [](std::size_t side) {
    return (side + pixels_per_token_side - 1) / pixels_per_token_side;
  };
  file.tokens = std::min(squares(file.width) * squares(file.height), max_image_tokens);
  return file;
}

Result<SharedFile> text(SharedFile file, const std::string& name) {
  auto decoded = decode_text(file.bytes);
  if (!decoded) {
    return refused(name, "it is a binary file",
                   "Text, PNG, JPEG, GIF and WebP images and PDFs can be shared.");
  }
  if (decoded->text.size() > SharedFile::max_text_bytes) {
    return too_large(name, decoded->text.size(), "text", SharedFile::max_text_bytes, "Share a range of it.");
  }
  file.bytes = std::move(decoded->text);
  file.raw = std::move(decoded->bytes);
  file.guessed = decoded->guessed;
  file.crlf = decoded->crlf;
  file.media_type = "text/plain";
  if (decoded->encoding == Encoding::Windows1252) {
    file.decoded_from = "Windows-1252";
  } else if (decoded->encoding != Encoding::Utf8) {
    file.decoded_from = "UTF-16";
  } else if (decoded->guessed) {
    file.decoded_from = "UTF-8, with broken characters";
  }
  return file;
}

}  // namespace

Result<SharedFile> read_shared_file(const std::string& path, const std::string& name) {
  const OpenFile opened(path);
  if (opened.number < 0) return not_read(name, errno);
  struct stat status = {};
  if (::fstat(opened.number, &status) != 0) return not_read(name, errno);
  if (S_ISDIR(status.st_mode)) return refused(name, "it is a folder", "Share the files in it that matter.");
  if (!S_ISREG(status.st_mode)) {
    return refused(name, "it is not a regular file", "Save its content to a file, and share that.");
  }

  SharedFile file;
  constexpr std::size_t first_bytes = 64;
  if (!read_up_to(opened, first_bytes, file.bytes)) return not_read(name, errno);
  file.kind = kind_of(file.bytes);
  struct Limit {
    std::size_t bytes;
    std::string_view what, hint;
  };
  const Limit limit =
      file.kind == Kind::Image ? Limit{SharedFile::max_image_bytes, "images", "Scale it down."}
      : file.kind == Kind::Pdf ? Limit{SharedFile::max_pdf_bytes, "PDFs", "Share a part of its pages."}
                               : Limit{SharedFile::max_text_bytes, "text", "Share a range of it."};
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (size <= limit.bytes && !read_up_to(opened, limit.bytes, file.bytes)) return not_read(name, errno);
  if (std::max(size, file.bytes.size()) > limit.bytes) {
    return too_large(name, size, limit.what, limit.bytes, std::string(limit.hint));
  }

  if (file.kind == Kind::Image) return image(std::move(file), name);
  if (file.kind == Kind::Text) return text(std::move(file), name);
  file.media_type = "application/pdf";
  file.pages = pages_of(file.bytes);
  if (file.pages > 0) file.tokens = file.pages * tokens_per_page;
  return file;
}

}  // namespace aside
