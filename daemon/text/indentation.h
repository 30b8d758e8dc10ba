// Brings a block of code to another indentation, as a whole: the same prefix is put before each line that isn't blank, or
// removed from it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/alignment.h"

namespace aside {

std::string_view indentation_of(std::string_view line);
std::string_view without_indentation(std::string_view line);
// What the indentations of all lines that aren't blank begin with.
std::string_view common_indentation(const Lines& lines);

// The lines with the indentation `to` in place of `from`, which each of them has. None if one of the two isn't the other with
// more before it (tabs against spaces), or if that would put tabs and spaces together in a line where `beside`, the lines of
// the document, has no such line.
std::optional<std::vector<std::string>> reindented(const Lines& lines, std::string_view from,
                                                   std::string_view to, const Lines& beside);

}  // namespace aside
