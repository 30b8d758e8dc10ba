// A whole thread as rows, out of the store and into it again. Within a transaction of the caller.
#pragma once

#include <cstdint>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

Tree read_tree(Transaction& work, std::int64_t thread);
// The turns, under numbers of their own, and all that points at them. Search finds them.
void insert_tree(Transaction& work, std::int64_t thread, const Tree& tree);

}  // namespace aside
