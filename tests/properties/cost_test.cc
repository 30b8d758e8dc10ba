// End-to-end tests of the cost of a conversation: the real daemon, with the stand-in's prompt cache and
// prices. Text that the model has read once isn't paid for in full again, even after edits, pauses or
// restarts, or from another editor.
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/standin/bill.h"
#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;
using std::chrono::minutes;

namespace {

constexpr int turns = 20;
constexpr int file_lines = 600;

std::string numbered(int first, int count, const std::string& word = "value") {
  std::string text;
  for (int line = first; line < first + count; ++line)
    text += "  int " + word + std::to_string(line) + " = compute(" + std::to_string(line * 7 % 1000) + ");\n";
  return text;
}

// An answer of 150 words, a little longer than a usual answer to a question about code.
std::string answer(int turn) {
  std::string text = "Answer " + std::to_string(turn) + ".";
  for (int word = 0; word < 150; ++word) text += " word" + std::to_string((turn * 31 + word) % 97);
  return text;
}

json position(int line) {
  return {{"line", line}, {"character", 0}};
}

// A home, the stand-in for the API, and a file of 600 lines that is open in the editor.
struct World {
  Folder folder;
  ApiServer api;
  std::string uri = "file://" + folder.path + "/main.c";
  int version = 1;

  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home",
            .base_url = api.url(),
            .settings = std::move(settings),
            .folders = json::array({{{"uri", "file://" + folder.path}, {"name", "work"}}})};
  }
  void open(Editor& editor, const std::string& text) const {
    editor.notify(
        "textDocument/didOpen",
        {{"textDocument", {{"uri", uri}, {"languageId", "c"}, {"version", version}, {"text", text}}}});
  }
  void replace(Editor& editor, int first, int count, const std::string& text) {
    editor.notify("textDocument/didChange",
                  {{"textDocument", {{"uri", uri}, {"version", ++version}}},
                   {"contentChanges",
                    json::array({{{"range", {{"start", position(first)}, {"end", position(first + count)}}},
                                  {"text", text}}})}});
  }
  json ask(Editor& editor, int turn, json more = json::object()) {
    api.next({.text = answer(turn)});
    return editor.ask(uri, "Question " + std::to_string(turn) + ": what does this change?", std::move(more));
  }
  json whole_file() const { return {{"attachments", json::array({{{"uri", uri}}})}}; }
};

double dollars(const aside::test::ApiUsage& usage) {
  return aside::test::ApiBill::dollars("claude-opus-5-5", usage);
}

std::int64_t prompt(const json& answer) {
  const json& usage = answer["usage"];
  return usage["input"].get<std::int64_t>() + usage["cacheRead"].get<std::int64_t>() +
         usage["cacheWrite"].get<std::int64_t>();
}

}  // namespace

// Each token is written to the cache once. So the largest possible share of input that is read from the
// cache, over all turns, is 1 - (last prompt / sum of all prompts). With 20 turns this is less than 95 %,
// since the last prompt is the longest. If the first turn isn't counted, the share can be higher. The test
// checks that the share is the largest possible.
TEST_CASE("a conversation of 20 turns about a file that is edited all the time reads 95 % from the cache") {
  World world;
  Editor editor(world.options());
  world.open(editor, numbered(0, file_lines));
  std::vector<json> answers = {world.ask(editor, 0, world.whole_file())};
  for (int turn = 1; turn < turns; ++turn) {
    world.replace(editor, turn * 29, 2, numbered(turn * 29, 3, "edit" + std::to_string(turn)));
    world.api.advance(minutes(2 + turn * 7 % 19));
    answers.push_back(world.ask(editor, turn));
  }
  std::int64_t sum = 0, read = 0;
  for (std::size_t turn = 1; turn < turns; ++turn) {
    const json& usage = answers[turn]["usage"];
    CAPTURE(turn, usage.dump());
    CHECK(usage["cacheRead"] == prompt(answers[turn - 1]));
    CHECK(usage["input"] == 0);
    sum += prompt(answers[turn]);
    read += usage["cacheRead"].get<std::int64_t>();
  }
  CHECK(static_cast<double>(read) / static_cast<double>(sum) >= 0.95);

  const auto bill = world.api.spent();
  const double all = static_cast<double>(sum + prompt(answers[0]));
  CHECK(static_cast<double>(bill.read) / all >= 1 - static_cast<double>(prompt(answers.back())) / all);
  // The input costs less than a fifth of its price without a cache. Input and replies together cost less than
  // a fourth; replies cost the same with and without a cache.
  const double replies = dollars({.output = bill.output});
  CHECK(bill.spent - replies < (bill.spent_uncached - replies) / 5);
  CHECK(bill.spent < bill.spent_uncached / 4);
  CHECK(std::abs(editor.get(world.uri)["totals"]["cost"].get<double>() - bill.spent) < 1e-9);
}

TEST_CASE("whoever continues a conversation reads from the cache what was cached") {
  World world;
  Editor editor(world.options());
  const std::string text = numbered(0, file_lines);
  world.open(editor, text);
  world.ask(editor, 0, world.whole_file());
  const json before = world.ask(editor, 1);
  const std::string conversation = before["conversation"];
  const json document = {{"textDocument", {{"uri", world.uri}}}};
  world.api.advance(minutes(20));
  json after;
  SECTION("after another conversation of the file") {
    editor.call("conversation/new", document);
    world.ask(editor, 2);
    json params = document;
    params["conversation"] = conversation;
    editor.call("conversation/open", params);
    after = world.ask(editor, 3);
  }
  SECTION("after another branch") {
    world.ask(editor, 2, {{"parent", nullptr}});
    editor.call("conversation/select", {{"conversation", conversation}, {"turn", before["turn"]}});
    after = world.ask(editor, 3);
  }
  SECTION("in a fork") {
    json params = document;
    params["conversation"] = conversation;
    editor.call("conversation/fork", params);
    after = world.ask(editor, 3);
  }
  SECTION("after the daemon was started again") {
    editor.notify("exit", nullptr);
    editor.wait();
    Editor later(world.options());
    world.open(later, text);
    after = world.ask(later, 3);
  }
  SECTION("from another editor, whose daemon shares the store") {
    Editor other(world.options());
    world.open(other, text);
    after = world.ask(other, 3);
  }
  SECTION("after a question that failed, and one that was declined") {
    world.api.next({.status = 401});
    editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}}, {"question", "q"}});
    world.api.next({.text = "", .thinking = "", .stop_reason = "refusal", .category = "cyber"});
    editor.ask(world.uri, "q");
    after = world.ask(editor, 3);
  }
  CHECK(after["usage"]["cacheRead"] == prompt(before));
}

TEST_CASE("a model that was left for some questions finds what it had cached") {
  const int others = GENERATE(1, 12);
  CAPTURE(others);
  World world;
  Editor editor(world.options());
  world.open(editor, numbered(0, file_lines));
  world.ask(editor, 0, world.whole_file());
  const json before = world.ask(editor, 1);
  for (int turn = 0; turn < others; ++turn) world.ask(editor, turn, {{"model", "claude-haiku-5-5"}});
  CHECK(world.ask(editor, 2)["usage"]["cacheRead"] == prompt(before));
}

// A lookup finds an entry of the cache that is at most 20 blocks before it.
TEST_CASE("a question with many attachments does not lose what was cached before it") {
  const int count = GENERATE(17, 18, 19, 20, 25, 60);
  CAPTURE(count);
  World world;
  Editor editor(world.options());
  world.open(editor, numbered(0, file_lines));
  json many = json::array();
  for (int i = 0; i < count; ++i)
    many.push_back(
        {{"uri", world.uri}, {"range", {{"start", position(i * 9)}, {"end", position(i * 9 + 5)}}}});
  json last = world.ask(editor, 0, world.whole_file());
  for (int turn = 1; turn < 6; ++turn) {
    CAPTURE(turn);
    const json next = world.ask(editor, turn, turn % 3 == 0 ? json::object() : json({{"attachments", many}}));
    CHECK(next["usage"]["cacheRead"] == prompt(last));
    CHECK(next["usage"]["input"] == 0);
    last = next;
  }
}

TEST_CASE("a missed cache is logged with the server's reason") {
  World world;
  const auto log = [&world] {
    std::ifstream file(world.folder.path + "/home/state/aside/asided.log");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto misses = [&log] { return log().find("the prompt cache was missed") != std::string::npos; };
  Editor editor(world.options({{"diagnostics", "on"}}));
  world.open(editor, numbered(0, file_lines));
  world.ask(editor, 0, world.whole_file());
  world.replace(editor, 7, 2, numbered(7, 3, "edit"));
  world.ask(editor, 1);
  CHECK_FALSE(misses());
  SECTION("after another model was chosen") {
    world.ask(editor, 2, {{"model", "claude-haiku-5-5"}});
    CHECK(misses());
    CHECK(log().find("model_changed") != std::string::npos);
    CHECK(log().find("Question") == std::string::npos);
  }
  SECTION("and not after a branch, which goes on from where the other went on") {
    const json turns = editor.get(world.uri)["turns"];
    world.ask(editor, 2, {{"parent", turns[1]["turn"]}});
    CHECK_FALSE(misses());
  }
  SECTION("nor where nobody asked for it") {
    Editor other(world.options({{"diagnostics", "off"}}));
    world.open(other, numbered(0, file_lines));
    world.ask(other, 2, {{"model", "claude-haiku-5-5"}});
    CHECK_FALSE(misses());
  }
}
