#include "daemon/system/watch.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "tests/support/folder.h"
#include "tests/support/test.h"

using aside::touch;
using aside::Watch;
using aside::test::Folder;

namespace {

std::string in(const Folder& folder, const std::string& name) {
  return folder / ("watched/" + name);
}

// Runs until `so()` is true.
void run(asio::io_context& io, const std::function<bool()>& so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!so()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    io.restart();
    io.run_one_until(deadline);
  }
}

// Runs until all earlier events have arrived. For this, touches another file and waits for its event, which
// comes last.
void catch_up(asio::io_context& io, Watch& watch, const Folder& folder) {
  static int count = 0;
  const std::string path = in(folder, "last" + std::to_string(++count));
  bool told = false;
  const auto last = watch.file(path, [&told] { told = true; });
  touch(path);
  run(io, [&told] { return told; });
}

auto descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

}  // namespace

TEST_CASE("a touch of a file is reported, whichever process made it, and no other file is reported") {
  const auto means = GENERATE(Watch::Means::Events, Watch::Means::Timer);
  Folder folder;
  asio::io_context io(1);
  Watch watch(io, means);
  int one = 0, two = 0;
  const auto first = watch.file(in(folder, "1"), [&one] { ++one; });
  const auto second = watch.file(in(folder, "2"), [&two] { ++two; });
  touch(in(folder, "1"));
  run(io, [&one] { return one == 1; });
  const pid_t child = ::fork();
  if (child == 0) {
    touch(in(folder, "1"));
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  run(io, [&one] { return one == 2; });
  touch(in(folder, "nothing"));
  catch_up(io, watch, folder);
  CHECK(one == 2);
  CHECK(two == 0);
}

TEST_CASE("the file and its folder are their owner's alone, and what lies above is not made") {
  Folder folder;
  asio::io_context io(1);
  Watch watch(io);
  const auto file = watch.file(in(folder, "1"), [] {});
  struct stat made = {};
  REQUIRE(::stat(in(folder, "1").c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0600);
  REQUIRE(::stat((folder.path + "/watched").c_str(), &made) == 0);
  CHECK((made.st_mode & 0777) == 0700);
  const auto lost = watch.file(folder.path + "/no/such/file", [] {});
  CHECK_FALSE(std::filesystem::exists(folder.path + "/no"));
}

TEST_CASE("a file that is deleted, or whose folder is, counts as touched and is watched again") {
  const auto means = GENERATE(Watch::Means::Events, Watch::Means::Timer);
  const bool with_folder = GENERATE(false, true);
  Folder folder;
  asio::io_context io(1);
  Watch watch(io, means);
  int told = 0;
  const std::string path = in(folder, "1");
  const auto file = watch.file(path, [&told] { ++told; });
  std::filesystem::remove_all(with_folder ? folder.path + "/watched" : path);
  run(io, [&] { return told > 0 && std::filesystem::exists(path); });
  catch_up(io, watch, folder);
  const int before = told;
  touch(path);
  run(io, [&] { return told > before; });
}

TEST_CASE("a watch that has ended reports nothing, and one file can have several watches") {
  Folder folder;
  asio::io_context io(1);
  Watch watch(io);
  int kept = 0, dropped = 0;
  const auto stays = watch.file(in(folder, "1"), [&kept] { ++kept; });
  std::optional<Watch::File> goes = watch.file(in(folder, "1"), [&] {
    ++dropped;
    goes.reset();  // ends the watch inside its own callback
  });
  touch(in(folder, "1"));
  run(io, [&] { return kept == 1 && dropped == 1; });
  touch(in(folder, "1"));
  run(io, [&] { return kept == 2; });
  catch_up(io, watch, folder);
  CHECK(dropped == 1);
}

TEST_CASE("while nothing is touched nothing runs, and while nothing is watched no descriptor is open") {
  Folder folder;
  asio::io_context io(1);
  Watch watch(io);
  const auto before = descriptors();
  {
    const auto file = watch.file(in(folder, "1"), [] {});
    CHECK(descriptors() == before + 1);
    io.poll();
    CHECK(io.run_one_for(3 * Watch::interval) == 0);
  }
  CHECK(descriptors() == before);
  bool told = false;  // checks that a new watch works after this
  const auto file = watch.file(in(folder, "1"), [&told] { told = true; });
  touch(in(folder, "1"));
  run(io, [&told] { return told; });
}
