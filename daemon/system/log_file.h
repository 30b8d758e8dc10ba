// asided.log: one file for all daemons of a user. Each line is appended with one system call; nothing is
// buffered. When the file has grown too large, the daemon that gets its lock renames it (asided.1.log,
// asided.2.log); the others notice before their next line. Made once, by main.
#pragma once

#include <spdlog/logger.h>
#include <memory>
#include <string>

#include "protocol/error.h"

namespace aside {

inline constexpr std::size_t max_log_bytes = 1024 * 1024;  // of each file
inline constexpr int kept_logs = 2;                        // besides the current log

// Control characters become blanks, and secrets become "***" (text/safe). An Error says why the file can't be
// used: it is a pipe, a link, or can't be opened.
Result<std::shared_ptr<spdlog::logger>> log_file(const std::string& folder);

}  // namespace aside
