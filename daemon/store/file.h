// The files of a store: its folder, who may read them, and the copies that lie beside it.
#pragma once

#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

// With its folder, both for their owner alone; what exists is left as it is, and never opened: closing it
// again would end the locks that SQLite holds on it elsewhere in this process.
Result<void> make_file(const std::string& path);
// A store that others can read, and what belongs to it, is closed to them.
void keep_private(const std::string& path);
// The system shall write out what it has of the file, so that a later sync has little left to wait for.
void begin_writing_out(const std::string& path);
// What was written is on the disk when this returns.
Result<void> sync_file(const std::string& path);

// The copies that were made of it day by day, oldest first.
std::vector<std::string> backups_of(const std::string& store);
std::string backup_name(const std::string& store, const std::string& day);  // "2026-11-22"

}  // namespace aside
