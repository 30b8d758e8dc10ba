// SQLite: a connection to a file, its statements, and copies of whole files. The other files of this folder use SQLite
// through these classes; only sqlite.cc includes the library's header. Nothing here knows the tables of a store.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/error.h"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

namespace aside {

// Why SQLite could not do something.
struct SqliteFailure {
  int code = 0;             // SQLite's extended result code
  std::string detail = {};  // SQLite's own words

  bool busy() const;  // another connection has locked the file
  bool out_of_memory() const;
  bool cannot_read() const;
  bool cannot_write() const;  // doesn't mean that the stored data is damaged
  // Returns the error for people: "`doing`: why (`detail`)", with a hint that says what to do.
  Error error(const std::string& doing) const;
};

Error storage_error(std::string message, std::string hint);
inline constexpr const char* make_writable =  // the hint for a file that can't be written
    "Make the file and its folder readable and writable for you, and keep them on a local disk.";

// A value for a statement: NULL, a number, or text that may hold any bytes.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view>;

// More: a row was found, or pages are left to copy.
enum class Step { More, Done, Failed };

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  bool bind(int place, const Value& value);  // places count from 1; copies text; false if there is no memory
  Step step();
  bool running() const;
  bool reset();  // ends the running query; returns whether the last step succeeded
  void clear();  // ends the running query, and forgets the bound values

  // Columns of the row that was found last; they count from 0.
  bool null(int column) const;
  bool is_number(int column) const;
  std::int64_t number(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Functions that return false or null have failed; `failure` then says why.
class Connection {
 public:
  // Unchanging: for a file that nobody writes to. No files are made beside it.
  enum class Mode { ReadWrite, ReadOnly, Unchanging };
  static constexpr std::chrono::microseconds wait_interval{500};  // between two attempts to lock a file

  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open(const std::string& path, Mode mode);  // the file must exist
  void close();
  // Attaches another file under this name, in the mode in which the connection was opened.
  bool attach(const std::string& path, const std::string& name);
  bool run(const char* sql);  // all statements in `sql`
  // Returns the prepared statement, which lives until `close`. The same text gives the same statement.
  Statement* statement(std::string_view sql);
  SqliteFailure failure() const;  // of the last call that failed

  bool can_write() const;  // whether the file, once opened, can be written
  bool in_transaction() const;
  std::int64_t inserted() const;  // number of the row that was made last

  // Makes statements wait for other writers, at most for `limit` each. Without a call they don't wait.
  void wait_for_writers(std::chrono::milliseconds limit);
  // Switches off SQLite's own copying of the write-ahead log during commits. From then on `log_pages` counts.
  void copy_log_only_when_told();
  // Whether closing the last connection copies the log into the file.
  void copy_log_at_close(bool copy);
  int log_pages() const { return log_pages_; }  // pages in the log after the last commit
  void copy_log();                              // except the part that others still read

 private:
  friend class PageCopy;
  static int wait(void* self, int tries);
  static int logged(void* self, sqlite3*, const char*, int pages);
  sqlite3* connection_ = nullptr;
  Mode mode_ = Mode::ReadWrite;
  std::map<std::string, Statement, std::less<>> statements_;
  std::chrono::milliseconds patience_{0};
  std::chrono::steady_clock::time_point waiting_since_;
  int log_pages_ = 0;
};

// Copies all pages of one connection's file over another's. Both connections must outlive it.
class PageCopy {
 public:
  PageCopy(Connection& from, Connection& to);
  Step step(int pages);
  const SqliteFailure& failure() const { return failure_; }

 private:
  struct Finish {
    void operator()(sqlite3_backup* work) const;
  };
  std::unique_ptr<sqlite3_backup, Finish> work_;
  SqliteFailure failure_;
};

}  // namespace aside
