#include "daemon/system/detach.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace aside {

Result<void> detach(asio::io_context& io, int status) {
  io.notify_fork(asio::io_context::fork_prepare);
  const pid_t copy = ::fork();
  const int failed = copy < 0 ? errno : 0;
  // Not `exit`: destructors would say goodbye on connections that are the copy's now.
  if (copy > 0) ::_exit(status);
  io.notify_fork(copy == 0 ? asio::io_context::fork_child : asio::io_context::fork_parent);
  if (failed != 0) {
    return Error{ErrorCode::InternalError,
                 std::string("leaving the editor: ") + std::strerror(failed),
                 {.hint = "Continue the reply that was broken off."}};
  }
  // Out of reach of what an editor, a terminal or a shell sends to all that it started.
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, standard);
  if (nothing > STDERR_FILENO) ::close(nothing);
  return {};
}

}  // namespace aside
