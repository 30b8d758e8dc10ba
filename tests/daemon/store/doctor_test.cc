// Tests with stores that are really damaged: bytes are overwritten or cut off, rows are missing. They check
// what the doctor reports and what it saves.
#include "daemon/store/doctor.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "tests/support/small_disk.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::Diagnosis;
using aside::Role;
using aside::Store;
using aside::test::SmallDisk;

namespace {

constexpr int conversations = 20, exchanges = 15;
constexpr std::size_t page_bytes = 4096;

void sql(const std::string& path, const std::string& statements) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  CHECK(sqlite3_exec(connection, statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);
}

std::string block(const std::string& text) {
  return R"([{"type":"text","text":")" + text + R"("}])";
}

// Fills a store, so that each table has many pages.
void fill(const std::string& path) {
  Store store(path, "");
  const std::string words(600, 'w');
  for (int c = 0; c < conversations; ++c) {
    const std::string id = "c" + std::to_string(c);
    for (int e = 0; e < exchanges; ++e) {
      auto next = asking(proposed(id), "question " + std::to_string(e) + words);
      next.document = document(id + ".c");
      next.question.content = block(next.question.text);
      next.question.attachments = {{"file:///" + id, id, std::nullopt, "c", words}};
      const auto begun = got(store.begin(std::move(next)));
      auto reply = answer(begun.reply, "answer " + std::to_string(e) + words);
      reply.content = reply.blocks = block(reply.text);
      done(store.finish(reply));
    }
  }
}

void overwrite(const std::string& path, std::size_t at, std::size_t size) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file << std::string(size, '\xa5');
}

// Checks that each conversation that was saved can be read completely, can be continued, and can be sent:
// every question has content. Returns the number of turns.
int check_usable(const std::string& path) {
  Store store(path, "");
  int turns = 0;
  for (const auto& row : got(store.list({.limit = 500})).rows) {
    const auto way = got(store.path(row.conversation.id, row.conversation.head));
    turns += static_cast<int>(got(store.tree(row.conversation.id)).turns.size());
    for (std::size_t i = 0; i < way.size(); ++i) {
      CHECK(way[i].role == (i % 2 == 0 ? Role::User : Role::Assistant));
      if (way[i].role == Role::User) CHECK_FALSE(way[i].content.empty());
    }
    exchange(store, row.conversation, "and on");
  }
  got(store.search({.query = "question"}));
  return turns;
}

bool says(const std::vector<std::string>& sentences, const std::string& part) {
  for (const auto& sentence : sentences)
    if (sentence.find(part) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("the doctor reports the contents of an undamaged store, and leaves no files behind") {
  Folder folder;
  fill(folder.store());
  Store user(folder.store(), "");  // the store is in use at the same time
  const auto running = got(user.begin(asking(conversation_of(user, "c0"), "now")));
  const auto diagnosis = got(aside::examine(folder.store()));
  CHECK(diagnosis.faults == std::vector<std::string>{});
  CHECK(says(diagnosis.found,
             "20 conversations, 602 turns, version " + std::to_string(aside::Store::schema_version)));
  CHECK(says(diagnosis.found, "1 conversation in which a reply is being written now"));
  CHECK(diagnosis.repaired.empty());
  for (const char* suffix : {"-doctor", "-repaired"})
    CHECK_FALSE(std::filesystem::exists(folder.store() + suffix));
}

TEST_CASE("a missing store is no fault; an old store is examined as it is") {
  Folder folder;
  CHECK(got(aside::examine(folder.store())).faults.empty());
  CHECK_FALSE(std::filesystem::exists(folder.store()));
  std::filesystem::copy_file(TEST_DATA "/store_v1.sqlite", folder.store());
  const std::string before = bytes_of(folder.store());
  const auto diagnosis = got(aside::examine(folder.store()));
  CHECK(diagnosis.faults == std::vector<std::string>{});
  CHECK(says(diagnosis.found, "version 1"));
  CHECK(bytes_of(folder.store()) == before);
}

TEST_CASE("what can be read of a damaged store is saved in a file that can take its place") {
  Folder folder;
  const std::string path = folder.store();
  fill(path);
  const std::size_t size = std::filesystem::file_size(path);
  struct Row {
    const char* what;
    std::function<void()> spoil;
    const char* said;
    int at_least;  // how many of the 600 turns the doctor must save
  };
  const auto off = [&](const std::string& statement) {
    return [&path, statement] { sql(path, "PRAGMA foreign_keys=OFF; " + statement); };
  };
  const Row rows[] = {
      {"a page in the middle", [&] { overwrite(path, size / page_bytes / 2 * page_bytes, page_bytes); },
       "The file is damaged", 500},
      {"ten pages, far apart",
       [&] {
         for (int i = 1; i <= 10; ++i) overwrite(path, size / page_bytes * i / 12 * page_bytes, page_bytes);
       },
       "The file is damaged", 200},
      {"some bytes across two pages",
       [&] { overwrite(path, (size / page_bytes / 3) * page_bytes - 700, 1400); }, "", 500},
      {"cut off at two thirds",
       [&] { std::filesystem::resize_file(path, size / page_bytes * 2 / 3 * page_bytes); },
       "The file is damaged", 1},
      {"cut off within a page", [&] { std::filesystem::resize_file(path, size - 1000); }, "", 400},
      {"turns without their conversation", off("DELETE FROM threads WHERE id = 'c3'"),
       "Rows of turns whose row in threads is missing: 30.", 600},
      {"a reply gone from the middle", off("DELETE FROM turns WHERE number = 16"),
       "Turns whose parent is missing, newer, or in another conversation: 1.", 599},
      {"a question gone", off("DELETE FROM turns WHERE number = 15"),
       "Turns whose parent is missing, newer, or in another conversation: 1.", 599},
      {"the head gone", off("DELETE FROM turns WHERE number = 30"),
       "Conversations whose current turn is missing: 1.", 599},
      {"texts gone", off("DELETE FROM texts WHERE turn IN (7, 8)"), "Turns that have lost their text: 2.",
       600},
      {"content that is no JSON", off("UPDATE texts SET content = '[{' WHERE turn IN (7, 8)"),
       "Turns with content that can't be sent any more: 2.", 600},
      {"circles", off("UPDATE turns SET parent = number WHERE number = 21"),
       "Turns whose parent is missing, newer, or in another conversation: 1.", 600},
      {"not found by a search", off("DELETE FROM search_docsize WHERE id < 4"),
       "Turns that a search doesn't find, or still finds after they are gone: 3.", 600},
      {"an impossible version", off("PRAGMA user_version=-1"), "Its version can't be right: -1.", 600},
      {"a damaged search index", off("DELETE FROM search_data WHERE id > 10"), "The search index is damaged",
       600},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    std::filesystem::remove(path);
    fill(path);
    row.spoil();
    const std::string before = bytes_of(path);
    const Diagnosis diagnosis = got(aside::examine(path));
    CAPTURE(diagnosis.faults);
    CHECK(bytes_of(path) == before);
    CHECK(says(diagnosis.faults, row.said));
    CHECK_FALSE(diagnosis.faults.empty());
    REQUIRE(diagnosis.repaired == path + "-repaired");
    CHECK(check_usable(diagnosis.repaired) >= row.at_least);
    CHECK(got(aside::examine(diagnosis.repaired)).faults.empty());
    std::filesystem::remove(diagnosis.repaired);
  }
}

TEST_CASE("bits that flipped in texts are found by what the search index knows of them") {
  Folder folder;
  const std::string path = folder.store();
  fill(path);
  sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string whole = bytes_of(path);
  int found = 0, tried = 0;
  // Damages only the column `text`, which the search index covers. No index covers the JSON's copy of the text.
  for (std::size_t at = whole.find("answer "); at != std::string::npos && tried < 12;
       at = whole.find("answer ", at + 1)) {
    if (whole[at - 1] == '"' || at < static_cast<std::size_t>(tried) * (whole.size() / 40)) continue;
    ++tried;
    std::string flipped = whole;
    flipped[at + 20] ^= 1;  // changes a letter of a long word
    std::ofstream(path, std::ios::binary) << flipped;
    found += got(aside::examine(path)).faults.empty() ? 0 : 1;
    std::filesystem::remove(path + "-repaired");
  }
  CHECK(tried == 12);
  CHECK(found == tried);
}

TEST_CASE("a full disk is no fault of the store") {
  Folder folder;
  SmallDisk disk(folder.path, "4m");
  if (!disk.mounted) {
    WARN("not tried: no small file system can be mounted here");
    return;
  }
  {
    Store store(folder.store(), "");
    exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
  }
  std::filesystem::copy_file(folder.store(), folder.store() + "-backup-2026-11-22");
  disk.fill();
  const auto examined = aside::examine(folder.store());
  REQUIRE_FALSE(examined);
  CAPTURE(examined.error().message);
  CHECK(examined.error().message.find("This says nothing about the store itself") != std::string::npos);
  CHECK(examined.error().data.hint.find("Free some space") != std::string::npos);
  // In some of these rounds, there is no room for the files that SQLite makes beside the copy.
  disk.free();
  for (std::size_t room = 0; room < 600'000; room += 40'000) {
    const std::string gap = folder.path + "/gap";
    std::ofstream(gap) << std::string(room, 'x');
    disk.fill();
    std::filesystem::remove(gap);
    if (const auto tight = aside::examine(folder.store())) CHECK(tight->faults == std::vector<std::string>{});
    disk.free();
  }
  const auto diagnosis = got(aside::examine(folder.store()));
  CHECK(diagnosis.faults == std::vector<std::string>{});
  CHECK(diagnosis.advice == std::vector<std::string>{});
}

TEST_CASE("a store that is empty or gone beside backups is a fault, and the fullest of them is named") {
  Folder folder;
  fill(folder.store());
  sql(folder.store(), "PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::rename(folder.store(), folder.store() + "-backup-2026-11-21");
  std::ofstream(folder.store() + "-backup-2026-11-22");  // an empty backup
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(folder.store() + suffix);
  const auto check = [&] {
    const auto diagnosis = got(aside::examine(folder.store()));
    CHECK(diagnosis.faults.size() == 1);
    CHECK(says(diagnosis.advice, "backup-2026-11-21 holds 600 questions and replies"));
  };
  check();
  std::ofstream(folder.store()).close();
  check();
  // Meanwhile a new store was made.
  {
    Store store(folder.store(), "");
    exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
  }
  const auto diagnosis = got(aside::examine(folder.store()));
  CHECK(diagnosis.faults.empty());
  CHECK(says(diagnosis.advice, "holds more than the store, which has 2 turns"));
  CHECK(says(diagnosis.advice, "backup-2026-11-21 holds 600 questions and replies"));
}

TEST_CASE("the doctor reports a store that was begun anew beside backups, even if it holds much") {
  Folder folder;
  const auto begin = [&folder](const std::string& conversation, int questions) {
    Store store(folder.store(), "");
    const auto created = got(store.create(document("a.c"), proposed(conversation)));
    for (int i = 0; i < questions; ++i) exchange(store, created, "one");
  };
  begin("c1", 1);
  sql(folder.store(), "PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::copy_file(folder.store(), folder.store() + "-backup-2026-11-21");
  CHECK(got(aside::examine(folder.store())).advice.empty());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(folder.store() + suffix);
  begin("c2", 5);
  const auto diagnosis = got(aside::examine(folder.store()));
  CHECK(diagnosis.faults.empty());
  CHECK(says(diagnosis.advice, "begun anew"));
  CHECK(says(diagnosis.advice, "backup-2026-11-21 holds 2 questions and replies"));
  begin("c1", 1);  // the conversation is there again, for example after an import
  CHECK(got(aside::examine(folder.store())).advice.empty());
}

TEST_CASE("which folders were allowed is saved, too") {
  Folder folder;
  fill(folder.store());
  {
    Store store(folder.store(), "");
    done(store.allow("/a", true));
    done(store.allow("/b", false));
  }
  sql(folder.store(), "PRAGMA foreign_keys=OFF; DELETE FROM threads WHERE id = 'c3'");
  const Diagnosis diagnosis = got(aside::examine(folder.store()));
  Store repaired(diagnosis.repaired, "");
  CHECK(got(repaired.allowed("/a")) == std::optional(true));
  CHECK(got(repaired.allowed("/b")) == std::optional(false));
  CHECK(got(repaired.allowed("/c")) == std::nullopt);
}

TEST_CASE("a file that is no store stays unchanged") {
  Folder folder;
  struct Row {
    const char* said;
    std::function<void(const std::string&)> spoil;
  };
  const Row row = GENERATE(
      Row{"Nothing in the store can be read", [](const std::string& path) { overwrite(path, 0, 100); }},
      Row{"another program's file", [](const std::string& path) { sql(path, "PRAGMA application_id=1"); }},
      Row{"A newer Aside wrote it", [](const std::string& path) { sql(path, "PRAGMA user_version=99"); }});
  fill(folder.store());
  row.spoil(folder.store());
  const std::string before = bytes_of(folder.store());
  const Diagnosis diagnosis = got(aside::examine(folder.store()));
  CHECK(says(diagnosis.faults, row.said));
  CHECK(diagnosis.repaired.empty());
  CHECK(bytes_of(folder.store()) == before);
}

TEST_CASE("the exit status of asided --doctor says whether something is wrong, and its output what to do") {
  Folder folder;
  std::filesystem::create_directory(folder.path + "/Ann's state");
  const std::string path = folder.path + "/Ann's state/aside.sqlite", said = folder.path + "/said";
  fill(path);
  const auto doctor = [&] {
    const std::string command =
        std::string(ASIDED) + " --doctor --state \"" + folder.path + "/Ann's state\" > '" + said + "' 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
  };
  CHECK(doctor() == 0);
  CHECK(bytes_of(said).find("Nothing is wrong.") != std::string::npos);
  sql(path, "PRAGMA foreign_keys=OFF; DELETE FROM texts WHERE turn = 7");
  CHECK(doctor() == 1);
  const std::string text = bytes_of(said);
  CAPTURE(text);
  const auto advice = text.find("  cd ");
  REQUIRE(advice != std::string::npos);
  REQUIRE(std::system(text.substr(advice).c_str()) == 0);  // the command in the advice works
  CHECK(doctor() == 0);
  CHECK(std::filesystem::exists(folder.path + "/Ann's state/damaged/aside.sqlite"));
}
