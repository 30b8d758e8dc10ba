#include "daemon/store/database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace aside {
namespace {

struct Problem {
  const char* why;
  const char* hint;
  bool retryable = false;
};

Problem describe(int code) {
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
      return {"the file is damaged", examine_damaged};
    case SQLITE_NOTADB:
      return {"the file is not a database", "The file was not changed. Move it away to begin a new store."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:  // also means that the file system doesn't support shared memory
      return {"the file or its folder can't be opened for writing", make_writable};
    case SQLITE_NOMEM:
      return {"there is not enough memory", "Close other programs, then try again.", true};
    case SQLITE_IOERR:
      return {"the disk reported an error", "Check the disk and the space left on it, then try again.", true};
  }
  return {"the database refused the request",
          "This is a fault in Aside: please report it with this message."};
}

// Returns the URI by which SQLite opens a file that nobody writes to, without making files beside it.
std::string unchanging(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri + "?immutable=1";
}

}  // namespace

bool SqliteFailure::busy() const {
  return (code & 0xff) == SQLITE_BUSY;
}

bool SqliteFailure::out_of_memory() const {
  return (code & 0xff) == SQLITE_NOMEM;
}

bool SqliteFailure::cannot_read() const {
  const int kind = code & 0xff;
  return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || code == SQLITE_IOERR_READ ||
         code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
}

bool SqliteFailure::cannot_write() const {
  const int kind = code & 0xff;
  return kind == SQLITE_FULL || kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN ||
         code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMOPEN || code == SQLITE_IOERR_SHMSIZE ||
         code == SQLITE_IOERR_SHMMAP;
}

Error SqliteFailure::error(const std::string& doing) const {
  const auto [why, hint, retryable] = describe(code);
  Error error = storage_error(doing + ": " + why + " (" + detail + ")", hint);
  error.data.retryable = retryable;
  return error;
}

Error storage_error(std::string message, std::string hint) {
  return {ErrorCode::Storage, std::move(message), {.hint = std::move(hint)}};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

bool Statement::bind(int place, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return sqlite3_bind_int64(statement_.get(), place, *number) == SQLITE_OK;
  if (const auto* real = std::get_if<double>(&value))
    return sqlite3_bind_double(statement_.get(), place, *real) == SQLITE_OK;
  const auto* text = std::get_if<std::string_view>(&value);
  if (!text) return sqlite3_bind_null(statement_.get(), place) == SQLITE_OK;
  const char* bytes = text->data() ? text->data() : "";  // a null pointer would mean NULL
  return sqlite3_bind_text64(statement_.get(), place, bytes, text->size(), SQLITE_TRANSIENT, SQLITE_UTF8) ==
         SQLITE_OK;
}

Step Statement::step() {
  const int stepped = sqlite3_step(statement_.get());
  return stepped == SQLITE_ROW ? Step::More : stepped == SQLITE_DONE ? Step::Done : Step::Failed;
}

bool Statement::running() const {
  return sqlite3_stmt_busy(statement_.get()) != 0;
}

bool Statement::reset() {
  return sqlite3_reset(statement_.get()) == SQLITE_OK;
}

void Statement::clear() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

bool Statement::is_number(int column) const {
  const int type = sqlite3_column_type(statement_.get(), column);
  return type == SQLITE_FLOAT || type == SQLITE_INTEGER;
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!bytes) return {};
  return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

Connection::~Connection() {
  close();
}

bool Connection::open(const std::string& path, Mode mode) {
  mode_ = mode;
  const std::string name = mode == Mode::Unchanging ? unchanging(path) : path;
  const int access = mode == Mode::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int uri = mode == Mode::Unchanging ? SQLITE_OPEN_URI : 0;
  const int opened = sqlite3_open_v2(name.c_str(), &connection_, access | uri | SQLITE_OPEN_NOMUTEX, nullptr);
  if (connection_) sqlite3_extended_result_codes(connection_, 1);
  return opened == SQLITE_OK;
}

void Connection::close() {
  statements_.clear();
  sqlite3_close(connection_);
  connection_ = nullptr;
}

bool Connection::attach(const std::string& path, const std::string& name) {
  Statement* attach = statement("ATTACH ? AS " + name);
  const std::string file = mode_ == Mode::Unchanging ? unchanging(path) : path;
  if (!attach || !attach->bind(1, file)) return false;
  const bool attached = attach->step() == Step::Done;
  attach->reset();
  return attached;
}

bool Connection::run(const char* sql) {
  return sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement* Connection::statement(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return &known->second;
  sqlite3_stmt* made = nullptr;
  sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made,
                     nullptr);
  if (!made) return nullptr;
  return &statements_.emplace(sql, Statement(made)).first->second;
}

SqliteFailure Connection::failure() const {
  if (!connection_) return {SQLITE_NOMEM, "out of memory"};
  SqliteFailure failure{sqlite3_extended_errcode(connection_), sqlite3_errmsg(connection_)};
  const int system = sqlite3_system_errno(connection_);
  if (system != 0) failure.detail += std::string("; ") + std::strerror(system);
  return failure;
}

bool Connection::can_write() const {
  return sqlite3_db_readonly(connection_, "main") != 1;
}

bool Connection::in_transaction() const {
  return connection_ && sqlite3_get_autocommit(connection_) == 0;
}

std::int64_t Connection::inserted() const {
  return sqlite3_last_insert_rowid(connection_);
}

void Connection::wait_for_writers(std::chrono::milliseconds limit) {
  patience_ = limit;
  if (connection_) sqlite3_busy_handler(connection_, wait, this);
}

void Connection::copy_log_only_when_told() {
  sqlite3_wal_hook(connection_, logged, this);  // replaces SQLite's own hook, which copies during any commit
}

void Connection::copy_log_at_close(bool copy) {
  sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, copy ? 0 : 1, nullptr);
}

void Connection::copy_log() {
  sqlite3_wal_checkpoint_v2(connection_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

int Connection::wait(void* self, int tries) {
  auto& connection = *static_cast<Connection*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) connection.waiting_since_ = now;
  if (now - connection.waiting_since_ >= connection.patience_) return 0;
  ::usleep(wait_interval.count());
  return 1;
}

int Connection::logged(void* self, sqlite3*, const char*, int pages) {
  static_cast<Connection*>(self)->log_pages_ = pages;
  return SQLITE_OK;
}

void PageCopy::Finish::operator()(sqlite3_backup* work) const {
  sqlite3_backup_finish(work);
}

PageCopy::PageCopy(Connection& from, Connection& to)
    : work_(sqlite3_backup_init(to.connection_, "main", from.connection_, "main")) {
  if (!work_) failure_ = to.failure();
}

Step PageCopy::step(int pages) {
  if (!work_) return Step::Failed;
  const int stepped = sqlite3_backup_step(work_.get(), pages);
  if (stepped == SQLITE_OK) return Step::More;
  if (stepped == SQLITE_DONE) return Step::Done;
  failure_ = {stepped, sqlite3_errstr(stepped)};
  return Step::Failed;
}

}  // namespace aside
