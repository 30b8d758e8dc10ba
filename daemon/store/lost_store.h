// Whether a store was lost, and which of its backups can replace it. Stores and backups are only read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/error.h"

namespace aside {

// Returns the number of turns in a backup, or in a store that nobody writes to. Makes no files. nullopt if the file
// can't be read.
std::optional<std::int64_t> turns_in(const std::string& path);
// Whether a store (or a backup) has none of the conversations of an older backup: the store was then made anew after
// that backup. Nobody may write to either file meanwhile.
bool begun_anew(const std::string& store, const std::string& backup);
// Returns the backup of a store with the most turns; empty if no backup has turns.
std::string fullest_backup(const std::string& store);
// Returns an error if the store is missing or empty although backups of an earlier store exist: opening it would make
// a new store. Changes nothing.
Result<void> not_lost(const std::string& store);
// Returns sentences for the user: what the backup holds, and how to replace the store by the backup.
std::string how_to_restore(const std::string& store, const std::string& backup);

}  // namespace aside
