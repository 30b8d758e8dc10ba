#include "daemon/store/lost_store.h"

#include <filesystem>
#include <system_error>

#include "daemon/store/database.h"
#include "daemon/store/file.h"

namespace aside {
namespace {

// Returns the number that a query finds in a file that nobody writes to. A second file, if given, is attached as
// `other`. nullopt if a file can't be read.
std::optional<std::int64_t> number_found(const std::string& path, const std::string& other,
                                         const char* query) {
  Connection connection;
  if (!connection.open(path, Connection::Mode::Unchanging)) return std::nullopt;
  if (!other.empty() && !connection.attach(other, "other")) return std::nullopt;
  Statement* found = connection.statement(query);
  if (!found || found->step() != Step::More) return std::nullopt;
  return found->number(0);
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
