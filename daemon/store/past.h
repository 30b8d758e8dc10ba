// Reads how the user has asked in the conversations that were changed last: when each question was asked, when the
// request before it was sent, and how large the question's prompt was. Only questions that were asked on this machine
// count, and no copies in a fork.
#pragma once

#include <vector>

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

std::vector<AskedConversation> read_past(Transaction& work, const PastFilter& filter);

}  // namespace aside
