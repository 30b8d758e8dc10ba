#include "daemon/text/followed_lines.h"

#include <cstddef>
#include <tuple>

#include "daemon/text/edited_text.h"

namespace aside {
namespace {

int line_ends(std::string_view text) {
  int count = 0;
  for (std::size_t at = 0; (at = next_line(text, at)) != text.npos;) ++count;
  return count;
}

bool before(const Position& a, const Position& b) {
  return std::tie(a.line, a.character) < std::tie(b.line, b.character);
}

}  // namespace

std::optional<FollowedLines> FollowedLines::after(const Range& range, std::string_view text,
                                                  bool at_line_end) const {
  const Position begin{first, 0}, end{first + count, 0};
  const int added = line_ends(text), more = added - (range.end.line - range.start.line);
  const bool is_insertion = range.start == range.end;

  // Whether the edit begins at the end of the last line and leaves that line as it is: its text is empty or begins
  // with a line break.
  const bool behind = at_line_end && range.start.line == end.line - 1 &&
                      (text.empty() || text.front() == '\n' || text.front() == '\r');
  if (!before(range.start, end) || behind) return *this;
  if (!before(begin, range.end) || (is_insertion && range.start == begin))
    return FollowedLines{first + more, count};

  FollowedLines now = *this;
  if (before(range.start, begin)) {  // the lines that are left begin in the line where the new text ends
    now.first = range.start.line + added;
    now.count = first + count + more - now.first;
  }
  if (before(end, range.end))  // the lines that are left end where the new text begins
    now.count = range.start.line + (range.start.character > 0 ? 1 : 0) - now.first;
  else if (!before(range.start, begin))
    now.count += more;
  if (now.count <= 0 || (before(range.start, begin) && before(end, range.end))) return std::nullopt;
  return now;
}

}  // namespace aside
