// Finds many fragments in one text: where lines stand now that were shared earlier. The text is read once, so that hundreds of
// fragments take a few milliseconds. Pure. Used by conversation/marks.
//
// A mark must be right or not there, so more is asked than by `locate`, on which this is built:
//  - An unchanged fragment must occur once. Of several places nobody can say which was meant.
//  - A changed one is looked for around its anchors, which are lines that say something (`distinctive`) and occur once in the
//    text and once in the fragment. Two anchors at least must be in the place that `locate` gives, in order. The
//    place then is only what lies from the first anchor to the last: lines at its edges that may be others' are left out.
//  - Blank lines and braces alone are never found.
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
  // In a longer text nothing is found.
  static constexpr std::size_t max_lines = 50'000;
  // A fragment of more lines times lines around its anchors is found only unchanged: it would take more than a millisecond.
  static constexpr std::size_t max_cells = 200'000;

  // The text must outlive the index.
  explicit LineIndex(std::string_view text);

  // The lines where the fragment stands. `hint`: the line, from 0, where it began when it was shared.
  std::optional<LineRange> find(std::string_view fragment, std::size_t hint) const;
  // The lines that hold a part of a line, or a text that begins or ends within one, if it occurs once.
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
  // Equal lines are a chain: the first of them, then for each line the next that is equal.
  struct Equal {
    std::size_t first = none, last = none, times = 0;
  };
  std::unordered_map<std::string_view, std::size_t> numbers_;
  std::vector<Equal> equal_;
  std::vector<std::size_t> number_, next_;  // of each line
};

}  // namespace aside
