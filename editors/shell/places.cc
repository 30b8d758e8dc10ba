#include "editors/shell/places.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "protocol/plain_text.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view digits = "0123456789ABCDEF";

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t high = i + 2 < text.size() ? digits.find(text[i + 1]) : digits.npos;
    const std::size_t low = high == digits.npos ? digits.npos : digits.find(text[i + 2]);
    if (text[i] == '%' && low != digits.npos) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string absolute(const std::string& path) {
  std::error_code failed;
  std::string whole = fs::absolute(path, failed).string();
  return failed ? path : whole;
}

std::string file_uri(const std::string& path) {
  std::string uri = "file://";
  for (const unsigned char c : path) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("-._~/").find(static_cast<char>(c)) != std::string_view::npos;
    if (kept)
      uri += static_cast<char>(c);
    else
      uri += {'%', digits[c >> 4], digits[c & 15]};
  }
  return uri;
}

std::string project_of(const std::string& folder) {
  std::error_code ignored;
  for (fs::path above = folder; above.has_relative_path(); above = above.parent_path())
    if (fs::exists(above / ".git", ignored)) return above.string();
  return folder;
}

std::string shown_place(const std::string& uri) {
  if (!uri.starts_with("file://")) return plain_line(decoded(uri));
  const std::string path = decoded(std::string_view(uri).substr(7));
  std::error_code failed;
  const std::string here = fs::current_path(failed).string();
  if (path == here) return ".";
  return plain_line(path.starts_with(here + "/") ? path.substr(here.size() + 1) : path);
}

std::string shell_word(const std::string& path) {
  const bool plain = !path.empty() && path[0] != '-' &&
                     path.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "-._/+,@:") == std::string::npos;
  if (plain) return path;
  std::string word = "'";
  for (const char c : plain_line(path)) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace aside
