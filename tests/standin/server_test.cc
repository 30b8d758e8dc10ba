// Tests of the stand-in over the network, with a plain blocking socket.
#include "tests/standin/server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/support/test.h"
#include "tests/support/wire.h"

using namespace aside::test;
using Json = nlohmann::ordered_json;

namespace {

const std::string credential = "x-api-key: secret\r\nanthropic-version: 2026-10-21\r\n";

Json user(const std::string& text) {
  return {{"role", "user"}, {"content", text}};
}

Json body_of(Json messages) {
  return {{"model", "claude-opus-5-5"},
          {"max_tokens", 32000},
          {"stream", true},
          {"thinking", {{"type", "adaptive"}, {"display", "summarized"}}},
          {"cache_control", {{"type", "ephemeral"}, {"ttl", "1h"}}},
          {"messages", std::move(messages)}};
}

Json asking(const std::string& question) {
  return body_of(Json::array({user(question)}));
}

void ask(Client& client, const Json& body) {
  client.request("POST", "/v1/messages", body.dump(), credential);
}

Reply ask_once(const ApiServer& server, const std::string& question = "why?") {
  Client client(server.url());
  ask(client, asking(question));
  return client.reply();
}

// Returns the data of each event, in order. Data that isn't JSON is returned as a string.
std::vector<Json> events(const std::string& stream) {
  std::vector<Json> found;
  std::size_t begin = 0;
  while ((begin = stream.find("data: ", begin)) != std::string::npos) {
    begin += 6;
    const std::string data = stream.substr(begin, stream.find('\n', begin) - begin);
    Json json = Json::parse(data, nullptr, false);
    found.push_back(json.is_discarded() ? Json("not JSON") : json);
  }
  return found;
}

std::string joined(const std::string& stream, const std::string& delta, const std::string& field) {
  std::string text;
  for (const Json& event : events(stream)) {
    if (event.is_object() && event["type"] == "content_block_delta" && event["delta"]["type"] == delta)
      text += event["delta"][field];
  }
  return text;
}
std::string text_of(const Reply& reply) {
  return joined(reply.body, "text_delta", "text");
}
std::string thinking_of(const Reply& reply) {
  return joined(reply.body, "thinking_delta", "thinking");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const Json* find(const std::vector<Json>& all, const std::string& type) {
  for (const Json& event : all) {
    if (event.is_object() && event["type"] == type) return &event;
  }
  return nullptr;
}

bool finished(const Reply& reply) {
  return reply.body.find("event: message_stop") != std::string::npos;
}

// Returns the assistant's message as a client sends it back.
Json message_of(const Reply& reply) {
  const std::string signature = joined(reply.body, "signature_delta", "signature");
  return {{"role", "assistant"},
          {"content",
           Json::array({{{"type", "thinking"}, {"thinking", thinking_of(reply)}, {"signature", signature}},
                        {{"type", "text"}, {"text", text_of(reply)}}})}};
}

}  // namespace

TEST_CASE("each answer depends on the conversation, and the longer conversation is accepted again") {
  ApiServer server;
  Client client(server.url());
  Json messages = Json::array({user("Define quantum computing in one sentence")});
  ask(client, body_of(messages));
  Reply first = client.reply();
  CHECK(first.status == 200);
  CHECK(first.header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(first.header("request-id") != "");
  CHECK(text_of(first).rfind("Quantum computing processes information", 0) == 0);
  CHECK(text_of(first).find("This is exchange 1: 1 message, 1 of them yours, 0 attachments") !=
        std::string::npos);
  CHECK(thinking_of(first).rfind("Reading the conversation first: 1 message.", 0) == 0);

  messages.push_back(message_of(first));
  messages.push_back(user("Write another sentence"));
  ask(client, body_of(messages));
  Reply second = client.reply();
  CHECK(text_of(second).find("qubits of a quantum computer") != std::string::npos);
  CHECK(text_of(second).find("This is exchange 2: 3 messages, 2 of them yours") != std::string::npos);
  CHECK(text_of(second).find("Before this you asked: \"Define quantum computing in one sentence\".") !=
        std::string::npos);
  CHECK(text_of(second).find("You now ask: \"Write another sentence\".") != std::string::npos);
  CHECK(server.connections() == 1);

  messages[0]["content"] = "edited";
  ask(client, body_of(messages));
  Reply third = client.reply();
  CHECK(third.status == 400);
  CHECK(Json::parse(third.body)["error"]["message"] ==
        "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different "
        "conversation");
  CHECK(Json::parse(third.body)["request_id"] == third.header("request-id"));
  CHECK(server.asks().back().refusal.find("Invalid `signature`") != std::string::npos);
}

TEST_CASE("a stream has the same events as the real API's, in the same order, with usage") {
  ApiServer server;
  Json body = asking(std::string(4000, 'x'));
  Client client(server.url());
  ask(client, body);
  Reply reply = client.reply();
  std::vector<std::string> types;
  for (const Json& event : events(reply.body)) {
    if (types.empty() || event["type"] != types.back()) types.push_back(event["type"]);
  }
  CHECK(types == std::vector<std::string>{"message_start", "content_block_start", "content_block_delta",
                                          "content_block_stop", "ping", "content_block_start",
                                          "content_block_delta", "content_block_stop", "message_delta",
                                          "message_stop"});
  const std::vector<Json> all = events(reply.body);
  CHECK((*find(all, "message_start"))["message"]["usage"]["output_tokens"] == 1);
  const Json usage = (*find(all, "message_delta"))["usage"];
  CHECK(usage["output_tokens"] > 10);
  CHECK(usage["output_tokens_details"]["thinking_tokens"] == 3);
  CHECK(usage["cache_creation"]["ephemeral_1h_input_tokens"] > 1000);
  CHECK(usage["cache_creation"]["ephemeral_5m_input_tokens"] == 0);
  ask(client, body);
  const Json again = (*find(events(client.reply().body), "message_delta"))["usage"];
  CHECK(again["cache_read_input_tokens"] == usage["cache_creation_input_tokens"]);

  body["thinking"]["display"] = "omitted";
  ask(client, body);
  reply = client.reply();
  CHECK(thinking_of(reply).empty());
  CHECK(count(reply.body, "signature_delta") == 1);
  body["stream"] = false;
  ask(client, body);
  const Json message = Json::parse(client.reply().body);
  CHECK(message["content"][0]["type"] == "thinking");
  CHECK(message["content"][1]["text"].get<std::string>().find("This is exchange 1") != std::string::npos);
  body["max_tokens"] = 3;
  ask(client, body);
  CHECK(Json::parse(client.reply().body)["stop_reason"] == "max_tokens");
}

TEST_CASE("an answer names the attachments: file, lines, first line") {
  ApiServer server;
  Client client(server.url());
  auto text = [](const char* bytes) { return Json{{"type", "text"}, {"text", bytes}}; };
  Json content = Json::array(
      {text("<attachment name=\"src/main.c\" lines=\"10-24\" language=\"c\">\nint main(void) "
            "{\n}\n</attachment>"),
       text("<attachment name=\"a&amp;b.py\">\n  print(1)\n</attachment>"), text("Show me the code")});
  ask(client, body_of(Json::array({Json{{"role", "user"}, {"content", content}}})));
  const std::string answer = text_of(client.reply());
  CHECK(answer.find("2 attachments (2 in the whole conversation)") != std::string::npos);
  CHECK(answer.find("- src/main.c, lines 10-24, begins `int main(void) {`\n") != std::string::npos);
  CHECK(answer.find("- a&b.py, begins `print(1)`\n") != std::string::npos);
  CHECK(answer.find("You now ask: \"Show me the code\".") != std::string::npos);
  CHECK(answer.find("```c\n") != std::string::npos);
}

TEST_CASE("an answer names updates, images, documents and the last instructions apart from the question") {
  ApiServer server;
  Client client(server.url());
  auto text = [](const char* bytes) { return Json{{"type", "text"}, {"text", bytes}}; };
  auto file = [](const char* type, const char* media, const char* data) {
    return Json{{"type", type}, {"source", {{"type", "base64"}, {"media_type", media}, {"data", data}}}};
  };
  const Json content = Json::array(
      {text("<update name=\"src/main.c\" lines=\"1-9\">\n@@ -1 +1 @@\n-a\n+b\n</update>"),
       file("image", "image/png", "iVBORw0KGgoAAAANSUhEUgAAARgAAAA4CAIAAAA="),
       file("document", "application/pdf", "JVBERi0xLjcKMSAwIG9iajw8L1R5cGUvUGFnZT4+Cg=="), text("why?")});
  Json messages = Json::array({Json{{"role", "user"}, {"content", content}},
                               Json{{"role", "system"}, {"content", "Use spaces."}},
                               Json{{"role", "system"}, {"content", Json::array({text("Use tabs.")})}}});
  ask(client, body_of(messages));
  const std::string answer = text_of(client.reply());
  CHECK(answer.find(
            "This is exchange 1: 3 messages, 1 of them yours, 0 attachments (0 in the whole conversation), "
            "1 update, 1 image, 1 document.\n"
            "- update of src/main.c, lines 1-9, begins `@@ -1 +1 @@`\n"
            "- image/png, 280x56\n"
            "- application/pdf, 1 page\n"
            "Instructions: \"Use tabs.\".\n"
            "You now ask: \"why?\".") != std::string::npos);
}

TEST_CASE("a conversation is written to the cache once and read from it later, and the bill has the sum") {
  ApiServer server;
  Client client(server.url());
  Json messages = Json::array({user(std::string(40000, 'x'))});
  auto exchange = [&](const char* question) {
    ask(client, body_of(messages));
    const Reply reply = client.reply();
    messages.push_back(message_of(reply));
    messages.push_back(user(question));
    return (*find(events(reply.body), "message_delta"))["usage"];
  };
  const Json first = exchange("two"), second = exchange("three");
  CHECK(first["cache_creation_input_tokens"] > 10000);
  CHECK(second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]);
  server.advance(std::chrono::minutes(59));
  const Json third = exchange("four");
  CHECK(third["cache_read_input_tokens"] > second["cache_read_input_tokens"]);
  client.request("POST", "/__standin/clock", R"({"advance":3600000})");
  CHECK(client.reply().status == 200);
  const Json fourth = exchange("five");
  CHECK(fourth["cache_read_input_tokens"] == 0);

  ApiUsage sum;
  for (const Json& usage : {first, second, third, fourth}) {
    sum.input += usage["input_tokens"].get<std::int64_t>();
    sum.read += usage["cache_read_input_tokens"].get<std::int64_t>();
    sum.written_1h += usage["cache_creation"]["ephemeral_1h_input_tokens"].get<std::int64_t>();
    sum.output += usage["output_tokens"].get<std::int64_t>();
  }
  server.next({.status = 529});
  ask(client, body_of(messages));
  CHECK(client.reply().status == 529);
  ask(client, asking(" "));
  CHECK(client.reply().status == 400);
  const ApiBill bill = server.spent();
  CHECK(bill.requests == 4);
  CHECK(bill.read == sum.read);
  CHECK(bill.written_1h == sum.written_1h);
  CHECK(bill.output == sum.output);
  CHECK(std::abs(bill.spent - ApiBill::dollars("claude-opus-5-5", sum)) < 1e-9);
  const double uncached = ApiBill::dollars("claude-opus-5-5", {.input = sum.prompt(), .output = sum.output});
  CHECK(std::abs(bill.spent_uncached - uncached) < 1e-9);
  client.request("GET", "/__standin/bill", "");
  const Json told = Json::parse(client.reply().body);
  CHECK(told["written1h"] == sum.written_1h);
  CHECK(told["dollars"] == bill.spent);
  CHECK(told["dollarsUncached"] == bill.spent_uncached);
  server.reset();
  CHECK(server.spent().requests == 0);
  client.request("POST", "/__standin/clock", R"({"advance":"1 h"})");
  CHECK(client.reply().status == 400);
}

TEST_CASE("a request can't read the cache entries of another request whose reply hasn't begun") {
  ApiServer server;
  server.next({.times = 2, .gate = "go", .gate_after = -1});
  Client one(server.url()), other(server.url());
  const Json body = asking(std::string(4000, 'x'));
  ask(one, body);
  ask(other, body);
  REQUIRE(server.wait_for_asks(2));
  server.release("go");
  CHECK(finished(one.reply()));
  CHECK(finished(other.reply()));
  CHECK(server.spent().read == 0);
  ask(one, body);
  CHECK(finished(one.reply()));
  CHECK(server.spent().read > 0);
}

TEST_CASE("a reply explains why the cache missed if the request names an earlier reply") {
  ApiServer server;
  Client client(server.url());
  Json body = asking("one");
  body["diagnostics"] = {{"previous_message_id", nullptr}};
  ask(client, body);
  const Reply first = client.reply();
  const Json start = (*find(events(first.body), "message_start"))["message"];
  CHECK(start["diagnostics"].is_null());
  body["messages"].push_back(message_of(first));
  body["messages"].push_back(user("two"));
  body["diagnostics"]["previous_message_id"] = start["id"];
  auto diagnosed = [&] {
    ask(client, body);
    return (*find(events(client.reply().body), "message_start"))["message"]["diagnostics"];
  };
  CHECK(diagnosed().is_null());
  body["system"] = "Be brief.";
  for (int message = 0; message < 2; ++message) body["messages"].erase(0);
  CHECK(diagnosed()["cache_miss_reason"]["type"] == "system_changed");
  body["stream"] = false;
  body["diagnostics"]["previous_message_id"] = "msg_of_another";
  ask(client, body);
  CHECK(Json::parse(client.reply().body)["diagnostics"]["cache_miss_reason"]["type"] ==
        "previous_message_not_found");
}

TEST_CASE("a summary replaces the conversation, and the next answer shows this") {
  ApiServer server;
  Client client(server.url());
  const std::string beta = credential + "anthropic-beta: compact-2026-09-04\r\n";
  Json messages = Json::array({user("Define quantum computing in one sentence")});
  ask(client, body_of(messages));
  messages.push_back(message_of(client.reply()));
  messages.push_back(user("<attachment name=\"a.c\">\nint a;\n</attachment>\nand this?"));
  Json body = body_of(messages);
  body["compaction"] = {{"type", "summarize"}, {"instructions", "Be short. [standin: no-compaction x1]"}};
  client.request("POST", "/v1/messages", body.dump(), beta);
  const Reply unavailable = client.reply();
  CHECK(unavailable.status == 529);
  CHECK(Json::parse(unavailable.body)["error"]["details"]["error_code"] == "compaction_unavailable");
  body["compaction"]["instructions"] = "Be short.";
  client.request("POST", "/v1/messages", body.dump(), beta);
  const Reply reply = client.reply();
  const std::vector<Json> all = events(reply.body);
  const Json block = (*find(all, "content_block_start"))["content_block"];
  CHECK(block["type"] == "compaction");
  CHECK(block["content"] ==
        "Summary of 3 messages, 1 attachment. The first question: \"Define quantum computing in one "
        "sentence\". The last question: \"and this?\". Told to: \"Be short.\".");
  CHECK(find(all, "content_block_delta") == nullptr);
  CHECK(count(reply.body, "event: content_block_start") == 1);
  const Json end = *find(all, "message_delta");
  CHECK(end["delta"]["stop_reason"] == "compaction");
  CHECK(end["usage"]["input_tokens"] == 0);
  CHECK(end["usage"]["output_tokens"] == 0);
  const Json iteration = end["usage"]["iterations"][0];
  CHECK(iteration["type"] == "compaction");
  CHECK(iteration["output_tokens"] > 10);
  CHECK(iteration["input_tokens"].get<int>() + iteration["cache_creation_input_tokens"].get<int>() +
            iteration["cache_read_input_tokens"].get<int>() >
        50);
  CHECK(server.spent().output > iteration["output_tokens"]);

  body = body_of(Json::array({Json{{"role", "assistant"}, {"content", Json::array({block})}}, user("why?")}));
  client.request("POST", "/v1/messages", body.dump(), beta);
  const Reply next = client.reply();
  CHECK(text_of(next).find("This is exchange 1 since the summary: 1 message, 1 of them yours") !=
        std::string::npos);
  CHECK(text_of(next).find("The summary begins: \"Summary of 3 messages, 1 attachment.") !=
        std::string::npos);
  const Json usage = (*find(events(next.body), "message_delta"))["usage"];
  CHECK(usage["iterations"][0]["type"] == "message");
  CHECK(usage["iterations"][0]["output_tokens"] == usage["output_tokens"]);
  client.request("POST", "/v1/messages", body.dump(), credential);
  CHECK(client.reply().status == 400);

  body["messages"].push_back(message_of(next));
  body["messages"].push_back(user("and now?"));
  client.request("POST", "/v1/messages", body.dump(), beta);
  CHECK(text_of(client.reply()).find("This is exchange 2 since the summary: 3 messages") !=
        std::string::npos);
  body["compaction"] = {{"type", "summarize"}};
  body["stream"] = false;
  client.request("POST", "/v1/messages", body.dump(), beta);
  const Json message = Json::parse(client.reply().body);
  CHECK(message["content"].size() == 1);
  CHECK(message["content"][0]["content"].get<std::string>().find("Before that: \"Summary of 3 messages") !=
        std::string::npos);
  body["messages"][0]["content"][0]["content"] = "edited";
  client.request("POST", "/v1/messages", body.dump(), beta);
  CHECK(Json::parse(client.reply().body)["error"]["details"]["error_code"] == "compaction_content_mismatch");
}

TEST_CASE("requests for models show what each model accepts, cost nothing, and may be scripted") {
  ApiServer server;
  Client client(server.url());
  auto get = [&](const std::string& path, const std::string& headers = credential) {
    client.request("GET", path, "", headers);
    return client.reply();
  };
  auto info = [&](const std::string& id, const std::string& headers) {
    return Json::parse(get("/v1/models/" + id, headers).body);
  };
  const std::string beta = credential + "anthropic-beta: compact-2026-09-04\r\n";
  CHECK(info("claude-opus-5-5", beta)["capabilities"]["compaction"]["summarize"]["supported"] == true);
  CHECK(info("claude-haiku-4-5", beta)["capabilities"]["compaction"]["summarize"]["supported"] == false);
  CHECK(!info("claude-opus-5-5", credential)["capabilities"].contains("compaction"));
  CHECK(info("claude-opus-5-5", credential)["display_name"] == "Claude Opus 5.5");
  CHECK(info("claude-opus-5", credential)["display_name"] == "Claude Opus 5");
  CHECK(info("claude-sonnet-4-5", credential)["lifecycle"] == "deprecated");
  CHECK(info("claude-sonnet-4-5", credential)["retires_at"] == "2026-11-30T00:00:00Z");
  CHECK(get("/v1/models/claude-opus-4-1").status == 404);
  Json body = asking("why?");
  body["model"] = "claude-opus-4-1";
  ask(client, body);
  const Json error = Json::parse(client.reply().body)["error"];
  CHECK(error == Json{{"type", "not_found_error"}, {"message", "model: claude-opus-4-1"}});

  server.next({.status = 404, .times = 2, .target = Target::Models});
  server.next({.status = 404, .target = Target::CountTokens});
  server.next({.text = "mine"});
  CHECK(get("/v1/models").status == 404);
  CHECK(get("/v1/models/claude-opus-5-5").status == 404);
  CHECK(get("/v1/models").status == 200);
  const std::string counted = Json{{"model", "claude-opus-5-5"}, {"messages", {user("a")}}}.dump();
  auto count_tokens = [&] {
    client.request("POST", "/v1/messages/count_tokens", counted, credential);
    return client.reply();
  };
  CHECK(count_tokens().status == 404);
  CHECK(Json::parse(count_tokens().body)["input_tokens"] > 0);
  CHECK(text_of(ask_once(server)) == "mine");
  server.next({.gate = "models", .gate_after = -1, .target = Target::Models});
  const std::size_t before = server.requests().size();
  client.request("GET", "/v1/models", "", credential);
  REQUIRE(server.wait_for_requests(before + 1));
  server.release("models");
  CHECK(client.reply().status == 200);
  CHECK(server.spent().requests == 1);
}

TEST_CASE("scripted responses that are not an answer") {
  ApiServer server;
  struct Row {
    Script script;
    int status;
    const char* type;
  };
  const std::vector<Row> rows = {
      {{.status = 400}, 400, "invalid_request_error"}, {{.status = 401}, 401, "authentication_error"},
      {{.status = 402}, 402, "billing_error"},         {{.status = 403}, 403, "permission_error"},
      {{.status = 404}, 404, "not_found_error"},       {{.status = 413}, 413, "request_too_large"},
      {{.status = 429}, 429, "rate_limit_error"},      {{.status = 500}, 500, "api_error"},
      {{.status = 529}, 529, "overloaded_error"}};
  for (const Row& row : rows) {
    server.next(row.script);
    Reply reply = ask_once(server);
    INFO(reply.head << reply.body);
    CHECK(reply.status == row.status);
    const Json json = Json::parse(reply.body);
    CHECK(json["type"] == "error");
    CHECK(json["error"]["type"] == row.type);
    CHECK(json["request_id"] == reply.header("request-id"));
    CHECK(reply.header("retry-after").empty());
  }
  server.next({.status = 429,
               .error_code = "enforced_spend_limit_reached",
               .headers = {{"retry-after", "2"}, {"x-should-retry", "false"}}});
  Reply limited = ask_once(server);
  CHECK(limited.header("retry-after") == "2");
  CHECK(limited.header("x-should-retry") == "false");
  CHECK(Json::parse(limited.body)["error"]["details"]["error_code"] == "enforced_spend_limit_reached");
  server.next({.status = 429, .headers = {{"retry-after", "date+3"}}});
  CHECK(ask_once(server).header("retry-after").find(" GMT") != std::string::npos);
  server.next({.status = 504});
  Reply page = ask_once(server);
  CHECK(page.header("content-type") == "text/html");
  CHECK(page.body.rfind("<html>", 0) == 0);
  server.next({.status = 307, .headers = {{"location", "/elsewhere"}}});
  CHECK(ask_once(server).header("location") == "/elsewhere");
  server.next({.body = "event: ping\ndata: {\"type\":\"ping\"}\n\n"});
  CHECK(ask_once(server).body == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
  CHECK(ask_once(server).status == 200);
}

TEST_CASE("a script is used for as many requests as it says, after the scripts that were queued before") {
  ApiServer server;
  server.next({.status = 529, .times = 2});
  server.next({.text = "mine"});
  std::vector<int> statuses;
  for (int i = 0; i < 3; ++i) statuses.push_back(ask_once(server).status);
  CHECK(statuses == std::vector<int>{529, 529, 200});
  CHECK(text_of(ask_once(server)).find("You now ask") != std::string::npos);
}

TEST_CASE("a script is not used up by a request that the API refuses") {
  ApiServer server;
  server.next({.text = "mine"});
  CHECK(ask_once(server, " ").status == 400);
  CHECK(text_of(ask_once(server)) == "mine");
}

TEST_CASE("faults of the stream and of the connection") {
  ApiServer server;
  const std::string text = "one two three four five";
  auto with = [&](Script script) {
    script.text = text;
    script.thinking = "";
    server.next(script);
    return ask_once(server);
  };
  SECTION("closed after two deltas") {
    Reply reply = with({.fault = Fault::Fin, .after = 2});
    CHECK(reply.end == End::Closed);
    CHECK(text_of(reply) == "one two");
  }
  SECTION("closed before the first delta") {
    Reply reply = with({.fault = Fault::Fin, .after = 0});
    CHECK(reply.end == End::Closed);
    CHECK(count(reply.body, "event: ") == 1);
  }
  SECTION("closed at the end of the block if there are fewer deltas") {
    Reply reply = with({.fault = Fault::Fin, .after = 100});
    CHECK(reply.end == End::Closed);
    CHECK(text_of(reply) == text);
    CHECK(count(reply.body, "message_delta") == 0);
  }
  SECTION("reset") {
    server.next(
        {.text = text, .thinking = "", .fault = Fault::Rst, .after = 2, .gate = "seen", .gate_after = 2});
    Client client(server.url());
    ask(client, asking("why?"));
    CHECK(client.wait_for(" two"));
    server.release("seen");
    CHECK(client.reply().end == End::Reset);
  }
  SECTION("closed inside a character") {
    Reply reply = with({.fault = Fault::Cut, .after = 2});
    CHECK(reply.end == End::Closed);
    CHECK(reply.body.substr(reply.body.size() - 3) == "Gr\xC3");
  }
  SECTION("ended without message_stop") {
    Reply reply = with({.fault = Fault::Truncate, .after = 2});
    CHECK(reply.end == End::Whole);
    CHECK(text_of(reply) == "one two");
    CHECK(!finished(reply));
  }
  SECTION("an error event") {
    Reply reply = with({.error_type = "api_error", .message = "oops", .fault = Fault::Error, .after = 2});
    CHECK(reply.end == End::Whole);
    CHECK(!finished(reply));
    CHECK((*find(events(reply.body), "error"))["error"] == Json{{"type", "api_error"}, {"message", "oops"}});
  }
  SECTION("garbage, after which the stream continues") {
    Reply reply = with({.fault = Fault::Garbage, .after = 2});
    CHECK(reply.body.find('\xFF') != std::string::npos);
    CHECK(text_of(reply) == text);
    CHECK(finished(reply));
  }
  SECTION("data that is not JSON") {
    Reply reply = with({.fault = Fault::NotJson, .after = 2});
    const std::vector<Json> all = events(reply.body);
    CHECK(std::count(all.begin(), all.end(), Json("not JSON")) == 1);
    CHECK(finished(reply));
  }
  SECTION("bytes that are no chunk") {
    Reply reply = with({.fault = Fault::BadChunk, .after = 2});
    CHECK(reply.end == End::Closed);
    CHECK(text_of(reply) == "one two");
  }
  SECTION("chunks of one byte") {
    Reply reply = with({.chunk = 1});
    CHECK(reply.chunks.size() == reply.body.size());
    CHECK(text_of(reply) == text);
  }
  SECTION("chunks that end inside characters") {
    Reply reply = with({.split_utf8 = true});
    CHECK(text_of(reply) == text + " Gr\u00FC\u00DFe, \u4E16\u754C \U0001F600");
    std::size_t cut = 0;
    for (const std::string& chunk : reply.chunks) cut += (chunk[0] & 0xC0) == 0x80 ? 1 : 0;
    CHECK(cut == 1 + 1 + 2 + 2 + 3);
  }
  SECTION("an emoji in two halves") {
    Reply reply = with({.surrogates = true});
    CHECK(reply.body.find(R"("text":" \ud83d"})") != std::string::npos);
    CHECK(reply.body.find(R"("text":"\ude00"})") != std::string::npos);
    CHECK(finished(reply));
  }
  SECTION("unknown event, block and delta") {
    Reply reply = with({.unknown = true});
    CHECK(reply.body.find("event: weather_report") != std::string::npos);
    CHECK(reply.body.find(R"("type":"hologram")") != std::string::npos);
    CHECK(reply.body.find(R"("type":"tint_delta")") != std::string::npos);
    CHECK(text_of(reply) == text);
  }
}

TEST_CASE("silence lasts until the client goes away, and the server notices this") {
  ApiServer server;
  const Fault fault = GENERATE(Fault::Silence, Fault::NoEnd);
  server.next({.text = "one two", .thinking = "", .fault = fault, .after = 1});
  {
    Client client(server.url());
    ask(client, asking("why?"));
    REQUIRE(client.wait_for(fault == Fault::NoEnd ? "event: message_stop" : "\"one\""));
    CHECK(server.abandoned() == 0);
  }
  CHECK(server.wait_for_abandoned(1));
}

TEST_CASE("a gate holds the stream until the gate is released") {
  ApiServer server;
  SECTION("between deltas") {
    server.next({.text = "one two three", .thinking = "", .gate = "go", .gate_after = 2});
    Client client(server.url());
    ask(client, asking("why?"));
    REQUIRE(client.wait_for(" two"));
    server.release("go");
    Reply reply = client.reply();
    CHECK(finished(reply));
    CHECK(text_of(reply) == "one two three");
  }
  SECTION("before the headers") {
    server.next({.gate = "go", .gate_after = -1});
    Client client(server.url());
    ask(client, asking("why?"));
    REQUIRE(server.wait_for_asks(1));
    server.release("go");
    CHECK(finished(client.reply()));
  }
  SECTION("a client that goes away meanwhile") {
    server.next({.gate = "go", .gate_after = -1});
    {
      Client client(server.url());
      ask(client, asking("why?"));
      REQUIRE(server.wait_for_asks(1));
    }
    CHECK(server.wait_for_abandoned(1));
  }
  SECTION("released before it was reached") {
    server.release("go");
    server.next({.gate = "go", .gate_after = 1});
    CHECK(finished(ask_once(server)));
  }
}

TEST_CASE("each stop reason comes with its details") {
  ApiServer server;
  auto end_of = [&](Script script) {
    server.next(script);
    return *find(events(ask_once(server).body), "message_delta");
  };
  CHECK(end_of({})["delta"]["stop_reason"] == "end_turn");
  CHECK(end_of({.stop_reason = "max_tokens"})["delta"]["stop_reason"] == "max_tokens");
  CHECK(end_of({.stop_reason = "stop_sequence"})["delta"]["stop_sequence"] == "END");
  const Json refusal =
      end_of({.text = "", .stop_reason = "refusal", .category = "cyber", .explanation = "No."})["delta"];
  CHECK(refusal["stop_details"] == Json{{"type", "refusal"}, {"category", "cyber"}, {"explanation", "No."}});
  server.next({.text = ""});
  Reply thinking_only = ask_once(server);
  CHECK(!thinking_of(thinking_only).empty());
  CHECK(count(thinking_only.body, "\"type\":\"text\"") == 0);
  server.next({.stop_reason = "tool_use"});
  CHECK(joined(ask_once(server).body, "input_json_delta", "partial_json") == R"({"path":"a.c"})");
  server.next({.redacted = true});
  CHECK(ask_once(server).body.find(R"("type":"redacted_thinking","data":")") != std::string::npos);
}

TEST_CASE("many numbered deltas are sent as fast as the socket accepts them") {
  ApiServer server;
  server.next({.thinking = "", .deltas = 50000});
  const std::string text = text_of(ask_once(server));
  std::string expected;
  for (int i = 0; i < 50000; ++i) expected += std::to_string(i) + (i % 10 == 9 ? "\n" : " ");
  CHECK(text == expected);
}

TEST_CASE("connections: kept, closed after an answer, or closed under the next request") {
  ApiServer server;
  Client client(server.url());
  SECTION("kept, also after a refusal and a look-up") {
    ask(client, asking(" "));
    CHECK(client.reply().status == 400);
    client.request("GET", "/v1/models/claude-opus-5-5", "", credential);
    CHECK(Json::parse(client.reply().body)["capabilities"]["thinking"]["types"]["adaptive"]["supported"] ==
          true);
    client.request("HEAD", "/v1/messages", "");
    CHECK(client.reply("HEAD").status == 405);
    ask(client, asking("why?"));
    CHECK(finished(client.reply()));
    CHECK(server.connections() == 1);
    CHECK(server.requests().size() == 4);
    CHECK(server.asks().size() == 2);
  }
  SECTION("closed after an answer that announced keep-alive") {
    server.next({.closing = Closing::After});
    ask(client, asking("why?"));
    Reply reply = client.reply();
    CHECK(reply.header("connection") == "keep-alive");
    CHECK(finished(reply));
    CHECK(client.closed());
  }
  SECTION("closed when the next request comes") {
    server.next({.closing = Closing::Next});
    ask(client, asking("why?"));
    CHECK(finished(client.reply()));
    ask(client, asking("why?"));
    CHECK(client.closed());
    CHECK(server.asks().size() == 1);
  }
  SECTION("closed if the client asks for it") {
    client.request("GET", "/v1/models", "", credential + "Connection: close\r\n");
    CHECK(client.reply().status == 200);
    CHECK(client.closed());
  }
}

TEST_CASE("HTTP: 100-continue, a body that is too large, bytes that are not HTTP, pipelining") {
  ApiServer server;
  Client client(server.url());
  const std::string head =
      "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + credential;
  SECTION("Expect: 100-continue is answered before the body") {
    const std::string body = asking("why?").dump();
    client.send(head + "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    CHECK(client.reply().status == 100);
    client.send(body);
    CHECK(finished(client.reply()));
  }
  SECTION("a body over 32 MB") {
    const std::size_t size = 32 * 1024 * 1024 + 1;
    client.send(head + "Content-Length: " + std::to_string(size) + "\r\n\r\n");
    client.send(std::string(size, ' '));
    Reply reply = client.reply();
    CHECK(reply.status == 413);
    CHECK(Json::parse(reply.body)["error"]["type"] == "request_too_large");
  }
  SECTION("what is not HTTP") {
    const std::string bytes =
        GENERATE(as<std::string>(), "\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2\r\n\r\n",
                 "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
                 "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send(bytes);
    CHECK(client.reply().status == 400);
    CHECK(client.closed());
  }
  SECTION("two requests in one piece") {
    const std::string body = asking("why?").dump();
    const std::string whole = head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    client.send(whole + whole);
    CHECK(finished(client.reply()));
    CHECK(finished(client.reply()));
  }
  SECTION("an unknown path") {
    client.request("POST", "/v1/complete", "{}", credential);
    CHECK(client.reply().status == 404);
  }
  SECTION("no credential") {
    client.request("POST", "/v1/messages", asking("why?").dump(), "anthropic-version: 2026-10-21\r\n");
    CHECK(client.reply().status == 401);
  }
}

TEST_CASE("many connections are served at the same time") {
  ApiServer server;
  server.next({.times = 50, .gate = "all", .gate_after = 1});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<Client>(server.url()));
    ask(*clients.back(), asking("question " + std::to_string(i)));
  }
  REQUIRE(server.wait_for_asks(50));
  server.release("all");
  for (int i = 0; i < 50; ++i) {
    CHECK(text_of(clients[static_cast<std::size_t>(i)]->reply())
              .find("\"question " + std::to_string(i) + "\"") != std::string::npos);
  }
}

TEST_CASE("scripts over HTTP and in a question") {
  ApiServer server;
  Client client(server.url());
  auto post = [&](const std::string& what, const std::string& body) {
    client.request("POST", "/__standin/" + what, body);
    return client.reply().status;
  };
  SECTION("queued over HTTP, one or several, as JSON or as words") {
    CHECK(post("next", R"([{"status":429,"headers":{"retry-after":"1"}}, "529"])") == 200);
    CHECK(
        post(
            "next",
            R"({"text":"a b","thinking":"","pace":1,"wait":1,"fault":"truncate","after":1,"closing":"no"})") ==
        200);
    CHECK(ask_once(server).status == 429);
    CHECK(ask_once(server).status == 529);
    CHECK(text_of(ask_once(server)) == "a");
    CHECK(post("next", R"({"txet":"a"})") == 400);
    CHECK(post("next", R"({"fault":"meteor"})") == 400);
    CHECK(post("next", "nonsense") == 400);
    CHECK(post("reset", "") == 200);
    CHECK(server.requests().empty());
  }
  SECTION("a gate released over HTTP") {
    CHECK(post("next", R"({"gate":"go","gate_after":-1})") == 200);
    Client other(server.url());
    ask(other, asking("why?"));
    REQUIRE(server.wait_for_asks(1));
    CHECK(post("release", R"({"gate":"go"})") == 200);
    CHECK(finished(other.reply()));
  }
  SECTION("in the last question, for every attempt or for the first few") {
    CHECK(ask_once(server, "Why? [standin: 529]").status == 529);
    CHECK(ask_once(server, "Why? [standin: 529]").status == 529);
    CHECK(ask_once(server, "Why? [standin: 529 x1]").status == 529);
    CHECK(ask_once(server, "Why? [standin: 529 x1]").status == 200);
    CHECK(text_of(ask_once(server, "[standin: {\"text\":\"a [b]\"}]")) == "a [b]");
    CHECK(ask_once(server, "[standin: nonsense]").status == 400);
  }
  SECTION("every short form can be read") {
    const char* const word =
        GENERATE("429-retry-after", "429-date", "429-ms", "spend-limit", "no-retry", "do-retry", "slow",
                 "slow-deltas", "silence", "fin", "rst", "cut", "truncate", "error", "garbage", "not-json",
                 "bad-chunk", "no-end", "bytes", "utf8", "surrogates", "unknown", "flood", "redacted",
                 "thinking-only", "empty", "max-tokens", "window", "pause", "tool-use", "stop-sequence",
                 "strange-stop", "refusal", "refusal-partial", "close-after", "close-next", "no-count",
                 "no-models", "slow-count", "slow-models", "no-compaction", "redirect");
    CHECK(parse_script(word).has_value());
  }
}

TEST_CASE("requests are reported with their exact bytes, without the credential") {
  ApiServer server;
  Client client(server.url());
  const std::string odd =
      R"({"model" : "claude-opus-5-5","max_tokens":1E1, "messages":[{"content":"\u0061","role":"user"}]})";
  client.request("POST", "/v1/messages", odd, credential + "X-Mine: 1\r\n");
  client.reply();
  client.request("GET", "/__standin/requests", "");
  const std::string told = client.reply().body;
  CHECK(told.find("secret") == std::string::npos);
  CHECK(told.find(odd) != std::string::npos);
  const Json list = Json::parse(told);
  REQUIRE(list.size() == 1);
  CHECK(list[0]["raw"] == odd);
  CHECK(list[0]["headers"]["x-mine"] == "1");
  CHECK(list[0]["refusal"] == "max_tokens: Input should be a valid integer");
  CHECK(server.asks()[0].headers.at("x-api-key") == "secret");
}

TEST_CASE("the program says where it listens, records, and ends with its input") {
  int input[2], output[2];
  REQUIRE(::pipe(input) == 0);
  REQUIRE(::pipe(output) == 0);
  std::string record = std::string(P_tmpdir) + "/standin-record-XXXXXX";
  ::close(::mkstemp(record.data()));
  pid_t child = ::fork();
  if (child == 0) {
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(output[1], STDOUT_FILENO);
    for (int end : {input[0], input[1], output[0], output[1]}) ::close(end);
    ::execl(STANDIN, STANDIN, "--until-eof", "--key", "right", "--record", record.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(input[0]);
  ::close(output[1]);
  std::string line;
  char byte = 0;
  while (::read(output[0], &byte, 1) == 1 && byte != '\n') line += byte;
  const std::string opening = "listening on http://127.0.0.1:";
  REQUIRE(line.rfind(opening, 0) == 0);
  {
    Client client(line.substr(std::strlen("listening on ")));
    ask(client, asking("why?"));
    CHECK(client.reply().status == 401);
    const std::string right = "authorization: Bearer right\r\nanthropic-version: 2026-10-21\r\n";
    client.request("POST", "/v1/messages", asking("why?").dump(), right);
    CHECK(finished(client.reply()));
    client.request("POST", "/v1/messages/count_tokens", "{}", right);
    CHECK(client.reply().status == 400);
    client.request("GET", "/v1/models", "", right);
    CHECK(client.reply().status == 200);
  }
  ::close(input[1]);
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(output[0]);
  std::ifstream lines(record);
  std::vector<Json> recorded;
  while (std::getline(lines, line)) recorded.push_back(Json::parse(line));
  REQUIRE(recorded.size() == 3);
  CHECK(recorded[2]["path"] == "/v1/messages/count_tokens");
  CHECK(recorded[2]["refusal"] == "model: Field required");
  CHECK(recorded[1]["body"] == asking("why?"));
  CHECK(recorded[1]["raw"] == asking("why?").dump());
  CHECK(!recorded[1]["headers"].contains("authorization"));
  ::unlink(record.c_str());
}
