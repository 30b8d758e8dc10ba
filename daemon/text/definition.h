// Definitions in code of any language that is indented as usual: a first line, lines that are further right, and mostly a line
// that closes them, as far right as the first. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "daemon/text/alignment.h"

namespace aside {

// The end, exclusive, of the definition that begins with this line; 0 if none does.
std::size_t definition_end(const Lines& lines, std::size_t first);

// Whether the line could begin one and says what: the next one is further right.
bool begins_definition(const Lines& lines, std::size_t first);

// What a first line is known by when its parameters change: the line up to its first parenthesis, and the text in quotes that
// may follow (`test('it works'`). Empty if that would be no name: `if (`, `foo(`. Without a parenthesis it is the line.
std::string_view definition_name(std::string_view line);

// The line that begins the same definition: it is this one, without its indentation, or else has its name.
struct DefinitionHead {
  std::size_t line = 0;
  bool unchanged = false;
  bool twice = false;  // it isn't the only such line
};
std::optional<DefinitionHead> find_definition(std::string_view head, const Lines& lines);

}  // namespace aside
