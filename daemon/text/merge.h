// Merges two new forms of the same lines, as `diff3` does. Pure, linear in the lines.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/text/line_edits.h"

namespace aside {

inline constexpr std::string_view conflict_yours = "<<<<<<< yours", conflict_shared = "||||||| shared",
                                  conflict_middle = "=======", conflict_proposed = ">>>>>>> proposed";

// Another form of the shared lines, and how it differs from them.
struct Form {
  Lines lines;
  std::vector<Change> changes;
};

struct Merge {
  // Of lines of `yours`, in their order. Empty: all that is proposed is in `yours`.
  std::vector<Replacement> replacements;
  bool conflict = false;  // in at least one of them both forms stand between the marks
};

// What to do in `yours` so that it has in it what `proposed` changes. Changes that touch one another are a conflict, unless
// they are the same.
Merge merge(const Lines& shared, const Form& yours, const Form& proposed);

}  // namespace aside
