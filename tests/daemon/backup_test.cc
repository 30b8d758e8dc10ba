// Copies of the store in use, by a clock that is given.
#include "daemon/backup.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "protocol/iso_time.h"
#include "tests/support/run.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::Backups;
using aside::Store;

namespace {

std::int64_t on(const std::string& moment) {
  return aside::iso_milliseconds(moment).value();
}

// What lies beside the store, by the end of its name.
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

// From the loop, as the daemon does it.
void look(Store& store, const std::string& moment) {
  asio::io_context io(1);
  Backups backups(io, store, [&] { return on(moment); });
  bool finished = false;
  backups.look([&] { finished = true; });
  aside::run_until(io, [&] { return finished; });
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
  // The clock was wrong, and now is right.
  look(store, "2026-11-24");
  CHECK(beside(folder) == Names{"2026-11-24", "2026-12-01", "2027-01-01"});
}

TEST_CASE("a backup is the store of the moment it was begun, private, and can take its place") {
  Folder folder;
  Store store(folder.store(), "");
  const auto thread = got(store.create(document("a.c"), proposed("c1")));
  exchange(store, thread, "before " + std::string(3'000'000, 'x'));
  auto backup = got(store.back_up(on("2026-11-22")));
  REQUIRE(backup);
  bool whole = false;
  int steps = 0;
  for (; !whole; ++steps) {
    whole = got(backup->step());
    // Written meanwhile, by this process and by another: the copy doesn't begin anew.
    exchange(store, thread, "during");
    Store other(folder.store(), "");
    exchange(other, got(other.thread("c1")).value(), "too");
  }
  CHECK(steps > 10);
  CHECK(steps < 100);
  const std::string made = folder.store() + "-backup-2026-11-22";
  struct stat file = {};
  REQUIRE(::stat(made.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  Store copy(made, "");
  CHECK(got(copy.path("c1", thread_of(copy, "c1").head)).size() == 2);
  CHECK(got(copy.search({.query = "before"})).size() == 2);
}

TEST_CASE("of several daemons one makes the backup, and if it dies the next one does") {
  Folder folder;
  Store first(folder.store(), ""), second(folder.store(), "");
  exchange(first, got(first.create(document("a.c"), proposed("c1"))), "one");
  {
    auto backup = got(first.back_up(on("2026-11-22")));
    REQUIRE(backup);
    CHECK_FALSE(got(backup->step()));
    CHECK_FALSE(got(second.back_up(on("2026-11-22"))));
    CHECK(beside(folder) == Names{"unfinished"});
  }
  look(second, "2026-11-22");
  CHECK(beside(folder) == Names{"2026-11-22"});
  CHECK_FALSE(got(first.back_up(on("2026-11-22"))));
}

TEST_CASE("where no backup can be made the store can be used all the same") {
  Store memory(":memory:", "");
  CHECK_FALSE(got(memory.back_up(on("2026-11-22"))));
  Folder folder;
  Store store(folder.store(), "");
  const auto thread = got(store.create(document("a.c"), proposed("c1")));
  std::filesystem::create_directories(folder.store() + "-backup-unfinished/in the way");
  look(store, "2026-11-22");
  exchange(store, thread, "one");
  CHECK(beside(folder) == Names{"unfinished"});
}
