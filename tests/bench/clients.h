// The measured clients: asided with an editor at the other end of its pipes, curl, the official SDK, and a
// plain socket. No client can be faster than the plain socket.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "protocol/framing.h"
#include "tests/bench/streams.h"
#include "tests/support/program.h"

namespace aside::bench {

using json = nlohmann::json;

double resident_mib(pid_t process);  // 0 if the process is gone

// What a client has received from one or more streams, and how much time and memory the client has used for
// it.
struct Outcome {
  Nanoseconds called = 0;  // when the client was told to ask
  std::vector<Came> came;
  Nanoseconds ended = 0;  // for curl: when the process ended
  double cpu_seconds = 0;
  double resident_mib = 0;    // for curl, measured while it streams; for others, at the end
  std::vector<json> answers;  // only from asided, in the order of arrival
};

class Asided {
 public:
  // Starts asided. Both paths are absolute. A later daemon with the same `home` has the same store.
  Asided(const std::string& program, const std::filesystem::path& home, const std::string& url);

  double milliseconds_to_ready() const { return milliseconds_to_ready_; }
  double resident_mib() const { return bench::resident_mib(program_.pid()); }
  json call(const std::string& method, const json& params);
  void notify(const std::string& method, const json& params);
  // Sends all questions at once, like an editor that asks about several files, and waits for the last answer.
  Outcome ask(const std::vector<json>& asks);
  // Follows a reply that another daemon writes until the reply has ended, and returns its deltas.
  std::vector<Came> follow();

 private:
  Outcome request(const std::string& method, const std::vector<json>& all);
  double cpu_seconds() const;

  Nanoseconds begun_;
  Program program_;
  FrameDecoder decoder_;
  int last_id_ = 0;
  double milliseconds_to_ready_;
};

// Runs a program to its end, without input. The outcome has its stdout as the received bytes.
Outcome run(const std::vector<std::string>& argv, const std::vector<std::string>& environment);
Outcome curl(std::vector<std::string> arguments);

// The bodies of requests that the SDK sends all at once when the previous step has ended.
using Step = std::vector<json>;

class Sdk {
 public:
  Sdk(const std::string& script, const std::string& url, const std::vector<Step>& steps);

  double milliseconds_to_ready = 0;
  double mib_when_ready = 0;
  std::vector<Outcome> outcomes;  // one for each step
};

class Socket {
 public:
  explicit Socket(unsigned short port);
  Nanoseconds post(const std::string& body);  // waits for the answer; returns when the answer began

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
};

}  // namespace aside::bench
