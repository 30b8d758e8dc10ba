// Tests of backups that are made while the store is in use; the tests set the time.
#include "daemon/store/backup.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocol/iso_time.h"
#include "tests/support/run.h"
#include "tests/support/small_disk.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::Backup;
using aside::Backups;
using aside::Store;
using aside::test::SmallDisk;

namespace {

std::int64_t on(const std::string& moment) {
  return aside::iso_milliseconds(moment).value();
}

// Returns the ends of the names of the files beside the store.
std::vector<std::string> beside(const Folder& folder) {
  std::vector<std::string> names;
  const std::string prefix = "store.sqlite-backup-";
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Makes the backups that are due, on the loop, as the daemon does. Returns the messages to the user.
std::string look(Store& store, const std::string& moment) {
  std::string told;
  asio::io_context io(1);
  Backups backups(
      io, store, [&] { return on(moment); }, [&](const std::string& message) { told += message; });
  bool finished = false;
  backups.make_if_due([&] { finished = true; });
  aside::run_until(io, [&] { return finished; });
  return told;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("one backup is made a day, and the last three are kept") {
  Folder folder;
  Store store(folder.store(), "");
  exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
  look(store, "2026-11-22T00:00:01Z");
  look(store, "2026-11-22T23:59:59Z");
  CHECK(beside(folder) == Names{"2026-11-22"});
  for (const char* day : {"2026-11-23", "2026-12-01", "2027-01-01"}) look(store, day);
  CHECK(beside(folder) == Names{"2026-11-23", "2026-12-01", "2027-01-01"});
  // The clock was ahead before, and is right now.
  look(store, "2026-11-24");
  CHECK(beside(folder) == Names{"2026-11-24", "2026-12-01", "2027-01-01"});
}

TEST_CASE("a backup is the store of the moment it was begun, private, and can take its place") {
  Folder folder;
  Store store(folder.store(), "");
  const auto conversation = got(store.create(document("a.c"), proposed("c1")));
  exchange(store, conversation, "before " + std::string(3'000'000, 'x'));
  auto backup = got(Backup::due(store, on("2026-11-22")));
  REQUIRE(backup);
  bool whole = false;
  int steps = 0;
  for (; !whole; ++steps) {
    whole = got(backup->step());
    // This process and another one write while the copy is made. The copy doesn't start again.
    exchange(store, conversation, "during");
    Store other(folder.store(), "");
    exchange(other, got(other.conversation("c1")).value(), "too");
  }
  CHECK(steps > 10);
  CHECK(steps < 100);
  const std::string made = folder.store() + "-backup-2026-11-22";
  struct stat file = {};
  REQUIRE(::stat(made.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  Store copy(made, "");
  CHECK(got(copy.path("c1", conversation_of(copy, "c1").head)).size() == 2);
  CHECK(got(copy.search({.query = "before"})).size() == 2);
}

TEST_CASE("only one of several daemons makes the backup, and if it dies the next one does") {
  Folder folder;
  Store first(folder.store(), ""), second(folder.store(), "");
  exchange(first, got(first.create(document("a.c"), proposed("c1"))), "one");
  {
    auto backup = got(Backup::due(first, on("2026-11-22")));
    REQUIRE(backup);
    CHECK_FALSE(got(backup->step()));
    CHECK_FALSE(got(Backup::due(second, on("2026-11-22"))));
    CHECK(beside(folder) == Names{"unfinished"});
  }
  look(second, "2026-11-22");
  CHECK(beside(folder) == Names{"2026-11-22"});
  CHECK_FALSE(got(Backup::due(first, on("2026-11-22"))));
}

TEST_CASE("if no backup can be made, the store can still be used") {
  Store memory(":memory:", "");
  CHECK_FALSE(got(Backup::due(memory, on("2026-11-22"))));
  Folder folder;
  Store store(folder.store(), "");
  const auto conversation = got(store.create(document("a.c"), proposed("c1")));
  std::filesystem::create_directories(folder.store() + "-backup-unfinished/in the way");
  CHECK(look(store, "2026-11-22").find("could not be made") != std::string::npos);
  exchange(store, conversation, "one");
  CHECK(beside(folder) == Names{"unfinished"});
}

TEST_CASE("a backup that breaks off leaves nothing behind, and the user is told") {
  Folder folder;
  Store store(folder.store(), "");
  exchange(store, got(store.create(document("a.c"), proposed("c1"))), std::string(3'000'000, 'x'));
  auto earlier = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1024 * 1024, RLIM_INFINITY}, large{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string told = look(store, "2026-11-22");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &large) == 0);
  ::signal(SIGXFSZ, earlier);
  CAPTURE(told);
  CHECK(told.find("today's backup of the conversations could not be made") != std::string::npos);
  CHECK(beside(folder) == Names{});
  CHECK(look(store, "2026-11-22").empty());
  CHECK(beside(folder) == Names{"2026-11-22"});
}

TEST_CASE("no backup is begun for which the disk has no room, and the user is told once") {
  Folder folder;
  SmallDisk disk(folder.path, "16m");  // the disk is smaller than the space that must stay free
  if (!disk.mounted) {
    WARN("not tried: no small file system can be mounted here");
    return;
  }
  Store store(folder.store(), "");
  exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
  std::vector<std::string> told;
  asio::io_context io(1);
  Backups backups(
      io, store, [] { return on("2026-11-22"); },
      [&](const std::string& message) { told.push_back(message); });
  for (int i = 0; i < 2; ++i) {
    bool finished = false;
    backups.make_if_due([&] { finished = true; });
    aside::run_until(io, [&] { return finished; });
  }
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("no room") != std::string::npos);
  CHECK(told[0].find("Free some space") != std::string::npos);
  CHECK(beside(folder) == Names{});
}

TEST_CASE("the backups of a store that was lost and begun anew don't displace those that hold more") {
  Folder folder;
  {
    Store store(folder.store(), "");
    const auto conversation = got(store.create(document("a.c"), proposed("c1")));
    for (int i = 0; i < 5; ++i) exchange(store, conversation, "question");
    for (const char* day : {"2026-11-20", "2026-11-21", "2026-11-22"}) CHECK(look(store, day).empty());
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(folder.store() + suffix);
  std::ofstream(folder.store());  // makes an empty file
  Store store(folder.store(), "");
  done(store.open());
  const std::string notice = store.take_notice();
  CAPTURE(notice);
  CHECK(notice.find("store.sqlite-backup-2026-11-22 holds 10 questions and replies") != std::string::npos);
  CHECK(store.take_notice().empty());
  exchange(store, got(store.create(document("a.c"), proposed("c1"))), "one");
  CHECK(look(store, "2026-11-23").empty());
  CHECK(look(store, "2026-11-24").empty());
  const std::string told = look(store, "2026-11-25");
  CAPTURE(told);
  CHECK(told.find("backup-2026-11-22 holds 10 questions and replies") != std::string::npos);
  CHECK(beside(folder) == Names{"2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"});
  CHECK(look(store, "2026-11-26").empty());
  CHECK(beside(folder) == Names{"2026-11-22", "2026-11-24", "2026-11-25", "2026-11-26"});
  Store again(folder.store(), "");
  done(again.open());
  CHECK(again.take_notice().empty());
}

TEST_CASE("the last backup of a store that was lost outlives those of one with as many questions") {
  Folder folder;
  const auto ask = [&folder](const std::string& conversation) {
    Store store(folder.store(), "");
    exchange(store, got(store.create(document("a.c"), proposed(conversation))), "question");
  };
  const auto made = [&folder](const std::string& day) {
    Store store(folder.store(), "");
    return look(store, day);
  };
  ask("c1");
  for (const char* day : {"2026-11-20", "2026-11-21", "2026-11-22"}) CHECK(made(day).empty());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(folder.store() + suffix);
  ask("c2");
  CHECK(made("2026-11-23").empty());
  CHECK(made("2026-11-24").empty());
  const std::string told = made("2026-11-25");
  CAPTURE(told);
  CHECK(told.find("other conversations than there are now") != std::string::npos);
  CHECK(told.find("backup-2026-11-22 holds 2 questions and replies") != std::string::npos);
  CHECK(made("2026-11-26").empty());
  CHECK(beside(folder) == Names{"2026-11-22", "2026-11-24", "2026-11-25", "2026-11-26"});
}
