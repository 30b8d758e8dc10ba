// The version and the build of this program, as CMakeLists.txt has set them. `serverInfo` and `--version` show the
// version. All programs of one release have the same version. Whether two parts fit together can't be seen from the
// version, but from the flags in the answer to `initialize`.
#pragma once

namespace aside {

extern const char* const version;  // "0.2.0"
extern const char* const build;    // the system, the processor and the compiler

}  // namespace aside
