// Decides where the code of a reply goes in a document, and makes the edits. Pure. A block is placed right or not at
// all: a place is taken only if no other place can be meant, and text that the user has typed meanwhile is never
// overwritten.
//
// `locate` finds a place. The place is taken only if all of this is true as well:
//  - The first and last lines of the block and of its place are equal, so that no line beside the block is removed or
//    left over. For a definition (`definition.h`) an equal name is enough if the document has the name once.
//  - The place doesn't reach into the next function: the block removes no first line of a definition, except that of the
//    place's first definition. Two functions often end with the same lines, so the wrong end can be found.
//  - The block keeps at least half of the old lines that are `distinctive`. Models also write only the lines that they
//    have changed, and then the other lines would be lost. This isn't required of a definition that has an equal first
//    line and at least as many lines as before.
//  - No other place fits equally well.
//  - No line stands for code that was left out (`// ...`), unless the old lines have that line.
// If the whole block is indented differently, it gets the indentation of its place. A first line that only names the
// block's file is dropped. Edits replace whole lines, and only lines that differ. New lines get the line ends of the
// document (`line_edits.h`).
//
// A block of the form search and replace (`search_replace.h`) is recognised by this form. Its search lines must be in
// the document exactly once, as they are or with another indentation of the whole.
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
    Merged,    // the user has changed these lines since they were shared; the edits keep both changes
    Conflict,  // the user has changed the same lines: the edits put both forms between conflict marks
    Unplaced,
  };
  State state = State::Unplaced;
  LineRange place;              // in the document as it is, before the edits
  std::vector<LineEdit> edits;  // in order, without overlaps; empty if the document already has this text
  std::string reason;           // only if Unplaced: why, and what to do, in one sentence
};

// What the model was shown: the whole document at that time, or some of its lines.
struct SharedLines {
  std::string_view text;
  // The line where they began, from 0. If two places fit, the one farther from this line is never taken.
  std::size_t first_line = 0;
};

// Larger documents and blocks are not placed.
inline constexpr std::size_t max_placed_bytes = 16'000'000;

// Places a block that is the new form of some lines of the document.
Placement place(std::string_view block, std::string_view document, const std::optional<SharedLines>& shared);

// Places a block that is the new form of exactly these lines (a rewrite). An empty block deletes them. `now` says
// where the lines are, if they were followed through all edits. Without `now`, the document must have the lines
// exactly once.
Placement place_lines(std::string_view block, const SharedLines& shared, std::string_view document,
                      const std::optional<LineRange>& now);

}  // namespace aside
