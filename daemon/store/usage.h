// What replies have used, added up: by day or month, document, model, conversation. One pass over the rows of
// that time; the days are those of the machine's time zone, which SQLite would have to ask for row by row.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

UsageReport add_up_usage(Transaction& work, const UsageFilter& filter);

}  // namespace aside
