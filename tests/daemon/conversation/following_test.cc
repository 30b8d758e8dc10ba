// Tests of daemons that share a store. A daemon learns at once what the others write, is woken only by
// changes that concern it, and doesn't poll.
#include "daemon/conversation/following.h"

#include <poll.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct World {
  Folder folder;
  ApiServer api;
  Editor::Options options() const { return {.home = folder.path + "/home", .base_url = api.url()}; }
  std::string uri(const std::string& name) const {
    const std::string path = folder.path + "/" + name;
    if (!fs::exists(path)) std::ofstream(path) << "int main() { return 0; }\n";
    return "file://" + path;
  }
  fs::path followed() const { return folder.path + "/home/state/aside/aside.sqlite-followed"; }
  std::ptrdiff_t files() const {
    std::error_code none;
    const fs::directory_iterator all(followed(), none);
    return std::distance(begin(all), end(all));
  }
};

// Returns how often a process was woken. Each time one of its threads goes to sleep, the kernel counts a
// voluntary context switch.
long wakes(pid_t process) {
  long sum = 0;
  for (const auto& conversation : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(conversation.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("voluntary_ctxt_switches:")) sum += std::stol(line.substr(line.find(':') + 1));
  }
  return sum;
}

// Waits until the process is idle. Returns whether the process then sleeps without a wake-up for this time.
bool sleeps(pid_t process, std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + Editor::patience;
  for (long before = -1, now = wakes(process); now != before; now = wakes(process)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    before = now;
    ::poll(nullptr, 0, 700);
  }
  const long before = wakes(process);
  ::poll(nullptr, 0, static_cast<int>(time.count()));
  return wakes(process) == before;
}

bool is(const json& message, const std::string& method) {
  return message.value("method", "") == method;
}

}  // namespace

TEST_CASE("daemons that follow conversations sleep while nothing happens") {
  World world;
  Editor first(world.options()), second(world.options());
  first.ask(world.uri("a.c"), "one");
  second.get(world.uri("a.c"));
  second.get(world.uri("nothing asked yet.c"));
  second.ask(world.uri("b.c"), "two");
  CHECK(sleeps(second.pid(), 5s));
  CHECK(sleeps(first.pid(), 0s));
}

TEST_CASE("what is written to a conversation wakes nobody who doesn't follow it") {
  World world;
  Editor writer(world.options()), follower(world.options()), other(world.options());
  other.ask(world.uri("other.c"), "mine");
  follower.get(world.uri("a.c"));
  REQUIRE(sleeps(other.pid(), 0s));
  const long before = wakes(other.pid());
  const std::string turn = writer.ask(world.uri("a.c"), "go [standin: {\"deltas\":100,\"pace\":5}]")["turn"];
  follower.wait_for("the end", [&](const json& message) {
    return is(message, "conversation/status") && message["params"]["turn"] == turn &&
           message["params"]["state"] == "ended";
  });
  CHECK(wakes(other.pid()) == before);
}

TEST_CASE("each change by one editor is reported to the other") {
  World world;
  Editor first(world.options()), second(world.options());
  const json document = {{"textDocument", {{"uri", world.uri("a.c")}}}};
  const auto told = [&](const std::string& conversation, const std::function<void()>& change) {
    const std::size_t before = second.seen.size();
    change();
    second.wait_for(
        "the change",
        [&](const json& message) {
          return is(message, "conversation/changed") && message["params"]["conversation"] == conversation;
        },
        before);
  };
  const std::string proposed = second.get(world.uri("a.c"))["conversation"];
  std::string id, fresh;
  told(proposed, [&] { id = first.ask(world.uri("a.c"), "one")["conversation"]; });
  told(id, [&] { first.ask(world.uri("a.c"), "two"); });
  told(id, [&] { first.call("conversation/configure", {{"conversation", id}, {"title", "named"}}); });
  told(id, [&] { first.call("conversation/select", {{"conversation", id}, {"turn", nullptr}}); });
  told(id, [&] { fresh = first.call("conversation/new", document)["conversation"]; });
  told(fresh, [&] {
    first.call("conversation/open", {{"textDocument", {{"uri", world.uri("a.c")}}}, {"conversation", id}});
  });
}

TEST_CASE("a change that another editor makes while a reply is being written is reported at once") {
  World world;
  Editor writer(world.options()), other(world.options());
  const int asked = writer.ask_later(world.uri("a.c"),
                                     "go [standin: {\"deltas\":20,\"gate\":\"middle\",\"gate_after\":10}]");
  writer.wait_for_status("writing");
  const std::string id = other.get(world.uri("a.c"))["conversation"];
  other.call("conversation/configure", {{"conversation", id}, {"title", "named"}});
  writer.wait_for("the change", [&](const json& message) {
    return is(message, "conversation/changed") && message["params"]["conversation"] == id;
  });
  world.api.release("middle");
  CHECK(writer.answer(asked)["result"]["status"] == "complete");
}

TEST_CASE("a stop from another editor reaches the writer, its own editor there or not") {
  const bool alone = GENERATE(false, true);
  World world;
  auto writer = std::make_unique<Editor>(world.options());
  Editor other(world.options());
  writer->ask_later(world.uri("a.c"), "go [standin: {\"deltas\":20,\"gate\":\"never\",\"gate_after\":10}]");
  writer->wait_for_status("writing");
  const std::string id = other.get(world.uri("a.c"))["conversation"];
  if (alone) {
    writer->close_input();
    writer->wait();
  }
  other.call("conversation/stop", {{"conversation", id}});
  other.wait_for_status("ended");
  CHECK(other.get(world.uri("a.c"))["turns"][1]["status"] == "cancelled");
}

TEST_CASE("files of what is followed go with the last that follows it, a killed one's with --compact") {
  World world;
  Editor first(world.options());
  auto second = std::make_unique<Editor>(world.options());
  first.ask(world.uri("a.c"), "one");
  second->get(world.uri("a.c"));
  CHECK(world.files() == 2);  // one file of the conversation, one of the document
  const json document = {{"textDocument", {{"uri", world.uri("a.c")}}}};
  first.notify("textDocument/didClose", document);
  first.get(world.uri("b.c"));
  CHECK(world.files() == 3);
  second->kill_daemon();
  first.notify("textDocument/didClose", {{"textDocument", {{"uri", world.uri("b.c")}}}});
  first.call("conversation/list", json::object());
  CHECK(world.files() == 2);
  first.get(world.uri("b.c"));
  Program compact(
      {ASIDED, "--compact"},
      {"HOME=" + world.folder.path + "/home", "XDG_STATE_HOME=" + world.folder.path + "/home/state",
       "XDG_CONFIG_HOME=" + world.folder.path + "/home/config"},
      world.folder.path + "/errors");
  CHECK(compact.exit_status(Program::Time::clock::now() + Editor::patience) == 0);
  CHECK(world.files() == 1);
}

TEST_CASE("editors learn of each other's changes though the folder of what they follow is deleted") {
  World world;
  Editor first(world.options()), second(world.options());
  const std::string id = first.ask(world.uri("a.c"), "one")["conversation"];
  second.get(world.uri("a.c"));
  fs::remove_all(world.followed());
  first.call("conversation/configure", {{"conversation", id}, {"title", "named"}});
  second.wait_for("the change", [&](const json& message) {
    return is(message, "conversation/changed") && message["params"]["conversation"] == id;
  });
}
