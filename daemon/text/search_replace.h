// The form in which a reply says what to search for and what comes in its place. Pure.
//
//   <<<<<<< SEARCH
//   old lines
//   =======
//   new lines
//   >>>>>>> REPLACE
#pragma once

#include <optional>

#include "daemon/text/alignment.h"

namespace aside {

struct SearchReplace {
  Lines search, replace;
};

// None if the lines have another form: that of more than one pair, too.
std::optional<SearchReplace> search_replace(const Lines& block);

}  // namespace aside
