// Finds lines that were shared earlier in a text of now, after edits in them and around them. Pure. The lines
// that are found are sent, so a doubtful match must give none: the user didn't choose those lines.
//
// Lines are compared without their ends ("\n", "\r\n"). An exact match wins; of several, the one nearest to the
// hint. Otherwise the candidate is the run of lines that the fewest edits lead to, where added lines count less
// than lost ones; of several, the one nearest to the hint, then the first. It is accepted only if
//  - at least half of the fragment's distinctive lines are in it, unchanged and in order (`distinctive`: blank lines and
//    braces don't count),
//  - and one of these occurs in the text only once, or there are at least four of them.
// The run begins and ends with lines of the fragment, or with lines that resemble the fragment's line at that
// place (the first line of a function that was renamed). So lines added before or after the fragment are not in
// it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace aside {

struct Place {
  std::size_t first_line = 0;  // from 0
  std::size_t lines = 0;
  std::size_t distance = 0;  // the number of lines that a diff would mark; 0: unchanged
  bool operator==(const Place&) const = default;
};

// With more cells (lines of the fragment times lines of the text) only an unchanged fragment is found; in a text
// of more lines, nothing is.
inline constexpr std::size_t max_located_cells = 8'000'000;  // a fragment of about 1,500 lines
inline constexpr std::size_t max_located_lines = 500'000;

// Whether a fragment of so many lines is found in such a text only if it is unchanged.
bool too_large_to_locate(std::size_t fragment_lines, std::size_t text_lines);

// The hint is the line, from 0, where the fragment began when it was shared.
std::optional<Place> locate(std::string_view fragment, std::string_view text, std::size_t hint_line);

// Whether a line says enough to tell one place from another: four or more letters or digits.
bool distinctive(std::string_view line);

}  // namespace aside
