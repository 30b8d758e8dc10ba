// Asks Claude one question: sends the request and assembles the stream into a Reply. A request that fails before
// anything was shown is sent again, as Anthropic's own client does. RunningReplies calls this class and owns the
// Reply, so the part that has arrived survives a cancellation.
//
// To cancel `ask` or `check`, cancel the coroutine that awaits them. The two functions don't throw: while they run,
// throw_if_cancelled is off for that coroutine, and it is restored before they return. A caller that awaits something
// after a cancelled `ask` (to store what has arrived) must turn throw_if_cancelled off, too; it is on by default.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "daemon/api/credential.h"
#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"
#include "daemon/api/reply_reader.h"
#include "daemon/system/http.h"

namespace aside {

struct ClaudeOptions {
  std::string unusable = {};  // a sentence that says why nothing may be sent; empty if requests may be sent
  std::string base_url = "https://api.anthropic.com";
  std::string version = "2026-10-21";
  std::string ca_file = {};
  CredentialOptions credential = {};
  PromptOptions prompt = {};
  std::chrono::milliseconds connect_timeout{20000};
  std::chrono::milliseconds silence_timeout{300000};
  int retries = 2;
};

// Whether questions can be asked with these options. The check uses no network and runs no command, so it doesn't
// notice a wrong key. Errors: InvalidParams if the settings can't be used, Unauthorized if there is no key.
Result<void> ready(const ClaudeOptions& options);

struct Asked {
  // Whether the server refused the signature of earlier thinking, so that the request was sent again without any
  // thinking, and was then accepted.
  bool without_thinking = false;
};

class Claude {
 public:
  static constexpr std::chrono::seconds longest_wait{120};  // no retry if the server asks for a longer wait

  Claude(asio::io_context& io, Http& http, ClaudeOptions options);
  // Uses these options from the next request on. An API key that the user's command has printed is kept, unless the
  // options of the credential have changed.
  void use(ClaudeOptions options);

  // Returns when the reply has ended; `reply` then holds everything that has arrived. An Error says why the reply
  // ended early (code RequestCancelled if the awaiting coroutine was cancelled); `reply` tells whether anything was
  // shown. A reply is complete when a stop reason or message_stop has arrived, whatever happens afterwards.
  asio::awaitable<Result<Asked>> ask(const Prompt& prompt, Reply& reply, ReplyEvents events);
  // Asks the server to count the tokens of the prompt. Returns an Error if the server can't be reached or can't
  // count.
  asio::awaitable<Result<std::int64_t>> count(const Prompt& prompt);
  // Learns facts about models from the server's list. These facts stay in force when `use` sets other options.
  void learn_models(const nlohmann::json& api_list) { options_.prompt.models.learn(api_list); }
  const Models& models() const { return options_.prompt.models; }
  // The options for the bodies of requests.
  const PromptOptions& options() const { return options_.prompt; }
  // Opens the connection with a HEAD request that has neither content nor credential. Failures are ignored.
  asio::awaitable<void> warm_up();
  // Used by `asided --check`. Makes two requests that cost nothing, and returns in words what they showed. Returns an
  // Error if there is no Messages API, or if the API refuses the key.
  asio::awaitable<Result<std::string>> check();
  // A page of the server's list of models, as JSON; nullopt if the server has no such list. `query` is the part of
  // the URL after the "?".
  asio::awaitable<Result<std::optional<std::string>>> list_models(std::string query);

  const std::string& server() const { return server_; }  // origin of base_url; it is recorded with each reply
  Credential& credential() { return *credential_; }

 private:
  // Why an attempt failed, and its HTTP status (0 if no response came).
  struct Failure {
    Error error;
    int status = 0;
  };

  asio::awaitable<Result<Asked>> ask_until_shown(const Prompt& prompt, Reply& reply,
                                                 const ReplyEvents& events);
  asio::awaitable<std::optional<Failure>> attempt(const std::string& model, const std::string& body,
                                                  bool beta, Reply& reply, const ReplyEvents& events);
  // A response that has ended. If its body is longer than a limit, only the beginning of the body is kept.
  struct Page {
    HttpHead head;
    std::string body;
  };
  asio::awaitable<Result<Page>> fetch(HttpRequest request, std::size_t max_bytes);
  asio::awaitable<Result<std::string>> examine_server();

  // Makes a request with the credential and the headers that the API requires.
  asio::awaitable<Result<HttpRequest>> signed_request(HttpMethod method, std::string_view path);
  HttpRequest unsigned_request(HttpMethod method, std::string_view path) const;
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
