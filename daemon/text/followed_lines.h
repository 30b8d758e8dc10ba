// Lines of a document that are followed through its edits, so that they are known when text is added or removed above
// them or in them. Pure. Used by Documents for the lines that a question asks to rewrite.
//
// Text that is inserted directly before or after the lines is outside of them. If an edit replaces a part of the
// lines together with text outside of them, its new text is outside, too.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/range.h"

namespace aside {

struct FollowedLines {
  int first = 0;  // from 0
  int count = 0;  // at least 1

  // Returns the lines after an edit that puts `text` in place of `range`; nullopt if none of them is left.
  // `at_line_end` says that the range begins at the end of its first line. `range` must lie in the document.
  std::optional<FollowedLines> after(const Range& range, std::string_view text, bool at_line_end) const;

  bool operator==(const FollowedLines&) const = default;
};

}  // namespace aside
