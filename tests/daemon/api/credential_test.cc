#include "daemon/api/credential.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/run.h"
#include "tests/support/test.h"

using namespace std::chrono_literals;

namespace aside {
namespace {

using Clock = std::chrono::steady_clock;
using test::Folder;

CredentialOptions shell(const std::string& script) {
  CredentialOptions options;
  options.command = {"sh", "-c", script};
  return options;
}

Result<std::string> header(CredentialOptions options) {
  asio::io_context io(1);
  Credential credential(io, std::move(options));
  return run(io, credential.header());
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("key, token and command are tried in this order, each with its header") {
  struct Case {
    const char *key, *token;
    std::vector<std::string> command;
    CredentialStyle style;
    const char *header, *source;
  };
  const std::vector<std::string> print = {"echo", "printed"};
  using Style = CredentialStyle;
  const std::vector<Case> cases = {
      {"k", "t", print, Style::Auto, "x-api-key: k", "ANTHROPIC_API_KEY"},
      {"", "t", print, Style::Auto, "authorization: Bearer t", "ANTHROPIC_AUTH_TOKEN"},
      {"", "", print, Style::Auto, "x-api-key: printed", "apiKeyCommand (echo …)"},
      {"k", "", {}, Style::Bearer, "authorization: Bearer k", "ANTHROPIC_API_KEY"},
      {"", "", print, Style::Bearer, "authorization: Bearer printed", "apiKeyCommand (echo …)"},
      {"", "t", {}, Style::ApiKey, "x-api-key: t", "ANTHROPIC_AUTH_TOKEN"},
      {"k", "t", {"false"}, Style::None, "", ""},
      {" k\n", "", {}, Style::Auto, "x-api-key: k", "ANTHROPIC_API_KEY"},
  };
  for (const Case& c : cases) {
    CredentialOptions options{c.key, false, c.token, c.command, c.style};
    asio::io_context io(1);
    Credential credential(io, options);
    const auto header = run(io, credential.header());
    REQUIRE(header);
    CHECK(*header == c.header);
    CHECK(source(options) == c.source);
  }
}

TEST_CASE("without any key the error names the three ways to set one") {
  const auto none = header({});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::Unauthorized);
  CHECK(none.error().message == "no key is set");
  for (const char* way : {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "apiKeyCommand"}) {
    CHECK(none.error().data.hint.find(way) != std::string::npos);
  }
}

TEST_CASE("the error of a failed command says what went wrong, and never quotes the command's output") {
  struct Case {
    std::vector<std::string> command;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"sh", "-c", "echo secret; echo 'no such entry' >&2; echo more >&2; exit 3"},
       "apiKeyCommand (sh …) exited with status 3: no such entry"},
      {{"false"}, "apiKeyCommand (false) exited with status 1"},
      {{"sh", "-c", "kill -TERM $$"}, "apiKeyCommand (sh …) was ended by signal 15"},
      {{"/nonexistent/pass", "secret"},
       "apiKeyCommand (/nonexistent/pass …) could not be started: No such file or directory"},
      {{"true"}, "apiKeyCommand (true) printed nothing"},
      {{"echo", "  "}, "apiKeyCommand (echo …) printed nothing"},
      {{"echo", "secret words"},
       "the key from apiKeyCommand (echo …) holds a blank or another character that no key has"},
      {{"printf", "secret\\r\\nx-evil: 1"},
       "the key from apiKeyCommand (printf …) holds a blank or another character that no key has"},
      {{"head", "-c", "17000", "/dev/zero"}, "apiKeyCommand (head …) printed more than 16384 bytes"},
      {{"yes", "secret"}, "apiKeyCommand (yes …) printed more than 16384 bytes"},
      {{"sh", "-c", "echo secret; head -c 20000 /dev/zero | tr '\\0' e >&2; exit 1"},
       "apiKeyCommand (sh …) exited with status 1: " + std::string(278, 'e') + "…"},
  };
  for (const Case& c : cases) {
    CredentialOptions options;
    options.command = c.command;
    const auto failed = header(options);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::Unauthorized);
    CHECK(failed.error().message == c.message);
    CHECK(failed.error().message.find("secret") == std::string::npos);
    CHECK(failed.error().data.hint.find("apiKeyCommand") != std::string::npos);
  }
}

TEST_CASE("the command's output is trimmed") {
  const auto key = header(shell("printf ' \\n\\tsk-1 \\r\\n\\n'"));
  REQUIRE(key);
  CHECK(*key == "x-api-key: sk-1");
}

TEST_CASE("a command that complains at length still prints its key") {
  asio::io_context io(1);
  Credential credential(io, shell("head -c 300000 /dev/zero | tr '\\0' x >&2; echo key"));
  const auto header = run(io, credential.header());
  REQUIRE(header);
  CHECK(*header == "x-api-key: key");
}

TEST_CASE("the command reads nothing and holds none of our descriptors") {
  int ours[2];
  REQUIRE(::pipe(ours) == 0);
  const auto key =
      header(shell("test -z \"$(cat)\" && test ! -e /dev/fd/" + std::to_string(ours[1]) + " && echo ok"));
  REQUIRE(key);
  CHECK(*key == "x-api-key: ok");
  ::close(ours[0]);
  ::close(ours[1]);
}

TEST_CASE("the command runs once, until the server refuses what it printed") {
  const Folder folder;
  asio::io_context io(1);
  Credential credential(io, shell("echo run >> " + (folder / "runs") + "; echo key"));
  const auto runs = [&] { return text_of((folder / "runs")).size() / 4; };
  CHECK(run(io, credential.header()));
  CHECK(run(io, credential.header()));
  CHECK(runs() == 1);
  credential.refused();
  CHECK(run(io, credential.header()));
  CHECK(runs() == 2);
}

TEST_CASE("requests that come while the command runs share its answer") {
  const Folder folder;
  asio::io_context io(1);
  Credential credential(
      io, shell("echo run >> " + (folder / "runs") + "; read line < " + (folder / "wait") + "; echo key"));
  REQUIRE(::mkfifo((folder / "wait").c_str(), 0600) == 0);
  Running<Result<std::string>> first(io, credential.header()), second(io, credential.header()),
      third(io, credential.header());
  io.poll();  // now all three requests for the credential are waiting
  run_until(io, [&] { return text_of((folder / "runs")) == "run\n"; });
  SECTION("when it ends") {}
  SECTION("also where one of them is cancelled meanwhile") {
    third.cancel();
    const auto cancelled = third.get();
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code == ErrorCode::RequestCancelled);
  }
  std::ofstream((folder / "wait")) << "go\n";
  CHECK(*first.get() == "x-api-key: key");
  CHECK(*second.get() == "x-api-key: key");
  CHECK(text_of((folder / "runs")) == "run\n");
}

// Returns a shell command that starts another process, writes the ids of both processes to files, and then
// hangs.
std::string hanging(const Folder& folder) {
  return "sleep 1000 & echo $! > " + (folder / "child.new") + "; echo $$ > " + (folder / "self") + "; mv " +
         (folder / "child.new") + " " + (folder / "child") + "; wait";
}

void run_until_started(asio::io_context& io, const Folder& folder) {
  run_until(io, [&] { return std::filesystem::exists(folder / "child"); });
}

bool lives(const std::string& pid_file) {
  const pid_t pid = std::stoi(text_of(pid_file));
  if (::kill(pid, 0) != 0) return false;
  // A killed grandchild is a zombie until its new parent reaps it; a zombie counts as dead.
  const std::string status = text_of("/proc/" + std::to_string(pid) + "/stat");
  return status.find(") Z ") == std::string::npos && !status.empty();
}

void check_all_ended(const Folder& folder) {
  const auto give_up = Clock::now() + 10s;
  // The kernel needs a moment to end the process.
  while (lives((folder / "child")) && Clock::now() < give_up) ::usleep(1000);
  CHECK_FALSE(lives((folder / "child")));
  CHECK(::kill(std::stoi(text_of((folder / "self"))), 0) != 0);  // the daemon has reaped its child
}

TEST_CASE("a command that hangs is ended with all it started, after its time") {
  const Folder folder;
  CredentialOptions options = shell(hanging(folder));
  options.command_time = 300ms;
  const auto late = header(options);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::Unauthorized);
  CHECK(late.error().message == "apiKeyCommand (sh …) took too long and was ended");
  check_all_ended(folder);
}

TEST_CASE("a command's key is taken when the command ends, whoever still holds its output open") {
  const Folder folder;
  const auto start = Clock::now();
  const auto key = header(
      shell("setsid sleep 1000 & echo $! > " + (folder / "child") + "; head -c 5000 /dev/zero | tr '\\0' k"));
  REQUIRE(key);
  CHECK(*key == "x-api-key: " + std::string(5000, 'k'));
  CHECK(Clock::now() - start < 10s);
  ::kill(std::stoi(text_of((folder / "child"))), SIGKILL);
}

TEST_CASE(
    "the time limit of a command also covers a process that has left its session with the output open") {
  const Folder folder;
  CredentialOptions options =
      shell("setsid sh -c 'echo $$ > " + (folder / "new") + "; mv " + (folder / "new") + " " +
            (folder / "child") + "; exec sleep 1000' & wait");
  options.command_time = 500ms;
  const auto start = Clock::now();
  const auto late = header(options);
  REQUIRE_FALSE(late);
  CHECK(late.error().message == "apiKeyCommand (sh …) took too long and was ended");
  CHECK(Clock::now() - start < 10s);
  ::kill(std::stoi(text_of((folder / "child"))), SIGKILL);
}

TEST_CASE("cancelling ends the command with all it started, and the next ask runs it again") {
  const Folder folder;
  asio::io_context io(1);
  Credential credential(io,
                        shell("test -e " + (folder / "child") + " && echo key && exit; " + hanging(folder)));
  Running<Result<std::string>> first(io, credential.header()), second(io, credential.header());
  run_until_started(io, folder);
  const auto start = Clock::now();
  first.cancel();
  const auto cancelled = first.get();
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code == ErrorCode::RequestCancelled);
  CHECK(Clock::now() - start < 2s);
  check_all_ended(folder);
  CHECK(*second.get() == "x-api-key: key");
}

TEST_CASE("the loop may be destroyed while the command runs") {
  const Folder folder;
  {
    asio::io_context io(1);
    Credential credential(io, shell(hanging(folder)));
    auto root = [](Credential& credential) -> asio::awaitable<void> { (void)co_await credential.header(); };
    asio::co_spawn(io, root(credential), [](std::exception_ptr) {});
    run_until_started(io, folder);
  }
  check_all_ended(folder);
}

}  // namespace
}  // namespace aside
