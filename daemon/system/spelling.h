// How a file is called where its name can be written in several ways. To some file systems (those of macOS
// and Windows, and folders of Linux that were made so) capital and small letters are the same: one file
// answers to many spellings, and its own is the one that its folder lists. To all others each name is its
// own.
#pragma once

#include <string>

namespace aside {

// An absolute path that exists, with each of its parts as its folder lists it.
std::string own_spelling(const std::string& path);

}  // namespace aside
