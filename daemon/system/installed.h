// Finds where this program and the other parts of Aside are on this machine, for `asided --check`. Nothing is run: the
// parts that lie where the installation puts them beside this program came with it, so they have its version.
#pragma once

#include <string>
#include <vector>

namespace aside {

struct Installed {
  std::string program;             // this program, with links resolved
  std::string in_path;             // another `asided`, which comes first in PATH; empty if there is none
  std::vector<std::string> parts;  // what lies beside this program, in words for the user
};

// The file of this process; empty if the system doesn't tell.
std::string this_program();

// `path` is the value of PATH. Its relative folders aren't searched, since they mean another place in each folder.
Installed installed(const std::string& program, const std::string& path);

}  // namespace aside
