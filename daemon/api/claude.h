// One question to Claude: the request is sent, its stream assembled into a Reply, and what fails before
// anything was shown is tried again as the official client does (messages-api §10). Driven by a conversation,
// which owns the Reply, so that whatever came survives cancellation.
//
// A cancel reaches `ask` and `check` as the cancellation of the coroutine that awaits them. It is not thrown
// there: while they run, throw_if_cancelled is off for that coroutine, and is restored before they return.
// Whoever wants to await something after a cancelled ask (to store what came) has to turn it off, too; it is
// on by default.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/credential.h"
#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"
#include "daemon/system/http.h"

namespace aside {

struct ClaudeOptions {
  std::string unusable = {};  // why nothing may be sent, in words; empty: requests go out
  std::string base_url = "https://api.anthropic.com";
  std::string version = "2026-10-21";
  std::string ca_file = {};
  CredentialOptions credential = {};
  PromptOptions prompt = {};
  std::chrono::milliseconds connect_timeout{20000};
  std::chrono::milliseconds silence_timeout{300000};
  int retries = 2;
};

// Why nothing can be asked with these options, as far as can be seen without network or command; no Error: it
// can. InvalidParams where settings can't be used, Unauthorized without a key.
Result<void> ready(const ClaudeOptions& options);
// Scheme, host and port as a server is known by, whatever was added to its URL and however it was spelled.
std::string origin(const std::string& url);

struct Retry {
  int attempt = 0;  // the one to come, 2 … of
  int of = 0;
  double delay_seconds = 0;
  std::string reason;  // "overloaded", "rate limited", "offline" …: words for a status line
};

// What happens on the way, in order. The states' names are those of conversation/status.
struct ReplyEvents {
  // connecting, waiting, thinking, writing, retrying
  std::function<void(std::string_view state, const std::optional<Retry>& retry)> state;
  // At most once for each chunk off the network, and not before there is something to show: until then the
  // attempt may fail, and what it brought is forgotten.
  std::function<void(std::vector<Piece> pieces)> pieces;
};

struct Asked {
  bool without_thinking =
      false;  // a signature was refused; the request went through only without any thinking
};

class Claude {
 public:
  static constexpr std::chrono::seconds longest_wait{120};  // a server that asks for more is not waited for
  // How long a stream may go on without saying anything new: after the stop reason, for message_stop; and
  // before it, in silence time-outs, where signs of life come (a model may think for long).
  static constexpr std::chrono::seconds ending_time{5};
  static constexpr int silences_with_signs = 6;

  Claude(asio::io_context& io, Http& http, ClaudeOptions options);
  // From the next request on. What a command printed is kept as long as the credential's own options are the
  // same.
  void use(ClaudeOptions options);

  // Returns when the reply has ended, with `reply` holding all that came. An Error says why it ended early
  // (its code RequestCancelled where the awaiting coroutine was cancelled); whether anything was shown,
  // `reply` tells. A reply is complete when a stop reason or message_stop has come, whatever happens after
  // it.
  asio::awaitable<Result<Asked>> ask(const Prompt& prompt, Reply& reply, ReplyEvents events);
  // The tokens of its prompt by the server's count. An Error where it can't be asked, or has no such thing.
  asio::awaitable<Result<std::int64_t>> count(const Prompt& prompt);
  // What bodies are made with.
  const PromptOptions& options() const { return options_.prompt; }
  // Opens the connection with one HEAD that carries neither content nor credential. Failures are of no
  // interest.
  asio::awaitable<void> warm_up();
  // For `asided --check`: what two requests that cost nothing have found out, in words. An Error where there
  // is no such API, or it refuses the key.
  asio::awaitable<Result<std::string>> check();
  // A page of the list of models, JSON as the API has it; nullopt from servers of the Messages API alone,
  // which have no such list. `query` begins behind the "?".
  asio::awaitable<Result<std::optional<std::string>>> models(std::string query);

  const std::string& server() const { return server_; }  // origin of base_url, recorded with each reply
  Credential& credential() { return *credential_; }

 private:
  // Why an attempt failed, and with which HTTP status (0: none came).
  struct Failure {
    Error error;
    int status = 0;
  };

  asio::awaitable<Result<Asked>> ask_until_shown(const Prompt& prompt, Reply& reply,
                                                 const ReplyEvents& events);
  asio::awaitable<std::optional<Failure>> attempt(const std::string& model, const std::string& body,
                                                  bool beta, Reply& reply, const ReplyEvents& events);
  // A whole answer, as far as it is kept.
  struct Page {
    HttpHead head;
    std::string body;
  };
  asio::awaitable<Result<Page>> fetch(HttpRequest request, std::size_t max_bytes);
  asio::awaitable<Result<std::string>> look();

  // Adds the credential and what the API wants of every request.
  asio::awaitable<Result<HttpRequest>> signed_request(HttpMethod method, std::string_view path);
  HttpRequest bare_request(HttpMethod method, std::string_view path) const;
  Error status_error(const HttpHead& head, std::string_view body, std::string_view path,
                     std::string_view model = {});
  double back_off_seconds(int attempt);

  asio::io_context& io_;
  Http& http_;
  ClaudeOptions options_;
  std::string server_;
  std::shared_ptr<Credential> credential_;  // shared with requests under way
  std::minstd_rand random_;
};

}  // namespace aside
