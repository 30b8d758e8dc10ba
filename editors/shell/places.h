// Names of files, as the protocol and people write them.
#pragma once

#include <string>

namespace aside {

std::string absolute(const std::string& path);
std::string file_uri(const std::string& path);  // of an absolute path, which may hold any bytes
// What the model's names of a folder's files are relative to: the root of the repository around the folder, or else
// the folder itself.
std::string project_of(const std::string& folder);
// A document for people, on one line: the path, relative to the present folder if it lies below it.
std::string shown_place(const std::string& uri);
// A path for a command that the user may copy.
std::string shell_word(const std::string& path);

}  // namespace aside
