// The true name of a file on file systems that ignore case (those of macOS and Windows, and Linux folders that
// were made to do so). There one file can be opened under many spellings; its own is the one that its folder
// lists. On other file systems a name stays as it is.
#pragma once

#include <string>

namespace aside {

// An existing absolute path, with each part spelt as its folder lists it.
std::string own_spelling(const std::string& path);

}  // namespace aside
