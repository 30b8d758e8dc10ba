// Finds definitions in code of any language with the usual indentation: a first line, then lines that are indented
// further, and mostly a closing line with the indentation of the first. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "daemon/text/alignment.h"

namespace aside {

// Returns the end, exclusive, of the definition that begins with this line; 0 if none begins there.
std::size_t definition_end(const Lines& lines, std::size_t first);

// Whether the line could begin a definition that has a name: the line after it is indented further.
bool begins_definition(const Lines& lines, std::size_t first);

// Returns the part of a definition's first line that stays when its parameters change: the line up to its first
// parenthesis, with the text in quotes that may follow (`test('it works'`). Without a parenthesis, it is the whole
// line. Empty if that part would be no name: `if (`, `foo(`.
std::string_view definition_name(std::string_view line);

// The line that begins the same definition as `head`: the same line apart from its indentation, or else a line with
// the same definition name.
struct DefinitionHead {
  std::size_t line = 0;
  bool unchanged = false;
  bool twice = false;  // another line fits equally well
};
std::optional<DefinitionHead> find_definition(std::string_view head, const Lines& lines);

}  // namespace aside
