// Finds the files that a reply asks to see, so that the user can share them. text/wanted_files finds their names in the
// reply, and this module makes URIs of the names. Called by Conversations for the turns that it shows. Nothing is
// stored, since it can be found again in the reply's text. No file is read or even looked for: a name in a reply must
// have no effect on its own. An editor uses attachment/check to learn whether the file exists and whether it may hold
// secrets.
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
  std::string name;  // for people: the name under which it was shared; else its path
  std::optional<Range> range = std::nullopt;
  std::size_t line = 0;  // the line of the reply's text that asks for the file, counted from 0
};

// What is needed to find out which files the names in a reply mean.
struct KnownFiles {
  std::string folder = {};  // relative paths are in this folder; if empty, only shared ones have a URI
  std::string home = {};    // what `~/` stands for
  std::map<std::string, std::string> shared =
      {};  // the name that the model knows → URI as the editor wrote it

  // Adds the files that the user has shared with these questions. If two have the same name, the later one counts.
  void add(const std::vector<Turn>& turns);
};

// Returns the files that a reply asks to see; none if the reply isn't complete or is a summary.
std::vector<Wanted> wanted(const Turn& reply, const KnownFiles& known);

}  // namespace aside
