// Searches the present text for a fragment: lines that were shared earlier. Finds them even if they, or the lines around
// them, were edited since. Pure. The lines that are found are sent, so a doubtful match counts as none: the user didn't
// choose those lines.
//
// Lines are compared without their ends ("\n", "\r\n"). An exact match wins; if there are several, the one nearest to
// the hint wins. Otherwise the candidate is the run of lines that differs from the fragment by the fewest edits;
// added lines count less than lost lines. If several runs differ by as few, the candidate is the one nearest to the hint; if
// two are equally near, it is the first one. The candidate is accepted only if
//  - at least half of the fragment's distinctive lines are in the run, unchanged and in order (`distinctive`: blank
//    lines and braces don't count),
//  - and one of these lines occurs in the text only once, or at least four of them are in the run.
// The run begins and ends with lines of the fragment, or with lines that resemble the fragment's line at that place,
// such as the first line of a function that was renamed. So lines that were added before or after the fragment are not
// in the run.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace aside {

struct Place {
  std::size_t first_line = 0;  // from 0
  std::size_t lines = 0;
  std::size_t distance = 0;  // the number of lines that a diff would mark; 0 if nothing changed
  bool operator==(const Place&) const = default;
};

// The number of cells is the number of lines of the fragment times the number of lines of the text. With more cells
// than this, only an unchanged fragment is found. In a text with more than `max_located_lines` lines, nothing is found.
inline constexpr std::size_t max_located_cells = 8'000'000;  // a fragment of about 1,500 lines
inline constexpr std::size_t max_located_lines = 500'000;

// Whether these sizes allow only an unchanged fragment to be found.
bool too_large_to_locate(std::size_t fragment_lines, std::size_t text_lines);

// `hint_line` is the line, counted from 0, where the fragment began when it was shared.
std::optional<Place> locate(std::string_view fragment, std::string_view text, std::size_t hint_line);

// Whether the line has four or more letters or digits, which is enough to tell one place from another.
bool distinctive(std::string_view line);

}  // namespace aside
