#include "daemon/store/copy.h"

#include <sqlite3.h>

#include <utility>

#include "daemon/store/file.h"
#include "daemon/store/schema.h"
#include "daemon/store/sqlite_error.h"

namespace aside {

struct Copy::Ends {
  ~Ends() {
    sqlite3_backup_finish(work);
    sqlite3_close(from);
    sqlite3_close(to);
  }
  sqlite3* from = nullptr;
  sqlite3* to = nullptr;
  sqlite3_backup* work = nullptr;
};

Copy::Copy(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
Copy::Copy(Copy&&) noexcept = default;
Copy& Copy::operator=(Copy&&) noexcept = default;
Copy::~Copy() = default;

// One transaction reads the source from beginning to end: otherwise SQLite would start again whenever another process
// writes. Nobody uses the copy yet, so it needs no journal, and a sync only at the end.
Result<void> Copy::begin() {
  if (auto made = make_file(to_); !made) return made;
  ends_ = std::make_unique<Ends>();
  int done =
      sqlite3_open_v2(from_.c_str(), &ends_->from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  if (done == SQLITE_OK) done = sqlite3_exec(ends_->from, read_damaged_schema, nullptr, nullptr, nullptr);
  if (done == SQLITE_OK)
    done = sqlite3_exec(ends_->from, "BEGIN; PRAGMA user_version", nullptr, nullptr, nullptr);
  if (done != SQLITE_OK) return failure(sqlite3_extended_errcode(ends_->from), sqlite3_errmsg(ends_->from));
  done = sqlite3_open_v2(to_.c_str(), &ends_->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (done == SQLITE_OK) {
    done = sqlite3_exec(ends_->to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-1024",
                        nullptr, nullptr, nullptr);
  }
  if (done == SQLITE_OK) ends_->work = sqlite3_backup_init(ends_->to, "main", ends_->from, "main");
  if (!ends_->work) return failure(sqlite3_extended_errcode(ends_->to), sqlite3_errmsg(ends_->to));
  return {};
}

Result<bool> Copy::step() {
  if (!ends_) {
    auto begun = begin();
    if (!begun) return begun.error();
    return false;
  }
  const int stepped = sqlite3_backup_step(ends_->work, pages_a_step);
  if (stepped == SQLITE_OK) {
    begin_writing_out(to_);
    return false;
  }
  if (stepped != SQLITE_DONE) return failure(stepped, sqlite3_errstr(stepped));
  ends_.reset();
  if (auto synced = sync_file(to_); !synced) return synced.error();
  return true;
}

Result<void> Copy::all() {
  while (true) {
    const auto whole = step();
    if (!whole) return whole.error();
    if (*whole) return {};
  }
}

Error Copy::failure(int code, const char* detail) {
  const int kind = code & 0xff;
  unreadable_ = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || code == SQLITE_IOERR_READ ||
                code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
  return sqlite_error("copying " + from_ + " to " + to_, code, detail);
}

}  // namespace aside
