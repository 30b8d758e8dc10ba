// SQLite: a connection to a database file, its statements, and copies of whole files. The other files of this folder use
// SQLite through these classes; only database.cc includes the library's header. Nothing here knows the tables of a store.
// One thread uses a connection, with its statements, at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
  bool cannot_read() const;   // the file is damaged, is no database, or its disk can't be read
  bool cannot_write() const;  // doesn't mean that the stored data is damaged
  // Returns the error for people: "`doing`: why (`detail`)", with a hint that says what to do.
  Error error(const std::string& doing) const;
};

Error storage_error(std::string message, std::string hint);
inline constexpr const char* examine_damaged =  // the hint for a damaged file
    "Run `asided --doctor`: it saves what can be read into a new file, and says how to use that file.";
inline constexpr const char* make_writable =  // the hint for a file that can't be written
    "Make the file and its folder readable and writable for you, and keep them on a local disk.";

// A value for a statement: NULL, a number, or text that may hold any bytes.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view>;

// The result of a step. More: it found a row, or pages are left to copy. Done: there are no more rows or pages.
enum class Step { More, Done, Failed };

// A prepared statement. Made by Connection::statement; the connection's `failure` says why a function returned false or
// Failed.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  // Sets the parameter at `place`, which counts from 1. Copies text. Returns false if there is no memory for the copy.
  bool bind(int place, const Value& value);
  Step step();
  bool running() const;
  bool reset();  // ends the running query; returns whether the last step succeeded
  void clear();  // ends the running query, and sets all parameters to NULL

  // Columns of the row that the last step found; they count from 0. NULL gives 0 or an empty text.
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

// A connection to one file. If `open`, `attach` or `run` returns false, or `statement` returns null, the call has failed,
// and `failure` says why.
class Connection {
 public:
  // Unchanging: for a file that nobody writes to. SQLite makes no files beside it.
  enum class Mode { ReadWrite, ReadOnly, Unchanging };
  static constexpr std::chrono::microseconds wait_interval{500};  // between two attempts to lock a file

  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open(const std::string& path, Mode mode);  // the file must exist, or be ":memory:"
  void close();                                   // destroys the statements, too
  // Attaches another file under the name `name`, in the mode in which the connection was opened.
  bool attach(const std::string& path, const std::string& name);
  bool run(const char* sql);  // runs all statements in `sql`
  // Prepares a statement, which lives until `close`. The same text gives the same statement.
  Statement* statement(std::string_view sql);
  SqliteFailure failure() const;  // why the last call failed; ask before the next call

  bool can_write() const;  // whether the file, once opened, can be written
  bool in_transaction() const;
  std::int64_t inserted() const;  // number of the row that was inserted last

  // Makes each statement wait for other writers, at most for `limit`. Call this after `open`; otherwise no statement waits.
  void wait_for_writers(std::chrono::milliseconds limit);
  // Switches off SQLite's automatic checkpoints, which copy the write-ahead log into the file during a commit. From then
  // on, `log_pages` is kept up to date.
  void copy_log_only_when_told();
  // Whether closing the last connection to the file copies the log into it. It does by default.
  void copy_log_at_close(bool copy);
  int log_pages() const { return log_pages_; }  // pages in the log after the last commit
  void copy_log();                              // a checkpoint; leaves out the part that others still read

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

// Replaces the content of one connection's file by a copy of another's, page by page. Both connections must outlive it.
class PageCopy {
 public:
  PageCopy(Connection& from, Connection& to);
  Step step(int pages);                                      // copies at most this many pages
  const SqliteFailure& failure() const { return failure_; }  // why a step failed

 private:
  struct Finish {
    void operator()(sqlite3_backup* work) const;
  };
  std::unique_ptr<sqlite3_backup, Finish> work_;
  SqliteFailure failure_;
};

}  // namespace aside
