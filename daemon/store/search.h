// Full-text search in the store: what is indexed, what a query means, and the rows it finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

// A turn's text, which never changes again, can be found from now on.
void index_turn(Transaction& work, std::int64_t turn);
// What people type as FTS5 wants it: words in any order, "phrases", a word* that may go on; punctuation means
// nothing. Empty where there is nothing to look for.
std::string match_for(const std::string& query);
std::vector<Hit> find_text(Transaction& work, const SearchFilter& filter);

}  // namespace aside
