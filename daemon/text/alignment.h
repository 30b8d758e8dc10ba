// Which lines two texts have in common, in the same order: what diffs are made of, and how lines are found
// again. Pure; the work is bounded whatever the texts are.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace aside {

using Lines = std::vector<std::string_view>;

// The lines of a text, each with its "\n", which only the last may lack. None of an empty text.
Lines lines_of(std::string_view text);

// True for each line that is paired with its like in the other text; both have the same number of these, the
// first is paired with the first, and so on.
struct Alignment {
  // The search for the best pairs (Myers' O(ND), in linear space) takes this many steps at most. What isn't
  // settled by then is left unpaired: right, but coarse.
  static constexpr long max_steps = 6'000'000;

  std::vector<bool> in_old, in_new;
};

Alignment align(const Lines& old_lines, const Lines& new_lines);

}  // namespace aside
