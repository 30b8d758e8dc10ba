// An editor for tests: it starts the real `asided`, talks to it over pipes, and has a function for each
// request. It keeps all received messages, so that a test can check their order. If a wait takes longer than
// `patience`, the test fails and shows all messages. No function sleeps for a fixed time.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/framing.h"
#include "protocol/message.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

namespace aside::test {

class Editor {
 public:
  static constexpr std::chrono::seconds patience{30};

  struct Options {
    // The parent of HOME and of all XDG folders; editors with the same home share a store.
    std::string home;
    std::string base_url;  // the address of the stand-in
    json settings = json::object();
    std::map<std::string, std::string> environment = {{"ANTHROPIC_API_KEY", "test-key"}};
    json capabilities = {{"general", {{"positionEncodings", {"utf-8"}}}}};
    json folders = nullptr;  // the `workspaceFolders` of `initialize`
  };

  explicit Editor(const Options& options) {
    start(options);
    json settings = options.settings;
    json params = {{"processId", nullptr},
                   {"clientInfo", {{"name", "test"}, {"version", "1"}}},
                   {"capabilities", options.capabilities},
                   {"initializationOptions", settings},
                   {"rootUri", nullptr}};
    if (!options.folders.is_null()) params["workspaceFolders"] = options.folders;
    initialized = call("initialize", params);
    notify("initialized", json::object());
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    close_pipes();
  }

  int send(const std::string& method, const json& params) {
    const int id = ++last_id_;
    write({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
    return id;
  }
  void notify(const std::string& method, const json& params) {
    write({{"jsonrpc", "2.0"}, {"method", method}, {"params", params}});
  }

  // Waits for the answer to a request and returns it whole: {"result":…} or {"error":…}.
  json answer(int id) {
    return wait_for("the answer to request " + std::to_string(id), [id](const json& message) {
      return message.value("id", json()) == id && !message.contains("method");
    });
  }
  json call(const std::string& method, const json& params) {
    const json message = answer(send(method, params));
    INFO(method << " " << params.dump() << " → " << message.dump());
    REQUIRE(message.contains("result"));
    return message["result"];
  }
  json fails(const std::string& method, const json& params) {
    const json message = answer(send(method, params));
    INFO(method << " " << params.dump() << " → " << message.dump());
    REQUIRE(message.contains("error"));
    return message["error"];
  }

  // Returns the first message for which `fits` is true; waits if no such message has been received yet.
  json wait_for(const std::string& what, const std::function<bool(const json&)>& fits, std::size_t from = 0) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (std::size_t i = from;; ++i) {
      while (i >= seen.size()) {
        if (!read_until(deadline)) FAIL("waited for " << what << " in vain; so far:\n" << conversation());
      }
      if (fits(seen[i])) return seen[i];
    }
  }
  json wait_for_status(const std::string& state, std::size_t from = 0) {
    return wait_for(
        "status " + state,
        [&state](const json& message) {
          return message.value("method", "") == "conversation/status" && message["params"]["state"] == state;
        },
        from)["params"];
  }
  // Waits until the deltas of some reply contain this text.
  void wait_for_text(const std::string& text) {
    std::map<std::string, std::string> shown;
    wait_for("the text " + text, [&](const json& message) {
      if (message.value("method", "") != "conversation/delta") return false;
      std::string& so_far = shown[message["params"]["turn"]];
      so_far += message["params"]["text"];
      return so_far.find(text) != std::string::npos;
    });
  }
  // Returns the text of all deltas of a reply that were received so far.
  std::string shown(const std::string& turn, const std::string& kind = "text") const {
    std::string text;
    for (const json& message : seen) {
      if (message.value("method", "") != "conversation/delta") continue;
      const json& params = message["params"];
      if (params["turn"] == turn && params["kind"] == kind) text += params["text"].get<std::string>();
    }
    return text;
  }
  std::vector<std::string> states(const std::string& turn) const {
    std::vector<std::string> states;
    for (const json& message : seen) {
      if (message.value("method", "") == "conversation/status" && message["params"]["turn"] == turn)
        states.push_back(message["params"]["state"]);
    }
    return states;
  }

  json ask(const std::string& uri, const std::string& question, json more = json::object()) {
    return call("conversation/ask", asking(uri, question, std::move(more)));
  }
  int ask_later(const std::string& uri, const std::string& question, json more = json::object()) {
    return send("conversation/ask", asking(uri, question, std::move(more)));
  }
  json get(const std::string& uri) { return call("conversation/get", {{"textDocument", {{"uri", uri}}}}); }

  void kill_daemon() {  // sends SIGKILL
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    close_pipes();
  }
  void signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }
  void close_input() {
    ::close(in_);
    in_ = -1;
  }
  // Waits for the daemon's end. Returns its exit status, or the signal that ended it as a negative number.
  int wait() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (read_until(deadline)) {}
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string conversation() const {
    std::string all;
    for (const json& message : seen)
      all += message.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 400) + "\n";
    return all;
  }

  json initialized;
  std::vector<json> seen;

 private:
  static json asking(const std::string& uri, const std::string& question, json more) {
    more["textDocument"] = {{"uri", uri}};
    more["question"] = question;
    return more;
  }

  void start(const Options& options) {
    std::vector<std::string> environment;
    for (const char* kept : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"})
      if (const char* value = std::getenv(kept)) environment.push_back(std::string(kept) + "=" + value);
    environment.push_back("HOME=" + options.home);
    environment.push_back("XDG_STATE_HOME=" + options.home + "/state");
    environment.push_back("XDG_CONFIG_HOME=" + options.home + "/config");
    environment.push_back("TZ=UTC");
    environment.push_back("NO_PROXY=127.0.0.1");
    if (!options.base_url.empty()) environment.push_back("ANTHROPIC_BASE_URL=" + options.base_url);
    for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
    std::vector<char*> pointers;
    for (std::string& variable : environment) pointers.push_back(variable.data());
    pointers.push_back(nullptr);

    int to_daemon[2], from_daemon[2];
    if (::pipe2(to_daemon, O_CLOEXEC) != 0 || ::pipe2(from_daemon, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_daemon[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from_daemon[1], 1);
    // A stand-in in this process may close its connections. If the daemon inherited their descriptors, they
    // would stay open.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    const char* program = std::getenv("ASIDED") != nullptr ? std::getenv("ASIDED") : ASIDED;
    std::string name = program;
    char* arguments[] = {name.data(), nullptr};
    const int failed = ::posix_spawn(&pid_, program, &actions, nullptr, arguments, pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_daemon[0]);
    ::close(from_daemon[1]);
    in_ = to_daemon[1];
    out_ = from_daemon[0];
    if (failed != 0) throw std::runtime_error("can't start " + name);
    ::signal(SIGPIPE, SIG_IGN);
  }

  void write(const json& message) {
    const std::string bytes = frame(message.dump());
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(in_, bytes.data() + done, bytes.size() - done);
      if (count < 0) return;  // the daemon is gone; the next wait reports this
      done += static_cast<std::size_t>(count);
    }
  }

  // Reads what the daemon has sent, at least one byte. Returns false if the deadline has passed or the daemon
  // has closed its end.
  bool read_until(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{out_, POLLIN, 0};
    if (out_ < 0 || left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[65536];
    const ssize_t count = ::read(out_, buffer, sizeof buffer);
    if (count <= 0) return false;
    decoder_.feed({buffer, static_cast<std::size_t>(count)});
    for (auto body = decoder_.next(); body && *body; body = decoder_.next())
      seen.push_back(json::parse(**body));
    return true;
  }

  void close_pipes() {
    if (in_ >= 0) ::close(in_);
    if (out_ >= 0) ::close(out_);
    in_ = out_ = -1;
  }

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int last_id_ = 0;
  FrameDecoder decoder_;
};

}  // namespace aside::test
