// Lists of conversations in pages, the one changed last first. A page continues where the page before it ended,
// whatever has changed meanwhile.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

// Rejects the transaction for a cursor that no page has given.
Page list_conversations(Transaction& work, const ListFilter& filter);

}  // namespace aside
