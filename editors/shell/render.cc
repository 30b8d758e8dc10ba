#include "editors/shell/render.h"

#include <algorithm>

#include "protocol/blank.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

constexpr std::string_view bold = "\x1b[1m", dim = "\x1b[2m", off = "\x1b[0m";

// Does what plain_line does, but keeps tabs, and drops carriage returns before a tab and at the end.
std::string visible(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t tab = std::min(text.find('\t'), text.size());
    std::string_view piece = text.substr(0, tab);
    while (piece.ends_with('\r')) piece.remove_suffix(1);
    out += plain_line(piece);
    if (tab == text.size()) return out;
    out += '\t';
    text.remove_prefix(tab + 1);
  }
}

std::string_view unindented(std::string_view line) {
  return line.substr(std::min({line.find_first_not_of(' '), line.size(), std::size_t{3}}));
}

// The run of backticks or tildes at the beginning of a line.
std::string_view fence_of(std::string_view line) {
  line = unindented(line);
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return {};
  return line.substr(0, std::min(line.find_first_not_of(line[0]), line.size()));
}

bool heading(std::string_view line) {
  line = unindented(line);
  const std::size_t marks = std::min(line.find_first_not_of('#'), line.size());
  return marks >= 1 && marks <= 6 && marks < line.size() && line[marks] == ' ';
}

}  // namespace

// Whether more of the line is needed to know its style.
bool Renderer::undecided() const {
  const std::string_view line = unindented(held_);
  if (line.empty() || fence_of(held_).size() >= 3) return true;  // the whole line decides
  return fence_of(held_) == line || line.find_first_not_of('#') == line.npos;
}

// Returns the beginning of a line, whose style is known now, in this style.
std::string Renderer::begun() {
  std::string_view style;
  const std::string_view fence = fence_of(held_), line = unindented(held_);
  const bool closes = !fence_.empty() && fence.starts_with(fence_) && blank(line.substr(fence.size()));
  const bool opens =
      fence_.empty() && fence.size() >= 3 && (fence[0] == '~' || line.find('`', fence.size()) == line.npos);
  if (opens) fence_ = fence;
  if (closes) fence_.clear();
  if (opens || closes || (fence_.empty() && line.starts_with('>')))
    style = dim;
  else if (fence_.empty() && heading(held_))
    style = bold;
  styled_ = !style.empty();
  in_line_ = true;
  std::string out(style);
  out += visible(held_);
  held_.clear();
  return out;
}

std::string Renderer::feed(std::string_view text) {
  if (look_ == Look::Raw) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (in_line_ || look_ == Look::Plain) {
      out += visible(text.substr(0, end));
    } else {
      held_ += text.substr(0, end);
      if (end < text.size() || !undecided()) out += begun();
    }
    if (end == text.size()) return out;
    if (styled_) out += off;
    out += '\n';
    in_line_ = styled_ = false;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string Renderer::end() {
  std::string out = held_.empty() ? "" : begun();
  if (styled_) out += off;
  in_line_ = styled_ = false;
  fence_.clear();
  return out;
}

}  // namespace aside
