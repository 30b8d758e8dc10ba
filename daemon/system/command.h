// Runs a program that the user has chosen, or git, and returns its output. The program is started without a shell and
// with an empty stdin. Relative folders in PATH are left out, for the program and for the programs that it starts,
// since such folders would be in the workspace. The program and the processes that it has started are killed when the
// coroutine that awaits `run` ends. The output is complete when the program has ended, even if a process that the
// program left behind keeps the pipe open.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct Command {
  std::vector<std::string> arguments;  // the program first
  std::chrono::milliseconds time;      // the program is killed after this time
  std::size_t max_bytes;               // the most that the program may print
  std::optional<std::vector<std::string>> environment =
      std::nullopt;  // NAME=value, without PATH; absent: the environment of this process
};

// Finds a program in the folders of PATH. Empty if there is none. A name that is a path stays as it is.
std::string find_program(const std::string& name);

// Returns the program's output. The message of an Error continues a sentence that begins with the command's name:
// "exited with status 3: no such key" (with the first line of its stderr), "took too long and was ended". Its code is
// RequestCancelled if the awaiting coroutine was cancelled.
asio::awaitable<Result<std::string>> run(asio::io_context& io, Command command);

}  // namespace aside
