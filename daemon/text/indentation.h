// Changes the indentation of a block of code as a whole: adds the same prefix to each line that isn't blank, or
// removes it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/alignment.h"

namespace aside {

std::string_view indentation_of(std::string_view line);
std::string_view without_indentation(std::string_view line);
// Returns the longest beginning that the indentations of all lines have in common. Blank lines don't count.
std::string_view common_indentation(const Lines& lines);

// Replaces the indentation `from`, which each of the lines has, by `to`. Returns nullopt in two cases. First, neither
// of the two ends with the other (one has tabs, the other spaces). Second, a line would get an indentation that mixes
// tabs and spaces, although no line of `beside` (lines of the document) does.
std::optional<std::vector<std::string>> reindented(const Lines& lines, std::string_view from,
                                                   std::string_view to, const Lines& beside);

}  // namespace aside
