// asided.log: one file for all daemons of a user. Each line is appended with one system call; nothing is buffered.
// When the file has grown too large, the daemon that gets the file's lock renames it (asided.1.log, asided.2.log).
// The other daemons notice the new name before they write their next line. main makes the logger once.
#pragma once

#include <spdlog/logger.h>
#include <memory>
#include <string>

#include "protocol/error.h"

namespace aside {

inline constexpr std::size_t max_log_bytes = 1024 * 1024;  // the most for each file
inline constexpr int kept_logs = 2;                        // in addition to the current log

// Control characters become blanks, and secrets become "***" (text/safe). An Error says why the file can't be
// used: it is a pipe, a link, or can't be opened.
Result<std::shared_ptr<spdlog::logger>> log_file(const std::string& folder);

}  // namespace aside
