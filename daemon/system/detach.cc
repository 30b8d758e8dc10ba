#include "daemon/system/detach.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace aside {

Result<void> detach(asio::io_context& io, int status) {
  io.notify_fork(asio::io_context::fork_prepare);
  const pid_t copy = ::fork();
  const int failed = copy < 0 ? errno : 0;
  // `_exit` rather than `exit`, whose destructors would close connections (TLS, HTTP/2) that the copy uses now.
  if (copy > 0) ::_exit(status);
  io.notify_fork(copy == 0 ? asio::io_context::fork_child : asio::io_context::fork_parent);
  if (failed != 0) {
    return Error{ErrorCode::InternalError,
                 std::string("leaving the editor: ") + std::strerror(failed),
                 {.hint = "Continue the reply that was broken off."}};
  }
  // A new session keeps signals from an editor, a terminal or a shell to its process group away from the copy.
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, standard);
  if (nothing > STDERR_FILENO) ::close(nothing);
  return {};
}

}  // namespace aside
