// Turns as rows: the tree, its texts, and the branches last visited. All functions work within a transaction of the
// caller. A turn's number is the number of its row; its id, which the rest of the program uses, is made from this
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/store/transaction.h"

namespace aside {

std::string turn_id(std::int64_t number);
// The number in an id that turn_id has made; nullopt for any other text.
std::optional<std::int64_t> number_in(const std::string& id);
// Returns the number of a turn with that role in that conversation. Rejects the transaction if there is no such turn.
std::int64_t turn_number(Transaction& work, std::int64_t thread, Role role, const std::string& id);
// Returns a reply's number; for a question, the number of its reply last visited, else of its newest reply. Rejects
// the transaction if there is no such reply.
std::int64_t reply_for_selection(Transaction& work, std::int64_t thread, const std::string& id);
std::optional<std::int64_t> find_turn(Transaction& work, std::int64_t thread, const std::string& id);
// Returns the number of a reply of any conversation. Rejects the transaction if there is no such reply.
std::int64_t reply_number(Transaction& work, const std::string& id);

// Whether a turn was asked here or imported. The store keeps this, since imported turns don't show how this user asks.
enum class Origin { Asked, Imported };
std::int64_t insert_turn(Transaction& work, std::int64_t thread, std::optional<std::int64_t> parent,
                         const Turn& turn, Origin origin = Origin::Asked);
// Copies a turn into another conversation, without tokens and cost.
std::int64_t copy_turn(Transaction& work, std::int64_t turn, std::int64_t thread,
                       std::optional<std::int64_t> parent);
// Writes what is known only when a reply has ended.
void write_outcome(Transaction& work, std::int64_t number, const Turn& turn);
// Reads turns without their `blocks`, which only an export needs. The numbers must be ascending.
std::vector<Turn> read_turns(Transaction& work, const std::vector<std::int64_t>& numbers);
Turn read_turn(Transaction& work, std::int64_t number);
// Returns those of these turns that have shared a part of a document. The numbers must be ascending.
std::vector<std::int64_t> with_lines(Transaction& work, const std::vector<std::int64_t>& numbers);
// Adds the blocks to the turns of these numbers.
void read_blocks(Transaction& work, const std::vector<std::int64_t>& numbers, std::vector<Turn>& turns);
std::vector<std::int64_t> path_to(Transaction& work, std::int64_t leaf);  // root first
// Returns the place in a path of the last question whose reply is a complete summary of the turns before; 0 if there
// is none.
std::size_t last_summary(Transaction& work, const std::vector<std::int64_t>& path);

// Marks the path to this reply as the one last visited, in each turn above it.
void mark_visited(Transaction& work, std::int64_t thread, std::int64_t reply);
bool is_side(Transaction& work, std::int64_t turn);
// Turns the side question of this reply, with all its replies, into ordinary turns. Does the same with the side
// questions that it follows. All of them are then on the path to `reply`, to which the caller moves the head. Does
// nothing for a reply to an ordinary question.
void put_on_path(Transaction& work, std::int64_t reply);
// Returns the side questions that follow turns of this path (ascending numbers), and the side questions that follow
// those. Each comes with its reply: question, reply, question, reply …
std::vector<std::int64_t> sides_beside(Transaction& work, std::int64_t thread,
                                       const std::vector<std::int64_t>& path);

// Begins at this reply (nullopt: before the first question), follows the replies last visited, and returns the last
// of them.
std::optional<std::int64_t> branch_end(Transaction& work, std::int64_t thread,
                                       std::optional<std::int64_t> reply);

// Returns the first line of a question, shortened at a word.
std::string title_from(const std::string& question);

}  // namespace aside
