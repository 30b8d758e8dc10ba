#include "editors/shell/interrupts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace aside {
namespace {

volatile std::sig_atomic_t first = 0;
int pipe_ends[2] = {-1, -1};

// The signal handler. When a second signal ends the program, the escape sequence turns off a style that may be on in
// the terminal.
void on_signal(int signal) {
  const int kept = errno;
  if (first != 0) {
    if (::isatty(STDOUT_FILENO)) (void)!::write(STDOUT_FILENO, "\x1b[0m", 4);
    ::_exit(128 + signal);
  }
  interrupt(signal);
  errno = kept;
}

}  // namespace

void catch_interrupts() {
  if (::pipe(pipe_ends) != 0) return;
  for (const int end : pipe_ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  struct sigaction action = {};
  action.sa_handler = on_signal;  // without SA_RESTART: a signal also ends a read that waits for a key
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void interrupt(int signal) {
  if (first != 0) return;
  first = signal;
  (void)!::write(pipe_ends[1], "", 1);
}

int interrupted() {
  return first;
}

int interrupt_descriptor() {
  return pipe_ends[0];
}

}  // namespace aside
