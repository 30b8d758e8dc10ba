// Names of files, as the protocol and people write them.
#pragma once

#include <string>

namespace aside {

std::string absolute(const std::string& path);
std::string file_uri(const std::string& path);  // of an absolute path of any bytes
// The model sees the names of the folder's files relative to the folder that this returns: the root of the repository
// around the folder or, without a repository, the folder itself.
std::string project_of(const std::string& folder);
// The name of a document for people, in one line: its path, relative to the current folder if the file is in that
// folder.
std::string shown_place(const std::string& uri);
// A path, quoted if necessary, for a shell command that the user may copy.
std::string shell_word(const std::string& path);

}  // namespace aside
