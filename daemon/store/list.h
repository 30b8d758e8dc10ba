// Lists of conversations, the one that was changed last first, page by page: a page goes on where the last
// one ended, whatever has changed meanwhile.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

// Rejects a cursor that no page has given.
Page list_threads(Transaction& work, const ListFilter& filter);

}  // namespace aside
