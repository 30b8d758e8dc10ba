// Finds where this program and the other parts of Aside are on this machine, for `asided --check`. No program is run to
// ask for its version: parts that are where an installation puts them came with this program, so they have its version.
#pragma once

#include <string>
#include <vector>

namespace aside {

struct Installed {
  std::string program;             // this program, with links resolved
  std::string in_path;             // the first `asided` in PATH, if it is another program; otherwise empty
  std::vector<std::string> parts;  // the parts that were installed with this program, in words for the user
};

// The file of this process; empty if the system doesn't tell.
std::string this_program();

// `path` is the value of PATH. Its relative folders aren't searched, since their meaning depends on the current folder.
Installed installed(const std::string& program, const std::string& path);

}  // namespace aside
