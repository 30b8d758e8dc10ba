#include "daemon/text/wanted_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/text/ascii.h"
#include "daemon/text/code_blocks.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t max_path = 400;
constexpr std::size_t max_line_digits = 7;
constexpr std::size_t code_indentation = 4;  // Markdown takes such a line for code

bool strip_before(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

bool strip_around(std::string_view& text, std::string_view mark) {
  if (text.size() <= 2 * mark.size() || !text.starts_with(mark) || !text.ends_with(mark)) return false;
  text = text.substr(mark.size(), text.size() - 2 * mark.size());
  return true;
}

// Removes "- ", "* ", "+ ", "12. ", "12) " from the front.
void strip_list_mark(std::string_view& line) {
  std::size_t width = 0;
  while (width < line.size() && is_digit(line[width])) ++width;
  const std::string_view marks = width > 0 ? ".)" : "-*+";
  if (width + 1 >= line.size() || marks.find(line[width]) == marks.npos || line[width + 1] != ' ') return;
  line = trimmed(line.substr(width + 1));
}

// Reads "10" or "L10"; 0 for anything else.
int line_number(std::string_view text) {
  strip_before(text, "L");
  if (text.empty() || text.size() > max_line_digits || !std::all_of(text.begin(), text.end(), is_digit))
    return 0;
  int number = 0;
  for (const char c : text) number = number * 10 + (c - '0');
  return number;
}

bool read_lines(std::string_view text, WantedFile& file) {
  for (const std::string_view dash : {"-", "\u2013"}) {
    const std::size_t at = text.find(dash);
    if (at == text.npos) continue;
    file.first = line_number(text.substr(0, at));
    file.last = line_number(text.substr(at + dash.size()));
    return file.first > 0 && file.first <= file.last;
  }
  file.first = file.last = line_number(text);
  return file.first > 0;
}

// Whether this is a usual name of a file, although it has no extension.
bool well_known(std::string_view name) {
  constexpr std::array<std::string_view, 11> known = {"makefile", "justfile",   "BUILD",  "WORKSPACE",
                                                      "LICENSE",  "COPYING",    "README", "CHANGELOG",
                                                      "Kconfig",  "SConstruct", "AUTHORS"};
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  const bool plain = std::all_of(name.begin(), name.end(), is_letter);
  return plain && name.size() > 4 && name[0] < 'a' && name.ends_with("file");  // Makefile, Dockerfile …
}

bool is_path(std::string_view path, bool quoted, bool has_lines) {
  const auto control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (path.empty() || path.size() > max_path || std::any_of(path.begin(), path.end(), control)) return false;
  if (path.find_first_of(quoted ? "\\\"`:" : "\\\"'`:<>|*?{}") != path.npos) return false;
  if (trimmed(path) != path || (!quoted && word_bytes(path) < path.size())) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (name.empty() || name == "." || name == "..") return false;
  for (const std::string_view start : {"./", "../", "/", "~/"})
    if (path.starts_with(start)) return true;
  return has_lines || name[0] == '.' || has_extension(name) || well_known(name);
}

// Reads a line that may end with "\n".
std::optional<WantedFile> wanted_file(std::string_view line) {
  if (std::min(line.find_first_not_of(' '), line.size()) >= code_indentation || line.starts_with('\t'))
    return std::nullopt;
  line = trimmed(line);
  strip_list_mark(line);
  if (!line.empty() && std::string_view(",;.").find(line.back()) != std::string_view::npos)
    line.remove_suffix(1);
  strip_around(line, "**");
  bool quoted = strip_around(line, "`");
  if (!strip_before(line, "@")) return std::nullopt;

  std::string_view lines;
  if (const std::size_t colon = line.rfind(':'); colon != line.npos) {
    lines = line.substr(colon + 1);
    line = line.substr(0, colon);
    if (lines.empty()) return std::nullopt;
  }
  for (const char* const mark : {"\"", "`"}) quoted = strip_around(line, mark) || quoted;
  WantedFile file{std::string(line)};
  if (!lines.empty() && !read_lines(lines, file)) return std::nullopt;
  return is_path(line, quoted, !lines.empty()) ? std::optional(std::move(file)) : std::nullopt;
}

// Whether `end`, the last part of `text`, is outside of code blocks. A block whose end is in doubt counts as still
// open.
bool is_outside_code(std::string_view text, std::string_view end) {
  const auto blocks = code_blocks(text);
  if (blocks.empty()) return true;
  const CodeBlock& last = blocks.back();
  return last.closed && !last.doubtful && last.lines.data() + last.lines.size() <= end.data();
}

}  // namespace

std::vector<WantedFile> wanted_files(std::string_view reply) {
  std::vector<WantedFile> files;
  std::string_view rest = reply;
  while (files.size() < max_wanted_files) {
    const std::string_view above = rest.substr(0, rest.find_last_not_of(" \t\r\n") + 1);  // npos + 1 is 0
    const std::size_t start = above.rfind('\n') + 1;
    auto file = wanted_file(above.substr(start));
    if (!file) break;
    rest = above.substr(0, start);
    const auto is_same = [&file](const WantedFile& known) {
      return known.path == file->path && known.first == file->first && known.last == file->last;
    };
    if (std::any_of(files.begin(), files.end(), is_same)) continue;
    file->line = rest.size();
    files.push_back(*std::move(file));
  }
  if (files.empty() || !is_outside_code(reply, reply.substr(rest.size()))) return {};
  std::reverse(files.begin(), files.end());
  for (WantedFile& file : files)
    file.line = static_cast<std::size_t>(
        std::count(reply.begin(), reply.begin() + static_cast<std::ptrdiff_t>(file.line), '\n'));
  return files;
}

}  // namespace aside
