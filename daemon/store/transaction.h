// A store's connection to SQLite, with its lock file and transactions. Code outside of this folder doesn't use SQLite
// itself. The first transaction opens the file. If opening fails, the file is not changed, and the next transaction tries
// again, so a user who follows the error's hint needn't restart anything.
//
// After the first failure in a transaction, every further statement does nothing and finds nothing, and `commit`
// returns that failure. So the code within a transaction needs no checks.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/system/lock_file.h"
#include "protocol/error.h"

namespace aside {

// A committed write survives the end of the process. With `Synced`, it also survives a loss of power.
enum class Access { Read, Write, Synced };

// `Examine` is for the doctor (doctor.h): it opens a store of any version, even if it is damaged. It checks and
// migrates nothing, and makes no lock file.
enum class Opening { Use, Examine };

class Database {
 public:
  static constexpr std::chrono::milliseconds busy_limit{2000};  // the longest wait for another writer
  // The write-ahead log is copied into the file by a synced commit if the log has `checkpoint_pages` pages (of 4
  // KiB), and by any commit if it has `largest_log_pages`.
  static constexpr int checkpoint_pages = 1000;
  static constexpr int largest_log_pages = 16000;

  explicit Database(std::string path, Opening opening = Opening::Use);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> open();
  void disconnect();  // closes the connection until the next transaction; locks are kept
  // Attaches another store under the name `damaged`. After this call, foreign keys are not checked.
  Result<void> attach_damaged(const std::string& path);
  Result<void> vacuum();          // returns unused space to the disk; waits for other users of the store
  LockFile* locks();              // null until it is open
  void wake(std::int64_t place);  // wakes other processes that follow this place, see subscription.h
  // A notice, returned once, that a new store was made although backups of an earlier store exist; otherwise empty.
  std::string take_notice() { return std::exchange(notice_, {}); }
  // Whether the last failed call failed for lack of memory.
  bool out_of_memory() const { return out_of_memory_; }
  std::string path() const;  // empty for a store in memory

 private:
  friend class Rows;
  friend class Transaction;
  Result<void> still_there() const;
  Result<void> connect();
  Result<void> connect_to_examine();
  Result<int> version();
  Result<void> use_write_ahead_log();
  Result<void> migrate();
  Result<void> keep_copy(int version);
  Result<void> open_locks();
  void close();
  void set_patience(std::chrono::milliseconds limit);
  void checkpoint(Access access);
  Error failure(const std::string& doing) const;

  const std::string path_;
  const Opening opening_;
  Connection connection_;
  std::optional<std::pair<dev_t, ino_t>> file_;  // the file that was opened first
  std::optional<LockFile> locks_;
  std::string notice_;
  std::chrono::milliseconds patience_ = busy_limit;
  bool ready_ = false;
  mutable bool out_of_memory_ = false;
};

template <class T>
Value nullable(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

class Transaction;

// The rows of a running query. Caution: two queries with the same SQL text can't run at the same time.
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
  // A count of tokens or bytes. It is clamped, whatever the row holds, so that sums can't overflow.
  std::int64_t count(int column) const;
  std::optional<double> price(int column) const;  // nullopt for NULL, or for an impossible value

 private:
  friend class Transaction;
  Rows(Transaction& transaction, Statement* statement);
  Transaction& transaction_;
  Statement* statement_;  // null after a failure
};

class Transaction {
 public:
  // Error messages of this transaction begin with `doing`, such as "keeping the question".
  Transaction(Database& database, Access access, std::string doing,
              std::chrono::milliseconds patience = Database::busy_limit);
  ~Transaction();  // rolls back unless committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Rows rows(const char* sql, std::initializer_list<Value> values = {});
  void run(const char* sql, std::initializer_list<Value> values = {});
  // Returns the number in the first row.
  std::optional<std::int64_t> number(const char* sql, std::initializer_list<Value> values = {});
  std::int64_t inserted() const;  // number of the row that was made last
  // Makes the commit wake the processes that follow this place (see subscription.h).
  void wake(std::int64_t place);

  // Makes the transaction fail, unless it has already failed. Returns the first error.
  const Error& reject(Error error);
  bool rejected() const { return error_.has_value(); }
  // Whether the transaction failed because SQLite could not write. Such a failure doesn't mean that the stored data is
  // damaged.
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
