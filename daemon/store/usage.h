// Adds up the tokens and cost of replies by day or month, document, model and conversation, in one pass over the
// rows. Days are days in the machine's time zone; SQL would have to compute them for each row.
#pragma once

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

UsageReport add_up_usage(Transaction& work, const UsageFilter& filter);

}  // namespace aside
