// SQLite's failures as errors for people, with the way out.
#pragma once

#include <string>

#include "protocol/error.h"

namespace aside {

Error storage_error(std::string message, std::string hint);
// The error for a result code of SQLite: "`doing`: why (`detail`)".
Error sqlite_error(const std::string& doing, int code, const std::string& detail);
std::string sqlite_hint(int code);  // its way out

}  // namespace aside
