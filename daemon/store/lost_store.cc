#include "daemon/store/lost_store.h"

#include <sqlite3.h>

#include <filesystem>
#include <system_error>

#include "daemon/store/file.h"
#include "daemon/store/sqlite_error.h"

namespace aside {
namespace {

// Returns the URI by which SQLite opens a file that nobody writes to, without making files beside it.
std::string unchanging(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri + "?immutable=1";
}

// Returns the number that a query finds in a file that nobody writes to. A second file, if given, is attached as
// `other`. nullopt if a file can't be read.
std::optional<std::int64_t> number_found(const std::string& path, const std::string& other,
                                         const char* query) {
  sqlite3* connection = nullptr;
  sqlite3_stmt* work = nullptr;
  std::optional<std::int64_t> number;
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  bool can = sqlite3_open_v2(unchanging(path).c_str(), &connection, flags, nullptr) == SQLITE_OK;
  if (can && !other.empty()) {
    const std::string uri = unchanging(other);
    can = sqlite3_prepare_v2(connection, "ATTACH ? AS other", -1, &work, nullptr) == SQLITE_OK &&
          sqlite3_bind_text(work, 1, uri.data(), static_cast<int>(uri.size()), SQLITE_STATIC) == SQLITE_OK &&
          sqlite3_step(work) == SQLITE_DONE;
    sqlite3_finalize(work);
    work = nullptr;
  }
  if (can && sqlite3_prepare_v2(connection, query, -1, &work, nullptr) == SQLITE_OK &&
      sqlite3_step(work) == SQLITE_ROW)
    number = sqlite3_column_int64(work, 0);
  sqlite3_finalize(work);
  sqlite3_close(connection);
  return number;
}

}  // namespace

std::optional<std::int64_t> turns_in(const std::string& path) {
  return number_found(path, "", "SELECT count(*) FROM turns");
}

bool begun_anew(const std::string& store, const std::string& backup) {
  return number_found(
             store, backup,
             "SELECT EXISTS(SELECT 1 FROM other.turns) AND NOT EXISTS(SELECT 1 FROM other.threads theirs "
             "JOIN main.threads ours ON ours.id = theirs.id)")
             .value_or(0) != 0;
}

std::string fullest_backup(const std::string& store) {
  std::string fullest;
  std::int64_t most = 0;
  for (const std::string& backup : backups_of(store)) {
    const std::int64_t turns = turns_in(backup).value_or(0);
    if (turns > 0 && turns >= most) fullest = backup, most = turns;
  }
  return fullest;
}

Result<void> not_lost(const std::string& store) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(store, unknown);
  const bool missing = unknown == std::errc::no_such_file_or_directory;
  // The tables of a store that was made a moment ago may be only in the log.
  const bool empty =
      !unknown && (size == 0 || (!std::filesystem::exists(store + "-wal", unknown) &&
                                 number_found(store, "", "SELECT count(*) FROM sqlite_master") == 0));
  const std::string kept = missing || empty ? fullest_backup(store) : "";
  if (kept.empty()) return {};
  return storage_error(
      "the store " + store + " is " + (missing ? "missing" : "empty") + ", and there are backups of it",
      how_to_restore(store, kept));
}

std::string how_to_restore(const std::string& store, const std::string& backup) {
  const std::string name = std::filesystem::path(store).filename().string();
  return "The backup " + backup + " holds " + std::to_string(turns_in(backup).value_or(0)) +
         " questions and replies. To use it, close all editors, move the files " + name + ", " + name +
         "-wal and " + name + "-shm (those that exist) to another folder, and copy the backup to " + name +
         ".";
}

}  // namespace aside
