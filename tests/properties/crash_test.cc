// Tests with daemons that are killed at any moment. In each round, three daemons do random operations on one
// store, and the round ends with kill -9 of at least one daemon. Then the test checks that the store is
// undamaged, that every acknowledged turn is there with its text, and that each conversation can be
// continued: the stand-in, which is as strict as the API, must accept the next question.
//
// ASIDE_CRASH_ROUNDS is the number of rounds, ASIDE_CRASH_SEED the seed of the random numbers; both are
// printed.
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using aside::json;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace {

constexpr int daemons = 3, files = 4, operations = 4;
// The rounds in a build with sanitizers. tests/run does 500 rounds with the release build.
constexpr unsigned usual_rounds = 50;

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* set = std::getenv(name);
  return set ? static_cast<unsigned>(std::strtoul(set, nullptr, 10)) : otherwise;
}

class Rounds {
 public:
  explicit Rounds(unsigned seed) : dice_(seed), editors_(daemons), asked_(daemons) {
    for (int i = 0; i < files; ++i) {
      const std::string name = folder_.path + "/f" + std::to_string(i) + ".c";
      std::ofstream(name) << "int f" << i << "();\n";
      uris_.push_back("file://" + name);
    }
  }

  void round() {
    for (auto& editor : editors_) {
      if (!editor) editor = start();
    }
    for (int i = 0; i < operations; ++i) operate(dice(daemons));
    // Kills a daemon after a random number of further messages, so that the moment doesn't depend on the
    // clock.
    const std::size_t victim = dice(daemons);
    const std::size_t more = dice(12);
    for (std::size_t i = 0; i < more && read_one(victim); ++i) {}
    kill(victim);
    if (dice(8) == 0) kill((victim + 1) % daemons);
    for (std::size_t i = 0; i < daemons; ++i) settle(i);
    check_store();
  }
  // Checks that each conversation can be continued: asks a question in each, so that the turns of killed
  // daemons are sent.
  void check_conversations() {
    Editor& editor = *(editors_[0] ? editors_[0] : editors_[0] = start());
    for (const std::string& uri : uris_) {
      const json answer = editor.ask(uri, "can it be sent?");
      CHECK(answer["status"] == "complete");
    }
  }
  // Checks all acknowledged turns of all rounds.
  void check_promises() {
    fresh_ = promises_;
    check_store();
    CHECK_FALSE(promises_.empty());
    WARN(promises_.size() << " replies were promised, " << deaths_ << " daemons died");
  }

 private:
  Editor::Options options() const { return {.home = folder_.path + "/home", .base_url = api_.url()}; }
  std::unique_ptr<Editor> start() const { return std::make_unique<Editor>(options()); }
  std::size_t dice(std::size_t sides) { return dice_() % sides; }

  void operate(std::size_t which) {
    Editor& editor = *editors_[which];
    const std::string uri = uris_[dice(uris_.size())];
    const json document = {{"uri", uri}};
    switch (dice(10)) {
      case 0: {
        const json conversation = editor.get(uri);
        if (!conversation["turns"].empty())
          editor.answer(editor.send("conversation/select", {{"conversation", conversation["conversation"]},
                                                            {"turn", conversation["turns"][1]["turn"]}}));
        break;
      }
      case 1:
        editor.call("conversation/list", {{"query", "f1"}});
        break;
      case 2:
        editor.call("conversation/search", {{"query", "short answer"}, {"limit", 5}});
        break;
      case 3: {
        const json conversation = editor.get(uri);
        if (!conversation["turns"].empty())
          asked_[which].push_back(
              editor.send("conversation/retry", {{"conversation", conversation["conversation"]}}));
        break;
      }
      case 4:
        if (dice(20) == 0) editor.call("conversation/new", {{"textDocument", document}});
        break;
      default:
        asked_[which].push_back(editor.ask_later(uri, "question " + std::to_string(++questions_)));
    }
  }

  // Reads a message. Returns false if none can come any more.
  bool read_one(std::size_t which) {
    Editor& editor = *editors_[which];
    const std::size_t before = editor.seen.size();
    const auto answered = [&](int id) {
      return std::any_of(editor.seen.begin(), editor.seen.end(), [id](const json& message) {
        return !message.contains("method") && message.value("id", json()) == id;
      });
    };
    if (std::all_of(asked_[which].begin(), asked_[which].end(), answered)) return false;
    editor.wait_for(
        "anything", [](const json&) { return true; }, before);
    return true;
  }

  void kill(std::size_t which) {
    if (!editors_[which]) return;
    remember(*editors_[which]);
    editors_[which]->kill_daemon();
    editors_[which].reset();
    asked_[which].clear();
    ++deaths_;
  }

  // Waits until a living daemon has answered all its requests.
  void settle(std::size_t which) {
    if (!editors_[which]) return;
    for (const int id : asked_[which]) editors_[which]->answer(id);
    asked_[which].clear();
    remember(*editors_[which]);
    editors_[which]->seen.clear();
  }

  void remember(const Editor& editor) {
    for (const json& message : editor.seen) {
      if (!message.contains("result") || !message["result"].is_object()) continue;
      const json& result = message["result"];
      if (result.value("status", "") == "complete" && result.contains("text"))
        fresh_[result["turn"]] = promises_[result["turn"]] = result["text"];
    }
  }

  void check_store() {
    const std::string path = folder_.path + "/home/state/aside/aside.sqlite";
    sqlite3* store = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &store) == SQLITE_OK);
    sqlite3_busy_timeout(store, 5000);
    std::string said;
    const auto take = [](void* into, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i) *static_cast<std::string*>(into) += values[i] ? values[i] : "";
      return 0;
    };
    CHECK(sqlite3_exec(store, "PRAGMA integrity_check; PRAGMA foreign_key_check", take, &said, nullptr) ==
          SQLITE_OK);
    CHECK(said == "ok");
    sqlite3_stmt* query = nullptr;
    sqlite3_prepare_v2(
        store,
        "SELECT 1 FROM turns JOIN texts ON turn = number WHERE 't' || number = ?1 AND number = "
        "substr(?1, 2) AND status = 'complete' AND text = ?2",
        -1, &query, nullptr);
    std::string missing;
    for (const auto& [turn, text] : fresh_) {
      sqlite3_bind_text(query, 1, turn.c_str(), -1, SQLITE_TRANSIENT);
      sqlite3_bind_text(query, 2, text.c_str(), -1, SQLITE_TRANSIENT);
      if (sqlite3_step(query) != SQLITE_ROW) missing += turn + " ";
      sqlite3_reset(query);
    }
    sqlite3_finalize(query);
    CHECK(missing == "");
    fresh_.clear();
    sqlite3_close(store);
  }

  Folder folder_;
  ApiServer api_;
  std::mt19937 dice_;
  std::vector<std::string> uris_;
  std::vector<std::unique_ptr<Editor>> editors_;
  std::vector<std::vector<int>> asked_;
  // both map a turn to its text: promises_ has all turns that were acknowledged to an editor, fresh_ those
  // not checked yet
  std::map<std::string, std::string> promises_, fresh_;
  int questions_ = 0;
  int deaths_ = 0;
};

}  // namespace

TEST_CASE("nothing that was acknowledged is lost, whenever and however often daemons are killed") {
  const unsigned seed = from_environment("ASIDE_CRASH_SEED", std::random_device()());
  const unsigned rounds = from_environment("ASIDE_CRASH_ROUNDS", usual_rounds);
  WARN("ASIDE_CRASH_SEED=" << seed << " ASIDE_CRASH_ROUNDS=" << rounds);
  Rounds test(seed);
  for (unsigned round = 0; round < rounds; ++round) {
    CAPTURE(round);
    test.round();
    test.check_conversations();
  }
  test.check_promises();
}
