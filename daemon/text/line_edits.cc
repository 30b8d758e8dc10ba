#include "daemon/text/line_edits.h"

#include <algorithm>

#include "daemon/text/edited_text.h"

namespace aside {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Returns the line end for a new line: that of the old line at its place, or else that of the line before or after it.
std::string_view end_beside(const SplitText& text, std::size_t at, std::size_t behind) {
  const auto has_end = [&](std::size_t line) { return line < text.ends.size() && !text.ends[line].empty(); };
  if (at < behind && has_end(at)) return text.ends[at];
  if (at > 0 && has_end(at - 1)) return text.ends[at - 1];
  if (has_end(behind)) return text.ends[behind];
  return has_end(0) ? text.ends[0] : "\n";
}

}  // namespace

SplitText::SplitText(std::string_view text) {
  if (text.starts_with(byte_order_mark)) {
    mark = text.substr(0, byte_order_mark.size());
    text.remove_prefix(mark.size());
  }
  while (!text.empty()) {
    const std::size_t next = std::min(next_line(text, 0), text.size());
    const std::size_t size = std::min(text.find_first_of("\r\n"), text.size());
    lines.push_back(text.substr(0, size));
    ends.push_back(text.substr(size, next - size));
    text.remove_prefix(next);
  }
}

LineEdit line_edit(const SplitText& text, const Replacement& replacement) {
  const auto& [place, with, keep, before] = replacement;
  const std::size_t size = text.lines.size(), end = place.first_line + place.lines;
  LineEdit edit{place.first_line, place.lines, {}};
  std::size_t last_end = 0;  // the size of the last line's end
  const auto put = [&](std::string_view line, std::string_view line_end) {
    edit.text += line;
    edit.text += line_end;
    last_end = line_end.size();
  };
  const bool open_end = end == size && size > 0 && text.ends[size - 1].empty();
  if (open_end && place.first_line > 0 && (place.lines == 0 || (with.empty() && !keep))) {
    // Adds a missing end to the line before, or removes the end that it no longer needs.
    --edit.first_line, ++edit.lines;
    put(text.lines[edit.first_line], end_beside(text, edit.first_line, end));
  }
  for (const std::string_view line : before) put(line, end_beside(text, place.first_line, end));
  for (std::size_t i = place.first_line; keep && i < end; ++i)
    put(text.lines[i], text.ends[i].empty() ? end_beside(text, i, end) : text.ends[i]);
  std::string_view line_end = end_beside(text, keep ? end : place.first_line, end);
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (!keep && i < place.lines) line_end = end_beside(text, place.first_line + i, end);
    put(with[i], line_end);
  }
  if (open_end) edit.text.resize(edit.text.size() - last_end);
  if (edit.first_line > 0 || text.mark.empty()) return edit;
  if (edit.lines == 0 && size > 0) put(text.lines[0], text.ends[0]);
  edit.lines = std::max<std::size_t>(edit.lines, 1);
  edit.text.insert(0, text.mark);
  return edit;
}

}  // namespace aside
