// Full-text search in the store: what is indexed, what a query means, and the rows it finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

// Adds a turn's text, which must not change any more, to the index.
void index_turn(Transaction& work, std::int64_t turn);
// Translates what people type into a query of FTS5: words in any order, "phrases", the beginning* of a word;
// punctuation has no meaning. Empty if there is nothing to look for.
std::string match_for(const std::string& query);
std::vector<Hit> find_text(Transaction& work, const SearchFilter& filter);

}  // namespace aside
