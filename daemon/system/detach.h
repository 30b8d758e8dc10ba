// Leaving an editor without leaving the work: the process that the editor started ends, and a copy of it goes
// on that no editor waits for. Called by main, once, when both ends of the wire have been closed.
#pragma once

#include <asio/io_context.hpp>

#include "protocol/error.h"

namespace aside {

// Ends this process with `status` and returns in its copy, in a session of its own and with nothing behind
// the standard descriptors. Sockets, timers and locks of open files are kept; an SQLite connection must have
// been closed before. Error: the system has no room for another process, and this one goes on.
Result<void> detach(asio::io_context& io, int status);

}  // namespace aside
