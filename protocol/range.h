// Places in a text, as LSP counts them: lines and characters from 0, the end exclusive. What a character is
// (a byte or a UTF-16 unit) is negotiated at `initialize`; daemon/context/documents turns these into offsets
// and back.
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
