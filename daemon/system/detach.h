// Lets replies go on after the editor has left: the process that the editor started ends, and a forked copy goes
// on, which no editor waits for. Called once by main, when both ends of the wire have been closed.
#pragma once

#include <asio/io_context.hpp>

#include "protocol/error.h"

namespace aside {

// Ends this process with `status` and returns in its copy, which has its own session, and /dev/null as its
// standard descriptors. Sockets, timers and locks of open files are kept; SQLite connections must have been
// closed before. Error: the system can't start another process; this one goes on.
Result<void> detach(asio::io_context& io, int status);

}  // namespace aside
