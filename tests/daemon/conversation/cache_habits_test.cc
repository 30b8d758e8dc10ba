// End-to-end tests of the setting `cache: auto`. The daemon reads from its store when the user has asked earlier
// questions, and chooses how long the API caches the prompt. The choice is sent, priced, shown in the preview and
// logged.
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/store.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;

namespace {

constexpr std::int64_t minute = 60'000;

struct World {
  Folder folder;
  ApiServer api;
  std::string uri = "file://" + folder.path + "/main.c";
  std::string state = folder.path + "/home/state/aside";
  int asked = 0;

  World() { std::filesystem::create_directories(state); }
  Editor::Options options(json settings = json::object()) const {
    return {.home = folder.path + "/home", .base_url = api.url(), .settings = std::move(settings)};
  }
  // Stores conversations of three questions with some 5,000 tokens each, and with this pause between the questions.
  void have_asked(int count, std::int64_t pause) {
    Store store(state + "/aside.sqlite", "test");
    done(store.open());
    for (std::int64_t question = 0; question < 3; ++question) {
      std::vector<Exchange> begun;
      std::vector<Turn> replies;
      for (int i = 1; i <= count; ++i) {
        const std::string id = "past" + std::to_string(asked + i);
        const auto now = got(store.conversation(id));
        NewExchange exchange = asking(now ? *now : proposed(id), "why?");
        if (!now) exchange.document = document(id + ".c");
        exchange.question.created = exchange.reply.created = 1'790'000'000'000 + question * pause;
        begun.push_back(got(store.begin(std::move(exchange))));
        replies.push_back(answer(begun.back().reply, "because"));
        replies.back().usage = Usage{.cache_write = 5000 + 600 * question};
      }
      std::vector<const Turn*> ended;
      for (const Turn& reply : replies) ended.push_back(&reply);
      done(store.finish(ended));  // in one transaction, which waits for the disk once
    }
    asked += count;
  }
  json with_code(json params = json::object()) const {
    params["attachments"] = {{{"uri", uri}, {"text", std::string(40'000, 'x')}}};
    return params;
  }
  json preview(Editor& editor, json params = json::object()) const {
    params = with_code(std::move(params));
    params["textDocument"] = {{"uri", uri}};
    params["question"] = "why?";
    return editor.call("conversation/preview", params);
  }
  std::string log() const { return bytes_of(state + "/asided.log"); }
};

// Returns the cache marks of a request's body: the mark of the system text, and the mark of the whole prompt.
json marks(const json& body) {
  const json none = {{"type", "none"}};
  return {body["system"][0].value("cache_control", none), body.value("cache_control", none)};
}

const json an_hour = {{"type", "ephemeral"}, {"ttl", "1h"}}, five_minutes = {{"type", "ephemeral"}},
           no_mark = {{"type", "none"}};

}  // namespace

TEST_CASE("the choice that is cheapest for the last conversations is sent, priced, shown and logged") {
  World world;
  std::string kept;
  json mark;
  double price = 0;  // USD for a million tokens of new input
  SECTION("quick questions: five minutes") {
    world.have_asked(60, minute);
    kept = "5m", mark = five_minutes, price = 5;
  }
  SECTION("questions with pauses: an hour") {
    world.have_asked(60, 20 * minute);
    kept = "1h", mark = an_hour, price = 8;
  }
  SECTION("questions of another day: no cache") {
    world.have_asked(60, 24 * 60 * minute);
    kept = "off", mark = no_mark, price = 4;
  }
  Editor editor(world.options());
  const json shown = world.preview(editor);
  CAPTURE(shown);
  CHECK(shown["cache"] == kept);
  const std::string reason = shown["cacheReason"];
  CHECK(reason.starts_with("that is the cheapest for how your last 60 conversations went: with "));
  CHECK(shown["text"].get<std::string>().find(", because " + reason + ".") != std::string::npos);
  CHECK(marks(shown["request"]) == json({mark, mark}));
  CHECK(std::abs(shown["cost"].get<double>() - shown["inputTokens"].get<double>() * price / 1e6) < 1e-9);

  const json first = editor.ask(world.uri, "why?", world.with_code());
  CHECK(marks(json::parse(world.api.asks().back().body)) == json({mark, mark}));
  CHECK(world.log().find(first["turn"].get<std::string>() + ": cache " + kept + ": " + reason) !=
        std::string::npos);
  // Retries and side questions are sent with the chosen marks, too.
  editor.call("conversation/retry", {{"conversation", first["conversation"]}});
  CHECK(marks(json::parse(world.api.asks().back().body)) == json({mark, mark}));
  editor.ask(world.uri, "by the way?", {{"side", true}});
  CHECK(marks(json::parse(world.api.asks().back().body))[0] == mark);
}

TEST_CASE(
    "the choice is an hour while too little is known and for a model without a price; a fixed setting stays") {
  World world;
  SECTION("in an empty store") {
    Editor editor(world.options());
    CHECK(world.preview(editor)["cache"] == "1h");
    CHECK(world.preview(editor)["cacheReason"] ==
          "it takes 50 conversations to know how you ask, and so far there are 0");
  }
  SECTION("for a model without a price") {
    world.have_asked(60, minute);
    Editor editor(world.options({{"model", "llama"}}));
    CHECK(world.preview(editor)["cache"] == "1h");
  }
  SECTION("where the user has set it") {
    world.have_asked(60, minute);
    Editor editor(world.options({{"cache", "1h"}}));
    const json shown = world.preview(editor);
    CHECK(shown["cache"] == "1h");
    CHECK(shown["cacheReason"] == "the setting `cache` says so");
    CHECK(marks(shown["request"]) == json({an_hour, an_hour}));
  }
}

TEST_CASE("questions that are asked meanwhile count, also those of another process") {
  World world;
  world.have_asked(49, minute);
  Editor editor(world.options());
  CHECK(world.preview(editor)["cache"] == "1h");
  world.have_asked(1, minute);
  CHECK(world.preview(editor)["cache"] == "5m");
  world.have_asked(100, 20 * minute);
  CHECK(world.preview(editor)["cache"] == "1h");
}
