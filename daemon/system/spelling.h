// The true spelling of a file's name on file systems that ignore case (those of macOS and Windows, and Linux folders
// made so). There, many spellings open the same file; the true spelling is the one that the folder lists. On other
// file systems a name stays as it is.
#pragma once

#include <string>

namespace aside {

// Returns an existing absolute path, with each part spelt as its folder lists it.
std::string own_spelling(const std::string& path);

}  // namespace aside
