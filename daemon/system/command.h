// Runs a program of the user's choice, or git, and takes what it prints. No shell, nothing on its stdin; it
// and whatever it started end with the coroutine that waits for it. Its output is complete when the program
// has ended, even where something that it left behind holds the pipe open.
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
  std::vector<std::string> arguments;                                  // the program first
  std::chrono::milliseconds time;                                      // after which it is ended
  std::size_t max_bytes;                                               // of what it prints
  std::optional<std::vector<std::string>> environment = std::nullopt;  // NAME=value; absent: ours
};

// Its output. An Error's message goes on from the command's name: "exited with status 3: no such key" (with
// the first line of its stderr), "took too long and was ended"; its code is RequestCancelled where the
// awaiting coroutine was cancelled.
asio::awaitable<Result<std::string>> run(asio::io_context& io, Command command);

}  // namespace aside
