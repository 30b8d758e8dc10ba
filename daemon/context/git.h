// Asks git for the last commit's version of a file, or for the names of files. A repository may come from anybody, and its
// settings can name programs. Therefore git is asked for only one blob or a list of names, with an environment and
// settings that prevent git from running programs and from fetching. Called by Sharing and WorkspaceFiles.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

inline constexpr std::chrono::seconds git_time{10};

// Returns the file's bytes in the last commit of the nearest repository above the file. GIT_DIR, and bare
// repositories in the file's folders, are ignored. `path` must be absolute and without links. The message of an Error
// continues a sentence that begins with "git": "finds no repository that holds this folder".
asio::awaitable<Result<std::string>> committed(asio::io_context& io, std::string path, std::size_t max_bytes);

// Whether the folder is in a repository.
bool in_repository(const std::string& folder);
// Returns the names of the files below a folder that git tracks or doesn't ignore. The names are relative to the
// folder. A name may have any bytes, and a NUL follows it. `folder` must be absolute and without links. Errors are
// those of `committed`.
asio::awaitable<Result<std::string>> listed(asio::io_context& io, std::string folder, std::size_t max_bytes);

}  // namespace aside
