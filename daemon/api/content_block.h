// What of a server's content blocks may be sent back to a server. Servers add fields that only they know, and
// a strict one refuses a message for a single unknown field, now and in each later question. So a block goes
// back with the fields that the API documents for its type (messages-api §4), and a block that can't go back
// is left out. Called when a reply ends, and again when a request is made, for what older versions stored and
// what was imported. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside::content_block {

// The deepest nesting of JSON within a block that is kept: with the array around it, what an import may hold.
inline constexpr std::size_t max_depth = 60;

// The content of a message, a JSON array, made of these blocks in their order; empty where no text is left to
// send. A block that holds nothing undocumented keeps its bytes. Left out: blank text, thinking without a
// signature, tool calls (nobody would answer them), a server's tool call without its result and the reverse.
std::string sendable(const std::vector<std::string_view>& blocks);
// The same block without members that are nested deeper than `max_depth` allows.
std::string flattened(std::string_view block);

}  // namespace aside::content_block
