#include "daemon/store/transaction.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <thread>

#include "daemon/core/turn.h"
#include "daemon/store/copy.h"
#include "daemon/store/file.h"
#include "daemon/store/lost_store.h"
#include "daemon/store/schema.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {
namespace {

constexpr const char* in_memory = ":memory:";
constexpr int newest_version = std::size(store_migrations);

}  // namespace

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
  if (auto there = still_there(); !there || ready_) return there;
  auto connected = opening_ == Opening::Use ? connect() : connect_to_examine();
  ready_ = connected.has_value();
  struct stat file = {};
  if (!ready_)
    close();
  else if (::stat(path_.c_str(), &file) == 0)
    file_ = {file.st_dev, file.st_ino};
  return connected;
}

// What is written to a file that has no name any more is lost, and the numbers of conversations and turns that this
// process knows mean nothing in another store. So a store that was opened once isn't exchanged for another one.
Result<void> Database::still_there() const {
  struct stat file = {};
  if (!file_) return {};
  if (::stat(path_.c_str(), &file) == 0 && file_ == std::pair(file.st_dev, file.st_ino)) return {};
  return storage_error(
      "using the store " + path_ + ": the file was moved, deleted or replaced while it was in use",
      "Put the file back, or restart all editors: they then use the file that is there.");
}

// `PRAGMA quick_check` is not used: it reads the whole file (half a second per gigabyte, if the system has it in
// memory), and the loop would wait for it at each start. A file that is no database, is cut off or has a broken
// schema is noticed here; a broken page is noticed when it is read.
Result<void> Database::connect() {
  const std::string opening = "opening the store";
  if (path_ != in_memory) {
    if (auto made = make_file(path_); !made) return made;
  }
  if (!connection_.open(path_, Connection::Mode::ReadWrite)) return failure(opening);
  connection_.wait_for_writers(patience_);
  // Closing must not change the file before it is known to be a store that we may change.
  connection_.copy_log_at_close(false);
  if (!connection_.can_write())
    return storage_error(opening + " " + path_ + ": the file can't be written", make_writable);
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
  if (!connection_.run("PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
                       "PRAGMA journal_size_limit=16777216"))
    return failure(opening);
  if (auto locked = locks_ ? Result<void>() : open_locks(); !locked) return locked;
  connection_.copy_log_only_when_told();
  connection_.copy_log_at_close(true);
  keep_private(path_);
  return {};
}

// Opens a store even if it is damaged. Checks nothing and migrates nothing.
Result<void> Database::connect_to_examine() {
  if (!connection_.open(path_, Connection::Mode::ReadWrite) || !connection_.run(read_damaged_schema))
    return failure("opening");
  return {};
}

Result<void> Database::attach_damaged(const std::string& path) {
  if (auto opened = open(); !opened) return opened;
  if (!connection_.run(read_damaged_schema) || !connection_.run("PRAGMA foreign_keys=OFF"))
    return failure("opening");
  if (!connection_.attach(path, "damaged")) return failure("reading the damaged store into");
  return {};
}

// Returns the version of the store; 0 if the file is new and empty.
Result<int> Database::version() {
  // One statement reads all three values, since another process may be making the same store.
  Statement* query = connection_.statement(
      "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) "
      "FROM pragma_application_id, pragma_user_version");
  if (!query || query->step() != Step::More) return failure("opening the store");
  const std::int64_t application = query->number(0);
  const int version = static_cast<int>(query->number(1));
  const std::int64_t tables = query->number(2);
  query->reset();
  if (application == 0 && version == 0 && tables == 0) return 0;
  if (application != store_application_id) {
    return storage_error("opening the store " + path_ + ": the file is another program's database",
                         "The file was not changed. Move it away to begin a new store.");
  }
  if (version <= 0) {
    return storage_error(
        "opening the store " + path_ + ": the file is damaged (version " + std::to_string(version) + ")",
        examine_damaged);
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
    Statement* query = connection_.statement("PRAGMA journal_mode=WAL");
    if (query && query->step() == Step::More) mode = query->text(0);
    if (query && query->reset()) break;
    // SQLite itself doesn't wait here while another process makes the same store.
    if (!connection_.failure().busy() || std::chrono::steady_clock::now() > deadline)
      return failure("opening the store");
    std::this_thread::sleep_for(Connection::wait_interval);
  }
  if (mode == (path_ == in_memory ? "memory" : "wal")) return {};
  return storage_error("opening the store " + path_ + ": its file system can't do write-ahead logging",
                       "Keep the store on a local disk: set XDG_STATE_HOME to a folder there.");
}

Result<void> Database::migrate() {
  const std::string doing = "bringing the store up to date";
  if (!connection_.run("BEGIN IMMEDIATE")) return failure(doing);
  const auto from = version();  // read again: another process may have migrated it first
  if (!from) return from.error();
  if (*from > 0 && *from < newest_version) {
    if (auto kept = keep_copy(*from); !kept) return kept;
  }
  for (int step = *from; step < newest_version; ++step) {
    if (!connection_.run(store_migrations[step])) return failure(doing);
  }
  const std::string stamp = "PRAGMA application_id=" + std::to_string(store_application_id) +
                            "; PRAGMA user_version=" + std::to_string(newest_version) + "; COMMIT";
  if (!connection_.run(stamp.c_str())) return failure(doing);
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
  connection_.close();
  ready_ = false;
}

Result<void> Database::vacuum() {
  if (!connection_.run("VACUUM")) return failure("giving back the space of deleted conversations in");
  return {};
}

void Database::set_patience(std::chrono::milliseconds limit) {
  patience_ = limit;
  if (ready_ && opening_ == Opening::Use) connection_.wait_for_writers(limit);
}

// Copies the log into the file, except the part that other processes still read; that part stays safe in the log.
// Copying waits for the disk. Therefore synced commits do it, which wait for the disk anyway. Other commits do it only
// when the log is very large.
void Database::checkpoint(Access access) {
  const int limit = access == Access::Synced ? checkpoint_pages : largest_log_pages;
  if (connection_.log_pages() >= limit) connection_.copy_log();
}

void Database::wake(std::int64_t place) {
  if (locks_ && locks_->held_by_another(place)) touch(followed_file(path_, place));
}

Error Database::failure(const std::string& doing) const {
  const SqliteFailure failure = connection_.failure();
  out_of_memory_ = failure.out_of_memory();
  return failure.error(doing + " " + path_);
}

Rows::Rows(Transaction& transaction, Statement* statement)
    : transaction_(transaction), statement_(statement) {}

Rows::~Rows() {
  if (statement_) statement_->clear();
}

bool Rows::next() {
  if (!statement_ || transaction_.rejected()) return false;
  const Step stepped = statement_->step();
  if (stepped == Step::Failed) transaction_.fail();
  return stepped == Step::More;
}

bool Rows::null(int column) const {
  return statement_->null(column);
}
std::int64_t Rows::number(int column) const {
  return statement_->number(column);
}
double Rows::real(int column) const {
  return statement_->real(column);
}

std::int64_t Rows::count(int column) const {
  return std::clamp<std::int64_t>(number(column), 0, Usage::most);
}

std::optional<double> Rows::price(int column) const {
  constexpr double most = 1e9;
  const double found = statement_->is_number(column) ? real(column) : -1;
  return found >= 0 && found <= most ? std::optional(found) : std::nullopt;
}

std::string Rows::text(int column) const {
  return statement_->text(column);
}

Transaction::Transaction(Database& database, Access access, std::string doing,
                         std::chrono::milliseconds patience)
    : database_(database), access_(access), doing_(std::move(doing)) {
  database_.set_patience(patience);
  if (auto opened = database_.open(); !opened) {
    error_ = opened.error();
    return;
  }
  // This pragma takes effect only between transactions. The sync at the end of this transaction also covers earlier
  // entries of the log.
  if (access_ == Access::Synced) database_.connection_.run("PRAGMA synchronous=FULL");
  begun_ = true;
  if (!database_.connection_.run(access_ == Access::Read ? "BEGIN" : "BEGIN IMMEDIATE")) fail();
}

Transaction::~Transaction() {
  if (begun_ && database_.connection_.in_transaction()) database_.connection_.run("ROLLBACK");
  if (begun_ && access_ == Access::Synced) database_.connection_.run("PRAGMA synchronous=NORMAL");
  database_.set_patience(Database::busy_limit);
}

Rows Transaction::rows(const char* sql, std::initializer_list<Value> values) {
  if (error_) return Rows(*this, nullptr);
  Statement* statement = database_.connection_.statement(sql);
  if (!statement) {
    fail();
    return Rows(*this, nullptr);
  }
  assert(!statement->running());
  int place = 0;
  for (const Value& value : values) {
    // Binding fails if there is no memory for a copy. Going on would store NULL instead of the value.
    if (statement->bind(++place, value)) continue;
    fail();
    statement->clear();
    return Rows(*this, nullptr);
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
  return error_ ? 0 : database_.connection_.inserted();
}

void Transaction::wake(std::int64_t place) {
  if (std::find(woken_.begin(), woken_.end(), place) == woken_.end()) woken_.push_back(place);
}

const Error& Transaction::reject(Error error) {
  if (!error_) error_ = std::move(error);
  return *error_;
}

void Transaction::fail() {
  if (!error_) could_not_write_ = database_.connection_.failure().cannot_write();
  reject(database_.failure(doing_ + " in"));
}

Result<void> Transaction::commit() {
  if (!error_ && !database_.connection_.run("COMMIT")) fail();
  if (error_) return *error_;
  for (const std::int64_t place : woken_) database_.wake(place);
  if (access_ != Access::Read) database_.checkpoint(access_);
  return {};
}

}  // namespace aside
