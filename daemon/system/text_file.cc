#include "daemon/system/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/text/encoding.h"
#include "daemon/text/json.h"

namespace aside {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Error unfit(const std::string& path, const std::string& why, std::string hint = {}) {
  return Error{ErrorCode::InvalidParams, path + " " + why, {.hint = std::move(hint)}};
}

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  const auto unread = [&path] { return unfit(path, std::string("can't be read: ") + std::strerror(errno)); };
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
  struct stat found = {};
  if (file.number < 0 || ::fstat(file.number, &found) != 0) return unread();
  if (!S_ISREG(found.st_mode)) return unfit(path, "is no file");
  std::string bytes(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(file.number, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unread();
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > max_bytes)
    return unfit(path,
                 "is larger than " + std::to_string(max_bytes >> 10) + " KiB, which is the most that is sent",
                 "Shorten it.");
  bytes.resize(size);
  const bool utf8 = json_text::unquoted(json_text::quoted(bytes)) == bytes;
  if (!utf8 || bytes.find('\0') != bytes.npos) return unfit(path, "is no text in UTF-8", "Save it as UTF-8.");
  if (bytes.starts_with(byte_order_mark)) bytes.erase(0, byte_order_mark.size());
  return with_plain_line_ends(std::move(bytes));
}

}  // namespace aside
