// Lets replies continue after the editor has left. The process that the editor started ends; a forked copy, which no
// editor waits for, continues. Called once by main, when both ends of the connection to the editor are closed.
#pragma once

#include <asio/io_context.hpp>

#include "protocol/error.h"

namespace aside {

// Ends this process with `status`, and returns in the forked copy. The copy has its own session, and /dev/null as its
// standard descriptors. Sockets, timers and locks of open files are kept; SQLite connections must have been closed
// before. If the system can't start another process, this process continues, and an Error is returned.
Result<void> detach(asio::io_context& io, int status);

}  // namespace aside
