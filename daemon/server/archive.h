// Exports a conversation as one JSON text, and imports it without loss: the whole tree, and the content of each turn
// as a string with the bytes that requests carry, so that number formats, key order and signatures stay the same.
// Turns are named by their place in the text. An imported conversation is therefore exported as the same text again.
// Pure. An import checks the text field by field, since requests will be made from it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

inline constexpr int archive_version = 1;
inline constexpr std::size_t max_archive_bytes =
    32 * 1024 * 1024;  // less than 64 MiB as a string in a message
inline constexpr std::size_t max_archive_turns = 100'000;

// Writes a tree as text. All replies of the tree must have ended. Errors: InvalidRequest if the text is too large to
// be imported again.
Result<std::string> archive(const Tree& tree);
// Reads a tree from a text. The ids in the tree are the ids of the text. The error is InvalidParams and begins with
// the field's path.
Result<Tree> read_archive(std::string_view text);

}  // namespace aside
