// Where the key comes from: the environment, the editor, or a command that prints it. It is looked for at the
// first ask, kept in memory, and blotted out of whatever is shown or logged (safe_text). The command is run
// without a shell; while it runs the loop goes on.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "protocol/error.h"

namespace aside {

enum class CredentialStyle { Auto, ApiKey, Bearer, None };  // Auto: x-api-key for a key, Bearer for a token

struct CredentialOptions {
  std::string api_key = {};  // from the editor, else ANTHROPIC_API_KEY
  bool from_editor = false;
  std::string auth_token = {};            // ANTHROPIC_AUTH_TOKEN
  std::vector<std::string> command = {};  // apiKeyCommand, argv
  CredentialStyle style = CredentialStyle::Auto;
  std::chrono::milliseconds command_time{60000};  // a person may have to unlock a key store
  bool operator==(const CredentialOptions&) const = default;
};

// For people: "ANTHROPIC_API_KEY", "the editor", "apiKeyCommand (pass …)"; empty where there is none. Never
// the key, nor the command's arguments.
std::string source(const CredentialOptions& options);
// What keeps these from being a credential, as far as can be seen without running a command. Unauthorized,
// with a hint that names the ways to set a key.
Result<void> usable(const CredentialOptions& options);

class Credential {
 public:
  static constexpr std::size_t max_bytes = 16 * 1024;  // of what the command prints

  Credential(asio::io_context& io, CredentialOptions options);
  // The header to send, "x-api-key: …" or "authorization: Bearer …"; empty for style None. Order: key, token,
  // command. Errors: Unauthorized, with a hint that names the three ways to set a key; RequestCancelled, the
  // command ended, where the awaiting coroutine was cancelled.
  asio::awaitable<Result<std::string>> header();
  // The server refused it: a command is run again at the next ask.
  void refused();

 private:
  asio::awaitable<Result<std::string>> printed();

  asio::io_context& io_;
  CredentialOptions options_;
  std::string printed_;  // what the command printed
  // Expires when no command runs, so that two asks don't make a person unlock the key store twice. Shared
  // with the coroutine that runs the command, whose frame may outlive this.
  std::shared_ptr<asio::steady_timer> idle_;
};

}  // namespace aside
