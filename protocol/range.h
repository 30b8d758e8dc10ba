// Places in a text, as LSP counts them: lines and characters from 0, the end exclusive. `initialize` negotiates what
// a character is (a byte or a UTF-16 unit). daemon/context/documents turns places into offsets, and offsets into
// places.
#pragma once

namespace aside {

struct Position {
  int line = 0;
  int character = 0;
  bool operator==(const Position&) const = default;
};

struct Range {
  Position start;
  Position end;
  bool operator==(const Range&) const = default;
};

}  // namespace aside
