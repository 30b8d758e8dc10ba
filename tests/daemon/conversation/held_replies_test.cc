// End-to-end tests of replies that end while the store can't be written. The faults are real: a full disk, a
// file that may not grow, a lock that another program holds. In the end, everything that was shown and paid
// for is stored.
#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "daemon/conversation/running_replies.h"
#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/small_disk.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;
using aside::test::SmallDisk;

namespace {

struct World {
  Folder folder;
  std::unique_ptr<ApiServer> api = std::make_unique<ApiServer>();
  std::string uri = "file://" + folder.path + "/main.c";

  World() { std::ofstream(folder.path + "/main.c") << "int main() {}\n"; }
  std::string state() const { return folder.path + "/home/state/aside"; }
  std::string store() const { return state() + "/aside.sqlite"; }
  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home", .base_url = api->url(), .settings = std::move(settings)};
  }
};

// A question whose reply stops at a gate, so that a test can break something before the reply ends.
const std::string gated =
    "hello [standin: {\"deltas\":300,\"text\":\"word "
    "\",\"thinking\":\"\",\"gate\":\"end\",\"gate_after\":150}]";

std::string words(int count) {
  std::string text;
  while (count-- > 0) text += "word ";
  return text;
}

// Another program that locks the store.
class Lock {
 public:
  explicit Lock(const std::string& store) {
    REQUIRE(sqlite3_open(store.c_str(), &connection_) == SQLITE_OK);
    sqlite3_busy_timeout(connection_, 10'000);
    REQUIRE(sqlite3_exec(connection_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~Lock() { release(); }
  void release() {
    sqlite3_close(connection_);
    connection_ = nullptr;
  }

 private:
  sqlite3* connection_ = nullptr;
};

void limit_files(const Editor& editor, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  REQUIRE(::prlimit(editor.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

json wait_for_warning(Editor& editor) {
  return editor.wait_for("a warning", [](const json& message) {
    return message.value("method", "") == "window/showMessage" &&
           message["params"]["message"].dump().find("can't be stored yet") != std::string::npos;
  })["params"];
}

// Checks a reply that is held in memory: the editor has all of the reply's text, and no editor sees the reply
// as ended. Then calls `mend`, which makes the store writable, and checks that the reply is stored as usual.
void check_held(World& world, Editor& editor, int asked, const char* refused_as,
                const std::function<void()>& mend) {
  const json waits = editor.wait_for_status("storing");
  CHECK(editor.shown(waits["turn"]) == words(300));
  CHECK_FALSE(waits["retry"]["reason"].get<std::string>().empty());
  CHECK(waits["retry"]["delaySeconds"] > 0);
  CHECK_FALSE(waits["retry"].contains("of"));
  const json warned = wait_for_warning(editor);
  CHECK(warned["type"] == 2);
  const json shown = editor.get(world.uri)["turns"].back();
  CHECK(shown["status"] == "streaming");
  CHECK(shown["text"] == words(300));
  Editor other(world.options());
  CHECK(other.get(world.uri)["turns"].back()["status"] == "streaming");
  CHECK(other.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                         {"question", "me too"}})["data"]["kind"] == refused_as);
  mend();
  const json answer = editor.answer(asked);
  INFO(answer.dump());
  REQUIRE(answer.contains("result"));
  CHECK(answer["result"]["status"] == "complete");
  CHECK(answer["result"]["text"] == words(300));
  CHECK(answer["result"]["cost"] > 0);
  CHECK(editor.states(answer["result"]["turn"]).back() == "ended");
  other.wait_for_status("ended");
  const json stored = other.get(world.uri)["turns"].back();
  CHECK(stored["status"] == "complete");
  CHECK(stored["text"] == words(300));
  CHECK(stored["cost"] == answer["result"]["cost"]);
  CHECK(stored["usage"] == answer["result"]["usage"]);
  other.ask(world.uri, "and on");
}

}  // namespace

TEST_CASE("a reply that ends while its files may not grow is held, and stored when they may") {
  World world;
  Editor editor(world.options());
  const int asked = editor.ask_later(world.uri, gated);
  editor.wait_for_text(words(150));
  limit_files(editor, 4096);
  world.api->release("end");
  check_held(world, editor, asked, "busy", [&] { limit_files(editor, RLIM_INFINITY); });
}

TEST_CASE("a reply that ends while the disk is full is held, and stored when there is room") {
  World world;
  world.api.reset();  // ends the stand-in's thread: a namespace can be made only in a process with one thread
  SmallDisk disk(world.state(), "8m");
  world.api = std::make_unique<ApiServer>();
  if (!disk.mounted) {
    WARN("not tried: no small file system can be mounted here");
    return;
  }
  Editor editor(world.options());
  const int asked = editor.ask_later(world.uri, gated);
  editor.wait_for_text(words(150));
  disk.fill();
  world.api->release("end");
  check_held(world, editor, asked, "busy", [&] { disk.free(); });
}

TEST_CASE(
    "a reply that ends while another program keeps the store locked is held, and nothing waits for it") {
  World world;
  Editor editor(world.options());
  const int asked = editor.ask_later(world.uri, gated);
  editor.wait_for_text(words(150));
  Lock lock(world.store());
  world.api->release("end");
  const auto began = std::chrono::steady_clock::now();
  editor.wait_for_status("storing");
  editor.get(world.uri);  // an answer shows that the loop isn't blocked
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(1500));
  check_held(world, editor, asked, "storage", [&] { lock.release(); });
}

TEST_CASE("several replies that end while the store is locked are all stored, and a stop tries it at once") {
  World world;
  Editor editor(world.options());
  std::vector<int> asked;
  std::vector<std::string> uris;
  for (int i = 0; i < 3; ++i) {
    uris.push_back("untitled:" + std::to_string(i));
    asked.push_back(editor.ask_later(uris.back(), gated));
  }
  for (const std::string& uri : uris)
    editor.wait_for("its text", [&, turn = editor.get(uri)["head"]](const json&) {
      return editor.shown(turn).size() >= words(150).size();
    });
  Lock lock(world.store());
  world.api->release("end");
  wait_for_warning(editor);
  lock.release();
  editor.call("conversation/stop", {{"conversation", editor.get(uris[0])["conversation"]}});
  for (const int id : asked) CHECK(editor.answer(id)["result"]["status"] == "complete");
  for (const std::string& uri : uris) CHECK(editor.get(uri)["turns"].back()["text"] == words(300));
}

TEST_CASE("a held reply outlives its editor and a SIGTERM, as long as finishSeconds allows") {
  World world;
  auto editor = std::make_unique<Editor>(world.options());
  editor->ask_later(world.uri, gated);
  editor->wait_for_text(words(150));
  Lock lock(world.store());
  const bool by_signal = GENERATE(false, true);
  world.api->release("end");
  editor->wait_for_status("storing");
  by_signal ? editor->signal(SIGTERM) : editor->notify("exit", nullptr);
  editor->wait();
  Editor other(world.options());
  CHECK(other.get(world.uri)["turns"].back()["status"] == "streaming");
  lock.release();
  other.wait_for_status("ended");
  const json turn = other.get(world.uri)["turns"].back();
  CHECK(turn["status"] == "complete");
  CHECK(turn["text"] == words(300));
  CHECK(turn["cost"] > 0);
}

TEST_CASE(
    "what can't be stored before the process must end is answered as it was shown, and logged as lost") {
  World world;
  Editor editor(world.options({{"finishSeconds", 0}}));
  const int asked = editor.ask_later(world.uri, gated);
  editor.wait_for_text(words(150));
  Lock lock(world.store());
  world.api->release("end");
  editor.wait_for_status("storing");
  editor.signal(SIGTERM);
  const json answer = editor.answer(asked);
  CHECK(answer["result"]["text"] == words(300));
  CHECK(answer["result"]["cost"] > 0);
  editor.wait();
  std::ifstream log(world.state() + "/asided.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  CHECK(text.find("could not be stored and is lost") != std::string::npos);
  lock.release();
  Editor later(world.options());
  const json turn = later.get(world.uri)["turns"].back();
  CHECK(turn["status"] == "interrupted");
}

TEST_CASE("a question that can't be stored is refused, says why, and can be asked again") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  limit_files(editor, 4096);
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}}, {"question", "second"}});
  CHECK(error["data"]["kind"] == "storage");
  CHECK(error["data"]["retryable"] == true);
  CHECK_FALSE(error["data"].contains("turn"));  // the question was not stored: only the editor has it
  CHECK_FALSE(error["data"]["hint"].get<std::string>().empty());
  CHECK(world.api->requests().size() == 1);
  limit_files(editor, RLIM_INFINITY);
  editor.ask(world.uri, "second");
  CHECK(editor.get(world.uri)["turns"].size() == 4);
}
