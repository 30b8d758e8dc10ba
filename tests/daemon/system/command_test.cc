// Tests that run real programs.
#include "daemon/system/command.h"

#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/run.h"
#include "tests/support/test.h"

using namespace aside;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string& script, std::chrono::milliseconds time = 20s) {
  return {.arguments = {"sh", "-c", script}, .time = time, .max_bytes = 100};
}

Result<std::string> outcome(Command command) {
  asio::io_context io(1);
  return run(io, aside::run(io, std::move(command)));
}

}  // namespace

TEST_CASE("a program that the daemon runs gives its output, or the reason why it has none") {
  struct Row {
    std::string script, printed, failure;
  };
  const std::vector<Row> table = {
      {"printf out; echo err >&2", "out", ""},
      {"true", "", ""},
      {"cat", "", ""},  // the program's stdin is empty
      {"printf %100s", std::string(100, ' '), ""},
      {"printf %101s", "", "printed more than 100 bytes"},
      {"echo out; exit 3", "", "exited with status 3"},
      {"echo; echo ' no such key'; exit 3", "", "exited with status 3"},
      {"printf '\\n no such key\\nmore\\n' >&2; exit 3", "", "exited with status 3: no such key"},
      {"kill -TERM $$", "", "was ended by signal 15"},
      {"printf out; sleep 1000 & exit 0", "out", ""},  // the process in the background keeps the pipe open
      {"head -c 300000 /dev/zero >&2; printf out", "out", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.script);
    const auto result = outcome(shell(row.script));
    CHECK(result.has_value() == row.failure.empty());
    if (result) CHECK(*result == row.printed);
    if (!result) CHECK(result.error().message == row.failure);
  }
  Command missing = shell("");
  missing.arguments = {"/no/such/program"};
  CHECK(outcome(missing).error().message == "could not be started: No such file or directory");
}

TEST_CASE("a program gets the environment that was chosen for it, and no other") {
  ::setenv("ASIDE_TEST_SECRET", "ours", 1);
  Command command = shell("printf '%s.%s' \"$ASIDE_TEST_SECRET\" \"$GIVEN\"");
  CHECK(*outcome(command) == "ours.");
  command.environment = {"GIVEN=theirs"};
  CHECK(*outcome(command) == ".theirs");
  ::unsetenv("ASIDE_TEST_SECRET");
}

TEST_CASE(
    "a program that takes too long, or isn't waited for any more, is ended with all that it has started") {
  const test::Folder folder;
  const std::string script = "sleep 1000 & echo $! > " + (folder / "new") + "; mv " + (folder / "new") + " " +
                             (folder / "child") + "; wait";
  const auto started = [&] { return std::filesystem::exists(folder / "child"); };
  const auto lives = [&] {
    int process = 0;
    std::ifstream(folder / "child") >> process;
    return ::kill(process, 0) == 0;
  };
  asio::io_context io(1);
  SECTION("too long") {
    const auto result = run(io, aside::run(io, shell(script, 300ms)));
    CHECK(result.error().message == "took too long and was ended");
    if (!started()) return;  // the machine is too slow: the program did not start within the limit
  }
  SECTION("cancelled") {
    Running<Result<std::string>> running(io, aside::run(io, shell(script)));
    run_until(io, started);
    running.cancel();
    CHECK(running.get().error().code == ErrorCode::RequestCancelled);
  }
  run_until(io, [&] { return !lives(); });
}
