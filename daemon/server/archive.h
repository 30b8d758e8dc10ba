// A conversation as one JSON text that leaves the store and comes back without loss: the whole tree, and the
// content of each turn as the string of bytes that it is in requests, so that number formats, key order and
// signatures survive. Turns are named by their place in the text: what was imported exports to the same text
// again. Pure. What comes from outside is checked field by field, since requests will be made of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

inline constexpr int archive_version = 1;
inline constexpr std::size_t max_archive_bytes = 32 * 1024 * 1024;  // as a string in a message, less than 64
inline constexpr std::size_t max_archive_turns = 100'000;

// Its replies have ended. Errors: InvalidRequest for one that is too large to come back.
Result<std::string> archive(const Tree& tree);
// Ids are those of the text. The error is InvalidParams and begins with the field's path.
Result<Tree> read_archive(std::string_view text);

}  // namespace aside
