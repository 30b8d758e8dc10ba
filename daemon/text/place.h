// Decides where the code of a reply goes in a document, and makes the edits. Pure. A block is placed right or not at all: a
// place is taken only if no other can be meant, and what the user has typed meanwhile is never overwritten.
//
// `locate` finds the place. Beyond what it asks for,
//  - the block begins and ends with the first and the last line of its place, so that nothing beside it is swallowed or
//    left behind; of a definition (`definition.h`) the name is enough if the document has it once;
//  - no definition beside the first one loses its first line: two functions end alike;
//  - half of the old lines that say something are kept, unless the same definition is at least as long as before: models also
//    write only what they have changed;
//  - no other place has an equal right;
//  - no line stands for code that was left out (`// ...`), unless the old lines have that line.
// A block that is indented otherwise as a whole gets the indentation of its place. A first line that only names the block's
// file is dropped. Edits are whole lines, as few as a diff has, in the document's own line ends (`line_edits.h`).
//
// A block in the form of search and replace (`search_replace.h`) is known by that form. Its first part must be there once,
// exactly or indented otherwise as a whole.
//
// The work is bounded by the limits of `locate` and `align`: 20 ms for a document of 20,000 lines, 300 ms for one of 5 MB.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/line_edits.h"

namespace aside {

struct Placement {
  enum class State {
    Placed,
    Merged,    // the user has changed these lines since they were shared; both changes are in
    Conflict,  // both have changed the same lines: the edits put both forms between marks
    Unplaced,
  };
  State state = State::Unplaced;
  LineRange place;              // in the document as it is, before the edits
  std::vector<LineEdit> edits;  // in order, none touching another; empty if the document already reads so
  std::string reason;           // of Unplaced: why, and what to do, in one sentence
};

// What the model was shown: the document as it was then, or some lines of it.
struct SharedLines {
  std::string_view text;
  std::size_t first_line =
      0;  // where they began, from 0. Of two places that fit, the farther one is never taken.
};

// A larger document or block isn't looked at.
inline constexpr std::size_t max_placed_bytes = 16'000'000;

// The block is the new form of some lines of the document.
Placement place(std::string_view block, std::string_view document, const std::optional<SharedLines>& shared);

// The block is the new form of exactly these lines (a rewrite); empty: they are deleted. `now`: where they are, if they were
// followed through all edits; without it, the document must have them exactly once.
Placement place_lines(std::string_view block, const SharedLines& shared, std::string_view document,
                      const std::optional<LineRange>& now);

}  // namespace aside
