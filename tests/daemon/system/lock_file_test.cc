#include "daemon/system/lock_file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using aside::LockFile;
using aside::test::Folder;

namespace {

LockFile opened(const Folder& folder) {
  auto file = LockFile::open(folder.path + "/lock");
  REQUIRE(file);
  return *std::move(file);
}

std::optional<LockFile::Lock> taken(LockFile& file, bool alone) {
  return alone ? file.exclusive(7) : file.shared(7);
}

}  // namespace

TEST_CASE("a place is locked by many as shared or by one alone, with one file object or with two") {
  Folder folder;
  LockFile first = opened(folder), second = opened(folder);
  struct Row {
    bool first_alone, second_alone, granted;
  };
  const Row row = GENERATE(Row{true, true, false}, Row{true, false, false}, Row{false, true, false},
                           Row{false, false, true});
  const bool same_object = GENERATE(true, false);
  const auto has = taken(first, row.first_alone);
  REQUIRE(has);
  CHECK(taken(same_object ? first : second, row.second_alone).has_value() == row.granted);
}

TEST_CASE("a lock ends with its object, and only with the last of those that share it") {
  Folder folder;
  LockFile ours = opened(folder), other = opened(folder);
  {
    const auto alone = ours.exclusive(1);
    CHECK_FALSE(other.exclusive(1));
  }
  CHECK(other.exclusive(1));

  auto one = ours.shared(1), two = ours.shared(1);
  one.reset();
  CHECK_FALSE(other.exclusive(1));
  two.reset();
  CHECK(other.exclusive(1));
}

TEST_CASE("a moved lock is held once and ends once") {
  Folder folder;
  LockFile ours = opened(folder), other = opened(folder);
  auto lock = ours.exclusive(1);
  LockFile::Lock moved = *std::move(lock);
  lock.reset();
  CHECK_FALSE(other.exclusive(1));
  moved = *ours.exclusive(2);
  CHECK(other.exclusive(1));
  CHECK_FALSE(other.exclusive(2));
}

TEST_CASE("a lock may outlive the file object that it came from") {
  Folder folder;
  LockFile other = opened(folder);
  auto ours = std::make_optional(opened(folder));
  auto lock = ours->exclusive(1);
  ours.reset();
  CHECK_FALSE(other.exclusive(1));
  lock.reset();
  CHECK(other.exclusive(1));
}

TEST_CASE("places are independent, and own locks don't count as locks of another process") {
  Folder folder;
  LockFile ours = opened(folder), other = opened(folder);
  const auto alone = ours.exclusive(1);
  const auto shared = ours.shared(std::int64_t{1} << 40);
  CHECK(other.exclusive(2));
  for (const std::int64_t place : {std::int64_t{1}, std::int64_t{1} << 40}) {
    CHECK(ours.held(place));
    CHECK_FALSE(ours.held_by_another(place));
    CHECK(other.held(place));
    CHECK(other.held_by_another(place));
  }
  CHECK_FALSE(ours.held(3));
  CHECK(other.held_by_another(2, std::int64_t{1} << 40));
  CHECK_FALSE(other.held_by_another((std::int64_t{1} << 40) + 1, 9));
  CHECK_FALSE(ours.held_by_another(1, std::int64_t{1} << 41));
}

TEST_CASE("a process that is killed loses its locks") {
  Folder folder;
  LockFile ours = opened(folder);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = LockFile::open(folder.path + "/lock");
    const auto lock = file->exclusive(1);
    const char granted = lock ? 'y' : 'n';
    if (::write(ready[1], &granted, 1) == 1) ::pause();
    ::_exit(1);
  }
  char granted = 0;
  REQUIRE(::read(ready[0], &granted, 1) == 1);
  CHECK(granted == 'y');
  CHECK(ours.held_by_another(1));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK_FALSE(ours.held_by_another(1));
  CHECK(ours.exclusive(1));
}

TEST_CASE("the lock file is for its owner alone, and one that can't be made is an error that names it") {
  Folder folder;
  const ::mode_t before = ::umask(0);
  opened(folder);
  ::umask(before);
  struct stat made = {};
  REQUIRE(::stat((folder.path + "/lock").c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0600);

  const auto missing = LockFile::open(folder.path + "/none/lock");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == aside::ErrorCode::Storage);
  CHECK(missing.error().message.find(folder.path + "/none/lock") != std::string::npos);
}
