// What a reply asks to see, as files that the user may share: text/wanted_files finds the names, here they become URIs. Called
// by Conversations for the turns that it shows. Nothing is stored, since it follows from the reply's text, and no file is
// read or even looked for: a name in a reply must have no effect on its own. Whether there is such a file, and
// what speaks against sharing it, is told by attachment/check, as for any attachment.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "protocol/range.h"

namespace aside {

struct Wanted {
  std::string uri;
  std::string
      name;  // for people: as it was shared before, else relative to the folder if it is below it, else absolute
  std::optional<Range> range = std::nullopt;
  std::size_t line = 0;  // the line of the reply's text that asks for the file, counted from 0
};

// What the names in a reply are relative to.
struct KnownFiles {
  std::string folder = {};  // a path; empty: only names that were shared and absolute paths have a URI
  std::string home = {};    // what `~/` stands for
  std::map<std::string, std::string> shared =
      {};  // the name that the model knows → URI as the editor wrote it

  // Adds what the user has shared here with these questions; later ones win.
  void add(const std::vector<Turn>& turns);
};

// Of a reply that isn't complete, and of a summary, there is none.
std::vector<Wanted> wanted(const Turn& reply, const KnownFiles& known);

}  // namespace aside
