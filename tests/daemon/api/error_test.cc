#include "daemon/api/error.h"

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
    std::string message, hint;  // parts of the expected message and of the expected hint
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
      {429, api("rate_limit_error", "Too much in a minute."), ErrorCode::RateLimited, true,
       "Too much in a minute (HTTP 429)", "minute"},
      {500, api("api_error", "oops"), ErrorCode::Upstream, true, "oops", "ask again"},
      {501, "{}", ErrorCode::Upstream, true, "HTTP 501", "ask again"},
      {504, "<html><head><title>504 Gateway Time-out</title>", ErrorCode::Upstream, true,
       "504 Gateway Time-out (HTTP 504)", "ask again"},
      {529, api("overloaded_error", "Overloaded"), ErrorCode::Overloaded, true, "Overloaded (HTTP 529)",
       "busy"},
      {529, "", ErrorCode::Overloaded, true, "HTTP 529", "busy"},
      // errors of other servers
      {500,
       R"({"error":{"code":500,"message":"the request exceeds the available context size","type":"server_error"}})",
       ErrorCode::ContextFull, false, "context size", "new one"},
      {400, R"({"object":"error","message":"This model's maximum context length is 10"})",
       ErrorCode::ContextFull, false, "context length", "new one"},
      {422, R"({"detail":"field required"})", ErrorCode::Upstream, false, "field required", ""},
      {404, R"({"error":"model 'x' not found"})", ErrorCode::Upstream, false, "model 'x' not found", ""},
      {503, "upstream connect error\n", ErrorCode::Upstream, true, "upstream connect error (HTTP 503)", ""},
      // errors in `error` events, which have no HTTP status
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

TEST_CASE("for a retired model, the hint names its successor") {
  const auto hint = [](const std::string& model) {
    return aside::api_error(404, api("not_found_error", "model: " + model), model).data.hint;
  };
  CHECK(hint("claude-opus-4-1") == "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5.");
  CHECK(hint("claude-opus-9") == "Choose another model: the server doesn't know this one.");
  CHECK(hint("") == "Choose another model: the server doesn't know this one.");
}

TEST_CASE("an error has a field that says what would help") {
  const auto offer = [](int status, const std::string& type, const std::string& message) {
    return aside::api_error(status, api(type, message)).data.offer;
  };
  CHECK(offer(401, "authentication_error", "invalid x-api-key") == "key");
  CHECK(offer(403, "permission_error", "not yours") == "model");
  CHECK(offer(404, "not_found_error", "model: claude-x") == "model");
  CHECK(offer(429, "rate_limit_error", "slow down") == "model");
  CHECK(offer(529, "overloaded_error", "Overloaded") == "model");
  CHECK(offer(400, "invalid_request_error", "prompt is too long") == "compact");
  CHECK(offer(402, "billing_error", "no credit").empty());
  CHECK(offer(500, "api_error", "oops").empty());
}

TEST_CASE("the API's id of the failed request is kept") {
  CHECK(aside::api_error(400, api("invalid_request_error", "x")).data.request_id == "req_1");
  CHECK(aside::api_error(400, R"({"request_id":null})").data.request_id.empty());
}

TEST_CASE("the server's error message is shown, whatever its JSON form") {
  const std::vector<std::tuple<int, std::string, std::string>> table = {
      // errors of OpenAI, vLLM, LiteLLM, OpenRouter, Google
      {400, R"({"error":{"message":"bad thing","type":"invalid_request_error","param":null,"code":null}})",
       "bad thing"},
      {400, R"({"object":"error","message":"bad thing","type":"BadRequestError","code":400})", "bad thing"},
      {500, R"({"error":{"message":"litellm.APIError: bad thing","type":null,"code":"500"}})",
       "litellm.APIError: bad thing"},
      {502, R"({"error":{"metadata":{"raw":"x"},"message":"Provider returned error"}})",
       "Provider returned error"},
      {400, R"([{"error":{"code":400,"message":"bad thing","status":"INVALID_ARGUMENT"}}])", "bad thing"},
      // errors of FastAPI
      {422,
       R"({"detail":[{"type":"missing","loc":["body","messages",0],"msg":"Field required","input":{}}]})",
       "messages.0: Field required"},
      {422, R"({"detail":[{"msg":"one"},{"msg":"two"}]})", "one; two"},
      {404, R"({"detail":"Not Found"})", "Not Found"},
      // errors of Cloudflare's API, Spring, NestJS, problem+json, OAuth, Apigee
      {403, R"({"success":false,"errors":[{"code":9109,"message":"bad thing"}],"messages":[]})", "bad thing"},
      {400, R"({"errors":["one","two"]})", "one; two"},
      {404, R"({"timestamp":1,"status":404,"error":"Not Found","path":"/v1/messages"})", "Not Found"},
      {401, R"({"statusCode":401,"message":"bad thing","error":"Unauthorized"})", "bad thing"},
      {400, R"({"type":"about:blank","title":"Odd","detail":"bad thing"})", "bad thing"},
      {400, R"({"type":"about:blank","title":"Odd"})", "Odd"},
      {401, R"({"error":"invalid_request","error_description":"bad thing"})", "bad thing"},
      {500, R"({"fault":{"faultstring":"bad thing","detail":{"errorcode":"x"}}})", "bad thing"},
      // errors of Ollama, llama.cpp
      {400, R"({"error":"bad thing"})", "bad thing"},
      {500, R"({"error":{"code":500,"message":"bad thing","type":"server_error"}})", "bad thing"},
      // errors as JSON within JSON, as an event, in an unknown form
      {500, R"({"error":{"message":"{\"error\":{\"message\":\"bad thing\"}}"}})", "bad thing"},
      {500, "event: error\ndata: {\"error\":{\"message\":\"bad thing\"}}\n\n", "bad thing"},
      {500, "data: {\"error\":{\"message\":\"bad thing\"}}\n\n", "bad thing"},
      {500, R"({"oops":"bad thing"})", R"({"oops":"bad thing"})"},
      {500, R"("bad thing")", "bad thing"},
      // error pages: of nginx, of Cloudflare, with a title in several lines, without a title, in XML
      {502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>x</h1>", "502 Bad Gateway"},
      {522,
       "<!DOCTYPE html><html class=\"no-js\"><head><TITLE lang=en>\napi.x | 522: Connection timed "
       "out\n</TITLE>",
       "api.x | 522: Connection timed out"},
      {500, "<html><body><h1>Tom &amp; Jerry&#39;s</h1><p>x", "Tom & Jerry's"},
      {500, "<html><style>p {x}</style><body><p>bad <b>thing</b></p>", "bad thing"},
      {403, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
       "Access Denied"},
      {503, "no healthy upstream", "no healthy upstream"},
      {500, "1 < 2", "1 < 2"},
      {500, "bad\xff \x1b[31mthi\u202eng", "bad\uFFFD thing"},
      {500, R"({"error":{"message":"bad\u001b[31m \u202ething\u0000"}})", "bad thing"},
  };
  for (const auto& [status, body, words] : table) {
    CAPTURE(body);
    CHECK(aside::api_error(status, body).message == words + " (HTTP " + std::to_string(status) + ")");
    if (status >= 500) CHECK(aside::api_error(0, body).message == words);
    CHECK(aside::api_error(200, body).message == words);
  }
  CHECK(aside::api_error(500, std::string(60000, '[')).message.size() < 400);
  CHECK(aside::api_error(500, std::string(30000, '[') + std::string(30000, ']')).message ==
        "no reason given (HTTP 500)");
}

TEST_CASE("the kind of a failure is known from its message if its type doesn't say it") {
  struct Row {
    int status;
    std::string words;
    ErrorCode code;
    std::string hint;
  };
  const std::vector<Row> table = {
      {400, "This model's maximum context length is 8192 tokens.", ErrorCode::ContextFull, "new one"},
      {0, "input length and `max_tokens` exceed context limit: 1 + 2 > 3", ErrorCode::ContextFull, "new one"},
      {400, "Your credit balance is too low to access the API.", ErrorCode::Unauthorized, "billing"},
      {429, "You exceeded your current quota, please check your plan.", ErrorCode::RateLimited,
       "spend limit"},
      {500, "Rate limit reached for requests", ErrorCode::RateLimited, "minute"},
      {400, "API key not valid. Please pass a valid API key.", ErrorCode::Unauthorized, "key was refused"},
      {403, "Invalid API key", ErrorCode::Unauthorized, "key was refused"},
      {0, "Incorrect API key provided: sk-x.", ErrorCode::Unauthorized, "key was refused"},
      {500, "litellm.AuthenticationError: no", ErrorCode::Unauthorized, "key was refused"},
      {400, "The model `x` does not exist.", ErrorCode::Upstream, "another model"},
  };
  for (const Row& row : table) {
    CAPTURE(row.words);
    for (const std::string& body :
         {R"({"error":{"message":")" + row.words + "\"}}", R"({"detail":")" + row.words + "\"}", row.words}) {
      const Error error = aside::api_error(row.status, body);
      CHECK(kind(error.code) == std::string(kind(row.code)));
      CHECK(error.data.hint.find(row.hint) != std::string::npos);
      CHECK(error.data.retryable == (row.hint == "minute"));
    }
  }
}

TEST_CASE("a 404 is about the model or about the path, as the server says, and shows what was asked") {
  const std::string url = "https://ann:secret@gw.corp/x/v1/messages";
  const auto hint = [&](int status, const std::string& body) {
    return aside::api_error(status, body, "qwen-9", url).data.hint;
  };
  for (const char* body :
       {R"({"error":"model 'qwen-9' not found"})",
        R"({"error":{"message":"The model `qwen-9` does not exist.","code":"model_not_found"}})",
        R"({"type":"error","error":{"type":"not_found_error","message":"model: qwen-9"}})",
        "qwen-9 not found"}) {
    CAPTURE(body);
    CHECK(hint(404, body) == "Choose another model: the server doesn't know this one.");
  }
  for (const char* body :
       {"", "<html><title>404 Not Found</title>", R"({"detail":"Not Found"})", "404 page not found",
        R"({"type":"error","error":{"type":"not_found_error","message":"Not found"}})",
        "Cannot POST /x/v1/messages"}) {
    CAPTURE(body);
    CHECK(hint(404, body) == "Check baseUrl: there is no Messages API at https://gw.corp/x/v1/messages.");
    CHECK(hint(405, body) == hint(404, body));
  }
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
