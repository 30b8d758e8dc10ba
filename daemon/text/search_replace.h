// Recognises the following form, in which a reply names lines to search for and the lines that replace them. Pure.
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

// Returns nullopt if the lines have another form. A block with more than one pair has another form, too.
std::optional<SearchReplace> search_replace(const Lines& block);

}  // namespace aside
