// Those that are measured, each doing what a person has it do: asided with an editor at the other end of its
// pipes, curl, the official SDK, and a bare socket as the floor under anybody's request.
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

double resident_mib(pid_t process);  // 0: it is gone

// What a client made of one or more streams.
struct Outcome {
  Nanoseconds called = 0;  // when it was told to ask
  std::vector<Came> came;
  Nanoseconds ended = 0;  // curl's: when it was gone
  double cpu_seconds = 0;
  double resident_mib = 0;    // curl: while it streams; else at the end
  std::vector<json> answers;  // asided's, in the order in which they came
};

class Asided {
 public:
  // Both paths are absolute; what is in `home` is found again by the next one.
  Asided(const std::string& program, const std::filesystem::path& home, const std::string& url);

  double milliseconds_to_ready() const { return milliseconds_to_ready_; }
  double resident_mib() const { return bench::resident_mib(program_.pid()); }
  json call(const std::string& method, const json& params);
  void notify(const std::string& method, const json& params);
  // Sends them in one go, as an editor that asks about several files, and waits for the last answer.
  Outcome ask(const std::vector<json>& asks);
  // The deltas of a reply that another daemon writes, until it has ended.
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

// To its end; what it says on stdout is what came.
Outcome curl(std::vector<std::string> arguments);

using Step =
    std::vector<json>;  // bodies of requests that the SDK sends all at once, when the step before is done

class Sdk {
 public:
  Sdk(const std::string& script, const std::string& url, const std::vector<Step>& steps);

  double milliseconds_to_ready = 0;
  double mib_when_ready = 0;
  std::vector<Outcome> outcomes;  // of each step
};

class Socket {
 public:
  explicit Socket(unsigned short port);
  Nanoseconds post(const std::string& body);  // when it began; returns when the answer has come

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
};

}  // namespace aside::bench
