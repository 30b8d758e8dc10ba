// Tests of the server with a scripted network: they call `receive` and check the messages that the server
// sends. Tests that need real pipes, processes or a strict API are in conversation_test.cc and in
// tests/transcripts.
#include "daemon/server/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "tests/support/fake_http.h"
#include "tests/support/run.h"
#include "tests/support/test.h"

using namespace aside;

namespace {

// An editor that calls the server directly, without pipes.
struct Editor {
  asio::io_context io{1};
  FakeHttp http{io};
  Config config;
  Claude claude{io, http, options()};
  Store store{":memory:", "test"};
  ModelCatalog catalog{io, claude, "/nowhere", now_milliseconds};
  Documents documents;
  Sharing sharing{io, documents};
  Session session{io, claude, store, sharing, documents};
  bool congested = false;
  std::optional<int> exited;
  std::vector<json> sent;
  Server server{io, session, sharing, catalog, documents, config, wire()};

  Editor() {
    config.model = "claude-opus-5-5";
    config.claude = options();
  }

  static ClaudeOptions options() {
    ClaudeOptions options;
    options.base_url = "http://fake.invalid";
    options.credential.api_key = "test-key";
    return options;
  }
  Server::Wire wire() {
    return {[this](const std::string& body) { sent.push_back(json::parse(body)); },
            [this] { return congested; }, [this](int status) { exited = status; }};
  }

  void receive(const json& message) { server.receive(message.dump()); }
  void notify(const char* method, const json& params) {
    receive({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
  }
  void request(const json& id, const char* method, const json& params) {
    receive({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
  }
  void initialize() {
    request(0, "initialize", {{"capabilities", json::object()}});
    run_until(io, [this] { return has_answer(0); });
  }
  bool has_answer(const json& id) const { return !answers(id).empty(); }
  std::vector<json> answers(const json& id) const {
    std::vector<json> answers;
    for (const json& message : sent)
      if (message.contains("id") && message["id"] == id) answers.push_back(message);
    return answers;
  }
  json answer(const json& id) {
    run_until(io, [&] { return has_answer(id); });
    return answers(id).front();
  }
  std::vector<std::string> deltas() const {
    std::vector<std::string> texts;
    for (const json& message : sent)
      if (message.value("method", "") == "conversation/delta") texts.push_back(message["params"]["text"]);
    return texts;
  }
};

const json question = {{"textDocument", {{"uri", "untitled:1"}}}, {"question", "why?"}};

}  // namespace

TEST_CASE("each state of the lifecycle answers each kind of message as LSP says") {
  Editor editor;
  const auto code = [&](const json& id) { return editor.answer(id)["error"]["code"].get<int>(); };
  editor.request(1, "conversation/get", {{"textDocument", {{"uri", "untitled:1"}}}});
  CHECK(code(1) == -32002);
  editor.request(2, "no/such", nullptr);
  CHECK(code(2) == -32601);
  editor.notify("conversation/prepare", {{"textDocument", {{"uri", "untitled:1"}}}});
  editor.notify("$/whatever", nullptr);
  editor.initialize();
  editor.request(3, "initialize", {{"capabilities", json::object()}});
  CHECK(code(3) == -32600);
  // wrong: textDocument/didOpen must be a notification, not a request.
  editor.request("text", "textDocument/didOpen", json::object());
  CHECK(code("text") == -32601);
  editor.request(4, "shutdown", nullptr);
  CHECK(editor.answer(4)["result"].is_null());
  editor.request(5, "conversation/list", json::object());
  CHECK(code(5) == -32600);
  CHECK_FALSE(editor.exited);
  editor.notify("exit", nullptr);
  CHECK(editor.exited == 0);
}

TEST_CASE("exit without shutdown can be seen from the exit status") {
  Editor editor;
  editor.initialize();
  editor.notify("exit", nullptr);
  CHECK(editor.exited == 1);
}

TEST_CASE("wrong parameters are refused with the path of the field, and the next request works") {
  Editor editor;
  editor.initialize();
  const auto [params, path] = GENERATE(table<json, std::string>({
      {json::object(), "params.textDocument"},
      {{{"textDocument", {{"uri", 7}}}, {"question", "x"}}, "params.textDocument.uri"},
      {{{"textDocument", {{"uri", "untitled:1"}}}, {"question", "  "}}, "params.question"},
      {json::array({1, 2}), "params"},
      {{{"textDocument", {{"uri", "untitled:1"}}}, {"question", "x"}, {"attachments", {{{"range", 1}}}}},
       "params.attachments[0]"},
  }));
  editor.request(1, "conversation/ask", params);
  const json error = editor.answer(1)["error"];
  CHECK(error["code"] == -32602);
  CHECK(error["message"].get<std::string>().find(path) == 0);
  editor.request(2, "conversation/list", json::object());
  CHECK(editor.answer(2).contains("result"));
}

TEST_CASE("a range may end at the largest line number") {
  Editor editor;
  editor.initialize();
  editor.http.play(stream(test_data("plain.sse")));
  const json range = {{"start", {{"line", 0}, {"character", 0}}},
                      {"end", {{"line", 2147483647}, {"character", 2147483647}}}};
  json suggest = {{"textDocument", {{"uri", "untitled:1"}}}};
  suggest["problems"] = {{"text", "1:1 error\n"}, {"range", range}};
  editor.request(1, "attachment/suggest", suggest);
  CHECK(editor.answer(1)["result"]["suggestions"][0]["lines"] == "1-2147483647");
  json asked = question;
  asked["rewrite"] = {{"uri", "untitled:1"}, {"text", "int n;\n"}, {"range", range}};
  editor.request(2, "conversation/ask", asked);
  CHECK(editor.answer(2)["result"]["status"] == "complete");
}

TEST_CASE("a slow editor gets deltas joined, none lost, all before the answer") {
  Editor editor;
  editor.initialize();
  FakeResponse response = stream(test_data("plain.sse"));
  response.chunk = 50;
  editor.http.play(response);
  editor.congested = true;
  editor.request(1, "conversation/ask", question);
  const json result = editor.answer(1)["result"];
  const auto deltas = editor.deltas();
  REQUIRE(deltas.size() == 1);
  CHECK(result["text"] == deltas[0]);
  CHECK(editor.sent.back()["id"] == 1);
}

TEST_CASE("held deltas go out when the editor reads again") {
  Editor editor;
  editor.initialize();
  FakeResponse response = stream(test_data("plain.sse"));
  response.waits = true;
  response.body = response.body.substr(0, response.body.find("event: content_block_stop"));
  editor.http.play(response);
  editor.congested = true;
  editor.request(1, "conversation/ask", question);
  run_until(editor.io, [&] {
    return std::any_of(editor.sent.begin(), editor.sent.end(), [](const json& message) {
      return message.value("method", "") == "conversation/status" && message["params"]["state"] == "writing";
    });
  });
  editor.congested = false;
  editor.server.drained();
  run_until(editor.io, [&] { return !editor.deltas().empty(); });
  editor.notify("$/cancelRequest", {{"id", 1}});
  CHECK(editor.answer(1)["result"]["status"] == "cancelled");
}

TEST_CASE("a cancelled ask is answered once, as a result, and its request is gone") {
  Editor editor;
  editor.initialize();
  FakeResponse response;
  response.waits = true;
  editor.http.play(response);
  editor.request(1, "conversation/ask", question);
  run_until(editor.io, [&] { return editor.http.running == 1; });
  editor.notify("$/cancelRequest", {{"id", 1}});
  CHECK(editor.answer(1)["result"]["status"] == "cancelled");
  run_until(editor.io, [&] { return editor.http.running == 0; });
  editor.notify("$/cancelRequest", {{"id", 1}});
  editor.notify("$/cancelRequest", {{"id", "never"}});
  CHECK(editor.answers(1).size() == 1);
}

TEST_CASE("prepare warms the connection up with a HEAD without credential or content, and not at each key") {
  Editor editor;
  editor.initialize();
  editor.http.play(failure(405, ""));
  editor.notify("conversation/prepare", {{"textDocument", {{"uri", "untitled:1"}}}});
  editor.notify("conversation/prepare", {{"textDocument", {{"uri", "untitled:1"}}}});
  run_until(editor.io, [&] { return !editor.http.requests.empty() && editor.http.running == 0; });
  REQUIRE(editor.http.requests.size() == 1);
  const HttpRequest& request = editor.http.requests[0];
  CHECK(request.method == HttpMethod::Head);
  CHECK(request.body.empty());
  for (const std::string& header : request.headers) CHECK(header.find("test-key") == std::string::npos);
}

TEST_CASE("what the editor sets while it runs can change the model, but neither server nor command") {
  Editor editor;
  editor.initialize();
  editor.notify("workspace/didChangeConfiguration", {{"settings",
                                                      {{"aside",
                                                        {{"model", "claude-haiku-5-5"},
                                                         {"baseUrl", "http://evil.invalid"},
                                                         {"apiKeyCommand", {"evil"}}}}}}});
  editor.http.play(stream(test_data("plain.sse")));
  editor.request(1, "conversation/ask", question);
  editor.answer(1);
  REQUIRE(editor.http.requests.size() == 1);
  CHECK(editor.http.requests[0].url == "http://fake.invalid/v1/messages");
  CHECK(json::parse(editor.http.requests[0].body)["model"] == "claude-haiku-5-5");
  const bool told = std::any_of(editor.sent.begin(), editor.sent.end(), [](const json& message) {
    return message.value("method", "") == "window/showMessage" &&
           message["params"]["message"].get<std::string>().find("baseUrl") != std::string::npos;
  });
  CHECK(told);
}

TEST_CASE("whether there is a credential is known without the network") {
  Editor editor;
  editor.initialize();
  editor.request(1, "credential/check", json::object());
  CHECK(editor.answer(1)["result"] ==
        json{{"state", "found"}, {"source", "ANTHROPIC_API_KEY"}, {"server", "http://fake.invalid"}});

  editor.config.claude.credential.api_key.clear();
  editor.request(2, "credential/check", json::object());
  const json missing = editor.answer(2)["result"];
  CHECK(missing["state"] == "missing");
  CHECK(missing["problem"]["message"] == "no key is set");
  CHECK(missing["problem"]["hint"].get<std::string>().ends_with("set credential to \"none\"."));

  editor.config.claude.credential.style = CredentialStyle::None;
  editor.request(3, "credential/check", json::object());
  CHECK(editor.answer(3)["result"] == json{{"state", "notNeeded"}, {"server", "http://fake.invalid"}});

  editor.config.claude.unusable = "config.json: can't be read";
  editor.request(4, "credential/check", json::object());
  CHECK(editor.answer(4)["result"]["problem"]["message"] ==
        "these settings can't be used: config.json: can't be read");
  CHECK_FALSE(editor.answer(4)["result"].contains("server"));
  CHECK(editor.http.requests.empty());
}

TEST_CASE(
    "when a key is set later, each question that failed without a key is asked again if it is still the last one") {
  Editor editor;
  editor.initialize();
  editor.http.play(failure(
      401, R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})"));
  editor.request(1, "conversation/ask", question);
  const json failed = editor.answer(1)["error"];
  CHECK(failed["data"]["kind"] == "unauthorized");
  // In another conversation, a question first failed because of the key. The user has retried that question,
  // and it failed for another reason.
  editor.http.play(failure(401, "{}"));
  editor.request(2, "conversation/ask", {{"textDocument", {{"uri", "untitled:2"}}}, {"question", "how?"}});
  const std::string other = editor.answer(2)["error"]["data"]["conversation"];
  editor.http.play(failure(400, "{}"));
  editor.request(3, "conversation/retry", {{"conversation", other}});
  CHECK(editor.answer(3)["error"]["data"]["kind"] == "upstream");

  editor.request(4, "credential/set", {{"apiKey", "sk ant"}});
  CHECK(editor.answer(4)["error"]["data"]["kind"] == "invalidParams");
  CHECK(editor.answer(4).dump().find("sk ant") == std::string::npos);

  editor.http.play(stream(test_data("plain.sse")));
  editor.request(5, "credential/set", {{"apiKey", "sk-ant-another"}});
  CHECK(editor.answer(5)["result"] == json::object());
  const auto ended = [&editor] {
    return std::any_of(
               editor.sent.rbegin(), editor.sent.rend(),
               [](const json& message) { return message.value("method", "") == "conversation/delta"; }) &&
           editor.sent.back().value("method", "") == "conversation/status" &&
           editor.sent.back()["params"]["state"] == "ended";
  };
  run_until(editor.io, ended);
  REQUIRE(editor.http.requests.size() == 4);
  const auto& headers = editor.http.requests.back().headers;
  CHECK(std::find(headers.begin(), headers.end(), "x-api-key: sk-ant-another") != headers.end());
  CHECK(editor.sent.back()["params"]["conversation"] == failed["data"]["conversation"]);
  CHECK(editor.sent.back()["params"]["turn"] != failed["data"]["turn"]);
  CHECK(std::any_of(editor.sent.begin(), editor.sent.end(), [&failed](const json& message) {
    return message.value("method", "") == "conversation/changed" &&
           message["params"]["conversation"] == failed["data"]["conversation"];
  }));
  editor.request(6, "credential/check", json::object());
  CHECK(editor.answer(6)["result"]["source"] == "the editor");
}

TEST_CASE("a part of a model's name is enough where one model has it, and several are named") {
  Editor editor;
  editor.initialize();
  editor.http.play(stream(test_data("plain.sse")));
  json asked = question;
  asked["model"] = "HAIKU-5";
  editor.request(1, "conversation/ask", asked);
  const std::string conversation = editor.answer(1)["result"]["conversation"];
  const json body = json::parse(editor.http.requests.back().body);
  CHECK(body["model"] == "claude-haiku-5-5");

  editor.request(2, "conversation/configure", {{"conversation", conversation}, {"model", "claude"}});
  const json several = editor.answer(2)["error"];
  CHECK(several["data"]["kind"] == "invalidParams");
  CHECK(several["message"].get<std::string>().find("claude-opus-5-5") != std::string::npos);
  // The daemon has no list of the server's models, so the server may have models that the daemon doesn't
  // know.
  editor.request(3, "conversation/configure", {{"conversation", conversation}, {"model", "my-own"}});
  CHECK(editor.answer(3).contains("result"));
}

TEST_CASE("logLevel from an editor has effect") {
  Editor editor;
  editor.initialize();
  editor.notify("workspace/didChangeConfiguration", {{"settings", {{"logLevel", "error"}}}});
  CHECK(spdlog::get_level() == spdlog::level::err);
  editor.notify("workspace/didChangeConfiguration", {{"settings", {{"logLevel", "info"}}}});
  CHECK(spdlog::get_level() == spdlog::level::info);
}
