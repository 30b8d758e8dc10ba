#include "daemon/context/shared_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <thread>

#include "daemon/context/documents.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace aside;
using namespace std::string_literals;
using Kind = SharedFile::Kind;
namespace fs = std::filesystem;

namespace {

std::string png(unsigned width, unsigned height) {
  const auto number = [](unsigned n) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(n >> shift & 0xFF);
    return bytes;
  };
  return "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s + number(width) + number(height) + "\x08\x02\0\0\0"s;
}

struct Folder : Home {
  std::string operator/(const std::string& name) const { return (path() / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(*this / name, std::ios::binary) << bytes;
    return *this / name;
  }
  // Writes a sparse file of this size. After `bytes` the file has only NUL bytes, which take no blocks on the
  // disk.
  std::string write_sparse(const std::string& name, const std::string& bytes, std::size_t size) const {
    write(name, bytes);
    fs::resize_file(*this / name, size);
    return *this / name;
  }
};

}  // namespace

TEST_CASE("the first bytes decide whether a file is text, an image or a PDF") {
  const Folder folder;
  struct Row {
    std::string what, bytes;
    Kind kind;
    std::string media_type, shared, decoded_from;
    std::optional<std::size_t> tokens;
  };
  const std::string pdf =
      "%PDF-1.7\n1 0 obj <</Type /Pages /Count 2>>\n<</Type/Page>> <</Type /Page\n/Parent 1 0 R>>\0"s;
  const std::vector<Row> rows = {
      {"text", "int a;\r\n", Kind::Text, "text/plain", "int a;\n", "", {}},
      {"nothing", "", Kind::Text, "text/plain", "", "", {}},
      {"UTF-16",
       "\xFF\xFE"
       "a\0\r\0\n\0"s,
       Kind::Text,
       "text/plain",
       "a\n",
       "UTF-16",
       {}},
      {"Latin-1", "caf\xE9", Kind::Text, "text/plain", "café", "Windows-1252", {}},
      {"a small image", png(1, 1), Kind::Image, "image/png", png(1, 1), "", 1},
      {"an image", png(200, 57), Kind::Image, "image/png", png(200, 57), "", 8 * 3},
      {"a large image", png(8000, 8000), Kind::Image, "image/png", png(8000, 8000), "", 4784},
      {"a GIF", "GIF89a\x80\x02\xE0\x01\xF7\0"s, Kind::Image, "image/gif", "GIF89a\x80\x02\xE0\x01\xF7\0"s,
       "", 23 * 18},
      {"a PDF", pdf, Kind::Pdf, "application/pdf", pdf, "", 2 * 3818},
      {"a PDF with its pages compressed",
       "%PDF-2.0\n\0"s,
       Kind::Pdf,
       "application/pdf",
       "%PDF-2.0\n\0"s,
       "",
       {}},
      {"text about PDFs", "see %PDF-1.7", Kind::Text, "text/plain", "see %PDF-1.7", "", {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto file = read_shared_file(folder.write("file", row.bytes), "file");
    REQUIRE(file);
    CHECK(file->kind == row.kind);
    CHECK(file->media_type == row.media_type);
    CHECK(file->bytes == row.shared);
    CHECK(file->decoded_from == row.decoded_from);
    CHECK(file->tokens == row.tokens);
  }
  const auto image = read_shared_file(folder.write("file", png(640, 480)), "file");
  REQUIRE(image);
  CHECK(image->width == 640);
  CHECK(image->height == 480);
  const auto document = read_shared_file(folder.write("file", pdf), "file");
  REQUIRE(document);
  CHECK(document->pages == 2);
}

TEST_CASE("a file behind symlinks is the file") {
  const Folder folder;
  folder.write("file", "text");
  fs::create_symlink("file", folder / "link");
  fs::create_symlink("link", folder / "second");
  const auto file = read_shared_file(folder / "second", "second");
  REQUIRE(file);
  CHECK(file->bytes == "text");
}

TEST_CASE("what can't be shared is refused at once, in a sentence that says what to do instead") {
  const Folder folder;
  fs::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder / "to-pipe");
  fs::create_symlink("loop", folder / "loop");
  fs::create_symlink("gone", folder / "dangling");
  folder.write("file", "");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string socket_path = folder / "socket";
  REQUIRE(socket_path.size() < sizeof address.sun_path);
  socket_path.copy(address.sun_path, socket_path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);

  struct Row {
    std::string path, message;
  };
  std::vector<Row> rows = {
      {folder / "missing", "there is no such file"},
      {folder / "dangling", "there is no such file"},
      {folder / "file/below", "there is no such file"},
      {folder / "folder", "it is a folder"},
      {folder / "pipe", "it is not a regular file"},
      {folder / "to-pipe", "it is not a regular file"},
      {folder / "socket", "it is not a regular file"},
      {"/dev/null", "it is not a regular file"},
      {folder / "loop", "it could not be read: Too many levels of symbolic links"},
      {folder.write("binary", "a\0b"s), "it is a binary file"},
      {folder.write("cut.png", png(1, 1).substr(0, 20)),
       "it begins like an image, but doesn't say how large it is"},
      {folder.write("wide.png", png(8001, 2)),
       "it is 8001 × 2 pixels; an image may have at most 8000 on each side"},
      {folder.write_sparse("text", "a", SharedFile::max_text_bytes + 1),
       "it has 16.1 MiB; text of at most 16 MiB can be shared"},
      {folder.write_sparse("large.png", png(1, 1), SharedFile::max_image_bytes + 1),
       "it has 7.6 MiB; images of at most 7.5 MiB can be shared"},
      {folder.write_sparse("large.pdf", "%PDF-1.7\n", 3 * SharedFile::max_pdf_bytes),
       "it has 48 MiB; PDFs of at most 16 MiB can be shared"},
      {folder.write("latin-1", std::string(9 * 1024 * 1024, '\xE9')),
       "it has 18 MiB; text of at most 16 MiB can be shared"},
  };
  if (::geteuid() != 0) {
    rows.push_back({folder.write("unreadable", "x"), "you may not read this file"});
    fs::permissions(folder / "unreadable", fs::perms::none);
  }
  for (const Row& row : rows) {
    INFO(row.path);
    const auto file = read_shared_file(row.path, "its name");
    REQUIRE_FALSE(file);
    CHECK(file.error().code == ErrorCode::InvalidParams);
    CHECK(file.error().message == "sharing its name: " + row.message);
    CHECK_FALSE(file.error().data.hint.empty());
  }
  ::close(socket);
}

TEST_CASE("a file may be as large as the limit of its kind") {
  const Folder folder;
  CHECK(SharedFile::max_text_bytes == Documents::max_attachment_bytes);
  CHECK(read_shared_file(folder.write("text", std::string(SharedFile::max_text_bytes, 'a')), "text"));
  CHECK(read_shared_file(folder.write_sparse("png", png(1, 1), SharedFile::max_image_bytes), "png"));
  CHECK(read_shared_file(folder.write_sparse("pdf", "%PDF-1.7\n", SharedFile::max_pdf_bytes), "pdf"));
}

TEST_CASE("a file that doesn't tell its size is read to its end, or to the limit") {
  if (!fs::exists("/proc/self/status")) return;  // Linux reports size 0 for this file, although it has text
  const auto file = read_shared_file("/proc/self/status", "status");
  REQUIRE(file);
  CHECK(file->bytes.starts_with("Name:"));
}

TEST_CASE("a file that changes while it is read is read as far as it goes") {
  const Folder folder;
  const std::string path = folder.write("file", std::string(4 << 20, 'a'));
  const std::jthread writer([&path](const std::stop_token& stop) {
    const std::string text(9'000'000, 'b');
    while (!stop.stop_requested()) std::ofstream(path) << text;
  });
  for (int i = 0; i < 50; ++i) {
    const auto file = read_shared_file(path, "file");
    REQUIRE(file);
    CHECK(file->bytes.size() <= 9'000'000);
  }
}
