// The stand-in for the Messages API, for tests that have no key and no network: an HTTP/1.1 server on
// loopback. The server refuses what the real API refuses (rules.h), signs thinking so that the thinking is
// valid only in its conversation (prompt.h), caches prompts and reports the reasons for misses (cache.h),
// summarizes, and computes prices (bill.h). Its answers say what has arrived (answer.h). It plays every fault
// that a script asks for (script.h).
//
// The server runs on its own thread from construction to destruction. So a test may run the daemon's loop, or
// block, on the main thread. Any thread may call any function. The program `standin` is the same server.
// README.md lists the requests that the server answers in addition to the API's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/standin/bill.h"
#include "tests/standin/script.h"

namespace aside::test {

struct ApiServerOptions {
  std::uint16_t port = 0;  // 0: any free port
  std::string key = {};    // the only accepted credential; empty: any is accepted
  // The most tokens of input. With more tokens, the error is "prompt is too long". 0: the model's limit.
  std::int64_t window = 0;
  std::chrono::milliseconds pace{0};  // the pause between deltas, unless a script has a pace
  std::string record = {};            // the file that gets a JSON line for each POST under /v1/messages
  bool alternating = true;            // whether two messages of the user in a row are refused
  std::string seal = "stand-in";  // the key of thinking signatures; a server with another key refuses them
};

struct ApiRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // the names are in lower case; the credential is included
  std::string body;
  // The API's error message; empty if the request was accepted, even if a script then made it fail.
  std::string refusal;
};

class ApiServer {
 public:
  static constexpr std::chrono::seconds patience{20};

  // When this returns, the server listens. Throws std::system_error if the port is in use.
  explicit ApiServer(ApiServerOptions options = {});
  ~ApiServer();  // drops all connections
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"

  void next(Script script);  // appends to the queue of scripts
  void release(const std::string& gate);
  // Moves the clock of the prompt cache forward; otherwise this clock follows real time.
  void advance(std::chrono::milliseconds time);
  void reset();

  std::vector<ApiRequest> requests() const;  // all requests in order, without those to /__standin
  std::vector<ApiRequest> asks() const;      // only POST /v1/messages
  ApiBill spent() const;
  std::size_t connections() const;  // how many were accepted so far
  std::size_t abandoned() const;    // how many responses the client did not wait for

  // These wait until there have been this many since the start. They return false if this takes longer than
  // `patience`.
  bool wait_for_asks(std::size_t count) const;
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_abandoned(std::size_t count) const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace aside::test
