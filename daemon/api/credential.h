// Gets the API key: from the editor, the environment, or a command that prints it. The command runs at the first
// question, without a shell; meanwhile the loop goes on. The key is kept in memory, and is replaced by "***" in
// everything that is shown or logged (text/safe).
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

// The source of the key in words for people: "ANTHROPIC_API_KEY", "the editor", "apiKeyCommand (pass …)"; empty if
// there is none. It never contains the key or the command's arguments.
std::string source(const CredentialOptions& options);
// Whether there is a usable credential. The command isn't run: it counts as usable. Error: Unauthorized, with a hint
// that names the ways to set a key.
Result<void> usable(const CredentialOptions& options);

class Credential {
 public:
  static constexpr std::size_t max_bytes = 16 * 1024;  // the most that the command may print

  Credential(asio::io_context& io, CredentialOptions options);
  // Returns the header to send, "x-api-key: …" or "authorization: Bearer …"; empty for style None. Uses the key, else
  // the token, else the output of the command. Errors: Unauthorized, with a hint that names the three ways to set a
  // key; RequestCancelled if the awaiting coroutine was cancelled (the command is then killed).
  asio::awaitable<Result<std::string>> header();
  // Call this when the server has refused the key: the next question runs the command again.
  void refused();

 private:
  asio::awaitable<Result<std::string>> printed();

  asio::io_context& io_;
  CredentialOptions options_;
  std::string printed_;  // what the command printed
  // This timer is expired whenever the command isn't running. While the command runs, a second question waits for the
  // timer, so that the user doesn't have to unlock a key store twice. Shared with the coroutine that runs the
  // command, which may outlive this object.
  std::shared_ptr<asio::steady_timer> idle_;
};

}  // namespace aside
