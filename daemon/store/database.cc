#include "daemon/store/database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "daemon/core/turn.h"
#include "daemon/store/copy.h"
#include "daemon/store/file.h"
#include "daemon/store/lost_store.h"
#include "daemon/store/schema.h"
#include "daemon/store/sqlite_error.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {
namespace {

constexpr const char* in_memory = ":memory:";
constexpr int newest_version = std::size(store_migrations);
constexpr int busy_sleep_microseconds = 500;

}  // namespace

void Database::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(std::string path, Opening opening) : path_(std::move(path)), opening_(opening) {}

Database::~Database() {
  close();
}

LockFile* Database::locks() {
  return locks_ ? &*locks_ : nullptr;
}

std::string Database::path() const {
  return path_ == in_memory ? "" : path_;
}

Result<void> Database::open() {
  if (ready_) return {};
  auto connected = opening_ == Opening::Use ? connect() : connect_to_examine();
  ready_ = connected.has_value();
  if (!ready_) close();
  return connected;
}

// `PRAGMA quick_check` is not used: it reads the whole file (half a second per gigabyte, if the system has it in
// memory), and the loop would wait for it at each start. A file that is no database, is cut off or has a broken
// schema is noticed here; a broken page is noticed when it is read.
Result<void> Database::connect() {
  const std::string opening = "opening the store";
  if (path_ != in_memory) {
    if (auto made = make_file(path_); !made) return made;
  }
  const int opened =
      sqlite3_open_v2(path_.c_str(), &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (opened != SQLITE_OK) return failure(opening);
  sqlite3_extended_result_codes(connection_, 1);
  sqlite3_busy_handler(connection_, wait, this);
  // Closing would copy the log into the file. This setting prevents the copying until the file is known to be a store
  // that we may change.
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (sqlite3_db_readonly(connection_, "main") == 1) {
    return storage_error(opening + " " + path_ + ": the file can't be written", sqlite_hint(SQLITE_READONLY));
  }
  const auto found = version();
  if (!found) return found.error();
  if (auto logging = use_write_ahead_log(); !logging) return logging;
  if (*found < newest_version) {
    if (auto migrated = migrate(); !migrated) return migrated;
  }
  if (*found == 0 && path_ != in_memory) {
    if (const std::string kept = fullest_backup(path_); !kept.empty())
      notice_ = "The store " + path_ + " was missing or empty, so a new one was made. " +
                how_to_restore(path_, kept);
  }
  if (run("PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
          "PRAGMA journal_size_limit=16777216") != SQLITE_OK) {
    return failure(opening);
  }
  if (auto locked = locks_ ? Result<void>() : open_locks(); !locked) return locked;
  sqlite3_wal_hook(connection_, logged, this);  // replaces SQLite's own hook, which copies during any commit
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  keep_private(path_);
  return {};
}

// Opens a store even if it is damaged. Checks nothing and migrates nothing.
Result<void> Database::connect_to_examine() {
  const int opened =
      sqlite3_open_v2(path_.c_str(), &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite3_extended_result_codes(connection_, 1);
  if (opened != SQLITE_OK || run(read_damaged_schema) != SQLITE_OK) return failure("opening");
  return {};
}

Result<void> Database::attach_damaged(const std::string& path) {
  if (auto opened = open(); !opened) return opened;
  if (run(read_damaged_schema) != SQLITE_OK || run("PRAGMA foreign_keys=OFF") != SQLITE_OK)
    return failure("opening");
  sqlite3_stmt* attach = statement("ATTACH ? AS damaged");
  if (!attach) return failure("reading");
  sqlite3_bind_text(attach, 1, path.c_str(), -1, SQLITE_TRANSIENT);
  const int attached = sqlite3_step(attach);
  sqlite3_reset(attach);
  if (attached != SQLITE_DONE) return failure("reading the damaged store into");
  return {};
}

// Returns the version of the store; 0 if the file is new and empty.
Result<int> Database::version() {
  // One statement reads all three values, since another process may be making the same store.
  sqlite3_stmt* query = statement(
      "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) "
      "FROM pragma_application_id, pragma_user_version");
  if (!query || sqlite3_step(query) != SQLITE_ROW) return failure("opening the store");
  const int application = sqlite3_column_int(query, 0);
  const int version = sqlite3_column_int(query, 1);
  const int tables = sqlite3_column_int(query, 2);
  sqlite3_reset(query);
  if (application == 0 && version == 0 && tables == 0) return 0;
  if (application != store_application_id) {
    return storage_error("opening the store " + path_ + ": the file is another program's database",
                         "The file was not changed. Move it away to begin a new store.");
  }
  if (version > newest_version) {
    return storage_error("opening the store " + path_ + ": a newer Aside wrote it (version " +
                             std::to_string(version) + ", this one knows " + std::to_string(newest_version) +
                             ")",
                         "Update Aside; the store was not changed.");
  }
  return version;
}

Result<void> Database::use_write_ahead_log() {
  const auto deadline = std::chrono::steady_clock::now() + busy_limit;
  std::string mode;
  while (true) {
    sqlite3_stmt* query = statement("PRAGMA journal_mode=WAL");
    const int stepped = query ? sqlite3_step(query) : SQLITE_ERROR;
    if (stepped == SQLITE_ROW) mode = reinterpret_cast<const char*>(sqlite3_column_text(query, 0));
    if (query && sqlite3_reset(query) == SQLITE_OK) break;
    // SQLite doesn't call the busy handler here when another process makes the same store at the same time.
    const bool busy = (sqlite3_errcode(connection_) & 0xff) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() > deadline) return failure("opening the store");
    ::usleep(busy_sleep_microseconds);
  }
  if (mode == (path_ == in_memory ? "memory" : "wal")) return {};
  return storage_error("opening the store " + path_ + ": its file system can't do write-ahead logging",
                       "Keep the store on a local disk: set XDG_STATE_HOME to a folder there.");
}

Result<void> Database::migrate() {
  const std::string doing = "bringing the store up to date";
  if (run("BEGIN IMMEDIATE") != SQLITE_OK) return failure(doing);
  const auto from = version();  // read again: another process may have migrated it first
  if (!from) return from.error();
  if (*from > 0 && *from < newest_version) {
    if (auto kept = keep_copy(*from); !kept) return kept;
  }
  for (int step = *from; step < newest_version; ++step) {
    if (run(store_migrations[step]) != SQLITE_OK) return failure(doing);
  }
  const std::string stamp = "PRAGMA application_id=" + std::to_string(store_application_id) +
                            "; PRAGMA user_version=" + std::to_string(newest_version) + "; COMMIT";
  if (run(stamp.c_str()) != SQLITE_OK) return failure(doing);
  return {};
}

// Copies the store before its migration, so that the user can go back to an older Aside. The migration's transaction
// keeps other processes from writing.
Result<void> Database::keep_copy(int version) {
  const std::string kept = path_ + "-v" + std::to_string(version);
  std::error_code ignored;
  std::filesystem::remove(kept, ignored);
  return Copy(path_, kept).all();
}

Result<void> Database::open_locks() {
  std::string path = path_ + "-lock";
  if (path_ == in_memory) {
    path = (std::filesystem::temp_directory_path() / "aside-lock-XXXXXX").string();
    const int made = ::mkstemp(path.data());
    if (made >= 0) ::close(made);
  }
  auto opened = LockFile::open(path);
  if (path_ == in_memory) ::unlink(path.c_str());
  if (!opened) return opened.error();
  locks_ = *std::move(opened);
  return {};
}

void Database::close() {
  disconnect();
  locks_.reset();
}

void Database::disconnect() {
  statements_.clear();
  sqlite3_close(connection_);
  connection_ = nullptr;
  ready_ = false;
}

Result<void> Database::vacuum() {
  if (run("VACUUM") != SQLITE_OK) return failure("giving back the space of deleted conversations in");
  return {};
}

sqlite3_stmt* Database::statement(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second.get();
  sqlite3_stmt* made = nullptr;
  sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made,
                     nullptr);
  if (!made) return nullptr;
  return statements_.emplace(sql, made).first->second.get();
}

int Database::run(const char* sql) {
  return sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
}

// Copies the log into the file, except the part that other processes still read; that part stays safe in the log.
// Copying waits for the disk. Therefore synced commits do it, which wait for the disk anyway. Other commits do it only
// when the log is very large.
void Database::checkpoint(Access access) {
  const int limit = access == Access::Synced ? checkpoint_pages : largest_log_pages;
  if (log_pages_ < limit) return;
  sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Database::wake(std::int64_t place) {
  if (locks_ && locks_->held_by_another(place)) touch(followed_file(path_, place));
}

Error Database::failure(const std::string& doing) const {
  const int code = connection_ ? sqlite3_extended_errcode(connection_) : SQLITE_NOMEM;
  const int system = connection_ ? sqlite3_system_errno(connection_) : 0;
  out_of_memory_ = (code & 0xff) == SQLITE_NOMEM;
  std::string detail = connection_ ? sqlite3_errmsg(connection_) : "out of memory";
  if (system != 0) detail += std::string("; ") + std::strerror(system);
  return sqlite_error(doing + " " + path_, code, detail);
}

int Database::wait(void* database, int tries) {
  auto& self = *static_cast<Database*>(database);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) self.waiting_since_ = now;
  if (now - self.waiting_since_ >= self.patience_) return 0;
  ::usleep(busy_sleep_microseconds);
  return 1;
}

int Database::logged(void* database, sqlite3*, const char*, int pages) {
  static_cast<Database*>(database)->log_pages_ = pages;
  return SQLITE_OK;
}

Rows::Rows(Transaction& transaction, sqlite3_stmt* statement)
    : transaction_(transaction), statement_(statement) {}

Rows::~Rows() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  if (!statement_ || transaction_.rejected()) return false;
  const int stepped = sqlite3_step(statement_);
  if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) transaction_.fail();
  return stepped == SQLITE_ROW;
}

bool Rows::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Rows::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Rows::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::int64_t Rows::count(int column) const {
  return std::clamp<std::int64_t>(number(column), 0, Usage::most);
}

std::optional<double> Rows::price(int column) const {
  constexpr double most = 1e9;
  const int type = sqlite3_column_type(statement_, column);
  const double found = type == SQLITE_FLOAT || type == SQLITE_INTEGER ? real(column) : -1;
  return found >= 0 && found <= most ? std::optional(found) : std::nullopt;
}

std::string Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!bytes) return {};
  return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Transaction::Transaction(Database& database, Access access, std::string doing,
                         std::chrono::milliseconds patience)
    : database_(database), access_(access), doing_(std::move(doing)) {
  database_.patience_ = patience;
  if (auto opened = database_.open(); !opened) {
    error_ = opened.error();
    return;
  }
  // This pragma takes effect only between transactions. The sync at the end of this transaction also covers earlier
  // entries of the log.
  if (access_ == Access::Synced) database_.run("PRAGMA synchronous=FULL");
  begun_ = true;
  if (database_.run(access_ == Access::Read ? "BEGIN" : "BEGIN IMMEDIATE") != SQLITE_OK) fail();
}

Transaction::~Transaction() {
  if (!begun_) {
    database_.patience_ = Database::busy_limit;
    return;
  }
  if (!sqlite3_get_autocommit(database_.connection_)) database_.run("ROLLBACK");
  if (access_ == Access::Synced) database_.run("PRAGMA synchronous=NORMAL");
  database_.patience_ = Database::busy_limit;
}

Rows Transaction::rows(const char* sql, std::initializer_list<Value> values) {
  if (error_) return Rows(*this, nullptr);
  sqlite3_stmt* statement = database_.statement(sql);
  if (!statement) {
    fail();
    return Rows(*this, nullptr);
  }
  assert(!sqlite3_stmt_busy(statement));
  int place = 0, bound = SQLITE_OK;
  for (const Value& value : values) {
    ++place;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bound = sqlite3_bind_int64(statement, place, *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
      bound = sqlite3_bind_double(statement, place, *real);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      const char* bytes = text->data() ? text->data() : "";  // a null pointer would mean NULL
      bound = sqlite3_bind_text64(statement, place, bytes, text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    // Binding fails if there is no memory for a copy. Going on would store NULL instead of the value.
    if (bound != SQLITE_OK) {
      fail();
      sqlite3_clear_bindings(statement);
      return Rows(*this, nullptr);
    }
  }
  return Rows(*this, statement);
}

void Transaction::run(const char* sql, std::initializer_list<Value> values) {
  rows(sql, values).next();
}

std::optional<std::int64_t> Transaction::number(const char* sql, std::initializer_list<Value> values) {
  Rows found = rows(sql, values);
  if (!found.next() || found.null(0)) return std::nullopt;
  return found.number(0);
}

std::int64_t Transaction::inserted() const {
  return error_ ? 0 : sqlite3_last_insert_rowid(database_.connection_);
}

void Transaction::wake(std::int64_t place) {
  if (std::find(woken_.begin(), woken_.end(), place) == woken_.end()) woken_.push_back(place);
}

const Error& Transaction::reject(Error error) {
  if (!error_) error_ = std::move(error);
  return *error_;
}

void Transaction::fail() {
  if (!error_ && database_.connection_) {
    const int code = sqlite3_extended_errcode(database_.connection_), kind = code & 0xff;
    could_not_write_ = kind == SQLITE_FULL || kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN ||
                       code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMOPEN ||
                       code == SQLITE_IOERR_SHMSIZE || code == SQLITE_IOERR_SHMMAP;
  }
  reject(database_.failure(doing_ + " in"));
}

Result<void> Transaction::commit() {
  if (!error_ && database_.run("COMMIT") != SQLITE_OK) fail();
  if (error_) return *error_;
  for (const std::int64_t place : woken_) database_.wake(place);
  if (access_ != Access::Read) database_.checkpoint(access_);
  return {};
}

}  // namespace aside
