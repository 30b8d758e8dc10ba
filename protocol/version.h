// The version and the build of this program, as CMakeLists.txt has set them. `serverInfo` and `--version` have the
// version; the programs of one release all have the same. Whether two parts fit together isn't told by it, but by the
// flags in the answer to `initialize`.
#pragma once

namespace aside {

extern const char* const version;  // "0.2.0"
extern const char* const build;    // the system, the processor and the compiler

}  // namespace aside
