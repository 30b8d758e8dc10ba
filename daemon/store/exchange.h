// Writes a question and its reply as rows, from Store::begin to Store::finish: which process writes the reply, the
// pieces of the reply, and its end. All functions work within a transaction of the caller, the Store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/store/transaction.h"
#include "daemon/store/types.h"
#include "daemon/system/lock_file.h"

namespace aside {

// Whether any process is writing the reply that was started last in the conversation.
bool is_written(Transaction& work, const LockFile& locks, std::int64_t thread);
// Whether any process is writing this reply.
bool is_streaming(Transaction& work, const LockFile& locks, std::int64_t reply);
// The error for a conversation in which a reply is being written.
Error busy(Transaction& work, std::int64_t thread);

// Does the work of Store::begin. `locks` may be null if the transaction is rejected.
Result<Exchange> begin_exchange(Transaction& work, LockFile* locks, const std::string& owner, int max_sides,
                                NewExchange exchange);
void append_pieces(Transaction& work, const std::string& reply, const std::vector<Piece>& pieces);
std::vector<PieceRow> read_pieces(Transaction& work, const std::string& reply, std::int64_t after);
// Stores the ended reply and drops its pieces. A reply that is already finished stays as it is.
void end_reply(Transaction& work, const Turn& reply);

}  // namespace aside
