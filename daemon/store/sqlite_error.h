// Turns failures of SQLite into errors for people, with hints that say what to do.
#pragma once

#include <string>

#include "protocol/error.h"

namespace aside {

Error storage_error(std::string message, std::string hint);
// The error for a result code of SQLite: "`doing`: why (`detail`)".
Error sqlite_error(const std::string& doing, int code, const std::string& detail);
std::string sqlite_hint(int code);  // what the user can do about this result code

}  // namespace aside
