// Turns as rows: the tree, what was written in it, and which way was last taken. All within a transaction of
// the caller. Numbers are rows; ids, which the rest of the program knows, are made of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/store/database.h"

namespace aside {

std::string turn_id(std::int64_t number);
// The number of a turn of that thread and role; rejects the transaction where there is none.
std::int64_t turn_number(Transaction& work, std::int64_t thread, Role role, const std::string& id);
// The reply that is meant: this one, or of a question the one last visited, else its newest; rejects the
// transaction where there is none.
std::int64_t reply_meant(Transaction& work, std::int64_t thread, const std::string& id);
std::optional<std::int64_t> find_turn(Transaction& work, std::int64_t thread, const std::string& id);
// A running or finished reply of any thread; rejects the transaction where there is none.
std::int64_t reply_number(Transaction& work, const std::string& id);

std::int64_t insert_turn(Transaction& work, std::int64_t thread, std::optional<std::int64_t> parent,
                         const Turn& turn);
// The same turn again, in another thread, with neither tokens nor cost.
std::int64_t copy_turn(Transaction& work, std::int64_t turn, std::int64_t thread,
                       std::optional<std::int64_t> parent);
// All that isn't known until a reply has ended.
void write_outcome(Transaction& work, std::int64_t number, const Turn& turn);
Turn read_turn(Transaction& work, std::int64_t number);
std::vector<std::int64_t> path_to(Transaction& work, std::int64_t leaf);  // root first
// The place in a path of the last question whose reply is a whole summary of what comes before; 0: none.
std::size_t last_summary(Transaction& work, const std::vector<std::int64_t>& path);

// The way to this reply is now the one last taken from each turn above it.
void visit(Transaction& work, std::int64_t thread, std::int64_t reply);
// Where that way ends: the last of the replies that were last visited, one after the other, from this one on
// (nullopt: from before the first question).
std::optional<std::int64_t> tip(Transaction& work, std::int64_t thread, std::optional<std::int64_t> reply);

// The first line of a question, shortened at a word.
std::string title_from(const std::string& question);

}  // namespace aside
