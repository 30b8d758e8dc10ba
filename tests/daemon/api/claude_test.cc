#include "daemon/api/claude.h"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/version.h"
#include "tests/support/fake_http.h"
#include "tests/support/test.h"

using namespace aside;
using json = nlohmann::json;

namespace {

ClaudeOptions options() {
  ClaudeOptions options;
  options.base_url = "https://api.invalid/";
  options.credential.api_key = "sk-secret";
  return options;
}

Prompt question() {
  return {.model = "claude-opus-5-5",
          .messages = {{Role::User, question_content("a", {})},
                       {Role::Assistant, R"([{"type":"thinking","thinking":"","signature":"s"},)"
                                         R"({"type":"text","text":"b"}])"},
                       {Role::User, question_content("c", {})}}};
}

std::string api_failure(const std::string& type, const std::string& message = "no") {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message + "\"}}";
}

// A Claude with a scripted network. `ask` runs a question to its end and records every callback.
struct Desk {
  explicit Desk(ClaudeOptions options = ::options()) : claude(io, http, std::move(options)) {}

  void start() {
    ReplyEvents events;
    events.state = [this](std::string_view state, const std::optional<Retry>& retry) {
      states.emplace_back(state);
      if (retry) retries.push_back(*retry);
      if (on_state) on_state(state);
    };
    events.pieces = [this](std::vector<Piece> pieces) {
      ++piece_calls;
      for (Piece& piece : pieces) {
        if (piece.kind == Piece::Kind::Text) shown += piece.text;
        all_pieces.push_back(std::move(piece));
      }
    };
    auto run = [this, events]() -> asio::awaitable<void> {
      co_await asio::this_coro::throw_if_cancelled(false);
      asked = co_await claude.ask(prompt, reply, events);
      throws_after = co_await asio::this_coro::throw_if_cancelled();
    };
    auto rethrow = [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    };
    asio::co_spawn(io, std::move(run), asio::bind_cancellation_slot(stop.slot(), rethrow));
  }

  Result<Asked>& ask() {
    start();
    io.run();
    return asked;
  }

  std::string states_in_order() const {
    std::string text;
    for (const std::string& state : states) text += (text.empty() ? "" : " ") + state;
    return text;
  }

  asio::io_context io;
  FakeHttp http{io};
  Claude claude;
  Prompt prompt = question();
  Reply reply;
  Result<Asked> asked = Error{ErrorCode::InternalError, "ask has not ended"};
  asio::cancellation_signal stop;
  std::function<void(std::string_view)> on_state;
  std::vector<std::string> states;
  std::vector<Retry> retries;
  std::string shown;
  std::vector<Piece> all_pieces;
  int piece_calls = 0;
  bool throws_after = true;
};

bool has_header(const HttpRequest& request, const std::string& header) {
  return std::find(request.headers.begin(), request.headers.end(), header) != request.headers.end();
}

}  // namespace

TEST_CASE("a question is sent in the form that the API requires") {
  Desk desk;
  desk.http.play(stream(test_data("plain.sse")));
  REQUIRE(desk.ask());
  REQUIRE(desk.http.requests.size() == 1);
  const HttpRequest& request = desk.http.requests[0];
  CHECK(request.method == HttpMethod::Post);
  CHECK(request.url == "https://api.invalid/v1/messages");
  CHECK(has_header(request, "content-type: application/json"));
  CHECK(has_header(request, "accept: application/json"));
  CHECK(has_header(request, "anthropic-version: 2026-10-21"));
  CHECK(has_header(request, "x-api-key: sk-secret"));
  CHECK(has_header(request, std::string("user-agent: aside/") + aside::version));
  CHECK(request.body == body(desk.prompt, {}));
  CHECK(request.silence_timeout == std::chrono::minutes(5));
}

TEST_CASE("an answer gives the same pieces and states however its bytes are cut") {
  const std::size_t chunk = GENERATE(1, 2, 3, 7, all_at_once);
  Desk desk;
  FakeResponse response = stream(test_data("thinking.sse"));
  response.chunk = chunk;
  desk.http.play(response);
  const Result<Asked>& asked = desk.ask();
  REQUIRE(asked);
  CHECK_FALSE(asked->without_thinking);
  CHECK(desk.reply.finished());
  CHECK(desk.reply.text() == "It is quadratic.");
  CHECK(desk.shown == desk.reply.text());
  CHECK(desk.states_in_order() == "connecting waiting thinking writing");
  if (chunk == all_at_once) CHECK(desk.piece_calls == 1);
  CHECK_FALSE(desk.throws_after);  // `ask` has not changed the caller's throw_if_cancelled
}

TEST_CASE("a stream of another server, without a content type, is read as well") {
  Desk desk;
  FakeResponse response = stream(test_data("plain.sse"));
  response.headers.clear();
  desk.http.play(response);
  CHECK(desk.ask());
}

TEST_CASE("each failure becomes its error, with the API's reason and the request's id") {
  struct Row {
    FakeResponse response;
    ErrorCode code;
    std::string message, hint;
  };
  const std::vector<Row> table = {
      {failure(400, api_failure("invalid_request_error", "bad field")), ErrorCode::Upstream, "bad field", ""},
      {failure(401, api_failure("authentication_error")), ErrorCode::Unauthorized, "HTTP 401", "key"},
      {failure(413, "<html>"), ErrorCode::ContextFull, "HTTP 413", "new one"},
      {failure(302, "", {{"location", "https://evil.invalid/x"}}), ErrorCode::Upstream,
       "redirected to https://evil.invalid/x", "baseUrl"},
      {failure(304, ""), ErrorCode::Upstream, "redirected without an address (HTTP 304)", "Check baseUrl"},
      {failure(429, api_failure("rate_limit_error"), {{"x-should-retry", "false"}}), ErrorCode::RateLimited,
       "HTTP 429", ""},
      {failure(200, R"({"type":"message","content":[]})"), ErrorCode::Upstream, "application/json",
       "baseUrl"},
      {failure(200, "<html>", {{"content-type", "text/html"}}), ErrorCode::Upstream, "text/html", "baseUrl"},
      {failure(400, std::string(1'000'000, 'x')), ErrorCode::Upstream, "xxx", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.message);
    Desk desk;
    FakeResponse response = row.response;
    response.headers["request-id"] = "req_7";
    desk.http.play(response);
    const Result<Asked>& asked = desk.ask();
    REQUIRE_FALSE(asked);
    const Error& error = asked.error();
    CAPTURE(error.message, error.data.hint);
    CHECK(kind(error.code) == std::string(kind(row.code)));
    CHECK(error.message.find("asking https://api.invalid: ") == 0);
    CHECK(error.message.find(row.message) != std::string::npos);
    CHECK(error.message.size() < 500);
    CHECK(error.message.find("sk-secret") == std::string::npos);
    CHECK(error.data.hint.find(row.hint) != std::string::npos);
    CHECK(error.data.request_id == "req_7");
    CHECK_FALSE(error.data.retryable);
    CHECK(desk.http.requests.size() == 1);
  }
}

TEST_CASE("no header of an answer brings the key into an error") {
  for (FakeResponse response : {failure(400, "{}"), failure(302, ""), failure(200, "<html>")}) {
    for (const char* name : {"request-id", "location", "content-type", "retry-after", "x-should-retry"})
      response.headers[name] = "https://gw.corp/sk-secret";
    Desk desk;
    desk.http.play(response);
    const Result<Asked>& asked = desk.ask();
    REQUIRE_FALSE(asked);
    const Error& error = asked.error();
    CHECK(error.data.request_id == "https://gw.corp/***");
    CHECK((error.message + error.data.hint).find("sk-secret") == std::string::npos);
  }
}

TEST_CASE("a request that may succeed later is tried again, and the user sees that") {
  struct Row {
    FakeResponse response;
    std::string reason;
  };
  const std::map<std::string, std::string> soon = {{"retry-after-ms", "1"}};
  const std::vector<Row> table = {
      {failure(408, "", soon), "server error"},
      {failure(409, "", soon), "server error"},
      {failure(429, api_failure("rate_limit_error"), soon), "rate limited"},
      {failure(500, api_failure("api_error"), soon), "server error"},
      {failure(504, "<html>", soon), "server error"},
      {failure(529, api_failure("overloaded_error"), soon), "overloaded"},
      {failure(400, api_failure("invalid_request_error"),
               {{"retry-after-ms", "1"}, {"x-should-retry", "true"}}),
       "server error"},
  };
  for (const Row& row : table) {
    CAPTURE(row.response.status);
    Desk desk;
    desk.http.play(row.response);
    desk.http.play(row.response);
    desk.http.play(stream(test_data("plain.sse")));
    REQUIRE(desk.ask());
    CHECK(desk.states_in_order() ==
          "connecting waiting retrying connecting waiting retrying connecting waiting writing");
    REQUIRE(desk.retries.size() == 2);
    CHECK(desk.retries[1].attempt == 3);
    CHECK(desk.retries[1].of == 3);
    CHECK(desk.retries[1].delay_seconds == 0.001);
    CHECK(desk.retries[1].reason == row.reason);
    CHECK(desk.http.requests[0].body == desk.http.requests[2].body);
  }
}

TEST_CASE("two retries, and then the error") {
  Desk desk;
  for (int i = 0; i < 4; ++i) desk.http.play(failure(529, "", {{"retry-after-ms", "1"}}));
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::Overloaded);
  CHECK(asked.error().data.retryable);
  CHECK(desk.http.requests.size() == 3);
}

TEST_CASE("if the server names no delay, the pauses double, with up to a quarter of random change") {
  ClaudeOptions once = options();
  once.retries = 1;
  const bool broken_stream = GENERATE(false, true);
  Desk desk(once);
  desk.http.play(broken_stream ? stream(test_data("early_error_event.sse")) : offline());
  desk.http.play(stream(test_data("plain.sse")));
  REQUIRE(desk.ask());
  REQUIRE(desk.retries.size() == 1);
  CHECK(desk.retries[0].delay_seconds > 0.37);
  CHECK(desk.retries[0].delay_seconds <= 0.5);
  CHECK(desk.retries[0].reason == (broken_stream ? "overloaded" : "offline"));
  CHECK(desk.reply.text() == "Hello, wörld \"✓\"\n");
}

TEST_CASE("the server's delay is read in each form, and a delay that is too long ends the retries") {
  const auto date = [](int seconds) {
    const std::time_t then = std::time(nullptr) + seconds;
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
    return std::string(text);
  };
  struct Row {
    std::map<std::string, std::string> headers;
    double low, high;
  };
  const std::vector<Row> table = {
      {{{"retry-after", "3600"}}, 3600, 3600},
      {{{"retry-after", "121.5"}}, 121.5, 121.5},
      {{{"retry-after-ms", "200000"}, {"retry-after", "1"}}, 200, 200},
      {{{"retry-after", date(500)}}, 490, 501},
      {{{"retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"}}, 1e9, 1e10},  // beyond what the clock counts
  };
  for (const Row& row : table) {
    Desk desk;
    desk.http.play(failure(429, api_failure("rate_limit_error"), row.headers));
    const Result<Asked>& asked = desk.ask();
    REQUIRE_FALSE(asked);
    REQUIRE(asked.error().data.retry_after_seconds);
    CHECK(*asked.error().data.retry_after_seconds >= row.low);
    CHECK(*asked.error().data.retry_after_seconds <= row.high);
    CHECK(asked.error().data.retryable);
    CHECK(desk.http.requests.size() == 1);
  }
  const std::vector<std::map<std::string, std::string>> nonsense = {
      {{"retry-after", "soon"}},     {{"retry-after", "-5"}},
      {{"retry-after", date(-500)}}, {{"retry-after", "Mon, 01 Jan 1601 00:00:00 GMT"}},
      {{"retry-after-ms", "nan"}},   {{"retry-after", "1e999"}},
      {{"retry-after-ms", ""}}};
  for (const auto& headers : nonsense) {
    Desk desk;
    desk.on_state = [&desk](std::string_view state) {
      if (state == "retrying") desk.stop.emit(asio::cancellation_type::terminal);
    };
    desk.http.play(failure(429, "", headers));
    desk.ask();
    REQUIRE(desk.retries.size() == 1);
    CHECK(desk.retries[0].delay_seconds <= 0.5);
  }
}

TEST_CASE("a request is not tried again after an error about a spend limit") {
  const std::string code = GENERATE("enforced_spend_limit_reached", "contract_spend_limit_reached");
  Desk desk;
  desk.http.play(failure(
      429,
      R"({"error":{"type":"rate_limit_error","message":"cap","details":{"error_code":")" + code + "\"}}}"));
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::RateLimited);
  CHECK_FALSE(asked.error().data.retryable);
  CHECK(desk.http.requests.size() == 1);
}

TEST_CASE("once something was shown, the request is not tried again, and what was shown stays") {
  struct Row {
    FakeResponse response;
    ErrorCode code;
    std::string shown;
  };
  FakeResponse reset = stream(test_data("truncated.sse"));
  reset.error = Error{ErrorCode::Upstream, "reset by peer", {.retryable = true}};
  const std::vector<Row> table = {
      {stream(test_data("truncated.sse")), ErrorCode::Upstream, "Done. Half a sen"},
      {reset, ErrorCode::Upstream, "Done. Half a sen"},
      {stream(test_data("error_event.sse")), ErrorCode::Overloaded, "Some"},
      {stream(test_data("truncated_thinking.sse")), ErrorCode::Upstream, ""},
  };
  for (const Row& row : table) {
    Desk desk;
    desk.http.play(row.response);
    const Result<Asked>& asked = desk.ask();
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == row.code);
    CHECK(asked.error().data.retryable);
    CHECK(desk.reply.text() == row.shown);
    CHECK(desk.shown == row.shown);
    CHECK(desk.http.requests.size() == 1);
  }
}

TEST_CASE(
    "a message without a stream that is cut off is kept as far as it arrived, and doesn't count as complete") {
  const std::string text = "Half a sentence.";
  const std::string message =
      R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":")" +
      text + R"("}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}})";
  const std::size_t start = message.find(text);
  for (std::size_t length = start + 1; length < message.size(); ++length) {
    Desk desk;
    desk.http.play(failure(200, message.substr(0, length), {{"content-type", "application/json"}}));
    const Result<Asked>& asked = desk.ask();
    CAPTURE(length);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == ErrorCode::Upstream);
    CHECK(desk.shown == text.substr(0, length - start));
    CHECK(desk.reply.text() == desk.shown);
    CHECK(desk.http.requests.size() == 1);
  }
  for (const char* cut : {R"({"content":"Half)", R"({"content":"Half","stop_reason":"end)"}) {
    Desk desk;
    desk.http.play(failure(200, cut));
    REQUIRE_FALSE(desk.ask());
    CHECK(desk.shown == "Half");
  }
}

TEST_CASE("an attempt that showed nothing leaves nothing in the reply of the next, nor in its pieces") {
  Desk desk;
  const std::string whole = test_data("omitted_thinking.sse");
  const std::size_t end_of_thinking =
      whole.find("event: content_block_start", whole.find("content_block_stop"));
  desk.http.play(stream(whole.substr(0, end_of_thinking)));
  desk.http.play(stream(test_data("plain.sse")));
  REQUIRE(desk.ask());
  CHECK(desk.retries.size() == 1);
  CHECK(desk.retries[0].reason == "connection lost");
  CHECK(desk.reply.content() == R"([{"type":"text","text":"Hello, wörld \"✓\"\n"}])");
  CHECK(Reply::recovered(desk.all_pieces).content() == desk.reply.content());
}

TEST_CASE("a refused signature is answered once with a request without thinking") {
  const std::string refusal =
      api_failure("invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block");
  SECTION("and that is reported") {
    Desk desk;
    desk.http.play(failure(400, refusal));
    desk.http.play(stream(test_data("plain.sse")));
    const Result<Asked>& asked = desk.ask();
    REQUIRE(asked);
    CHECK(asked->without_thinking);
    REQUIRE(desk.http.requests.size() == 2);
    const json bare = json::parse(desk.http.requests[1].body);
    CHECK(bare["messages"][1]["content"] == json::parse(R"([{"type":"text","text":"b"}])"));
    CHECK(bare["messages"][0] == json::parse(desk.http.requests[0].body)["messages"][0]);
    CHECK(desk.states_in_order() == "connecting waiting connecting waiting writing");
  }
  SECTION("but not twice") {
    Desk desk;
    desk.http.play(failure(400, refusal));
    desk.http.play(failure(400, refusal));
    CHECK_FALSE(desk.ask());
    CHECK(desk.http.requests.size() == 2);
  }
  SECTION("and not where there was none") {
    Desk desk;
    desk.prompt.messages = {{Role::User, question_content("a", {})}};
    desk.http.play(failure(400, refusal));
    CHECK_FALSE(desk.ask());
    CHECK(desk.http.requests.size() == 1);
  }
  SECTION("and the retries still count from there") {
    Desk desk;
    desk.http.play(failure(400, refusal));
    desk.http.play(failure(529, "", {{"retry-after-ms", "1"}}));
    desk.http.play(failure(529, "", {{"retry-after-ms", "1"}}));
    desk.http.play(stream(test_data("plain.sse")));
    const Result<Asked>& asked = desk.ask();
    REQUIRE(asked);
    CHECK(asked->without_thinking);
    CHECK(desk.retries.back().attempt == 3);
    CHECK(desk.http.requests[3].body == desk.http.requests[1].body);
  }
}

TEST_CASE("a cancel ends the question at any stage, at once") {
  const std::string stage = GENERATE("connecting", "waiting", "writing", "retrying");
  // true: cancelled inside the state callback; false: from the loop.
  const bool at_once = GENERATE(false, true);
  CAPTURE(stage, at_once);
  Desk desk;
  desk.on_state = [&desk, stage, at_once](std::string_view state) {
    if (state != stage) return;
    const auto cancel = [&desk] { desk.stop.emit(asio::cancellation_type::terminal); };
    if (at_once) {
      cancel();
    } else {
      asio::post(desk.io, cancel);
    }
  };
  FakeResponse response =
      stage == "retrying" ? failure(529, "", {{"retry-after", "100"}}) : stream(test_data("truncated.sse"));
  response.waits = stage != "retrying";
  desk.http.play(response);
  const auto before = std::chrono::steady_clock::now();
  const Result<Asked>& asked = desk.ask();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(20));
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::RequestCancelled);
  CHECK(desk.http.requests.size() <= 1);
  CHECK(desk.http.running == 0);
  CHECK(desk.states.back() == stage);
  if (stage == "writing") CHECK(desk.reply.text() == "Done. Half a sen");
}

TEST_CASE("without a key nothing is sent") {
  ClaudeOptions keyless = options();
  keyless.credential.api_key.clear();
  Desk desk(keyless);
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::Unauthorized);
  CHECK(desk.http.requests.empty());
}

TEST_CASE("a server is named by the origin of its address") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"https://api.anthropic.com", "https://api.anthropic.com"},
      {"HTTPS://API.Anthropic.com:443/", "https://api.anthropic.com"},
      {"http://localhost:8080/some/path/", "http://localhost:8080"},
      {"http://user:secret@host:80?x", "http://host"},
      {"http://[::1]:4430", "http://[::1]:4430"},
      {"nonsense", "the server"},  // not quoted, since it may hold a key
      {"http://host:99999", "the server"},
  };
  for (const auto& [url, server] : table) {
    ClaudeOptions elsewhere = options();
    elsewhere.base_url = url;
    CHECK(Desk(elsewhere).claude.server() == server);
  }
}

TEST_CASE("a question to a retired model fails with the name of its successor") {
  Desk desk;
  desk.prompt.model = "claude-opus-4-1";
  desk.http.play(failure(404, api_failure("not_found_error", "model: claude-opus-4-1")));
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().data.hint == "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5.");
  CHECK(desk.http.requests.size() == 1);
}

TEST_CASE("the request that opens the connection in advance has neither content nor credential") {
  Desk desk;
  desk.http.play(failure(405, ""));
  asio::co_spawn(desk.io, desk.claude.warm_up(), asio::detached);
  desk.io.run();
  REQUIRE(desk.http.requests.size() == 1);
  const HttpRequest& request = desk.http.requests[0];
  CHECK(request.method == HttpMethod::Head);
  CHECK(request.url == "https://api.invalid/v1/messages");
  CHECK(request.body.empty());
  CHECK(request.headers == std::vector<std::string>{std::string("user-agent: aside/") + aside::version});
}

TEST_CASE("a check says what it has found out, and no more") {
  struct Row {
    FakeResponse list, answer;
    std::string found, message;  // a row expects either a finding or an error's message
  };
  const std::string takes =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"model: Field required"}})";
  const std::string own =
      R"({"error":{"code":500,"message":"'messages' is required","type":"server_error"}})";
  const std::string app = "<!doctype html><title>My App</title>";
  const std::map<std::string, std::string> html = {{"content-type", "text/html"}};
  const std::vector<Row> table = {
      {failure(200, R"({"data":[]})"), failure(400, takes),
       "answers as a Messages API does, and lists its models; the key was not refused", ""},
      {failure(404, ""), failure(400, takes), "answers as a Messages API does; the key was not refused", ""},
      {failure(404, ""), failure(422, R"({"detail":[{"loc":["body","model"],"msg":"Field required"}]})"),
       "answers as a Messages API does; the key was not refused", ""},
      {failure(200, R"({"data":[]})"), failure(500, own),
       "lists its models; whether it takes questions is not known, since an empty POST "
       "https://api.invalid/v1/messages gave HTTP 500: 'messages' is required; the key was not refused",
       ""},
      {failure(200, R"({"data":[]})"), failure(404, ""), "",
       "it lists models, but an empty POST https://api.invalid/v1/messages gave HTTP 404"},
      {failure(401, api_failure("authentication_error")), {}, "", "(HTTP 401)"},
      {failure(404, ""), failure(401, api_failure("authentication_error")), "", "(HTTP 401)"},
      {failure(302, "", {{"location", "https://u:p@login.invalid/?token=x"}}),
       {},
       "",
       "redirected to https://login.invalid/ (HTTP 302)"},
      {failure(500, ""), failure(500, ""), "", "(HTTP 500)"},
      // answers of web servers: a static site, a single-page application, a wrong path
      {failure(404, "<html><title>Not here</title>", html),
       failure(405, "<html><title>Not allowed</title>", html), "",
       "gave HTTP 404: Not here, and an empty POST https://api.invalid/v1/messages gave HTTP 405: Not "
       "allowed"},
      {failure(200, app, html), failure(200, app, html), "",
       "gave HTTP 200: My App, and an empty POST https://api.invalid/v1/messages gave HTTP 200: My App"},
      {failure(200, R"({"status":"ok"})"), failure(200, R"({"status":"ok"})"), "", "has no Messages API"},
      {failure(400, "bad"), failure(400, "bad"), "", "has no Messages API"},
      {offline(), {}, "", "connection refused"},
  };
  for (const Row& row : table) {
    CAPTURE(row.found, row.message);
    Desk desk;
    desk.http.play(row.list);
    desk.http.play(row.answer);
    Result<std::string> checked = std::string();
    auto run = [&desk, &checked]() -> asio::awaitable<void> { checked = co_await desk.claude.check(); };
    asio::co_spawn(desk.io, std::move(run), asio::detached);
    desk.io.run();
    CHECK(checked.has_value() == row.message.empty());
    if (checked) CHECK(*checked == row.found);
    if (!checked) {
      INFO(checked.error().message);
      CHECK(checked.error().message.find(row.message) != std::string::npos);
    }
    CHECK(desk.http.requests[0].method == HttpMethod::Get);
    CHECK(desk.http.requests[0].url == "https://api.invalid/v1/models?limit=1");
    CHECK(has_header(desk.http.requests[0], "x-api-key: sk-secret"));
    if (desk.http.requests.size() == 1) continue;
    CHECK(desk.http.requests[1].url == "https://api.invalid/v1/messages");
    CHECK(desk.http.requests[1].body == "{}");
  }
}

TEST_CASE(
    "if a setting can't be used, nothing is sent, and each question's error names the setting and the reason") {
  ClaudeOptions broken = options();
  broken.unusable = "ANTHROPIC_BASE_URL must begin with http:// or https://";
  Desk desk(broken);
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::InvalidParams);
  CHECK(asked.error().message ==
        "these settings can't be used: ANTHROPIC_BASE_URL must begin with http:// or https://");
  asio::co_spawn(desk.io, desk.claude.warm_up(), asio::detached);
  desk.io.restart();
  desk.io.run();
  CHECK(desk.http.requests.empty());
}

TEST_CASE(
    "a server that echoes the key finds it blotted out, in errors and in replies, in pieces of any size") {
  const std::size_t chunk = GENERATE(1, 7, all_at_once);
  ClaudeOptions secret = options();
  secret.credential.api_key = "sk-ant-echoed/key-1";
  {
    Desk desk(secret);
    FakeResponse refused =
        failure(400, R"({"error":{"message":"I got sk-ant-echoed\/key-1, sk-ant-echoed/key-1"}})");
    refused.chunk = chunk;
    desk.http.play(refused);
    const Result<Asked>& asked = desk.ask();
    REQUIRE_FALSE(asked);
    CHECK(asked.error().message == "asking https://api.invalid: I got ***, *** (HTTP 400)");
  }
  Desk desk(secret);
  std::string text = test_data("plain.sse");
  const std::string word = "text_delta\",\"text\":\"";
  text.insert(text.find(word) + word.size(), "sk-ant-echoed/key-1 ");
  FakeResponse reply = stream(text);
  reply.chunk = chunk;
  desk.http.play(reply);
  REQUIRE(desk.ask());
  CHECK(desk.reply.text().starts_with("*** "));
}

TEST_CASE("a key that a server sends back in several deltas is blotted out, and its beginning alone is not") {
  const std::size_t step = GENERATE(1, 4, 30);
  const bool thinks = GENERATE(true, false);
  const bool ends = GENERATE(true, false);
  ClaudeOptions secret = options();
  secret.credential.api_key = "sk-ant-echoed/key-1";
  const std::string said = "s sk-ant sk-ant-echoed/key-1, again sk-ant-echoed/key-1sk-ant-echoed";
  const std::string kind = thinks ? "thinking" : "text";
  const auto block = [&kind](int index, const std::string& text) {
    return "data: {\"type\":\"content_block_start\",\"index\":" + std::to_string(index) +
           ",\"content_block\":{\"type\":\"" + kind + "\",\"" + kind + "\":\"" + text + "\"}}\n\n";
  };
  const auto delta = [&kind](const std::string& text) {
    return "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"" + kind +
           "_delta\",\"" + kind + "\":\"" + text + "\"}}\n\n";
  };
  std::string events = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\"}}\n\n";
  events += block(0, said.substr(0, 1));
  for (std::size_t at = 1; at < said.size(); at += step) events += delta(said.substr(at, step));
  if (ends) events += "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n" + block(1, "!");
  Desk desk(secret);
  desk.http.play(stream(events));
  REQUIRE_FALSE(desk.ask());
  const std::string expected = std::string("s sk-ant ***, again ***sk-ant-echoed") + (ends ? "!" : "");
  CHECK((thinks ? desk.reply.thinking() : desk.reply.text()) == expected);
  CHECK(desk.reply.blocks().find("\"s sk-ant ***, again ***sk-ant-echoed\"") != std::string::npos);
  std::string told;
  for (const Piece& piece : desk.all_pieces) told += piece.kind == Piece::Kind::Block ? "" : piece.text;
  CHECK(told == expected);
}

TEST_CASE("a proxy that wants a password is asked once") {
  Desk desk;
  desk.http.play(failure(407, "<html>"));
  const Result<Asked>& asked = desk.ask();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::Offline);
  CHECK(asked.error().data.hint.find("user and password") != std::string::npos);
  // The example must not look like an address with a password, since those are taken out of errors.
  CHECK(asked.error().data.hint.find(": user:password@host:port") != std::string::npos);
  CHECK(desk.http.requests.size() == 1);
}
