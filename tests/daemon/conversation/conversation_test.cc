// End-to-end tests of conversations: the real daemon over pipes, a real store, and the strict stand-in for
// the API, which refuses what the real API refuses. Phrases in square brackets are scripts for the stand-in
// (tests/standin/script.h).
#include "daemon/conversation/session.h"

#include <cmath>
#include <fstream>
#include <optional>

#include "daemon/api/prompt.h"
#include "daemon/context/file_name.h"
#include "daemon/text/json.h"
#include "tests/support/test.h"
#include "tests/support/world.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Home;

namespace {

// Each test starts the editors that it needs.
struct World : Home {
  // The bodies of all questions so far, accepted or refused.
  std::vector<json> bodies() const {
    std::vector<json> bodies;
    for (const auto& request : api.requests())
      if (request.method == "POST") bodies.push_back(json::parse(request.body));
    return bodies;
  }
  json last_body() const { return bodies().back(); }
};

std::vector<std::string> roles(const json& body) {
  std::vector<std::string> roles;
  for (const json& message : body["messages"]) roles.push_back(message["role"]);
  return roles;
}

using Roles = std::vector<std::string>;

}  // namespace

TEST_CASE("a follow-up carries the whole conversation, its beginning byte for byte the same") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "Define quantum computing in one sentence");
  editor.ask(world.uri, "Write another sentence");
  const auto requests = world.api.requests();
  REQUIRE(requests.size() == 2);
  CHECK(roles(json::parse(requests[1].body)) == Roles{"user", "assistant", "user"});
  // Compares the raw text of the messages, not parsed JSON.
  const auto first = json_text::elements(json_text::member(requests[0].body, "messages"));
  const auto second = json_text::elements(json_text::member(requests[1].body, "messages"));
  REQUIRE(second.size() == 3);
  CHECK(second[0] == first[0]);
  CHECK(json_text::member(requests[0].body, "system") == json_text::member(requests[1].body, "system"));

  SECTION("also after the editor was closed and opened again") {
    editor.notify("exit", nullptr);
    editor.wait();
    Editor later(world.options());
    later.ask(world.uri, "And a third one");
    const std::string body = world.api.requests().back().body;
    const auto third = json_text::elements(json_text::member(body, "messages"));
    REQUIRE(third.size() == 5);
    CHECK(third[0] == first[0]);
    CHECK(third[1] == second[1]);
    CHECK(third[2] == second[2]);
  }
}

TEST_CASE("deltas put together are the reply, and come before the answer to the ask") {
  World world;
  Editor editor(world.options());
  const int id = editor.ask_later(world.uri, "hello");
  const json result = editor.answer(id)["result"];
  CHECK(result["status"] == "complete");
  CHECK(result["stopReason"] == "end_turn");
  CHECK(result["text"] == editor.shown(result["turn"]));
  CHECK_FALSE(editor.shown(result["turn"], "thinking").empty());
  CHECK(result["usage"]["output"] > 0);
  CHECK(result["cost"] > 0);
  const auto states = editor.states(result["turn"]);
  REQUIRE(states.size() >= 5);
  CHECK(states == std::vector<std::string>{"connecting", "waiting", "thinking", "writing", "ended"});
  CHECK(editor.seen.back() == editor.answer(id));
}

TEST_CASE("the updates that the next request will have are listed, and nothing else") {
  World world;
  Editor editor(world.options());
  const std::string text = "one\ntwo\nthree\nfour\nfive\n";
  const json document = {{"uri", world.uri}, {"languageId", "c"}, {"version", 1}, {"text", text}};
  editor.notify("textDocument/didOpen", {{"textDocument", document}});
  const auto range = [](int first, int last) {
    return json{{"start", {{"line", first}, {"character", 0}}}, {"end", {{"line", last}, {"character", 0}}}};
  };
  const auto check = [&editor, &world] {
    return editor.call("attachment/check",
                       {{"textDocument", {{"uri", world.uri}}}, {"attachments", json::array()}});
  };
  const json lines = {{"attachments", {{{"uri", world.uri}, {"range", range(1, 3)}}}}};
  const json asked = editor.ask(world.uri, "hello", lines);
  CHECK(check()["known"] ==
        json{{{"uri", world.uri}, {"name", "main.c"}, {"lines", "2-3"}, {"range", range(1, 3)}}});
  CHECK(editor.get(world.uri)["shared"] == json{world.uri});

  SECTION("not what has changed, and lines where they are now") {
    const auto change = [&editor, &world](int version, const std::string& text) {
      editor.notify("textDocument/didChange", {{"textDocument", {{"uri", world.uri}, {"version", version}}},
                                               {"contentChanges", {{{"text", text}}}}});
    };
    change(2, "new\nnew\n" + text);
    CHECK(check()["updates"].empty());
    CHECK(check()["known"][0]["lines"] == "4-5");
    change(3, "one\ntwo\nTHREE\nfour\nfive\n");
    CHECK(check()["updates"].size() == 1);
    CHECK(check()["known"].empty());
  }
  SECTION("a whole document includes its lines") {
    editor.ask(world.uri, "and now?", {{"attachments", {{{"uri", world.uri}}}}});
    CHECK(check()["known"] == json{{{"uri", world.uri}, {"name", "main.c"}}});
  }
  SECTION("not what went with a question that failed, nor with one on another branch") {
    editor.call("conversation/select", {{"conversation", asked["conversation"]}, {"turn", nullptr}});
    CHECK_FALSE(editor.get(world.uri).contains("shared"));
    CHECK(check()["known"].empty());
    json failing = {{"textDocument", {{"uri", world.uri}}}, {"question", "[standin: {\"status\":400}]"}};
    failing.update(lines);
    editor.fails("conversation/ask", failing);
    CHECK_FALSE(editor.get(world.uri).contains("shared"));
    CHECK(check()["known"].empty());
  }
}

TEST_CASE("nothing of the file is sent unless it is asked for, and then not its absolute name") {
  World world;
  auto options = world.options();
  options.folders = json::array({{{"uri", "file://" + world.folder.path}, {"name", "x"}}});
  Editor editor(options);
  editor.notify("textDocument/didOpen", {{"textDocument",
                                          {{"uri", world.uri},
                                           {"languageId", "c"},
                                           {"version", 1},
                                           {"text", "int main() {\n  return 0;\n}\n"}}}});
  editor.ask(world.uri, "what is this?");
  // The system text has a src/main.c as an example.
  CHECK(world.last_body()["messages"].dump().find("main.c") == std::string::npos);
  CHECK(world.last_body().dump().find("return 0") == std::string::npos);

  const json range = {{"start", {{"line", 1}, {"character", 0}}}, {"end", {{"line", 2}, {"character", 0}}}};
  editor.ask(world.uri, "and this?", {{"attachments", {{{"uri", world.uri}, {"range", range}}}}});
  const std::string sent = world.last_body()["messages"].back().dump();
  CHECK(sent.find("main.c") != std::string::npos);
  CHECK(sent.find("return 0;") != std::string::npos);
  CHECK(sent.find("int main") == std::string::npos);
  CHECK(world.last_body().dump().find(world.folder.path) == std::string::npos);
  const json turns = editor.get(world.uri)["turns"];
  REQUIRE(turns.size() == 4);
  CHECK(turns[2]["attachments"][0]["text"] == "  return 0;\n");
}

TEST_CASE("a question that fails is kept, says why and what to do, and can be retried") {
  World world;
  Editor editor(world.options());
  editor.ask(world.uri, "first");
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                        {"question", "second [standin: {\"status\":401,\"times\":1}]"}});
  CHECK(error["data"]["kind"] == "unauthorized");
  CHECK_FALSE(error["data"]["hint"].get<std::string>().empty());
  json conversation = editor.get(world.uri);
  REQUIRE(conversation["turns"].size() == 4);
  CHECK(conversation["turns"][3]["status"] == "failed");
  CHECK(conversation["turns"][3]["sent"] == false);
  CHECK(conversation["turns"][2]["sent"] == false);
  CHECK(conversation["head"] == error["data"]["turn"]);

  // The next question is sent without the failed exchange …
  editor.ask(world.uri, "third");
  CHECK(roles(world.last_body()) == Roles{"user", "assistant", "user"});
  // … and after a retry the exchange is sent again.
  const json retried = editor.call("conversation/retry", {{"conversation", conversation["conversation"]},
                                                          {"turn", error["data"]["turn"]}});
  CHECK(retried["status"] == "complete");
  conversation = editor.get(world.uri);
  REQUIRE(conversation["turns"].size() == 4);
  CHECK(conversation["turns"][3]["variants"].size() == 1);  // the failed attempt doesn't count as a variant
  CHECK(conversation["turns"][3]["sent"] == true);
}

TEST_CASE("without a key the first question says so in one sentence, and is kept") {
  World world;
  auto options = world.options();
  options.environment.clear();
  Editor editor(options);
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}}, {"question", "hello?"}});
  CHECK(error["data"]["kind"] == "unauthorized");
  CHECK(error["data"]["hint"].get<std::string>().find("ANTHROPIC_API_KEY") != std::string::npos);
  CHECK(editor.get(world.uri)["turns"][0]["text"] == "hello?");
  CHECK(world.api.requests().empty());
}

TEST_CASE(
    "when a key is set, a question is asked that an earlier process couldn't ask, if the editor shows it now") {
  World world;
  auto options = world.options();
  options.environment.clear();
  const std::string unseen = world.uri + ".unseen", undone = world.uri + ".undone";
  {
    Editor editor(options);
    for (const std::string& uri : {world.uri, unseen, undone})
      editor.fails("conversation/ask", {{"textDocument", {{"uri", uri}}}, {"question", "why?"}});
    editor.call("conversation/select",
                {{"conversation", editor.get(undone)["conversation"]}, {"turn", nullptr}});
    editor.kill_daemon();
  }
  Editor editor(options);
  const json shown = editor.get(world.uri);
  editor.get(undone);
  editor.call("credential/set", {{"apiKey", "sk-ant-later"}});
  const json ended = editor.wait_for_status("ended");
  CHECK(ended["conversation"] == shown["conversation"]);
  const json turns = editor.get(world.uri)["turns"];
  CHECK(turns[1]["status"] == "complete");
  CHECK(turns[1]["turn"] == ended["turn"]);
  CHECK(world.bodies().size() == 1);
  CHECK(editor.get(unseen)["turns"][1]["status"] == "failed");
}

TEST_CASE("a conversation that has met everything still sends requests that the API accepts") {
  World world;
  Editor editor(world.options());
  const auto ask = [&](const std::string& text) { return editor.answer(editor.ask_later(world.uri, text)); };
  CHECK(ask("fine")["result"]["status"] == "complete");
  CHECK(ask("bad [standin: 400]").contains("error"));
  CHECK(ask("no [standin: {\"stop_reason\":\"refusal\",\"category\":\"cyber\",\"text\":\"I\"}]")["result"]
                                                                                                ["status"] ==
        "refused");
  CHECK(ask("long [standin: {\"stop_reason\":\"max_tokens\"}]")["result"]["status"] == "cut");
  CHECK(ask("cut [standin: {\"fault\":\"fin\",\"after\":3,\"times\":1}]")["result"]["status"] ==
        "interrupted");
  CHECK(ask("only thoughts [standin: {\"text\":\"\",\"thinking\":\"hm hm\"}]")["result"]["status"] ==
        "complete");

  // A reply that is cancelled while it thinks has no text, so neither it nor its question is sent later.
  const int id = editor.ask_later(world.uri, "stop me [standin: {\"gate\":\"thoughts\",\"gate_after\":1}]");
  const json started = editor.wait_for_status("thinking", editor.seen.size());
  editor.notify("$/cancelRequest", {{"id", id}});
  const json cancelled = editor.answer(id)["result"];
  CHECK(cancelled["status"] == "cancelled");
  CHECK(cancelled["text"] == "");
  CHECK(cancelled["turn"] == started["turn"]);

  const std::string conversation = editor.get(world.uri)["conversation"];
  CHECK(editor.call("conversation/retry", {{"conversation", conversation},
                                           {"turn", editor.get(world.uri)["turns"][0]["turn"]}})["status"] ==
        "complete");
  CHECK(ask("after the retry")["result"]["status"] == "complete");
  CHECK(editor.call("conversation/select", {{"conversation", conversation}, {"turn", nullptr}})["turns"]
            .empty());
  CHECK(ask("from the start")["result"]["status"] == "complete");
  CHECK(roles(world.last_body()) == Roles{"user"});
  const json shown = editor.get(world.uri);
  CHECK(shown["turns"][0]["variants"].size() == 2);
}

TEST_CASE("a question that is selected leads to the reply of it last read, and onward to where it was left") {
  World world;
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri, "one")["conversation"];
  const std::string last = editor.ask(world.uri, "two")["turn"];
  const json shown = editor.get(world.uri);
  const std::string question = shown["turns"][0]["turn"], first = shown["turns"][1]["turn"];
  const auto select = [&](const json& turn, bool onward) {
    return editor.call("conversation/select",
                       {{"conversation", conversation}, {"turn", turn}, {"onward", onward}})["head"];
  };
  const std::string second =
      editor.call("conversation/retry", {{"conversation", conversation}, {"turn", question}})["turn"];
  CHECK(select(nullptr, false) == nullptr);
  CHECK(select(question, false) == second);
  CHECK(select(first, true) == last);
  CHECK(select(nullptr, false) == nullptr);
  CHECK(select(question, false) == first);
  CHECK(select(nullptr, true) == last);
}

TEST_CASE("the branch with everything in it stays answerable after each kind of end") {
  World world;
  Editor editor(world.options());
  const std::vector<std::string> ends = {
      "[standin: 400]",
      "[standin: {\"stop_reason\":\"refusal\"}]",
      "[standin: {\"stop_reason\":\"max_tokens\"}]",
      "[standin: {\"stop_reason\":\"pause_turn\"}]",
      "[standin: {\"stop_reason\":\"tool_use\"}]",
      "[standin: {\"stop_reason\":\"model_context_window_exceeded\"}]",
      "[standin: {\"stop_reason\":\"some_new_reason\"}]",
      "[standin: {\"text\":\"\"}]",
      "[standin: {\"text\":\"  \"}]",
      "[standin: {\"unknown\":true}]",
      "[standin: {\"redacted\":true}]",
      "[standin: {\"surrogates\":true}]",
      "[standin: {\"fault\":\"error\",\"after\":4,\"times\":1}]",
      "[standin: {\"fault\":\"truncate\",\"after\":4,\"times\":1}]",
      "[standin: {\"fault\":\"cut\",\"after\":4,\"times\":1}]",
      "[standin: {\"fault\":\"not_json\",\"after\":4,\"times\":1}]",
      "[standin: {\"fault\":\"rst\",\"after\":4,\"times\":1}]",
  };
  for (const std::string& end : ends) {
    INFO(end);
    editor.answer(editor.ask_later(world.uri, "what? " + end));
    CHECK(editor.ask(world.uri, "still there?")["status"] == "complete");
  }
}

TEST_CASE("a conversation begun with another system text keeps sending that one") {
  World world;
  {
    std::filesystem::create_directories(world.folder.path + "/home/state/aside");
    Store store(world.folder.path + "/home/state/aside/aside.sqlite", "an earlier build");
    NewExchange exchange;
    exchange.document = {.uri = canonical(world.uri), .path = file_path(canonical(world.uri))};
    exchange.conversation = {.id = "earlier", .uri = exchange.document.uri};
    exchange.question = {.text = "before", .content = question_content("before", {})};
    exchange.reply = {.role = Role::Assistant, .status = Status::Streaming};
    exchange.system = "Answer in one word.";
    auto begun = store.begin(exchange);
    REQUIRE(begun);
    Turn reply = exchange.reply;
    reply.id = begun->reply;
    reply.status = Status::Complete;
    reply.text = "Yes";
    reply.content = R"([{"type":"text","text":"Yes"}])";
    REQUIRE(store.finish(reply));
  }
  Editor editor(world.options());
  CHECK(editor.ask(world.uri, "and now?")["conversation"] == "earlier");
  CHECK(world.last_body()["system"][0]["text"] == "Answer in one word.");
  CHECK(roles(world.last_body()) == Roles{"user", "assistant", "user"});
}

TEST_CASE("a partial reply can be continued by a question that quotes its end") {
  World world;
  Editor editor(world.options());
  const json cut =
      editor.ask(world.uri, "tell me [standin: {\"stop_reason\":\"max_tokens\",\"text\":\"one two three\"}]");
  const json continued = editor.call("conversation/continue", {{"conversation", cut["conversation"]}});
  CHECK(continued["status"] == "complete");
  const json turns = editor.get(world.uri)["turns"];
  REQUIRE(turns.size() == 4);
  CHECK(turns[2]["text"].get<std::string>().find("one two three") != std::string::npos);
  const json error = editor.fails("conversation/continue", {{"conversation", cut["conversation"]}});
  CHECK(error["code"] == -32602);
}

TEST_CASE("a stop ends the reply at once, keeps what was shown and leaves other conversations running") {
  World world;
  Editor editor(world.options());
  const std::string other = world.uri + ".other";
  const int one = editor.ask_later(
      world.uri, "a [standin: {\"text\":\"alpha beta gamma delta\",\"gate\":\"a\",\"gate_after\":4}]");
  const int two =
      editor.ask_later(other, "b [standin: {\"text\":\"kappa lambda\",\"gate\":\"b\",\"gate_after\":3}]");
  const json writing = editor.wait_for_status("writing");
  editor.wait_for_text("alpha");
  editor.call("conversation/stop", {{"conversation", editor.get(world.uri)["conversation"]}});
  const json stopped = editor.answer(one)["result"];
  CHECK(stopped["status"] == "cancelled");
  CHECK(stopped["text"] == editor.shown(stopped["turn"]));
  CHECK_FALSE(stopped["text"].get<std::string>().empty());
  world.api.release("b");
  CHECK(editor.answer(two)["result"]["status"] == "complete");
}

TEST_CASE("the estimated usage of a stopped reply is in every total, even after a restart") {
  World world;
  std::optional<Editor> editor(std::in_place, world.options());
  editor->ask(world.uri, "hello");
  const int id =
      editor->ask_later(world.uri,
                        "a [standin: {\"text\":\"alpha beta gamma delta epsilon zeta eta theta iota kappa\","
                        "\"gate\":\"a\",\"gate_after\":9}]");
  editor->wait_for_text("epsilon");
  editor->call("conversation/stop", {{"conversation", editor->get(world.uri)["conversation"]}});
  CHECK(editor->answer(id)["result"]["usage"]["estimated"] == true);
  for (const bool again : {false, true}) {
    if (again) editor.emplace(world.options());
    const json got = editor->get(world.uri);
    REQUIRE(got["turns"].size() == 4);
    CHECK(got["turns"][3]["usage"]["estimated"] == true);
    double cost = 0;
    std::int64_t output = 0;
    for (const int reply : {1, 3}) {
      cost += got["turns"][reply]["cost"].get<double>();
      output += got["turns"][reply]["usage"]["output"].get<std::int64_t>();
    }
    CHECK(std::abs(got["totals"]["cost"].get<double>() - cost) < 1e-9);
    CHECK(got["totals"]["usage"]["output"] == output);
    const json row = editor->call("conversation/list", json::object())["conversations"][0];
    CHECK(std::abs(row["cost"].get<double>() - cost) < 1e-9);
    const json report = editor->call("usage/report", json::object())["total"];
    CHECK(std::abs(report["cost"].get<double>() - cost) < 1e-9);
    CHECK(report["usage"]["output"] == output);
  }
}

TEST_CASE("while a reply is being written, asking again is Busy and reading is not") {
  World world;
  Editor first(world.options());
  const int id = first.ask_later(world.uri, "wait [standin: {\"gate\":\"g\",\"gate_after\":2}]");
  first.wait_for_status("thinking");
  const json subject = {{"textDocument", {{"uri", world.uri}}}};
  const std::string conversation = first.get(world.uri)["conversation"];

  Editor second(world.options());
  for (Editor* editor : {&first, &second}) {
    for (const char* method :
         {"conversation/ask", "conversation/retry", "conversation/continue", "conversation/select"}) {
      json params = subject;
      params["question"] = "me too";
      params["conversation"] = conversation;
      params["turn"] = nullptr;
      if (std::string(method) == "conversation/retry") params.erase("turn");
      INFO(method);
      const json error = editor->fails(method, params);
      CHECK(error["data"]["kind"] == "busy");
      CHECK(error["data"]["retryable"] == true);
      CHECK_FALSE(error["data"]["owner"].get<std::string>().empty());
    }
    CHECK(editor->get(world.uri)["turns"][1]["status"] == "streaming");
    CHECK(editor->call("conversation/list", json::object())["conversations"].size() == 1);
  }

  SECTION("and any process may stop it") {
    second.call("conversation/stop", {{"conversation", conversation}});
    CHECK(first.answer(id)["result"]["status"] == "cancelled");
  }
  SECTION("until its process dies") {
    first.kill_daemon();
    CHECK(second.ask(world.uri, "free?")["status"] == "complete");
  }
  world.api.release("g");
}

TEST_CASE("two editors on one file show the same text while it is written") {
  World world;
  Editor first(world.options()), second(world.options());
  second.get(world.uri);
  const int id = first.ask_later(
      world.uri, "go [standin: {\"deltas\":400,\"pace\":2,\"gate\":\"middle\",\"gate_after\":200}]");
  second.wait_for_text("98 ");
  // An editor that joins in the middle gets the text so far, and the rest as deltas.
  Editor third(world.options());
  const std::string before = third.get(world.uri)["turns"][1]["text"];
  world.api.release("middle");
  const json result = first.answer(id)["result"];
  const std::string turn = result["turn"];
  for (Editor* editor : {&second, &third}) {
    editor->wait_for("the end", [&turn](const json& message) {
      return message.value("method", "") == "conversation/status" && message["params"]["turn"] == turn &&
             message["params"]["state"] == "ended";
    });
  }
  CHECK(result["text"] == second.shown(turn));
  CHECK(result["text"] == before + third.shown(turn));
  CHECK(second.get(world.uri)["turns"][1]["text"] == result["text"]);
}

TEST_CASE("an editor is told when another one gives its file another conversation") {
  World world;
  Editor first(world.options()), second(world.options());
  first.ask(world.uri, "the old one");
  const std::string old = second.get(world.uri)["conversation"];
  // Makes a change in the editor `first`, and waits until `second` learns that its document no longer shows
  // this conversation.
  const auto no_longer = [&](const std::string& conversation, const std::string& method, const json& params) {
    const std::size_t before = second.seen.size();
    const json result = first.call(method, params);
    const auto fits = [&world, &conversation](const json& message) {
      return message.value("method", "") == "conversation/changed" && message["params"]["uri"] == world.uri &&
             message["params"]["conversation"] == conversation;
    };
    second.wait_for("the change", fits, before);
    return result;
  };
  const json document = {{"textDocument", {{"uri", world.uri}}}};
  const std::string fresh = no_longer(old, "conversation/new", document)["conversation"];
  CHECK(second.get(world.uri)["conversation"] == fresh);
  no_longer(fresh, "conversation/delete", {{"conversation", fresh}});
  CHECK(second.get(world.uri)["conversation"] == old);
  no_longer(old, "conversation/delete", {{"conversation", old}});
  CHECK(second.get(world.uri)["turns"].empty());
}

TEST_CASE("fifty thousand deltas as fast as they come: nothing lost, nothing out of order") {
  World world;
  Editor first(world.options()), second(world.options());
  second.get(world.uri);
  const json result = first.ask(world.uri, "go [standin: {\"deltas\":50000}]");
  std::string expected;
  for (int i = 0; i < 50000; ++i) expected += std::to_string(i) + (i % 10 == 9 ? "\n" : " ");
  CHECK((result["text"] == expected));
  CHECK((first.shown(result["turn"]) == expected));
  second.wait_for_status("ended");
  CHECK((second.shown(result["turn"]) == expected));
}

TEST_CASE("kill -9 in the middle of a stream loses nothing that was stored, and the next ask goes through") {
  World world;
  std::string shown, turn;
  {
    Editor editor(world.options());
    editor.ask_later(world.uri,
                     "go [standin: {\"deltas\":40,\"pace\":10,\"gate\":\"half\",\"gate_after\":20}]");
    editor.wait_for_text("13 ");
    turn = editor.wait_for_status("writing")["turn"];
    // The text is in the store as soon as another process sees it.
    Editor witness(world.options());
    witness.get(world.uri);
    while (witness.get(world.uri)["turns"][1]["text"].get<std::string>().find("13 ") == std::string::npos) {}
    shown = editor.shown(turn);
    editor.kill_daemon();
  }
  Editor later(world.options());
  const json conversation = later.get(world.uri);
  REQUIRE(conversation["turns"].size() == 2);
  CHECK(conversation["turns"][1]["status"] == "interrupted");
  const std::string kept = conversation["turns"][1]["text"];
  CHECK(kept.find("13 ") != std::string::npos);
  // The stored text and the shown text are equal as far as the shorter one goes.
  const std::size_t both = std::min(kept.size(), shown.size());
  CHECK(shown.substr(0, both) == kept.substr(0, both));
  SECTION("and goes on") {
    CHECK(later.ask(world.uri, "and on?")["status"] == "complete");
    CHECK(roles(world.last_body()) == Roles{"user", "assistant", "user"});
    CHECK(later.call("conversation/search", {{"query", "13"}})["hits"].size() == 1);
  }
  SECTION("and can be forked at once, or from a reply further on") {
    const json document = {{"uri", world.uri}};
    if (GENERATE(true, false)) later.ask(world.uri, "and on?");
    const json forked = later.call(
        "conversation/fork", {{"textDocument", document}, {"conversation", conversation["conversation"]}});
    CHECK(forked["turns"][1]["text"] == kept);
    CHECK(later.ask(world.uri, "in the fork")["status"] == "complete");
    CHECK(json_text::elements(json_text::member(world.api.asks().back().body, "messages"))[1].find("13 ") !=
          std::string::npos);
  }
}

namespace {

const std::string gated = "go [standin: {\"text\":\"one two three\",\"gate\":\"g\",\"gate_after\":5}]";

// Asks a question. When the reply has begun, calls `leave`, which ends the editor's session.
int leave_while_writing(const World& world, const json& settings, const std::function<void(Editor&)>& leave) {
  auto options = world.options();
  options.settings = settings;
  Editor editor(options);
  editor.ask_later(world.uri, gated);
  editor.wait_for_text("one");
  leave(editor);
  return editor.wait();
}

// Waits until the first reply has ended, and returns it.
json ended(Editor& editor, const std::string& uri) {
  if (editor.get(uri)["turns"][1]["status"] == "streaming") editor.wait_for_status("ended");
  return editor.get(uri)["turns"][1];
}

void close_input(Editor& editor) {
  editor.close_input();
}
void send_exit(Editor& editor) {
  editor.notify("exit", nullptr);
}
void terminate(Editor& editor) {
  editor.signal(SIGTERM);
}

}  // namespace

TEST_CASE("an editor can leave at once, and the reply is finished for the next editor") {
  World world;
  const auto [name, leave, status] = GENERATE(table<std::string, void (*)(Editor&), int>({
      {"end of input", close_input, 0},
      {"exit", send_exit, 1},
  }));
  INFO(name);
  CHECK(leave_while_writing(world, json::object(), leave) == status);
  SECTION("followed by an editor that came meanwhile") {
    Editor later(world.options());
    CHECK(later.get(world.uri)["turns"][1]["status"] == "streaming");
    world.api.release("g");
    later.wait_for_text("three");
    later.wait_for_status("ended");
    const json reply = later.get(world.uri)["turns"][1];
    CHECK(reply["status"] == "complete");
    CHECK(reply["text"] == "one two three");
    CHECK(later.ask(world.uri, "and on?")["status"] == "complete");
  }
  SECTION("with nobody there") {
    world.api.release("g");
    Editor later(world.options());
    const json reply = ended(later, world.uri);
    CHECK(reply["status"] == "complete");
    CHECK(reply["text"] == "one two three");
  }
  SECTION("stopped by an editor that came meanwhile") {
    Editor later(world.options());
    later.call("conversation/stop", {{"conversation", later.get(world.uri)["conversation"]}});
    CHECK(ended(later, world.uri)["status"] == "cancelled");
  }
}

TEST_CASE("replies don't go on for longer than finishSeconds after their editor") {
  World world;
  const auto [name, seconds, leave] = GENERATE(table<std::string, int, void (*)(Editor&)>({
      {"SIGTERM", 600, terminate},
      {"end of input, and no time", 0, close_input},
      {"exit, and no time", 0, send_exit},
      {"exit, and a second", 1, send_exit},
  }));
  INFO(name);
  leave_while_writing(world, {{"finishSeconds", seconds}}, leave);
  Editor later(world.options());
  const json first = later.get(world.uri)["turns"][1];
  if (seconds != 1) CHECK(first["status"] == "interrupted");
  const json reply = ended(later, world.uri);
  CHECK(reply["status"] == "interrupted");
  CHECK(reply["text"].get<std::string>().substr(0, 3) == "one");
}

TEST_CASE("thinking of another server is left out of requests; after a refused signature, all thinking is") {
  World world;
  {
    Editor editor(world.options());
    editor.ask(world.uri, "first");
  }
  CHECK(world.bodies().size() == 1);
  SECTION("another server") {
    ApiServer other;
    auto options = world.options();
    options.base_url = other.url();
    Editor editor(options);
    CHECK(editor.ask(world.uri, "second")["status"] == "complete");
    CHECK(other.requests().size() == 1);
    CHECK(other.requests()[0].body.find("\"signature\"") == std::string::npos);
  }
  SECTION("a refused signature") {
    Store store(world.folder.path + "/home/state/aside/aside.sqlite", "test");
    auto page = store.list({});
    REQUIRE(page);
    // The API refuses the request as if an earlier message had been lost: the thinking no longer fits the
    // messages before it.
    Editor editor(world.options());
    world.api.next(test::Script{
        .status = 400,
        .message = "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound "
                   "to a different conversation"});
    CHECK(editor.ask(world.uri, "second")["status"] == "complete");
    REQUIRE(world.bodies().size() == 3);
    CHECK(world.bodies()[1].dump().find("\"signature\"") != std::string::npos);
    CHECK(world.bodies()[2].dump().find("\"signature\"") == std::string::npos);
    CHECK(editor.ask(world.uri, "third")["status"] == "complete");
    REQUIRE(world.bodies().size() == 4);
    CHECK(world.bodies()[3]["messages"][1] == world.bodies()[2]["messages"][1]);
    CHECK(world.bodies()[3]["messages"][3].dump().find("\"signature\"") != std::string::npos);
  }
}

TEST_CASE("a conversation follows its file, whether the editor says so or not") {
  World world;
  const std::string old_path = file_path(world.uri), new_path = old_path + ".new.c";
  const std::string new_uri = "file://" + new_path;
  Editor editor(world.options());
  const std::string conversation = editor.ask(world.uri, "remember me")["conversation"];
  SECTION("told by didRenameFiles") {
    std::filesystem::rename(old_path, new_path);
    editor.notify("workspace/didRenameFiles", {{"files", {{{"oldUri", world.uri}, {"newUri", new_uri}}}}});
    CHECK(editor.get(new_uri)["conversation"] == conversation);
  }
  SECTION("moved behind our back") {
    std::filesystem::rename(old_path, new_path);
    CHECK(editor.get(new_uri)["conversation"] == conversation);
    CHECK(editor.ask(new_uri, "still?")["conversation"] == conversation);
  }
  SECTION("not by a copy") {
    std::filesystem::copy(old_path, new_path);
    CHECK(editor.get(new_uri)["conversation"] != conversation);
  }
  SECTION("an unsaved buffer that is saved") {
    const std::string untitled = "untitled:7d4c";
    const std::string asked = editor.ask(untitled, "a draft")["conversation"];
    std::ofstream(new_path) << "text";
    editor.notify("workspace/didRenameFiles", {{"files", {{{"oldUri", untitled}, {"newUri", new_uri}}}}});
    CHECK(editor.get(new_uri)["conversation"] == asked);
  }
}

TEST_CASE(
    "conversations of a file: new, list, open, configure, and an empty one that is real only once it is used") {
  World world;
  Editor editor(world.options());
  const json empty = editor.get(world.uri);
  CHECK(empty["turns"].empty());
  CHECK(empty["head"].is_null());
  CHECK(editor.get(world.uri)["conversation"] == empty["conversation"]);
  CHECK(editor.call("conversation/list", json::object())["conversations"].empty());
  CHECK(editor.ask(world.uri, "first conversation")["conversation"] == empty["conversation"]);

  const std::string second = editor.call(
      "conversation/new", {{"textDocument", {{"uri", world.uri}}}, {"title", "Second"}})["conversation"];
  CHECK(empty["conversation"] != second);
  CHECK(editor.get(world.uri)["conversation"] == second);
  CHECK(editor.get(world.uri)["title"] == "Second");
  editor.ask(world.uri, "in the second");
  CHECK(world.last_body()["messages"].size() == 1);
  const json rows =
      editor.call("conversation/list", {{"textDocument", {{"uri", world.uri}}}})["conversations"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["title"] == "first conversation");
  const json opened = editor.call(
      "conversation/open", {{"textDocument", {{"uri", world.uri}}}, {"conversation", empty["conversation"]}});
  CHECK(opened["turns"].size() == 2);
  CHECK(editor.get(world.uri)["conversation"] == empty["conversation"]);

  const json configured =
      editor.call("conversation/configure",
                  {{"conversation", second}, {"model", "claude-sonnet-5-5"}, {"effort", "low"}});
  CHECK(configured["model"] == "claude-sonnet-5-5");
  editor.call("conversation/open", {{"textDocument", {{"uri", world.uri}}}, {"conversation", second}});
  editor.ask(world.uri, "with another model");
  CHECK(world.last_body()["model"] == "claude-sonnet-5-5");
  CHECK(world.last_body()["output_config"]["effort"] == "low");
}

TEST_CASE("a question that names its conversation goes there, or nowhere, and the document shows it then") {
  World world;
  Editor editor(world.options()), other(world.options());
  const std::string old = editor.ask(world.uri, "in the old one")["conversation"];
  const json document = {{"textDocument", {{"uri", world.uri}}}};
  const std::string fresh = editor.call("conversation/new", document)["conversation"];
  editor.get(world.uri);
  other.get(world.uri);

  SECTION("one that the document showed before") {
    const std::size_t told = editor.seen.size();
    CHECK(editor.ask(world.uri, "and the old one again", {{"conversation", old}})["conversation"] == old);
    CHECK(world.last_body()["messages"].size() == 3);
    const auto no_longer = [&world, &fresh](const json& message) {
      return message.value("method", "") == "conversation/changed" && message["params"]["uri"] == world.uri &&
             message["params"]["conversation"] == fresh;
    };
    editor.wait_for("the change", no_longer, told);
    other.wait_for("the change there", no_longer);
    CHECK(editor.get(world.uri)["conversation"] == old);
    CHECK(other.get(world.uri)["conversation"] == old);
    CHECK(editor.call("conversation/get", {{"conversation", fresh}})["turns"].empty());
  }
  SECTION("the one that is shown, and one that it only shows by a link") {
    CHECK(editor.ask(world.uri, "here", {{"conversation", fresh}})["conversation"] == fresh);
    const std::string elsewhere = world.uri + "pp";
    const std::string linked = editor.ask(elsewhere, "of another file")["conversation"];
    json open = document;
    open["conversation"] = linked;
    editor.call("conversation/open", open);
    open["conversation"] = fresh;
    editor.call("conversation/open", open);
    CHECK(editor.ask(world.uri, "there, too", {{"conversation", linked}})["conversation"] == linked);
    CHECK(editor.get(world.uri)["conversation"] == linked);
    CHECK(editor.get(elsewhere)["conversation"] == linked);
  }
  SECTION("one that was deleted comes back") {
    editor.call("conversation/delete", {{"conversation", old}});
    CHECK(editor.ask(world.uri, "once more", {{"conversation", old}})["conversation"] == old);
    CHECK(editor.get(world.uri)["turns"].size() == 4);
    editor.call("conversation/delete", {{"conversation", fresh}});
    editor.call("conversation/delete", {{"conversation", old}});  // now the document has no conversation
    CHECK(editor.ask(world.uri, "and again", {{"conversation", old}})["conversation"] == old);
    CHECK(editor.get(world.uri)["turns"].size() == 6);
  }
  SECTION("one of another document, asked in or not, and none at all") {
    const std::string elsewhere = world.uri + "pp";
    const std::string empty = editor.get(elsewhere)["conversation"];
    const std::string foreign = editor.ask(elsewhere + "x", "of another file")["conversation"];
    const std::size_t asked = world.bodies().size();
    for (const std::string& one : {empty, foreign, std::string("c0ffee")}) {
      json params = document;
      params["question"] = "where?";
      params["conversation"] = one;
      for (const char* method : {"conversation/ask", "conversation/preview"}) {
        const json error = editor.fails(method, params);
        CHECK(error["code"] == -32602);
        CHECK(error["message"].get<std::string>().find(one) != std::string::npos);
        CHECK_FALSE(error["data"].contains("turn"));
      }
    }
    CHECK(world.bodies().size() == asked);
    CHECK(editor.get(world.uri)["conversation"] == fresh);
    CHECK(editor.get(world.uri)["turns"].empty());
  }
}

TEST_CASE(
    "an empty conversation is named by an id that another daemon gave, and by none that was overtaken") {
  World world;
  std::string given;
  {
    Editor before(world.options());
    given = before.get(world.uri)["conversation"];
  }
  Editor editor(world.options()), other(world.options());
  const std::string empty = editor.get(world.uri)["conversation"];
  SECTION("the daemon was started anew") {
    CHECK(editor.ask(world.uri, "the first", {{"conversation", given}})["conversation"] == empty);
  }
  SECTION("another editor was first") {
    other.ask(world.uri, "first!");
    for (const std::string& overtaken : {empty, given})
      CHECK(editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                              {"conversation", overtaken},
                                              {"question", "the first"}})["code"] == -32602);
    CHECK(editor.get(world.uri)["turns"].size() == 2);
  }
}

TEST_CASE("an undo goes one step back in the tree, and redo goes forward again") {
  World world;
  Editor editor(world.options());
  const std::string first = editor.ask(world.uri, "one")["turn"];
  const json second = editor.ask(world.uri, "two");
  json conversation =
      editor.call("conversation/select", {{"conversation", second["conversation"]}, {"turn", first}});
  CHECK(conversation["head"] == first);
  CHECK(conversation["redo"] == second["turn"]);
  CHECK(conversation["turns"].size() == 2);
  const json elsewhere = editor.ask(world.uri, "another way", {{"parent", first}});
  CHECK(world.last_body()["messages"].size() == 3);
  CHECK(editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                          {"question", "x"},
                                          {"parent", "nonsense"}})["code"] == -32602);
  conversation = editor.call("conversation/select",
                             {{"conversation", second["conversation"]}, {"turn", second["turn"]}});
  CHECK(conversation["turns"][2]["variants"].size() == 2);
  CHECK_FALSE(conversation.contains("redo"));
  CHECK(elsewhere["turn"] != second["turn"]);
}

TEST_CASE(
    "a fork goes on from its turn with the very bytes of the conversation it came from, signed thinking included") {
  World world;
  Editor editor(world.options());
  const json first = editor.ask(world.uri, "one [standin: {\"thinking\":\"hm\"}]");
  const json second = editor.ask(world.uri, "two");
  const json fork = editor.call("conversation/fork", {{"textDocument", {{"uri", world.uri}}},
                                                      {"conversation", first["conversation"]},
                                                      {"turn", first["turn"]},
                                                      {"title", "Another way"}});
  CHECK(fork["title"] == "Another way");
  CHECK(fork["turns"].size() == 2);
  // The stand-in would refuse a signature if the messages before it had changed.
  const json third = editor.ask(world.uri, "three");
  CHECK(third["status"] == "complete");
  CHECK(third["conversation"] == fork["conversation"]);
  const auto requests = world.api.requests();
  const auto before = json_text::elements(json_text::member(requests[1].body, "messages"));
  const auto after = json_text::elements(json_text::member(requests[2].body, "messages"));
  REQUIRE(after.size() == 3);
  CHECK(after[0] == before[0]);
  CHECK(after[1] == before[1]);
  CHECK(json_text::member(requests[2].body, "system") == json_text::member(requests[1].body, "system"));
  const json old = editor.call("conversation/get", {{"conversation", second["conversation"]}});
  CHECK(old["turns"].size() == 4);
}

TEST_CASE("a deleted conversation is taken back by opening it, and found again") {
  World world;
  Editor editor(world.options());
  const json document = {{"uri", world.uri}};
  const json asked = editor.ask(world.uri, "Where is the leak?");
  const json conversation = asked["conversation"];
  editor.call("conversation/delete", {{"conversation", conversation}});
  CHECK(editor.call("conversation/get", {{"textDocument", document}})["turns"].empty());
  CHECK(editor.call("conversation/search", {{"query", "leak"}})["hits"].empty());
  CHECK(editor.call("conversation/list", json::object())["conversations"].empty());
  CHECK(editor.call("conversation/list", {{"deleted", true}})["conversations"].size() == 1);

  const json back =
      editor.call("conversation/open", {{"textDocument", document}, {"conversation", conversation}});
  CHECK(back["turns"].size() == 2);
  const json hits =
      editor.call("conversation/search", {{"query", "leak"}, {"textDocument", document}})["hits"];
  REQUIRE_FALSE(hits.empty());
  CHECK(hits.back()["reply"] == asked["turn"]);
  CHECK(hits.back()["uri"] == world.uri);
}

TEST_CASE("a retry that waits says for how long and can be cancelled") {
  World world;
  Editor editor(world.options());
  SECTION("and then goes through") {
    const json result = editor.ask(world.uri, "hello [standin: {\"status\":529,\"times\":1}]");
    CHECK(result["status"] == "complete");
    const json retrying = editor.wait_for_status("retrying");
    CHECK(retrying["retry"]["attempt"] == 2);
    CHECK(retrying["retry"]["of"] == 3);
    CHECK(retrying["retry"]["delaySeconds"] > 0);
  }
  SECTION("cancelled") {
    const int id =
        editor.ask_later(world.uri, "hello [standin: {\"status\":429,\"headers\":{\"retry-after\":\"60\"}}]");
    const json retrying = editor.wait_for_status("retrying");
    CHECK(retrying["retry"]["delaySeconds"] == 60);
    editor.notify("$/cancelRequest", {{"id", id}});
    CHECK(editor.answer(id)["result"]["status"] == "cancelled");
  }
}

// ---- how full the context is

TEST_CASE("a conversation shows how much of the model's window it fills, and how much was cached") {
  World world;
  Editor editor(world.options());
  CHECK_FALSE(editor.get(world.uri).contains("context"));
  editor.ask(world.uri, "hello");
  const json second = editor.ask(world.uri, "and again");
  const json usage = second["usage"];
  const std::int64_t tokens = usage["input"].get<std::int64_t>() + usage["cacheRead"].get<std::int64_t>() +
                              usage["cacheWrite"].get<std::int64_t>() + usage["output"].get<std::int64_t>();
  json context = {{"tokens", tokens}, {"cached", usage["cacheRead"]}, {"window", 1000000}};
  const json got = editor.get(world.uri);
  CHECK(got["context"] == context);
  const json whose = {{"conversation", got["conversation"]}};
  CHECK(editor.call("conversation/transcript", whose)["context"] == context);

  SECTION("an exchange that isn't sent counts for nothing") {
    editor.fails("conversation/ask",
                 {{"textDocument", {{"uri", world.uri}}}, {"question", "[standin: {\"status\":400}]"}});
    CHECK(editor.get(world.uri)["context"] == context);
  }
  SECTION("another model has another window, an unknown one none") {
    json other = whose;
    other["model"] = "claude-haiku-4-5";
    context["window"] = 200000;
    CHECK(editor.call("conversation/configure", other)["context"] == context);
    other["model"] = "llama";
    context.erase("window");
    CHECK(editor.call("conversation/configure", other)["context"] == context);
  }
  SECTION("it counts as full from four fifths of the window") {
    for (const auto& [window, full] :
         {std::pair(tokens * 5 / 4 - 1, true), std::pair(tokens * 5 / 4 + 2, false)}) {
      editor.notify("workspace/didChangeConfiguration",
                    {{"settings", {{"models", {{"claude-opus-5-5", {{"contextWindow", window}}}}}}}});
      const json now = editor.get(world.uri)["context"];
      CHECK(now["window"] == window);
      CHECK(now.value("full", false) == full);
    }
  }
}

TEST_CASE("the usage report is grouped by day, file and model, with relative file names, and can be CSV") {
  World world;
  auto options = world.options();
  options.folders = json::array({{{"uri", "file://" + world.folder.path}, {"name", "x"}}});
  Editor editor(options);
  const json nothing = editor.call("usage/report", json::object());
  CHECK(nothing["rows"].empty());
  CHECK(nothing["total"]["replies"] == 0);
  const double first = editor.ask(world.uri, "hello")["cost"];
  const double second = editor.ask(world.uri, "again", {{"model", "claude-haiku-5-5"}})["cost"];
  const json free = editor.ask("untitled:1", "what else?", {{"model", "claude-mythos-preview"}});
  CHECK_FALSE(free.contains("cost"));

  const json report = editor.call("usage/report", json::object());
  REQUIRE(report["rows"].size() == 3);
  const json& row = report["rows"][0];
  CHECK(row["name"] == "main.c");
  CHECK(row["uri"] == world.uri);
  CHECK(row["model"] == "claude-opus-5-5");
  CHECK(std::abs(row["cost"].get<double>() - first) < 1e-9);
  CHECK(row["day"] == editor.get(world.uri)["turns"][1]["created"].get<std::string>().substr(0, 10));
  CHECK_FALSE(row.contains("unpriced"));
  CHECK(report["rows"][2]["unpriced"] == 1);
  CHECK_FALSE(report["rows"][2].contains("cost"));
  CHECK(std::abs(report["total"]["cost"].get<double>() - (first + second)) < 1e-9);
  CHECK(report["total"]["replies"] == 3);
  const std::string text = report["text"];
  CHECK(text.starts_with("Day         File "));
  CHECK(text.find("  main.c  ") != std::string::npos);
  CHECK(text.find("The price of 1 reply is not known.") != std::string::npos);

  const json by_file =
      editor.call("usage/report", {{"by", {"file"}}, {"textDocument", {{"uri", world.uri}}}});
  REQUIRE(by_file["rows"].size() == 1);
  CHECK(by_file["rows"][0]["replies"] == 2);
  const json csv = editor.call("usage/report", {{"by", {"file", "conversation"}}, {"format", "csv"}});
  CHECK(csv["text"].get<std::string>().starts_with("file,uri,conversation,title,replies,input,"));
  CHECK(csv["text"].get<std::string>().find("\r\nmain.c," + world.uri + ",") != std::string::npos);
  CHECK(csv["rows"].empty());
  CHECK(csv["total"]["replies"] == 3);
  CHECK(editor.call("usage/report", {{"before", "2020-01-01"}})["rows"].empty());
  CHECK(editor.fails("usage/report", {{"by", {"week"}}})["code"] == -32602);
}

TEST_CASE("the list of models is the server's, asked for once, and only when someone wants to choose") {
  World world;
  const auto listings = [&world] {
    std::size_t listings = 0;
    for (const auto& request : world.api.requests()) listings += request.path.starts_with("/v1/models");
    return listings;
  };
  {
    Editor editor(world.options());
    editor.ask(world.uri, "hello");
    CHECK(listings() == 0);
    const json list = editor.call("model/list", json::object());
    CHECK(list["source"] == "api");
    CHECK(list["default"] == "claude-opus-5-5");
    CHECK(list["models"].size() == 19);
    CHECK(list["models"][0]["price"]["cacheRead"] == 0.2);
    CHECK(listings() == 1);
  }
  Editor later(world.options());
  CHECK(later.call("model/list", json::object())["source"] == "api");
  CHECK(listings() == 1);
}

TEST_CASE(
    "the length of a stopped reply is estimated, since the server has not reported it, and is marked as an estimate") {
  World world;
  Editor editor(world.options());
  const int asked = editor.ask_later(world.uri,
                                     "hello [standin: {\"deltas\":600,\"text\":\"word "
                                     "\",\"thinking\":\"\",\"gate\":\"end\",\"gate_after\":500}]");
  editor.wait_for("its text", [&](const json& message) {
    return message.value("method", "") == "conversation/delta" &&
           editor.shown(message["params"]["turn"]).size() == 2500;
  });
  const json conversation = editor.get(world.uri);
  editor.call("conversation/stop", {{"conversation", conversation["conversation"]}});
  const json answer = editor.answer(asked)["result"];
  CHECK(answer["status"] == "cancelled");
  CHECK(answer["usage"]["estimated"] == true);
  CHECK(answer["usage"]["output"] > 500);
  const json turn = editor.get(world.uri)["turns"][1];
  CHECK(turn["usage"] == answer["usage"]);
  CHECK(turn["cost"] == answer["cost"]);
  const std::string text =
      editor.call("conversation/transcript", {{"textDocument", {{"uri", world.uri}}}})["text"];
  CHECK(text.find(" · about $0.0") != std::string::npos);
  CHECK(text.find(", about 715 out") != std::string::npos);
  world.api.release("end");
  editor.ask(world.uri, "whole");
  CHECK_FALSE(editor.get(world.uri)["turns"][3]["usage"].contains("estimated"));
}

TEST_CASE("a title or a name can't turn the text around it in what an editor shows") {
  World world;
  Editor editor(world.options());
  const std::string name = world.folder.path + "/gpj\u202Eexe.env";
  std::ofstream(name) << "KEY=1\n";
  editor.call("conversation/new", {{"textDocument", {{"uri", world.uri}}}, {"title", "a\u202Eb\nc"}});
  CHECK(editor.get(world.uri)["title"] == "a\uFFFDb c");
  CHECK(editor.call("conversation/list", json::object())["conversations"][0]["title"] == "a\uFFFDb c");
  const json error = editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}},
                                                       {"question", "x"},
                                                       {"attachments", {{{"uri", "file://" + name}}}}});
  CHECK(error["data"]["kind"] == "needsConsent");
  CHECK(error.dump().find("\u202E") == std::string::npos);
  CHECK(error["data"]["reasons"][0].get<std::string>().find("gpj\uFFFDexe.env") != std::string::npos);
  CHECK(editor.call("attachment/check", {{"attachments", {{{"uri", "file://" + name}}}}})
            .dump()
            .find("\u202E") == std::string::npos);
}
