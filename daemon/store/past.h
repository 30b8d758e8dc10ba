// How the user has asked: for the conversations changed last, when each question was asked, how long after the request
// before it, and how large its prompt was. Only what was asked here counts: no imports, and no copies in a fork.
#pragma once

#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

std::vector<AskedConversation> read_past(Transaction& work, const PastFilter& filter);

}  // namespace aside
