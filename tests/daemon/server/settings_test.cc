// Tests of settings and of the credential, as an editor and a user in a shell use them. They use the real
// daemon, with servers that aren't the API.
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/standin/server.h"
#include "tests/support/editor.h"
#include "tests/support/program.h"
#include "tests/support/socket_server.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Folder;

namespace {

// A server on its own thread that answers each request with the same bytes, or with nothing.
class Web {
 public:
  explicit Web(std::string bytes)
      : server_(io_,
                [bytes](SocketServer::Peer& peer) -> asio::awaitable<void> {
                  for (;;) {
                    co_await peer.request();
                    if (!bytes.empty()) co_await peer.send(bytes);
                  }
                }),
        thread_([this] { io_.run(); }) {}
  ~Web() {
    io_.stop();
    thread_.join();
  }
  std::string url() const { return server_.url(""); }

 private:
  asio::io_context io_{1};
  SocketServer server_;
  std::thread thread_;
};

std::string page(const std::string& status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Type: text/html\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Checked {
  int status;
  std::string said;
  std::chrono::steady_clock::duration took;
};

Checked check(const std::string& url, std::vector<std::string> environment = {}, const Home& home = {},
              const std::string& flag = "--check") {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now(), until = start + std::chrono::seconds(30);
  environment.insert(environment.end(),
                     {"PATH=/usr/bin:/bin", "HOME=" + home.path().string(), "NO_PROXY=127.0.0.1",
                      "ANTHROPIC_BASE_URL=" + url, "ANTHROPIC_API_KEY=sk-ant-test-key"});
  Program program({ASIDED, flag}, environment, home.path() / "errors");
  std::string said;
  for (std::string more = program.read(until); !more.empty(); more = program.read(until)) said += more;
  const int status = program.exit_status(until);
  std::ifstream errors(home.path() / "errors");
  said.append(std::istreambuf_iterator<char>(errors), {});
  return {status, said, Clock::now() - start};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void write_empty_database(const std::string& path) {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &connection) == SQLITE_OK);
  CHECK(sqlite3_exec(connection, "PRAGMA user_version=1; PRAGMA user_version=0", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(connection);
}

void write_config(const Folder& home, const std::string& text) {
  std::filesystem::create_directories(home.path + "/config/aside");
  std::ofstream(home.path + "/config/aside/config.json") << text;
}

std::string log_of(const Folder& home) {
  std::ifstream in(home.path + "/state/aside/asided.log");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a mistyped server is not Anthropic's: nothing is sent, and each question says why") {
  const Folder home;
  ApiServer api;
  Editor::Options options{.home = home.path, .base_url = api.url()};
  std::string why;
  SECTION("the environment") {
    options.base_url = "gw.corp:8443";
    why =
        "ANTHROPIC_BASE_URL must begin with http:// or https://: write http://gw.corp:8443 or "
        "https://gw.corp:8443";
  }
  SECTION("a broken file, though the environment names a server") {
    write_config(home, "{\"baseUrl\": \"http://gw.corp\",}");
    why = "config.json: is not valid JSON at line 1";
  }
  SECTION("a misspelt name") {
    write_config(home, "{\"baseURL\": \"http://gw.corp\"}");
    why = "config.json: unknown setting baseURL; is baseUrl meant?";
  }
  SECTION("the editor") {
    options.settings = {{"baseUrl", "gw.corp"}};
    why = "initializationOptions: baseUrl must begin with http:// or https://";
  }
  Editor editor(options);
  for (int i = 0; i < 2; ++i) {
    const json error =
        editor.fails("conversation/ask", {{"textDocument", {{"uri", "untitled:1"}}}, {"question", "why?"}});
    CHECK(error["data"]["kind"] == "invalidParams");
    CHECK(holds(error["message"], why));
    CHECK(holds(error["data"]["hint"], "nothing is sent"));
  }
  const json checked = editor.call("credential/check", json::object());
  CHECK(holds(checked["problem"]["message"], why));
  CHECK(api.requests().empty());
}

TEST_CASE("a server that echoes the key has it neither shown, logged, stored nor exported") {
  const Folder home;
  const std::string key = "sk-ant-echoed-key-1";
  const Web web(page("400 Bad", R"({"error":{"message":"bad key )" + key + " " + key.substr(0, 2) + "\"}}"));
  Editor editor({.home = home.path, .base_url = web.url(), .environment = {{"ANTHROPIC_API_KEY", key}}});
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", "untitled:1"}}}, {"question", "why?"}});
  CHECK(holds(error["message"], "bad key *** sk"));
  const json text = editor.call("conversation/export",
                                {{"conversation", error["data"]["conversation"]}, {"format", "json"}});
  CHECK_FALSE(holds(text.dump(), key));
  CHECK(holds(log_of(home), "bad key ***"));
  CHECK_FALSE(holds(log_of(home), key));
  editor.call("shutdown", nullptr);
  editor.notify("exit", nullptr);
  editor.wait();
  for (const auto& file : std::filesystem::recursive_directory_iterator(home.path)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    INFO(file.path().string());
    CHECK_FALSE(holds(bytes, key));
  }
}

TEST_CASE("a check is about the API, not about any web server") {
  const std::string app = "<!doctype html><title>My App</title>";
  struct Case {
    std::string answer, said;
  };
  const auto c = GENERATE_COPY(values<Case>({
      {page("404 Not Found", "<html><title>404 Not Found</title>"), "has no Messages API at this address"},
      {page("200 OK", app), "GET URL/v1/models gave HTTP 200: My App"},
      {page("405 Method Not Allowed", ""), "has no Messages API at this address"},
      {page("302 Found", "", "Location: https://u:p@login.test/?t=1\r\n"),
       "redirected to https://login.test/ (HTTP 302)"},
      {page("500 Oops", R"({"error":{"code":500,"message":"no model","type":"server_error"}})"),
       "no model (HTTP 500)"},
      {page("400 Bad", R"({"error":{"code":400,"message":"no messages","type":"invalid_request_error"}})"),
       "answers as a Messages API does; the key was not refused"},
  }));
  const Web web(c.answer);
  const Checked checked = check(web.url());
  INFO(checked.said);
  std::string said = c.said;
  if (const auto at = said.find("URL"); at != said.npos) said.replace(at, 3, web.url());
  CHECK(holds(checked.said, said));
  CHECK(checked.status == (c.answer.starts_with("HTTP/1.1 400") ? 0 : 1));
}

TEST_CASE("a check of a mute server ends after ten seconds") {
  const Web mute("");
  const Checked checked = check(mute.url());
  CHECK(holds(checked.said, "no answer within ten seconds"));
  CHECK(checked.status == 1);
  // The time includes the start of the program on a slow machine.
  CHECK(checked.took < std::chrono::seconds(14));
}

TEST_CASE(
    "if the store is lost, no flag makes a new one: the backup is named, and nothing is made or changed") {
  const std::string flag = GENERATE("--check", "--compact"),
                    left = GENERATE("nothing", "no bytes", "no tables");
  INFO(flag << ", " << left);
  const Home home;
  const auto state = home.path() / ".local/state/aside";
  std::filesystem::create_directories(state);
  const std::string store = state / "aside.sqlite", kept = store + "-backup-2026-11-22";
  for (const char* backup : {"-backup-2026-11-21", "-backup-2026-11-22"})
    std::filesystem::copy_file(TEST_DATA "/store_v4.sqlite", store + backup);
  ::mkfifo((store + "-backup-2026-11-23").c_str(), 0600);
  if (left == "no bytes") std::ofstream(store).flush();
  if (left == "no tables") write_empty_database(store);
  const auto files = [&] {
    std::map<std::string, std::uintmax_t> sizes;
    for (const auto& entry : std::filesystem::directory_iterator(state))
      sizes[entry.path()] = entry.is_regular_file() ? entry.file_size() : 0;
    return sizes;
  };
  const auto before = files();
  const Web web(page("404 Not Found", ""));
  const Checked checked = check(web.url(), {}, home, flag);
  INFO(checked.said);
  CHECK(checked.status == 1);
  CHECK(holds(checked.said, "the store " + store + " is " + (left == "nothing" ? "missing" : "empty")));
  CHECK(holds(checked.said, "The backup " + kept + " holds "));
  CHECK(files() == before);
}

TEST_CASE("a check names the proxy, and prints no password of an address") {
  const Checked checked = check("http://ann:PASS1@gw.invalid:1",
                                {"http_proxy=http://bob:PASS2@127.0.0.1:1", "https_proxy=foo://u:PASS3@h"});
  INFO(checked.said);
  CHECK(holds(checked.said, "proxy:     http://127.0.0.1:1 (http_proxy)"));
  CHECK(holds(checked.said, "the proxy http://127.0.0.1:1 refused the connection"));
  CHECK_FALSE(holds(checked.said, "PASS"));
}

TEST_CASE("nothing that is shown, logged or checked quotes a proxy's address as it is written") {
  const std::string address =
      GENERATE("http://u:a/PASS@h:1", "http://u:a?PASS@h:1", "u:a#PASS@h:1", "http://u:a PASS@h:1",
               "http://u:PASS@h:999999", "http://u:a@PASS@h:1");
  INFO(address);
  const Folder home;
  Editor editor({.home = home.path,
                 .base_url = "https://api.test",
                 .settings = {{"retries", 0}, {"logLevel", "trace"}},
                 .environment = {{"ANTHROPIC_API_KEY", "test-key"}, {"https_proxy", address}}});
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", "untitled:1"}}}, {"question", "why?"}});
  INFO(error.dump());
  CHECK_FALSE(holds(error.dump(), "PASS"));
  CHECK(holds(log_of(home), "proxy"));
  CHECK_FALSE(holds(log_of(home), "PASS"));
  const Checked checked = check("https://api.test", {"https_proxy=" + address});
  INFO(checked.said);
  CHECK(holds(checked.said, "(https_proxy)"));
  CHECK_FALSE(holds(checked.said, "PASS"));
}

TEST_CASE("the stand-in for the API passes the check") {
  ApiServer api;
  const Checked checked = check(api.url());
  INFO(checked.said);
  CHECK(holds(checked.said,
              api.url() + ": answers as a Messages API does, and lists its models; the key was not refused"));
  CHECK(checked.status == 0);
}
