// The stand-in for the Messages API, for tests that have no key and no network: an HTTP/1.1 server on
// loopback. It refuses what the real API refuses (rules.h), signs thinking so that it is valid only in its
// conversation (prompt.h), caches prompts or says why it couldn't (cache.h), summarizes, and computes prices
// (bill.h). Its answers prove what has arrived (answer.h), and it plays every fault that a script asks for
// (script.h).
//
// The server runs on its own thread from construction to destruction, so that a test may run the daemon's
// loop, or block, on the main thread; all functions may be called from any thread. The program `standin` is
// the same server; README.md lists the requests that it answers in addition to the API's.
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
  std::uint16_t port = 0;             // 0: any free port
  std::string key = {};               // the only credential accepted; empty: any
  std::int64_t window = 0;            // tokens of input before "prompt is too long"; 0: the model's
  std::chrono::milliseconds pace{0};  // between deltas, unless a script has a pace
  std::string record = {};            // file that gets a JSON line for each POST under /v1/messages
  bool alternating = true;            // two messages of the user in a row are refused
  std::string seal = "stand-in";  // the key of thinking signatures; a server with another key refuses them
};

struct ApiRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // with names in lower case, including the credential
  std::string body;
  std::string refusal;  // the API's message; empty if accepted, even if a script then failed it
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
  void advance(std::chrono::milliseconds time);  // moves the prompt cache's clock, which follows real time
  void reset();

  std::vector<ApiRequest> requests() const;  // in order, without those to /__standin
  std::vector<ApiRequest> asks() const;      // POST /v1/messages
  ApiBill spent() const;
  std::size_t connections() const;  // accepted so far
  std::size_t abandoned() const;    // responses that the client did not wait for

  // Wait until there are this many in all. Return false if that takes longer than `patience`.
  bool wait_for_asks(std::size_t count) const;
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_abandoned(std::size_t count) const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace aside::test
