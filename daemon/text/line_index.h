// Finds many fragments in one text. A fragment is a run of lines that was shared earlier, and the question is where
// these lines are now. The text is read once, so that hundreds of fragments take a few milliseconds. Pure. Used by
// conversation/marks.
//
// The editor marks the lines that are found. No mark is better than a wrong mark, so the conditions are stricter than
// those of `locate`, which this uses:
//  - An unchanged fragment must occur exactly once. If there are several places, nobody can say which of them is meant.
//  - A changed fragment is looked for around its anchors. An anchor is a `distinctive` line that occurs once in the
//    text and once in the fragment. The place that `locate` finds must have at least two anchors, in their order. The
//    result is then only the lines from the first anchor to the last: lines outside of them may not be the fragment's.
//  - A fragment that has only blank lines and braces is never found.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/text/alignment.h"
#include "daemon/text/line_edits.h"

namespace aside {

class LineIndex {
 public:
  // In a text with more lines, nothing is found.
  static constexpr std::size_t max_lines = 50'000;
  // The product of two numbers: the lines of a fragment, and the lines of the text around its anchors. If it is larger
  // than this, only an unchanged fragment is found, since the search for a changed one would take more than a
  // millisecond.
  static constexpr std::size_t max_cells = 200'000;

  // The text must outlive the index.
  explicit LineIndex(std::string_view text);

  // Returns the lines where the fragment is now. `hint` is the line, counted from 0, where it began when it was shared.
  std::optional<LineRange> find(std::string_view fragment, std::size_t hint) const;
  // Returns the lines that hold a text which begins or ends in the middle of a line. It must occur exactly once.
  std::optional<LineRange> find_part(std::string_view part) const;

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Fragment;
  enum class Found { Nowhere, Once, Often };

  Fragment read(std::string_view text) const;
  Found exact(const Fragment& fragment, LineRange& place) const;
  std::optional<LineRange> changed(const Fragment& fragment, std::size_t hint) const;
  std::string_view run_of_lines(std::size_t first, std::size_t count) const;

  std::string_view text_;
  Lines lines_;  // without their ends
  std::vector<std::size_t> starts_;
  // Equal lines of the text form a chain. `Equal` has the first and the last of them; `next_` leads from each of them
  // to the next.
  struct Equal {
    std::size_t first = none, last = none, times = 0;
  };
  std::unordered_map<std::string_view, std::size_t> numbers_;
  std::vector<Equal> equal_;
  std::vector<std::size_t> number_, next_;  // for each line: its index in `equal_`, and the next equal line
};

}  // namespace aside
