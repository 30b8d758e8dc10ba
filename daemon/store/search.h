// Full-text search in the store: which texts are indexed, what a query means, and the rows that it finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

// Adds a turn's text to the index. The text must not change afterwards.
void index_turn(Transaction& work, std::int64_t turn);
// Translates what people type into a query of FTS5: words in any order, "phrases", and the beginning* of a word.
// Punctuation has no meaning. Empty if the query has nothing to search for.
std::string match_for(const std::string& query);
std::vector<Hit> find_text(Transaction& work, const SearchFilter& filter);

}  // namespace aside
