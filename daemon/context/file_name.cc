#include "daemon/context/file_name.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "daemon/system/spelling.h"
#include "daemon/text/encoding.h"
#include "daemon/text/utf8.h"

namespace aside {
namespace {

// Resolves the symlinks in the existing part of the path. Appends the missing part without `.` and `..`.
std::string real_path(const std::string& path) {
  namespace fs = std::filesystem;
  fs::path missing;
  for (fs::path known = path;; known = known.parent_path()) {
    if (char* found = ::realpath(known.c_str(), nullptr)) {
      fs::path whole = own_spelling(found);
      std::free(found);
      if (missing.empty()) return whole.string();
      whole /= missing;
      fs::path plain = whole.lexically_normal();
      // "missing/.." leads back to existing folders, perhaps to a symlink, so the path is resolved again.
      return plain == whole ? whole.string() : real_path(plain.string());
    }
    if (known == known.root_path()) return path;
    if (known.has_filename()) missing = missing.empty() ? known.filename() : known.filename() / missing;
  }
}

}  // namespace

std::string scheme(std::string_view uri) {
  std::string scheme(uri.substr(0, std::min(uri.find(':'), uri.size())));
  for (char& c : scheme)
    if (c >= 'A' && c <= 'Z') c |= 0x20;
  return scheme;
}

std::string file_path(const std::string& uri) {
  if (scheme(uri) != "file") return {};
  std::string_view rest = std::string_view(uri).substr(5);
  if (rest.substr(0, 2) == "//") {
    rest.remove_prefix(2);
    std::string_view host = rest.substr(0, rest.find('/'));
    if (!host.empty() && host != "localhost") return {};
    rest.remove_prefix(host.size());
  }
  if (rest.substr(0, 1) != "/") return {};
  return percent_decoded(rest);
}

std::string file_uri(const std::string& path) {
  constexpr std::string_view kept = "-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string uri = "file://";
  for (unsigned char c : path) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kept.find(static_cast<char>(c)) != kept.npos) {
      uri += static_cast<char>(c);
    } else {
      uri += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return uri;
}

std::string canonical(const std::string& uri) {
  std::string path = file_path(uri);
  return path.empty() ? uri : file_uri(real_path(path));
}

std::string canonical_before(const std::string& from, const std::string& to) {
  std::string before = canonical(from);
  const std::filesystem::path path = file_path(from);
  if (from == to || path.empty() || before != canonical(to)) return before;
  return canonical(file_uri(path.parent_path())) + file_uri("/" + path.filename().string()).substr(7);
}

std::vector<std::string> names_on_the_way(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int max_links = 40;  // as many as the kernel follows
  std::vector<std::string> names{path};
  fs::path done = "/", rest = fs::path(path).relative_path();
  for (int links = 0; !rest.empty() && links <= max_links;) {
    const fs::path part = *rest.begin();
    fs::path after;
    for (auto next = std::next(rest.begin()); next != rest.end(); ++next) after /= *next;
    rest = std::move(after);
    std::error_code failed;
    if (part == ".." || part == "." || part.empty()) {
      if (part == "..") done = done.parent_path();
      continue;
    }
    if (!fs::is_symlink(done / part, failed)) {
      done /= part;
      continue;
    }
    ++links;
    names.push_back((rest.empty() ? done / part : done / part / rest).string());
    const fs::path target = fs::read_symlink(done / part, failed);
    if (target.is_absolute()) done = "/";
    rest = rest.empty() ? target.relative_path() : target.relative_path() / rest;
  }
  names.push_back(file_path(canonical(file_uri(path))));
  std::vector<std::string> each;
  for (std::string& name : names)
    if (std::find(each.begin(), each.end(), name) == each.end()) each.push_back(std::move(name));
  return each;
}

std::string printable_name(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0, length; i < bytes.size(); i += length) {
    const auto character = utf8::first(bytes.substr(i));
    length = character.valid ? character.length : 1;
    auto first = static_cast<unsigned char>(bytes[i]);
    bool broken = length == 1 && (first >= 0x80 || first < 0x20 || first == 0x7F);
    text += broken ? utf8::replacement : bytes.substr(i, length);
  }
  return text;
}

}  // namespace aside
