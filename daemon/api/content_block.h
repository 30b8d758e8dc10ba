// Decides which parts of a server's content blocks may be sent back to a server. Servers add fields of their own, but
// a strict server refuses a message with an unknown field, and would then refuse each later question of the
// conversation, too. So a block is sent back only with the fields that the API documents for its type. A block that
// can't be sent back is left out. Called when a reply ends, and again when a request is made, since blocks that were
// imported or that an older version stored were not checked before. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside::content_block {

// The deepest nesting of JSON in a block that is kept. The array around the blocks adds one level; together they stay
// within the limit of an import (max_nesting).
inline constexpr std::size_t max_depth = 60;

// Returns the content of a message: a JSON array of these blocks in their order. Empty if no text is left to send. A
// block with only documented fields keeps its bytes. The following blocks are left out: blank text, thinking without
// a signature, tool calls (they would get no result), and a server's tool call without its result or a result without
// its call.
std::string sendable(const std::vector<std::string_view>& blocks);
// Returns the block without members that are nested deeper than `max_depth` allows.
std::string flattened(std::string_view block);

}  // namespace aside::content_block
