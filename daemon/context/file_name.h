// The names of a file: its URI (as the editor or the store writes it), its path, and a text for people. Editors may
// spell the URI of a document in several ways; `canonical` gives the URI under which the store knows the document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aside {

std::string scheme(std::string_view uri);  // in lower case, without the colon
// Returns a `file:` URI with symlinks resolved. Each part of the path is spelt as its folder lists it, and characters
// are escaped in one way. For a missing file, the symlinks of its folder are resolved. Other URIs are returned as they
// are.
std::string canonical(const std::string& uri);
// Returns the canonical URI that a document had before it was renamed. If the two names differ only in case, the old
// name may still lead to the file, and `canonical` would return the new name.
std::string canonical_before(const std::string& from, const std::string& to);
// Returns the path of a `file:` URI; empty for other URIs, and for a file on another host.
std::string file_path(const std::string& uri);
std::string file_uri(const std::string& path);
// Returns a file name, which may hold any bytes, as one line of UTF-8.
std::string printable_name(std::string_view bytes);
// Returns all paths on the way from a path to its file: the given path, the path after each link that is followed,
// and the path without links.
std::vector<std::string> names_on_the_way(const std::string& path);

}  // namespace aside
