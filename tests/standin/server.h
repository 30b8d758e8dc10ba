// The stand-in for the Messages API, for tests that have no key and no network: an HTTP/1.1 server on
// loopback that refuses what the real API refuses (rules.h), binds thinking to its conversation
// (prompt.h), caches prompts and tells why it could not (cache.h), summarizes, bills (bill.h),
// answers so that the answer proves what arrived (answer.h), and does every fault that a script asks for
// (script.h).
//
// Runs on a thread of its own from construction to destruction, so that a test may drive the daemon's loop,
// or block, on the main thread; all functions may be called from any thread. The program `standin` is the
// same server; README.md says what it serves beside the API.
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
  std::uint16_t port = 0;             // 0: any that is free
  std::string key = {};               // the only credential accepted; empty: any
  std::int64_t window = 0;            // tokens of input before "prompt is too long"; 0: the model's
  std::chrono::milliseconds pace{0};  // between deltas, where a script says nothing
  std::string record = {};            // file that gets a JSON line for each POST under /v1/messages
  bool alternating = true;            // two messages of the user in a row are refused
  std::string seal = "stand-in";      // key of thinking signatures: a server with another one refuses ours
};

struct ApiRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // names in lower case; the credential included
  std::string body;
  std::string
      refusal;  // the message of the official refusal; empty: accepted (whatever a script then made of it)
};

class ApiServer {
 public:
  static constexpr std::chrono::seconds patience{20};

  // Listens when it returns. Throws std::system_error where the port is taken.
  explicit ApiServer(ApiServerOptions options = {});
  ~ApiServer();  // drops all connections
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"

  void next(Script script);  // queued behind those that wait
  void release(const std::string& gate);
  void advance(std::chrono::milliseconds time);  // for the prompt cache, which else lives in real time
  void reset();

  std::vector<ApiRequest> requests() const;  // all but those to /__standin, in order
  std::vector<ApiRequest> asks() const;      // POST /v1/messages
  ApiBill spent() const;
  std::size_t connections() const;  // accepted so far
  std::size_t abandoned() const;    // responses that the client did not wait for

  // True as soon as there are so many in all; false when `patience` has run out.
  bool wait_for_asks(std::size_t count) const;
  bool wait_for_requests(std::size_t count) const;
  bool wait_for_abandoned(std::size_t count) const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace aside::test
