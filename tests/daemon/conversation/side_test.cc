// Tests of side questions with the real daemon over pipes. A side question is asked beside the path, and the
// path stays as if it had never been asked.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/test.h"
#include "tests/support/world.h"

using aside::json;
using aside::test::Editor;
using aside::test::Home;
using aside::test::Script;

namespace {

struct World : Home {
  // The next reply waits after some words until `gate` is released.
  void hold_next(const std::string& gate) {
    Script script;
    script.thinking = "";
    script.text = "word ";
    script.deltas = 20;
    script.gate = gate;
    script.gate_after = 5;
    api.next(script);
  }
};

const json beside = {{"side", true}};

std::vector<std::string> texts(const json& turns) {
  std::vector<std::string> texts;
  for (const json& turn : turns) texts.push_back(turn["text"]);
  return texts;
}

json transcript(Editor& editor, const std::string& uri) {
  return editor.call("conversation/transcript", {{"textDocument", {{"uri", uri}}}});
}

}  // namespace

TEST_CASE("a side question leaves later requests as they would have been, byte for byte") {
  const auto last_request = [](bool with_side) {
    World world;
    Editor editor(world.options());
    editor.ask(world.uri, "first");
    if (with_side) {
      const json side = editor.ask(world.uri, "by the way?", beside);
      editor.ask(world.uri, "and more?", {{"side", true}, {"parent", side["turn"]}});
    }
    editor.ask(world.uri, "second");
    return world.api.asks().back().body;
  };
  CHECK(last_request(true) == last_request(false));
}

TEST_CASE("a side question changes nothing of the path, and is listed beside it") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  editor.ask(world.uri, "second");
  json before = editor.get(world.uri);
  const json side = editor.ask(world.uri, "by the way?", beside);
  CHECK(side["status"] == "complete");
  json after = editor.get(world.uri);
  REQUIRE(after["sides"].size() == 2);
  CHECK(after["sides"][0]["text"] == "by the way?");
  CHECK(after["sides"][0]["side"] == true);
  CHECK(after["sides"][0]["parent"] == before["head"]);
  CHECK(after["sides"][1]["turn"] == side["turn"]);
  CHECK(after["sides"][1]["side"] == true);
  CHECK_FALSE(after["turns"][3].contains("side"));
  after.erase("sides");
  after.erase("totals");  // the totals include the side question's cost
  before.erase("totals");
  CHECK(after == before);

  const json shown = transcript(editor, world.uri);
  for (const json& section : shown["sections"])
    CHECK(section.value("side", false) ==
          (section["turn"] == side["turn"] || section["turn"] == editor.get(world.uri)["sides"][0]["turn"]));
  CHECK_THAT(shown["text"].get<std::string>(), aside::test::Contains("## You, by the way · ") &&
                                                   aside::test::Contains("## Claude, by the way · "));
}

TEST_CASE("a side question is shown below the reply that it follows, even after more questions") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  const json side = editor.ask(world.uri, "by the way?", beside);
  editor.ask(world.uri, "deeper?", {{"side", true}, {"parent", side["turn"]}});
  editor.ask(world.uri, "second");
  const std::string text = transcript(editor, world.uri)["text"];
  CHECK(text.find("by the way?") < text.find("deeper?"));
  CHECK(text.find("deeper?") < text.find("second"));
}

TEST_CASE(
    "a side question runs beside the reply that is being written, and sees the path up to the last ended one") {
  World world;
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  world.hold_next("main");
  const int main = editor.ask_later(world.uri, "second");
  editor.wait_for_text("word word");
  const json side = editor.ask(world.uri, "by the way?", beside);
  CHECK(side["status"] == "complete");
  const std::string sent = world.api.asks().back().body;
  CHECK(sent.find("first") != sent.npos);
  CHECK(sent.find("second") == sent.npos);
  const json now = editor.get(world.uri);
  CHECK(now["turns"][3]["status"] == "streaming");
  CHECK(now["sides"][0]["parent"] == first["turn"]);
  world.api.release("main");
  CHECK(editor.answer(main)["result"]["status"] == "complete");
}

TEST_CASE("stop ends the reply of the path, or the one that it names") {
  World world;
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri, "first")["conversation"];
  world.hold_next("main");
  std::size_t from = editor.seen.size();
  const int main = editor.ask_later(world.uri, "second");
  const std::string main_turn = editor.wait_for_status("writing", from)["turn"];
  world.hold_next("side");
  from = editor.seen.size();
  const int side = editor.ask_later(world.uri, "by the way?", beside);
  const std::string side_turn = editor.wait_for_status("writing", from)["turn"];
  REQUIRE(main_turn != side_turn);
  SECTION("without a turn") {
    editor.call("conversation/stop", {{"conversation", conversation}});
    CHECK(editor.answer(main)["result"]["status"] == "cancelled");
    world.api.release("side");
    CHECK(editor.answer(side)["result"]["status"] == "complete");
  }
  SECTION("with a turn") {
    editor.call("conversation/stop", {{"conversation", conversation}, {"turn", side_turn}});
    CHECK(editor.answer(side)["result"]["status"] == "cancelled");
    world.api.release("main");
    CHECK(editor.answer(main)["result"]["status"] == "complete");
  }
  SECTION("with a turn, from another editor") {
    Editor other(world.options());
    other.call("conversation/stop", {{"conversation", conversation}, {"turn", side_turn}});
    CHECK(editor.answer(side)["result"]["status"] == "cancelled");
    world.api.release("main");
    CHECK(editor.answer(main)["result"]["status"] == "complete");
  }
}

TEST_CASE("four side questions at once, and a fifth is refused; a question of the path never is") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  std::vector<int> sides;
  for (int i = 0; i < 4; ++i) {
    world.hold_next("sides");
    sides.push_back(editor.ask_later(world.uri, "side " + std::to_string(i), beside));
    REQUIRE(world.api.wait_for_asks(static_cast<std::size_t>(i) + 2));
  }
  const json fifth = editor.fails(
      "conversation/ask", {{"textDocument", {{"uri", world.uri}}}, {"question", "side 4"}, {"side", true}});
  CHECK(fifth["data"]["kind"] == "busy");
  Editor other(world.options());
  CHECK(other.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                         {"question", "side 5"},
                                         {"side", true}})["data"]["kind"] == "busy");
  CHECK(other.ask(world.uri, "second")["status"] == "complete");
  CHECK_FALSE(editor.get(world.uri).contains("sides"));  // `sides` has no replies that are being written
  world.api.release("sides");
  for (const int id : sides) CHECK(editor.answer(id)["result"]["status"] == "complete");
  CHECK(editor.get(world.uri)["sides"].size() == 8);
}

TEST_CASE("a side question becomes part of the path by select, or by a question that follows it") {
  World world;
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri, "first")["conversation"];
  const json side = editor.ask(world.uri, "by the way?", beside);
  const json second = editor.ask(world.uri, "second");
  std::vector<std::string> expected = {"first", "by the way?"};
  SECTION("select") {
    editor.call("conversation/select", {{"conversation", conversation}, {"turn", side["turn"]}});
  }
  SECTION("a question that follows it") {
    editor.ask(world.uri, "third", {{"parent", side["turn"]}});
    expected.push_back("third");
  }
  const json now = editor.get(world.uri);
  std::vector<std::string> questions;
  for (const json& turn : now["turns"])
    if (turn["role"] == "user") questions.push_back(turn["text"]);
  CHECK(questions == expected);
  CHECK_FALSE(now.contains("sides"));
  CHECK_FALSE(now["turns"][2].contains("side"));
  CHECK(now["turns"][2]["variants"].size() == 2);  // the turns that followed before are another branch
  editor.call("conversation/select", {{"conversation", conversation}, {"turn", second["turn"]}});
  CHECK(texts(editor.get(world.uri)["turns"])[2] == "second");
}

TEST_CASE("retry and continue of a side question stay beside the path") {
  World world;
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  const std::string conversation = first["conversation"];
  Script cut;
  cut.stop_reason = "max_tokens";
  world.api.next(cut);
  const json side = editor.ask(world.uri, "by the way?", beside);
  CHECK(side["status"] == "cut");
  SECTION("retry") {
    const json again =
        editor.call("conversation/retry", {{"conversation", conversation}, {"turn", side["turn"]}});
    const json now = editor.get(world.uri);
    CHECK(now["head"] == first["turn"]);
    REQUIRE(now["sides"].size() == 2);
    CHECK(now["sides"][1]["turn"] == again["turn"]);
    CHECK(now["sides"][1]["variants"].size() == 2);
  }
  SECTION("continue") {
    const json rest =
        editor.call("conversation/continue", {{"conversation", conversation}, {"turn", side["turn"]}});
    const json now = editor.get(world.uri);
    CHECK(now["head"] == first["turn"]);
    REQUIRE(now["sides"].size() == 4);
    CHECK(now["sides"][3]["turn"] == rest["turn"]);
    CHECK(now["sides"][2]["parent"] == side["turn"]);
  }
}

TEST_CASE("in an empty conversation a side question is an ordinary one") {
  World world;
  Editor editor(world.options());
  SECTION("before the first question") {}
  SECTION("after undo to before the first question") {
    const json first = editor.ask(world.uri, "first");
    editor.call("conversation/select", {{"conversation", first["conversation"]}, {"turn", nullptr}});
  }
  const json asked = editor.ask(world.uri, "by the way?", beside);
  const json now = editor.get(world.uri);
  CHECK(now["head"] == asked["turn"]);
  CHECK_FALSE(now["turns"][0].contains("side"));
}

TEST_CASE("a side question survives kill -9 with the received part of its reply") {
  World world;
  {
    Editor editor(world.options());
    editor.ask(world.uri, "first");
    world.hold_next("never");
    editor.ask_later(world.uri, "by the way?", beside);
    editor.wait_for_text("word word");
    Editor other(world.options());
    const json wanted = {{"conversation", other.get(world.uri)["conversation"]}, {"format", "json"}};
    const auto stored = [&] {
      const std::string text = other.call("conversation/export", wanted)["text"];
      return text.find("word word") != text.npos;
    };
    const auto deadline = std::chrono::steady_clock::now() + Editor::patience;
    while (!stored()) REQUIRE(std::chrono::steady_clock::now() < deadline);
    editor.kill_daemon();
  }
  Editor editor(world.options());
  const json now = editor.get(world.uri);
  REQUIRE(now["sides"].size() == 2);
  CHECK(now["sides"][0]["text"] == "by the way?");
  CHECK(now["sides"][1]["status"] == "interrupted");
  CHECK_THAT(now["sides"][1]["text"].get<std::string>(), aside::test::StartsWith("word word"));
  CHECK(editor.ask(world.uri, "second")["status"] == "complete");
}

TEST_CASE("deltas of a side question go to its editor only; others are told when it has ended") {
  World world;
  Editor editor(world.options()), other(world.options());
  editor.ask(world.uri, "first");
  other.get(world.uri);
  const std::size_t from = other.seen.size();
  world.hold_next("side");
  const int id = editor.ask_later(world.uri, "by the way?", beside);
  editor.wait_for_text("word word");
  other.get(world.uri);
  const auto told = [&] {
    return std::any_of(other.seen.begin() + static_cast<std::ptrdiff_t>(from), other.seen.end(),
                       [](const json& message) { return message.contains("method"); });
  };
  CHECK_FALSE(told());
  world.api.release("side");
  editor.answer(id);
  other.wait_for(
      "changed", [](const json& message) { return message.value("method", "") == "conversation/changed"; },
      from);
  CHECK(other.get(world.uri)["sides"].size() == 2);
}

TEST_CASE("a side question is found, counted and exported, and comes back by import") {
  World world;
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  editor.ask(world.uri, "where do zebras sleep?", beside);
  editor.ask(world.uri, "second");
  const json hits = editor.call("conversation/search", {{"query", "zebras sleep"}})["hits"];
  REQUIRE_FALSE(hits.empty());
  CHECK(hits.back()["side"] == true);
  // When the user goes to the hit, the side question stays beside the path.
  CHECK(hits.back()["reply"] == first["turn"]);
  CHECK(editor.call("usage/report", json::object())["total"]["replies"] == 3);

  const json conversation = {{"conversation", first["conversation"]}};
  json wanted = conversation;
  wanted["format"] = "markdown";
  CHECK_THAT(editor.call("conversation/export", wanted)["text"].get<std::string>(),
             aside::test::Contains("## You, by the way · "));
  wanted["format"] = "json";
  const std::string text = editor.call("conversation/export", wanted)["text"];
  const json imported =
      editor.call("conversation/import", {{"textDocument", {{"uri", world.uri + "2"}}}, {"text", text}});
  CHECK(texts(imported["sides"]) == texts(editor.get(world.uri)["sides"]));
  CHECK(imported["sides"][1]["side"] == true);
}

TEST_CASE("fork and compact leave side questions out; a fork to a side question has it on its path") {
  World world;
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "first");
  const json side = editor.ask(world.uri, "by the way?", beside);
  const json where = {{"textDocument", {{"uri", world.uri}}}, {"conversation", first["conversation"]}};
  SECTION("a fork") {
    const json forked = editor.call("conversation/fork", where);
    CHECK(forked["turns"].size() == 2);
    CHECK_FALSE(forked.contains("sides"));
  }
  SECTION("a fork to it") {
    json to = where;
    to["turn"] = side["turn"];
    const json forked = editor.call("conversation/fork", to);
    CHECK(forked["turns"].size() == 4);
    CHECK_FALSE(forked["turns"][3].contains("side"));
  }
  SECTION("a summary") {
    editor.call("conversation/compact", {{"conversation", first["conversation"]}});
    CHECK(world.api.asks().back().body.find("by the way?") == std::string::npos);
    editor.ask(world.uri, "second");
    CHECK(world.api.asks().back().body.find("by the way?") == std::string::npos);
  }
}

TEST_CASE(
    "almost all input of a side question comes from the cache, and the next question reads what it wrote") {
  World world;
  Editor editor(world.options());
  const std::string code(80'000, 'x');  // some 20,000 tokens
  editor.ask(world.uri, "first", {{"attachments", {{{"uri", world.uri}, {"text", code}}}}});
  editor.ask(world.uri, "second");
  editor.ask(world.uri, "by the way?", beside);
  const json side = editor.get(world.uri)["sides"][1]["usage"];
  const double all =
      side["input"].get<double>() + side["cacheRead"].get<double>() + side["cacheWrite"].get<double>();
  CAPTURE(side);
  CHECK(all > 20'000);
  CHECK(side["cacheRead"].get<double>() >= 0.95 * all);
  editor.ask(world.uri, "third");
  const json next = editor.get(world.uri)["turns"][5]["usage"];
  CAPTURE(next);
  CHECK(next["cacheRead"].get<double>() ==
        side["cacheRead"].get<double>() + side["cacheWrite"].get<double>());
}
