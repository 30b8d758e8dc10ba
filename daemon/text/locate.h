// Where lines that were shared earlier are in a text now, after edits in them and around them. Pure. Rather
// nowhere than at lines that nobody chose: what is found is sent.
//
// Lines are compared without their ends ("\n", "\r\n"). An exact occurrence wins, the one nearest to the
// hint. Else it is the run of lines that takes the fewest edits to get to, where lines put in between count
// less than lines lost, and of several the nearest to the hint, then the first. It is taken for the fragment
// only
//  - if at least half of the fragment's telling lines (of four letters or digits and more, so that blank
//  lines
//    and braces count for nothing) are in it unchanged and in order,
//  - and if one of these is in the text only once, or there are at least four of them.
// It begins and ends with lines that the fragment has, or that are much like the fragment's at that place
// (the first line of a function whose name was changed); so lines added before or after the fragment aren't
// in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace aside {

struct Place {
  std::size_t first_line = 0;  // from 0
  std::size_t lines = 0;
  std::size_t distance = 0;  // lines that a diff of the fragment and these marks; 0: as it was
  bool operator==(const Place&) const = default;
};

// Beyond these only a fragment that is unchanged is found, and in a text of more lines not even that.
inline constexpr std::size_t max_located_cells = 8'000'000;  // a fragment of about 1,500 lines
inline constexpr std::size_t max_located_lines = 500'000;

// The hint is the line, from 0, where the fragment began when it was shared.
std::optional<Place> locate(std::string_view fragment, std::string_view text, std::size_t hint_line);

}  // namespace aside
