// Merges two changed forms of the same lines, as `diff3` does. Pure; the time is linear in the number of lines.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/text/line_edits.h"

namespace aside {

inline constexpr std::string_view conflict_yours = "<<<<<<< yours", conflict_shared = "||||||| shared",
                                  conflict_middle = "=======", conflict_proposed = ">>>>>>> proposed";

// A changed form of the shared lines, and its differences from them.
struct Form {
  Lines lines;
  std::vector<Change> changes;
};

struct Merge {
  // These replace lines of `yours`, in order. Empty if `yours` already has everything that is proposed.
  std::vector<Replacement> replacements;
  bool conflict = false;  // at least one replacement has both forms between conflict marks
};

// Returns the replacements that bring the changes of `proposed` into `yours`. Changes that touch one another are a
// conflict, unless they are the same.
Merge merge(const Lines& shared, const Form& yours, const Form& proposed);

}  // namespace aside
