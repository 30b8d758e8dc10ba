// Applies edits of whole lines strictly: the test fails unless the edits are in order, separate from one
// another, and inside the text.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/edited_text.h"
#include "daemon/text/line_edits.h"

namespace aside {

inline std::string apply_edits(std::string_view text, const std::vector<LineEdit>& edits) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = 0; (at = next_line(text, at)) != text.npos;) starts.push_back(at);
  const bool last_has_end = starts.back() == text.size();
  const std::size_t lines = starts.size() - last_has_end;
  if (!last_has_end) starts.push_back(text.size());
  std::string made;
  std::size_t line = 0;
  for (const LineEdit& edit : edits) {
    if (edit.first_line < line + (line > 0)) throw std::runtime_error("edits touch");
    if (edit.first_line + edit.lines > lines) throw std::runtime_error("an edit ends below the text");
    made += text.substr(starts[line], starts[edit.first_line] - starts[line]);
    made += edit.text;
    line = edit.first_line + edit.lines;
  }
  return made += text.substr(starts[line]);
}

}  // namespace aside
