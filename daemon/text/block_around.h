// The function or block around a line of code in any language that is indented as usual, without a parser. Called by
// Suggestions, where the editor doesn't know better. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/text/alignment.h"
#include "daemon/text/line_edits.h"

namespace aside {

// A longer block isn't offered; the one inside it is.
inline constexpr std::size_t max_block_lines = 300;

// The innermost function or class that the line is in, with the comments and the like directly above it; else the largest
// block; else the lines around it up to a blank one. nullopt: there is none, or it is too long.
std::optional<LineRange> block_around(const Lines& lines, std::size_t line);

}  // namespace aside
