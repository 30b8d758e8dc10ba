// Finds the function or block around a line of code. Has no parser: works for any language with the usual indentation.
// Called by Suggestions if the editor hasn't said what is around the cursor. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/text/alignment.h"
#include "daemon/text/line_edits.h"

namespace aside {

// A block with more lines isn't offered; a smaller block inside it is.
inline constexpr std::size_t max_block_lines = 300;

// Returns the innermost function or class that the line is in, with the comments and the like directly above it. If
// there is none, returns the largest block around the line. If there is none either, returns the line and its
// neighbours up to the next blank lines. Returns nullopt if nothing is found, or if it is too long.
std::optional<LineRange> block_around(const Lines& lines, std::size_t line);

}  // namespace aside
