#include "daemon/system/text_file.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/system/file_bytes.h"
#include "daemon/text/encoding.h"
#include "daemon/text/json.h"

namespace aside {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

Error unfit(const std::string& path, const std::string& why, std::string hint = {}) {
  return Error{ErrorCode::InvalidParams, path + " " + why, {.hint = std::move(hint)}};
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  auto [outcome, bytes, error] = read_file_bytes(path, max_bytes, Links::RefuseLast);
  switch (outcome) {
    case FileBytes::Outcome::Read:
      break;
    case FileBytes::Outcome::NotRegular:
      return unfit(path, "is no file");
    case FileBytes::Outcome::TooLarge:
      return unfit(
          path, "is larger than " + std::to_string(max_bytes >> 10) + " KiB, which is the most that is sent",
          "Shorten it.");
    default:
      return unfit(path, std::string("can't be read: ") + std::strerror(error));
  }
  const bool utf8 = json_text::unquoted(json_text::quoted(bytes)) == bytes;
  if (!utf8 || bytes.find('\0') != bytes.npos) return unfit(path, "is no text in UTF-8", "Save it as UTF-8.");
  if (bytes.starts_with(byte_order_mark)) bytes.erase(0, byte_order_mark.size());
  return with_plain_line_ends(std::move(bytes));
}

}  // namespace aside
