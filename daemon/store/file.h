// The files of a store: its folder, their permissions, and the copies beside it.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

// Makes the file and its folder, accessible to their owner only. An existing file is neither changed nor opened:
// closing it would release the locks that SQLite holds on it elsewhere in this process.
Result<void> make_file(const std::string& path);
// Removes the permissions of other users from the store and its -wal and -shm files.
void keep_private(const std::string& path);
// Asks the system to start writing the file to the disk, so that a later sync takes less time.
void begin_writing_out(const std::string& path);
// When this returns, everything written to the file is on the disk.
Result<void> sync_file(const std::string& path);

// Returns the daily copies of a store, oldest first. Only regular files count, since a pipe with such a name would
// block its reader.
std::vector<std::string> backups_of(const std::string& store);
std::string backup_name(const std::string& store, const std::string& day);  // "2026-11-22"

}  // namespace aside
