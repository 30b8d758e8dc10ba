// A scripted network. Each request is answered with the next response that was given to `play`. The response
// arrives in pieces, one in each turn of the loop. `requests` holds the requests. FakeHttp keeps the promises
// of Http: no progress callback is called after `send` has returned, and a cancelled request ends at once.
#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/error_code.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstddef>
#include <deque>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/system/http.h"

namespace aside {

inline constexpr std::size_t all_at_once = std::string::npos;

// Returns the bytes of a file in tests/data.
inline std::string test_data(const std::string& name) {
  std::ifstream file(TEST_DATA "/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("no such file: " TEST_DATA "/" + name);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

struct FakeResponse {
  int status = 200;
  std::map<std::string, std::string> headers = {{"content-type", "text/event-stream"},
                                                {"request-id", "req_fake"}};
  std::string body = {};
  std::size_t chunk = all_at_once;  // the bytes in each piece
  bool connects = true;             // false: `error` comes before there is a connection
  bool waits = false;               // after the body, waits until cancelled or until `resume` is called
  std::string rest = {};            // the bytes that arrive after the wait
  std::optional<Error> error = std::nullopt;  // the response ends with this error
};

inline FakeResponse stream(std::string body) {
  return {.body = std::move(body)};
}

inline FakeResponse failure(int status, std::string body, std::map<std::string, std::string> headers = {}) {
  headers.emplace("content-type", "application/json");
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

inline FakeResponse offline() {
  Error error{ErrorCode::Offline, "connecting to api.invalid: connection refused", {.retryable = true}};
  return {.connects = false, .error = std::move(error)};
}

class FakeHttp : public Http {
 public:
  explicit FakeHttp(asio::io_context& io) : resumed_(io, asio::steady_timer::time_point::max()) {}

  void play(FakeResponse response) { script_.push_back(std::move(response)); }
  // Continues all responses that wait.
  void resume() { resumed_.cancel(); }

  std::vector<HttpRequest> requests;
  int running = 0;  // how many requests have not ended

  asio::awaitable<Result<HttpHead>> send(HttpRequest request, HttpProgress progress) override {
    requests.push_back(std::move(request));
    if (script_.empty()) co_return Error{ErrorCode::InternalError, "FakeHttp has no response left"};
    const FakeResponse response = std::move(script_.front());
    script_.pop_front();
    ++running;
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    Result<HttpHead> ended = co_await play_out(response, progress);
    co_await asio::this_coro::throw_if_cancelled(throws);
    --running;
    co_return ended;
  }

 private:
  asio::awaitable<Result<HttpHead>> play_out(const FakeResponse& response, const HttpProgress& progress) {
    const Error cancelled{ErrorCode::RequestCancelled, "cancelled"};
    if (!co_await turn()) co_return cancelled;
    if (!response.connects) co_return *response.error;
    if (progress.connected) progress.connected();
    if (!co_await turn()) co_return cancelled;
    const HttpHead head{response.status, response.headers};
    if (progress.head && response.status != 0) progress.head(head);
    for (const std::string* part : {&response.body, &response.rest}) {
      for (std::size_t at = 0; at < part->size();) {
        const std::size_t length = std::min(response.chunk, part->size() - at);
        const std::string_view bytes = std::string_view(*part).substr(at, length);
        if (progress.body && !progress.body(bytes)) co_return head;
        at += length;
        if (!co_await turn()) co_return cancelled;
      }
      if (part == &response.rest || !response.waits) continue;
      asio::error_code ignored;
      co_await resumed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if (!co_await turn()) co_return cancelled;
    }
    if (response.error) co_return *response.error;
    co_return head;
  }

  // Lets the other tasks of the loop run once. Returns false if this request was cancelled.
  static asio::awaitable<bool> turn() {
    const auto executor = co_await asio::this_coro::executor;
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) co_return false;
    co_await asio::post(executor, asio::use_awaitable);
    co_return (co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none;
  }

  std::deque<FakeResponse> script_;
  asio::steady_timer resumed_;
};

}  // namespace aside
