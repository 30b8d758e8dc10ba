// Lists of conversations in pages. The conversation that was changed last comes first. A page continues where the page
// before ended, even if something has changed meanwhile.
#pragma once

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

// Rejects the transaction if the cursor doesn't come from an earlier page.
Page list_conversations(Transaction& work, const ListFilter& filter);

}  // namespace aside
