// Two values by which a file is recognised after it was renamed. Both functions return an empty text if there is no
// such file.
#pragma once

#include <string>

namespace aside {

std::string file_identity(const std::string& path);  // device, inode and creation time
// A hash of the file's content and size. Empty for a file of more than 4 MiB, and for a file with only white space.
std::string file_fingerprint(const std::string& path);

}  // namespace aside
