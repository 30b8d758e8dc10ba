#include "daemon/api_error.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using aside::Error;
using aside::ErrorCode;

namespace {

std::string api(const std::string& type, const std::string& message, const std::string& code = "") {
  const std::string details = code.empty() ? "" : R"(,"details":{"error_code":")" + code + "\"}";
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message + "\"" + details +
         R"(},"request_id":"req_1"})";
}

}  // namespace

TEST_CASE("what the API says becomes a code, a message and whether to try again") {
  struct Row {
    int status;
    std::string body;
    ErrorCode code;
    bool retryable;
    std::string message, hint;  // parts of them
  };
  const std::vector<Row> table = {
      {400, api("invalid_request_error", "max_tokens: too large"), ErrorCode::Upstream, false,
       "max_tokens: too large (HTTP 400)", ""},
      {400, api("invalid_request_error", "prompt is too long: 1 > 0"), ErrorCode::ContextFull, false,
       "too long", "new one"},
      {400, api("invalid_request_error", "You have reached your specified API usage limits."),
       ErrorCode::RateLimited, false, "usage limits", "spend limit"},
      {401, api("authentication_error", "invalid x-api-key"), ErrorCode::Unauthorized, false,
       "invalid x-api-key", "ANTHROPIC_API_KEY"},
      {402, api("billing_error", "no credit"), ErrorCode::Unauthorized, false, "no credit", "billing"},
      {403, api("permission_error", "not yours"), ErrorCode::Unauthorized, false, "not yours", "permissions"},
      {404, api("not_found_error", "model: claude-x"), ErrorCode::Upstream, false, "claude-x",
       "another model"},
      {404, "not found", ErrorCode::Upstream, false, "not found (HTTP 404)", "baseUrl"},
      {408, "", ErrorCode::Upstream, true, "no reason given (HTTP 408)", "ask again"},
      {409, api("conflict_error", "busy"), ErrorCode::Upstream, true, "busy", "ask again"},
      {413, "<html>", ErrorCode::ContextFull, false, "HTTP 413", "new one"},
      {413, api("request_too_large", "32 MB"), ErrorCode::ContextFull, false, "32 MB", "new one"},
      {429, api("rate_limit_error", "slow down"), ErrorCode::RateLimited, true, "slow down", "minute"},
      {429, api("rate_limit_error", "capped", "enforced_spend_limit_reached"), ErrorCode::RateLimited, false,
       "capped", "spend limit"},
      {429, api("rate_limit_error", "capped", "contract_spend_limit_reached"), ErrorCode::RateLimited, false,
       "capped", "limits"},
      {429, api("rate_limit_error", "ramp", "ramp_limit_exceeded"), ErrorCode::RateLimited, true, "ramp",
       "minute"},
      {429, "", ErrorCode::RateLimited, true, "HTTP 429", "minute"},
      {500, api("api_error", "oops"), ErrorCode::Upstream, true, "oops", "ask again"},
      {501, "{}", ErrorCode::Upstream, true, "HTTP 501", "ask again"},
      {504, "<html><head><title>504 Gateway Time-out</title>", ErrorCode::Upstream, true,
       "no reason that could be read (HTTP 504)", "ask again"},
      {529, api("overloaded_error", "Overloaded"), ErrorCode::Overloaded, true, "Overloaded (HTTP 529)",
       "busy"},
      {529, "", ErrorCode::Overloaded, true, "HTTP 529", "busy"},
      // other servers
      {500,
       R"({"error":{"code":500,"message":"the request exceeds the available context size","type":"server_error"}})",
       ErrorCode::ContextFull, false, "context size", "new one"},
      {400, R"({"object":"error","message":"This model's maximum context length is 10"})",
       ErrorCode::ContextFull, false, "context length", "new one"},
      {422, R"({"detail":"field required"})", ErrorCode::Upstream, false, "field required", ""},
      {404, R"({"error":"model 'x' not found"})", ErrorCode::Upstream, false, "model 'x' not found", ""},
      {503, "upstream connect error\n", ErrorCode::Upstream, true, "upstream connect error (HTTP 503)", ""},
      // events have no status
      {0, api("overloaded_error", "Overloaded"), ErrorCode::Overloaded, true, "Overloaded", "busy"},
      {0, api("api_error", "Internal"), ErrorCode::Upstream, true, "Internal", "ask again"},
      {0, api("timeout_error", "Slow"), ErrorCode::Upstream, true, "Slow", "ask again"},
      {0, api("rate_limit_error", "slow down"), ErrorCode::RateLimited, true, "slow down", "minute"},
      {0, api("invalid_request_error", "odd"), ErrorCode::Upstream, false, "odd", ""},
      {0, api("weather_error", "hail"), ErrorCode::Upstream, false, "hail", ""},
      {0, R"({"error":{"message":"lone \ud83d"}})", ErrorCode::Upstream, false, "lone \uFFFD", ""},
      {0, "{", ErrorCode::Upstream, false, "{", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.status, row.body);
    const Error error = aside::api_error(row.status, row.body);
    CAPTURE(error.message, error.data.hint);
    CHECK(kind(error.code) == std::string(kind(row.code)));
    CHECK(error.data.retryable == row.retryable);
    CHECK(error.message.find(row.message) != std::string::npos);
    CHECK(error.data.hint.find(row.hint) != std::string::npos);
  }
}

TEST_CASE("where a retired model was asked, the hint names its successor") {
  const auto hint = [](const std::string& model) {
    return aside::api_error(404, api("not_found_error", "model: " + model), model).data.hint;
  };
  CHECK(hint("claude-opus-4-1") == "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5.");
  CHECK(hint("claude-opus-9") == "Choose another model: the server doesn't know this one.");
  CHECK(hint("") == "Choose another model: the server doesn't know this one.");
}

TEST_CASE("the API's id of the failed request is kept") {
  CHECK(aside::api_error(400, api("invalid_request_error", "x")).data.request_id == "req_1");
  CHECK(aside::api_error(400, R"({"request_id":null})").data.request_id.empty());
}

TEST_CASE("a message from outside is one line of bounded length") {
  CHECK(aside::one_line(" a\r\n\tb \x1b[31m c ") == "a b [31m c");
  CHECK(aside::one_line("").empty());
  CHECK(aside::one_line(std::string(300, 'x')) == std::string(300, 'x'));
  std::string long_text, expected;
  for (int i = 0; i < 400; ++i) long_text += "é";
  for (int i = 0; i < 300; ++i) expected += "é";
  CHECK(aside::one_line(long_text) == expected + "…");
}

TEST_CASE("only a 400 about signatures or thinking blocks calls for a request without thinking") {
  const std::vector<std::tuple<int, std::string, bool>> table = {
      {400, "messages.1.content.0: Invalid `signature` in `thinking` block. It is bound elsewhere.", true},
      {400, "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified",
       true},
      {400, "max_tokens: too large", false},
      {400, "thinking.type: Input should be 'enabled'", false},
      {500, "Invalid `signature` in `thinking` block", false},
      {0, "Invalid `signature` in `thinking` block", false},
  };
  for (const auto& [status, message, expected] : table) {
    CAPTURE(status, message);
    CHECK(aside::refuses_thinking(status, aside::api_error(status, api("invalid_request_error", message))) ==
          expected);
  }
}
