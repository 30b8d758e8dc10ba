// One question to Claude: the request is sent, its stream assembled into a Reply, and what fails before anything was
// shown is tried again as the official client does (messages-api §10). Driven by a conversation, which owns the Reply, so
// that whatever came survives cancellation.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/credential.h"
#include "daemon/http.h"
#include "daemon/reply.h"
#include "daemon/prompt.h"

namespace aside {

struct ClaudeOptions {
  std::string base_url = "https://api.anthropic.com";
  std::string version = "2026-10-21";
  std::string ca_file = {};
  CredentialOptions credential = {};
  PromptOptions prompt = {};
  std::chrono::milliseconds connect_timeout{20000};
  std::chrono::milliseconds silence_timeout{300000};
  int retries = 2;
};

struct Retry {
  int attempt = 0;  // the one to come, 2 … of
  int of = 0;
  double delay_seconds = 0;
  std::string reason;  // "overloaded", "rate limited", "offline" …: words for a status line
};

// What happens on the way, in order. The states' names are those of conversation/status.
struct ReplyEvents {
  std::function<void(std::string_view state, const std::optional<Retry>& retry)> state;  // connecting, waiting, thinking, writing, retrying
  std::function<void(std::vector<Piece> pieces)> pieces;
};

struct Asked {
  bool without_thinking = false;  // a signature was refused; the request went through only without any thinking
};

class Claude {
 public:
  static constexpr std::chrono::seconds longest_wait{120};  // a server that asks for more is not waited for

  Claude(asio::io_context& io, Http& http, ClaudeOptions options);

  // Returns when the reply has ended, with `reply` holding all that came. An Error says why it ended early (its code
  // RequestCancelled where the awaiting coroutine was cancelled); whether anything was shown, `reply` tells. A stream
  // that ends without message_stop is an Error (Upstream).
  asio::awaitable<Result<Asked>> ask(const Prompt& prompt, Reply& reply, ReplyEvents events);
  // Opens the connection with one HEAD that carries neither content nor credential. Failures are of no interest.
  asio::awaitable<void> warm_up();
  // One request to /v1/models, for `asided --check`: does the key work there?
  asio::awaitable<Result<void>> check();

  const std::string& server() const;  // origin of base_url, recorded with each reply
  Credential& credential();
};

}  // namespace aside
