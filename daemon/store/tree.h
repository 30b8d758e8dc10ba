// Reads a whole conversation from the store, and inserts a whole conversation. Both functions work within a
// transaction of the caller.
#pragma once

#include <cstdint>

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

Tree read_tree(Transaction& work, std::int64_t thread);
// Inserts the turns under new numbers, with everything that refers to these turns, and indexes the turns for
// searches.
void insert_tree(Transaction& work, std::int64_t thread, const Tree& tree);

}  // namespace aside
