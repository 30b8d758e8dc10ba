// Finds the lines that two texts have in common, in the same order. Used by `diff`, `locate` and `merge`. Pure; the work
// is bounded for any texts.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace aside {

using Lines = std::vector<std::string_view>;

// The lines of a text, each with its "\n"; the last may have none. An empty text has no lines.
Lines lines_of(std::string_view text);

// True for each line that is paired with an equal line of the other text. Both sides have the same number of
// true elements: the first is paired with the first, and so on.
struct Alignment {
  // The search for the best pairs (Myers' O(ND), in linear space) takes at most this many steps. Lines that are
  // not yet paired then stay unpaired: the result is correct, but coarse.
  static constexpr long max_steps = 6'000'000;

  std::vector<bool> in_old, in_new;
};

Alignment align(const Lines& old_lines, const Lines& new_lines);

// Lines of the old text that are not paired, and the lines of the new text in their place. One of the two may be
// empty.
struct Change {
  std::size_t old_begin, old_end, new_begin, new_end;
};

std::vector<Change> changes(const Alignment& paired);

}  // namespace aside
