#include "daemon/store/doctor.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "daemon/store/copy.h"
#include "daemon/store/file.h"
#include "daemon/store/lost_store.h"
#include "daemon/store/salvage.h"
#include "daemon/store/schema.h"
#include "daemon/store/transaction.h"
#include "daemon/system/lock_file.h"

namespace aside {
namespace {

constexpr int newest_version = std::size(store_migrations);
constexpr std::size_t most_details = 5;

// A temporary file, removed at the end of the examination.
struct Scratch {
  explicit Scratch(std::string name) : path(std::move(name)) { clear(); }
  ~Scratch() { clear(); }
  void clear() const {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal", "-lock"})
      std::filesystem::remove(path + suffix, ignored);
  }
  std::string path;
};

std::string count(std::int64_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

// For each conversation, the replies that are marked as being written.
using Unfinished = std::map<std::int64_t, std::vector<std::int64_t>>;

// Each check is a separate transaction, so that a part that can't be read doesn't end the other checks.
class Examination {
 public:
  explicit Examination(Database& database) : database_(database) {}

  // Whether the file is a store of Aside, in a version that this program knows.
  bool is_ours() {
    const auto application = number("PRAGMA application_id");
    version_ = static_cast<int>(number("PRAGMA user_version").value_or(0));
    if (!application) return false;
    if (*application != store_application_id) {
      fault("This is another program's file.");
    } else if (version_ > newest_version) {
      fault("A newer Aside wrote it (version " + std::to_string(version_) + ", this one knows " +
            std::to_string(newest_version) + "): update Aside.");
    } else {
      return true;
    }
    return false;
  }

  void run_checks() {
    if (version_ <= 0) fault("Its version can't be right: " + std::to_string(version_) + ".");
    contents();
    pages();
    foreign_keys();
    missing("Conversations whose current turn is missing",
            "SELECT count(*) FROM threads WHERE head IS NOT NULL AND NOT EXISTS(SELECT 1 FROM turns WHERE "
            "turns.number = head AND turns.thread = threads.number AND role = 'assistant')");
    missing("Turns whose parent is missing, newer, or in another conversation",
            "SELECT count(*) FROM turns WHERE (parent IS NULL AND role <> 'user') OR (parent IS NOT NULL AND "
            "NOT EXISTS(SELECT 1 FROM turns above WHERE above.number = turns.parent AND above.number < "
            "turns.number AND above.thread = turns.thread AND above.role <> turns.role))");
    missing("Turns that have lost their text",
            "SELECT count(*) FROM turns WHERE NOT EXISTS(SELECT 1 FROM texts WHERE turn = number)");
    missing(
        "Turns with content that can't be sent any more",
        "SELECT count(*) FROM texts WHERE (content <> '' AND NOT json_valid(content)) OR (blocks <> '' AND "
        "NOT json_valid(blocks))");
    if (version_ >= 2) search_index();
  }

  const std::vector<std::string>& faults() const { return faults_; }
  const std::vector<std::string>& found() const { return found_; }
  std::int64_t turns() const { return turns_; }
  // Whether SQLite had no room to write. The result of the examination then means nothing.
  bool failed() const { return failed_; }
  Unfinished unfinished() {
    Unfinished replies;
    Transaction work(database_, Access::Read, "reading replies");
    Rows rows = work.rows("SELECT thread, number FROM turns WHERE status = 'streaming'");
    while (rows.next()) replies[rows.number(0)].push_back(rows.number(1));
    return replies;
  }

 private:
  void fault(std::string sentence) { faults_.push_back(std::move(sentence)); }

  std::optional<std::int64_t> number(const char* sql) {
    Transaction work(database_, Access::Read, "reading");
    const auto found = work.number(sql);
    failed_ = failed_ || work.could_not_write();
    if (const auto read = work.commit(); !read) {
      const std::string sentence = "A part of the store can't be read: " + read.error().message + ".";
      if (std::find(faults_.begin(), faults_.end(), sentence) == faults_.end()) fault(sentence);
    }
    return found;
  }

  void contents() {
    const auto conversations = number("SELECT count(*) FROM threads");
    const auto turns = number("SELECT count(*) FROM turns");
    turns_ = turns.value_or(0);
    if (conversations && turns)
      found_.push_back(count(*conversations, "conversation") + ", " + count(*turns, "turn") + ", version " +
                       std::to_string(version_));
  }

  void missing(const std::string& what, const char* sql) {
    const auto bad = number(sql);
    if (bad && *bad > 0) fault(what + ": " + std::to_string(*bad) + ".");
  }

  void pages() {
    std::vector<std::string> details;
    Transaction work(database_, Access::Read, "checking its pages");
    Rows rows = work.rows("PRAGMA integrity_check(100)");
    while (rows.next()) details.push_back(rows.text(0));
    failed_ = failed_ || work.could_not_write();
    if (work.rejected()) details.push_back(work.commit().error().message);
    if (details.size() == 1 && details[0] == "ok") return;
    std::string sentence = "The file is damaged: ";
    for (std::size_t i = 0; i < std::min(details.size(), most_details); ++i)
      sentence += (i > 0 ? "; " : "") + details[i];
    if (details.size() > most_details)
      sentence += "; and " + std::to_string(details.size() - most_details) + " more";
    std::replace(sentence.begin(), sentence.end(), '\n', ' ');
    fault(sentence + ".");
  }

  void foreign_keys() {
    Transaction work(database_, Access::Read, "checking references");
    Rows rows = work.rows("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
    while (rows.next())
      fault("Rows of " + rows.text(0) + " whose row in " + rows.text(1) + " is missing: " + rows.text(2) +
            ".");
  }

  void search_index() {
    missing(
        "Turns that a search doesn't find, or still finds after they are gone",
        "SELECT (SELECT count(*) FROM turns WHERE status <> 'streaming' AND NOT EXISTS(SELECT 1 FROM "
        "search_docsize WHERE id = number)) + (SELECT count(*) FROM search_docsize WHERE NOT EXISTS(SELECT 1 "
        "FROM turns WHERE number = id AND status <> 'streaming'))");
    // This transaction is never committed.
    Transaction work(database_, Access::Write, "checking the search index");
    work.run("INSERT INTO search(search) VALUES('integrity-check')");
    const bool damaged = work.rejected();
    if (damaged) fault("The search index is damaged.");
    // Compares the index with the texts word for word. First adds the missing texts, those of running replies, since
    // the comparison needs all texts in the index.
    work.run(
        "INSERT INTO search(rowid, text) SELECT turn, text FROM texts WHERE NOT EXISTS(SELECT 1 FROM "
        "search_docsize WHERE id = turn)");
    work.run("INSERT INTO search(search, rank) VALUES('integrity-check', 1)");
    failed_ = failed_ || work.could_not_write();
    if (!damaged && work.rejected())
      fault("The search index and the texts differ: one of them is damaged. A backup may be undamaged.");
  }

  Database& database_;
  int version_ = 0;
  std::int64_t turns_ = 0;
  bool failed_ = false;
  std::vector<std::string> faults_, found_;
};

Error not_examined(const std::string& store, const std::string& why) {
  return {
      ErrorCode::Storage,
      "examining " + store + ": a copy of it is needed, and could not be made (" + why +
          "). This says nothing about the store itself",
      {.hint =
           "Free some space on its disk and make its folder writable; or copy the folder to another disk, "
           "and run `asided --doctor --state` with the copy."}};
}

// Reports unfinished replies: either a process is writing them now, or the next question marks them as interrupted.
void look_at_leases(const std::string& store, const Unfinished& unfinished, Diagnosis& diagnosis) {
  if (unfinished.empty() || !std::filesystem::exists(store + "-lock")) return;
  const auto locks = LockFile::open(store + "-lock");
  if (!locks)
    return diagnosis.faults.push_back("The lock file can't be used: " + locks.error().message + ".");
  const auto running = std::count_if(unfinished.begin(), unfinished.end(), [&](const auto& conversation) {
    const auto& replies = conversation.second;
    return std::any_of(replies.begin(), replies.end(),
                       [&](std::int64_t reply) { return locks->held(reply); });
  });
  const auto left = static_cast<std::int64_t>(unfinished.size()) - running;
  if (running > 0)
    diagnosis.found.push_back(count(running, "conversation") + " in which a reply is being written now");
  if (left > 0)
    diagnosis.found.push_back(count(left, "conversation") +
                              " with a reply whose process died; the next question marks it as interrupted");
}

void look_at_backups(const std::string& store, std::int64_t turns, Diagnosis& diagnosis) {
  std::string fullest;
  std::int64_t most = turns + turns / 3;
  for (const std::string& backup : backups_of(store)) {
    const Scratch copy(store + "-doctor");
    std::error_code failed;
    std::filesystem::copy_file(backup, copy.path, failed);
    Database database(copy.path, Opening::Examine);
    Examination examination(database);
    const bool ours = !failed && examination.is_ours();
    if (ours) examination.run_checks();
    const bool whole = ours && examination.faults().empty();
    const bool unknown = failed || examination.failed();
    diagnosis.found.push_back("the backup " + backup + ": " +
                              (unknown ? "not examined: there is no room for a copy"
                               : whole ? examination.found().front()
                                       : "damaged"));
    if (whole && examination.turns() > most) fullest = backup, most = examination.turns();
  }
  if (!fullest.empty())
    diagnosis.advice.push_back("A backup holds more than the store, which has " + count(turns, "turn") +
                               ". " + how_to_restore(store, fullest));
}

}  // namespace

Result<Diagnosis> examine(const std::string& store) {
  Diagnosis diagnosis;
  std::error_code unknown;
  const bool there = std::filesystem::exists(store, unknown);
  const auto bytes = [&](const std::string& file) {
    const auto size = std::filesystem::file_size(file, unknown);
    return unknown ? 0 : size;
  };
  if (!there || (bytes(store) == 0 && bytes(store + "-wal") == 0)) {
    diagnosis.found.push_back(there ? "it is empty" : "there is none yet");
    if (!fullest_backup(store).empty())
      diagnosis.faults.push_back(there ? "The file is empty, and there are backups that are not empty."
                                       : "The file is gone, and there are backups of it.");
    look_at_backups(store, 0, diagnosis);
    return diagnosis;
  }
  const Scratch copy(store + "-doctor");
  bool ours = false;
  std::int64_t turns = 0;
  Copy copying(store, copy.path);
  if (auto copied = copying.all(); !copied) {
    if (!copying.unreadable()) return not_examined(store, copied.error().message);
    diagnosis.faults.push_back("Nothing in the store can be read: " + copied.error().message + ".");
  } else {
    Database database(copy.path, Opening::Examine);
    Examination examination(database);
    ours = examination.is_ours();
    if (ours) examination.run_checks();
    if (examination.failed()) return not_examined(store, "the disk is full, or can't be written");
    diagnosis.found = examination.found();
    diagnosis.faults = examination.faults();
    turns = examination.turns();
    if (ours) look_at_leases(store, examination.unfinished(), diagnosis);
  }
  if (ours && !diagnosis.faults.empty()) {
    const std::string repaired = store + "-repaired";
    Scratch(repaired).clear();
    if (auto salvaged = salvage(copy.path, repaired); !salvaged) return salvaged.error();
    Database database(repaired, Opening::Examine);
    Examination examination(database);
    if (examination.is_ours()) examination.run_checks();
    if (!examination.faults().empty())
      return Error{ErrorCode::InternalError,
                   "repairing " + store + ": the repaired copy has faults: " + examination.faults().front()};
    diagnosis.repaired = repaired;
    diagnosis.saved = examination.found();
  }
  std::string lost;
  for (const std::string& backup : backups_of(store))
    if (ours && begun_anew(copy.path, backup)) lost = backup;
  copy.clear();
  look_at_backups(store, turns, diagnosis);
  if (!lost.empty() && diagnosis.advice.empty())
    diagnosis.advice.push_back("The store was begun anew: a backup holds other conversations. " +
                               how_to_restore(store, lost));
  return diagnosis;
}

}  // namespace aside
