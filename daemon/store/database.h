// SQLite as the store uses it, and the only part that knows its library: one connection with its lock file,
// statements that are prepared once, transactions. Opened by the first transaction; opening that fails leaves
// the file as it was, and the next transaction tries again, so that what the hint advises helps at once.
//
// In a transaction the first failure stays: after it every statement does nothing and finds nothing, and
// `commit` says what it was. So the code of a transaction reads straight on.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/system/lock_file.h"
#include "protocol/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace aside {

// What is written survives the process at once; `Synced`, also a loss of power.
enum class Access { Read, Write, Synced };

// `Examine`: as it is, whatever its version or damage, for one who wants to know. No lock file.
enum class Opening { Use, Examine };

class Database {
 public:
  static constexpr std::chrono::milliseconds busy_limit{2000};  // how long another writer is waited for
  // Pages (of 4 KiB) in the log, from which a synced commit copies them into the file, and from which any
  // commit does.
  static constexpr int checkpoint_pages = 1000;
  static constexpr int largest_log_pages = 16000;

  explicit Database(std::string path, Opening opening = Opening::Use);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> open();
  void disconnect();  // until the next transaction; locks are kept
  // Another store is `damaged` in statements from now on, and rows may point nowhere.
  Result<void> attach_damaged(const std::string& path);
  Result<void> vacuum();          // gives unused space back; waits for others to pause
  LockFile* locks();              // null until it is open
  void wake(std::int64_t place);  // those of other processes that follow it, see subscription.h
  // Once: that a store was begun anew though there are backups of an earlier one. Else empty.
  std::string take_notice() { return std::exchange(notice_, {}); }
  // Whether the last call that failed did so for want of memory.
  bool out_of_memory() const { return out_of_memory_; }
  std::string path() const;  // empty where it is in memory

 private:
  friend class Rows;
  friend class Transaction;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Result<void> connect();
  Result<void> connect_to_examine();
  Result<int> version();
  Result<void> use_write_ahead_log();
  Result<void> migrate();
  Result<void> keep_copy(int version);
  Result<void> open_locks();
  void close();
  sqlite3_stmt* statement(std::string_view sql);
  int run(const char* sql);
  void checkpoint(Access access);
  Error failure(const std::string& doing) const;
  static int wait(void* database, int tries);
  static int logged(void* database, sqlite3* connection, const char* name, int pages);

  const std::string path_;
  const Opening opening_;
  sqlite3* connection_ = nullptr;
  std::map<std::string, Statement, std::less<>> statements_;
  std::optional<LockFile> locks_;
  std::string notice_;
  std::chrono::milliseconds patience_ = busy_limit;
  std::chrono::steady_clock::time_point waiting_since_;
  int log_pages_ = 0;
  bool ready_ = false;
  mutable bool out_of_memory_ = false;
};

// A store copied as it is at one moment, page by page, damage and all. Whoever writes meanwhile isn't
// disturbed; the log grows until it is done. What a step does takes less than a commit.
class Copy {
 public:
  static constexpr int pages_a_step = 64;  // of 4 KiB

  Copy(std::string from, std::string to);  // `to` isn't there yet
  Copy(Copy&&) noexcept;
  Copy& operator=(Copy&&) noexcept;
  ~Copy();
  Result<bool> step();  // true: it is whole, and on the disk
  Result<void> all();   // all steps at once, for one who has nothing else to do
  // Whether it failed because of what is in the file that was to be copied.
  bool unreadable() const { return unreadable_; }

 private:
  struct Ends;
  Result<void> begin();
  Error failure(int code, const char* detail);
  std::string from_, to_;
  std::unique_ptr<Ends> ends_;
  bool unreadable_ = false;
};

// How many turns a backup, or a store that nobody writes to, holds; nothing is made beside it. Nullopt: it
// can't be read.
std::optional<std::int64_t> turns_in(const std::string& path);
// Of the backups of a store the one that holds most; empty: there is none that holds anything.
std::string fullest_backup(const std::string& store);
// Sentences: what it holds, and how it takes the place of its store.
std::string how_to_restore(const std::string& store, const std::string& backup);

// What a statement is given: NULL, a number, or text of any bytes.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view>;
template <class T>
Value nullable(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

class Transaction;

// The rows of a running query. One query at a time with the same words.
class Rows {
 public:
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();
  bool next();
  bool null(int column) const;
  std::int64_t number(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  // A count of tokens or bytes, whatever stands there: within what can be added up.
  std::int64_t count(int column) const;
  std::optional<double> price(int column) const;  // nullopt also for what can't be one

 private:
  friend class Transaction;
  Rows(Transaction& transaction, sqlite3_stmt* statement);
  Transaction& transaction_;
  sqlite3_stmt* statement_;
};

class Transaction {
 public:
  // `doing`, as in "keeping the question", begins its errors.
  Transaction(Database& database, Access access, std::string doing,
              std::chrono::milliseconds patience = Database::busy_limit);
  ~Transaction();  // rolls back unless committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Rows rows(const char* sql, std::initializer_list<Value> values = {});
  void run(const char* sql, std::initializer_list<Value> values = {});
  std::optional<std::int64_t> number(const char* sql,
                                     std::initializer_list<Value> values = {});  // of the first row
  std::int64_t inserted() const;  // number of the row that was made last
  // When this is committed, those are woken that follow this place.
  void wake(std::int64_t place);

  // Ends in failure, unless it has already; the error is the first one.
  const Error& reject(Error error);
  bool rejected() const { return error_.has_value(); }
  // Whether it ended because something could not be written or made, which says nothing of what is stored.
  bool could_not_write() const { return could_not_write_; }

  Result<void> commit();
  template <class T>
  Result<T> commit(T value) {
    auto done = commit();
    if (!done) return std::move(done.error());
    return value;
  }

 private:
  friend class Rows;
  void fail();
  Database& database_;
  const Access access_;
  const std::string doing_;
  std::optional<Error> error_;
  std::vector<std::int64_t> woken_;
  bool could_not_write_ = false;
  bool begun_ = false;
};

}  // namespace aside
