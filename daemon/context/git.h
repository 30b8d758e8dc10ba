// What git knows of a file. A repository can come from anybody, and its settings name programs: git is
// asked for one blob, with an environment and settings that leave it nothing to run and nowhere to fetch
// from. Driven by sharing.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

inline constexpr std::chrono::seconds git_time{10};

// The file's bytes as the last commit has them, of the repository whose folder is the nearest above the file:
// not that which GIT_DIR names, and no bare repository that lies in a folder of it. `path` is absolute and
// without links. An Error's message goes on from "git": "knows no repository around it".
asio::awaitable<Result<std::string>> committed(asio::io_context& io, std::string path, std::size_t max_bytes);

}  // namespace aside
