#include "daemon/store/sqlite_error.h"

#include <sqlite3.h>

#include <utility>

namespace aside {
namespace {

struct SqliteProblem {
  const char* why;
  const char* hint;
  bool retryable = false;
};

SqliteProblem describe_code(int code) {
  switch (code) {
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMLOCK:
    case SQLITE_IOERR_SHMMAP:
      return {"its file system can't share memory between processes",
              "Keep the store on a local disk: set XDG_STATE_HOME to a folder there."};
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {"the disk is full", "Free some space on the disk, then try again.", true};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"another program has kept it locked for too long",
              "Close other programs that have the file open, then try again.", true};
    case SQLITE_CORRUPT:
      return {
          "the file is damaged",
          "Run `asided --doctor`: it saves what can be read into a new file, and says how to use that file."};
    case SQLITE_NOTADB:
      return {"the file is not a database", "The file was not changed. Move it away to begin a new store."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:  // also means that the file system doesn't support shared memory
      return {"the file or its folder can't be opened for writing",
              "Make the file and its folder readable and writable for you, and keep them on a local disk."};
    case SQLITE_NOMEM:
      return {"there is not enough memory", "Close other programs, then try again.", true};
    case SQLITE_IOERR:
      return {"the disk reported an error", "Check the disk and the space left on it, then try again.", true};
  }
  return {"the database refused the request",
          "This is a fault in Aside: please report it with this message."};
}

}  // namespace

Error storage_error(std::string message, std::string hint) {
  return {ErrorCode::Storage, std::move(message), {.hint = std::move(hint)}};
}

Error sqlite_error(const std::string& doing, int code, const std::string& detail) {
  const auto [why, hint, retryable] = describe_code(code);
  Error error = storage_error(doing + ": " + why + " (" + detail + ")", hint);
  error.data.retryable = retryable;
  return error;
}

std::string sqlite_hint(int code) {
  return describe_code(code).hint;
}

}  // namespace aside
