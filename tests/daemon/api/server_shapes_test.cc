// Tests with streams of servers other than Anthropic's (tests/standin/shapes.cc): whole, byte by byte, and
// cut after each event. The daemon accepts the whole answer, or keeps and marks the part that has arrived, or
// shows the server's error and what to do. The daemon can always send the kept part back to a strict server.
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"
#include "daemon/text/json.h"
#include "tests/standin/rules.h"
#include "tests/standin/server.h"
#include "tests/standin/shapes.h"
#include "tests/support/editor.h"
#include "tests/support/fake_http.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;
using aside::test::Script;
using aside::test::Shape;
using Becomes = aside::test::Shape::Becomes;
using namespace std::chrono_literals;

namespace {

struct Outcome {
  Reply reply;
  Result<Asked> asked = Error{ErrorCode::InternalError, "ask has not ended"};
  std::vector<Piece> pieces;
};

Prompt question() {
  return {.model = "claude-opus-5-5", .messages = {{Role::User, question_content("a", {})}}};
}

Outcome ask(const Shape& shape, const std::string& body, std::size_t chunk, bool breaks = false) {
  asio::io_context io;
  FakeHttp http(io);
  ClaudeOptions options;
  options.base_url = "https://api.invalid";
  options.credential.api_key = "sk-secret";
  options.retries = 0;
  Claude claude(io, http, options);
  FakeResponse response{
      .status = shape.status, .headers = {{"content-type", shape.type}}, .body = body, .chunk = chunk};
  if (breaks) response.error = Error{ErrorCode::Upstream, "the connection broke", {.hint = "Ask again."}};
  http.play(std::move(response));
  Outcome outcome;
  const Prompt prompt = question();
  ReplyEvents events;
  events.state = [](std::string_view, const std::optional<Retry>&) {};
  events.pieces = [&outcome](std::vector<Piece> pieces) {
    for (Piece& piece : pieces) outcome.pieces.push_back(std::move(piece));
  };
  auto run = [&]() -> asio::awaitable<void> {
    outcome.asked = co_await claude.ask(prompt, outcome.reply, events);
  };
  auto rethrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(io, std::move(run), rethrow);
  io.run();
  return outcome;
}

// Returns the error of a strict server when the next request holds this content; '' if the server accepts the
// request. A wrong signature is ignored, since the thinking comes from a gateway and was not signed by the
// stand-in.
std::string refusal(const std::string& content) {
  if (content.empty()) return "";
  Prompt prompt = question();
  prompt.messages.push_back({Role::Assistant, without_thinking(content)});
  prompt.messages.push_back({Role::User, question_content("b", {})});
  const aside::test::ApiHeaders headers = {
      {"x-api-key", "k"}, {"content-type", "application/json"}, {"anthropic-version", "2026-10-21"}};
  std::string refused;
  for (const bool thinking : {false, true}) {
    if (thinking) prompt.messages[1].content = content;
    auto verdict = aside::test::check_request(aside::test::ApiCall::Create, headers, body(prompt, {}),
                                              aside::test::ApiRules{.alternating = true});
    const auto* found = std::get_if<aside::test::Refusal>(&verdict);
    if (found && found->message.find("Invalid `signature`") == std::string::npos) refused += found->message;
  }
  return refused;
}

void check_kept(const Outcome& outcome) {
  const Reply& reply = outcome.reply;
  CAPTURE(reply.content());
  CHECK(refusal(reply.content()) == "");
  const bool error_says = outcome.asked || !outcome.asked.error().message.empty();
  CHECK(error_says);
  // Errors that the daemon makes itself must say what to do. error_test.cc checks the server's errors.
  const bool ours = !outcome.asked && outcome.asked.error().message.find("the stream ") != std::string::npos;
  if (ours) CHECK_FALSE(outcome.asked.error().data.hint.empty());
  if (reply.usage()) {
    for (const std::int64_t count :
         {reply.usage()->input, reply.usage()->output, reply.usage()->cache_read}) {
      CHECK(count >= 0);
      CHECK(count <= 2 * Reply::max_tokens);
    }
  }
  Turn turn;
  reply.fill(turn);
  CHECK(Reply::recovered(outcome.pieces).text() == (reply.shown() ? turn.text : ""));
}

std::vector<Shape> readable() {  // all shapes except compressed ones, since FakeHttp unpacks nothing
  std::vector<Shape> shapes;
  for (const Shape& shape : aside::test::shapes())
    if (shape.headers.empty()) shapes.push_back(shape);
  return shapes;
}

}  // namespace

TEST_CASE("each answer of another server becomes what it should, in one piece and byte by byte") {
  for (const Shape& shape : readable()) {
    for (const std::size_t chunk : {all_at_once, std::size_t{1}}) {
      CAPTURE(shape.name, chunk);
      const Outcome outcome = ask(shape, shape.body, chunk);
      const Reply& reply = outcome.reply;
      const std::string message = outcome.asked ? "" : outcome.asked.error().message;
      CAPTURE(message, reply.blocks().substr(0, 1000));
      CHECK(outcome.asked.has_value() == (shape.becomes == Becomes::Whole));
      if (shape.becomes == Becomes::Words) {
        CHECK(message.find(shape.text) != std::string::npos);
        CHECK_FALSE(reply.shown());
      } else {
        CHECK(reply.text() == shape.text);
        CHECK(reply.thinking() == shape.thinking);
        const bool sent_back = !json_text::blank(shape.text);
        CHECK(reply.content().empty() != sent_back);
      }
      check_kept(outcome);
    }
  }
}

TEST_CASE("an answer of another server that is cut after any event is whole, kept, or explained") {
  for (const Shape& shape : readable()) {
    const bool events = shape.body.find("\n\n") != std::string::npos;
    const std::string end = events ? "\n\n" : ",";
    // A long stream has many similar events, so most of them are skipped.
    const std::size_t step = shape.body.size() / 40;
    for (std::size_t at = shape.body.find(end); at != std::string::npos;
         at = shape.body.find(end, std::max(at + 1, at + step))) {
      for (const bool breaks : {false, true}) {
        CAPTURE(shape.name, at, breaks);
        const Outcome outcome = ask(shape, shape.body.substr(0, at + end.size()), all_at_once, breaks);
        CHECK(outcome.asked.has_value() ==
              (shape.status == 200 || shape.status < 300 ? outcome.reply.whole() : false));
        check_kept(outcome);
      }
    }
  }
}

TEST_CASE("a conversation goes on, can be previewed and exported, whatever a server sent") {
  Folder folder;
  ApiServer api;
  Editor editor({.home = folder.path + "/home", .base_url = api.url(), .settings = {{"retries", 0}}});
  const std::vector<Shape> shapes = aside::test::shapes();
  // Limits the size of a request, since a request holds the whole conversation.
  constexpr std::size_t in_one_file = 12;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Shape& shape = shapes[i];
    CAPTURE(shape.name);
    const std::string name = "file://" + folder.path + "/" + std::to_string(i / in_one_file);
    const std::string uri = name + ".c";
    const json answer = editor.answer(editor.ask_later(uri, "what? [standin: shape " + shape.name + "]"));
    CAPTURE(answer.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 2000));
    if (shape.becomes == Becomes::Words) {
      REQUIRE(answer.contains("error"));
      CHECK(answer["error"]["message"].get<std::string>().find(shape.text) != std::string::npos);
    } else {
      REQUIRE(answer.contains("result"));
      CHECK(answer["result"]["text"] == shape.text);
      CHECK(answer["result"]["status"] == (shape.becomes == Becomes::Whole ? "complete" : "interrupted"));
    }
    CHECK(editor.ask(uri, "still there?")["status"] == "complete");
    editor.call("conversation/preview", {{"textDocument", {{"uri", uri}}}, {"question", "and now?"}});
    if ((i + 1) % in_one_file != 0 && i + 1 != shapes.size()) continue;
    const json shown = editor.get(uri);
    const json text = editor.call("conversation/export",
                                  {{"conversation", shown["conversation"]}, {"format", "json"}})["text"];
    const std::string copy = name + "-copy.c";
    editor.call("conversation/import", {{"textDocument", {{"uri", copy}}}, {"text", text}});
    CHECK(editor.ask(copy, "in the copy")["status"] == "complete");
  }
  for (const auto& asked : api.asks()) CHECK(asked.refusal == "");
}

TEST_CASE(
    "pings alone keep a reply open for a short time after its stop reason, and not for ever before it") {
  Folder folder;
  ApiServer api;
  Editor editor({.home = folder.path + "/home",
                 .base_url = api.url(),
                 .settings = {{"retries", 0}, {"silenceTimeoutSeconds", 1}}});
  const std::string uri = "file://" + folder.path + "/main.c";
  const auto begun = std::chrono::steady_clock::now();
  CHECK(editor.ask(uri, "[standin: pings]")["status"] == "complete");
  CHECK(std::chrono::steady_clock::now() - begun < ReplyReader::ending_time + 10s);
  const json cut = editor.ask(uri, R"([standin: {"fault":"pings","after":4}])");
  CHECK(cut["status"] == "interrupted");
  CHECK_FALSE(cut["text"].get<std::string>().empty());
  CHECK(editor.get(uri)["turns"][3]["error"]["message"].get<std::string>().find("only pings") !=
        std::string::npos);
  CHECK(editor.ask(uri, "still there?")["status"] == "complete");
}

TEST_CASE("a reply beyond all limits ends at the limit, and what came is kept") {
  Folder folder;
  ApiServer api;
  Editor editor({.home = folder.path + "/home", .base_url = api.url(), .settings = {{"retries", 0}}});
  const std::string uri = "file://" + folder.path + "/main.c";
  Script script;
  script.text = std::string(256 * 1024, 'x') + " ";
  script.thinking = "";
  script.deltas = 20;
  api.next(script);
  const json long_one = editor.ask(uri, "tell me all");
  CHECK(long_one["status"] == "interrupted");
  CHECK(editor.get(uri)["turns"][1]["error"]["message"].get<std::string>().find("4 MiB") !=
        std::string::npos);
  const std::size_t size = long_one["text"].get<std::string>().size();
  CHECK(size > Reply::max_bytes);
  CHECK(size < Reply::max_bytes + 512 * 1024);
}
