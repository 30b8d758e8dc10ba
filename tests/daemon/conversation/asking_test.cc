// Tests of requests that are cancelled before they have any effect: nothing is sent or stored, and the answer
// says that the request was cancelled. They use the real daemon over pipes, and a git that doesn't answer
// until the test is over.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using aside::json;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::WorkFolder;

namespace {

// A repository in which git waits for a pipe that nobody writes to.
struct SlowRepository {
  WorkFolder world;
  ApiServer api;
  std::string uri = world.write("main.c", "a\nb\n");
  std::string pipe = world.work + "/.git/HEAD";
  int held = -1;

  SlowRepository() {
    const std::string commands =
        "cd '" + world.work +
        "' && { git init -q . && git add . && git -c user.name=x -c user.email=x@x commit -qm x && "
        "rm .git/HEAD; } >/dev/null 2>&1 </dev/null";
    REQUIRE(std::system(commands.c_str()) == 0);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    world.write("main.c", "a\nchanged\n");
  }
  ~SlowRepository() {
    if (held >= 0) ::close(held);
  }
  Editor::Options options() const {
    Editor::Options options = world.options();
    options.base_url = api.url();
    return options;
  }
  json with_diff() const { return {{"attachments", {{{"uri", uri}, {"kind", "gitDiff"}}}}}; }

  // Waits until git has opened the pipe for reading. Only then can the pipe be opened for writing.
  void wait_for_git() {
    const auto deadline = std::chrono::steady_clock::now() + Editor::patience;
    while ((held = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  // Whether git has closed its end of the pipe.
  bool git_ended() const {
    pollfd end{held, 0, 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(Editor::patience);
    return ::poll(&end, 1, static_cast<int>(limit.count())) == 1 && (end.revents & POLLERR) != 0;
  }
  bool asked() const {
    for (const auto& request : api.requests())
      if (request.method == "POST") return true;
    return false;
  }
};

}  // namespace

TEST_CASE("a question that is cancelled while git is waited for is neither sent nor kept") {
  SlowRepository repository;
  Editor editor(repository.options());
  const std::string conversation = editor.get(repository.uri)["conversation"];
  const int id = editor.ask_later(repository.uri, "why?", repository.with_diff());
  repository.wait_for_git();

  SECTION("by $/cancelRequest") {
    editor.notify("$/cancelRequest", {{"id", id}});
  }
  SECTION("by conversation/stop") {
    editor.call("conversation/stop", {{"conversation", conversation}});
  }

  const json answer = editor.answer(id);
  CHECK(answer["error"]["code"] == -32800);
  CHECK(repository.git_ended());
  CHECK(editor.get(repository.uri)["turns"].empty());
  CHECK_FALSE(repository.asked());
}

TEST_CASE("a question whose editor leaves while git is waited for is not sent") {
  SlowRepository repository;
  Editor editor(repository.options());
  editor.ask_later(repository.uri, "why?", repository.with_diff());
  repository.wait_for_git();
  SECTION("by exit") {
    editor.call("shutdown", nullptr);
    editor.notify("exit", nullptr);
  }
  SECTION("by the end of its pipe") {
    editor.close_input();
  }
  editor.wait();
  CHECK(repository.git_ended());
  CHECK_FALSE(repository.asked());
}

TEST_CASE("a preview and a check can be cancelled while git is waited for, too") {
  SlowRepository repository;
  Editor editor(repository.options());
  json params = repository.with_diff();
  int id = 0;
  SECTION("a preview") {
    params["textDocument"] = {{"uri", repository.uri}};
    params["question"] = "why?";
    id = editor.send("conversation/preview", params);
  }
  SECTION("a check of attachments") {
    id = editor.send("attachment/check", params);
  }
  repository.wait_for_git();
  editor.notify("$/cancelRequest", {{"id", id}});
  CHECK(editor.answer(id)["error"]["code"] == -32800);
  CHECK(repository.git_ended());
}

TEST_CASE("a cancelled question leaves the next one free to be asked") {
  SlowRepository repository;
  Editor editor(repository.options());
  const int id = editor.ask_later(repository.uri, "why?", repository.with_diff());
  repository.wait_for_git();
  editor.notify("$/cancelRequest", {{"id", id}});
  editor.answer(id);
  CHECK(editor.ask(repository.uri, "hello")["status"] == "complete");
  CHECK(editor.get(repository.uri)["turns"].size() == 2);
}
