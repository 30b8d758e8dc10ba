#include "daemon/api/credential.h"

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/system/command.h"
#include "daemon/text/safe.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr auto three_ways =
    "Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN in the environment of the editor, or apiKeyCommand in "
    "config.json to a command that prints the key.";

// A key becomes part of a header, so it must not contain a character that could end the line or begin another
// field.
bool fits_a_header(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

Error unauthorized(std::string message) {
  return {ErrorCode::Unauthorized, std::move(message), {.hint = three_ways, .offer = "key"}};
}

Error cancelled() {
  return {ErrorCode::RequestCancelled, "looking for the key: cancelled"};
}

// Returns the trimmed output of the command. Messages call the command `name`.
asio::awaitable<Result<std::string>> output_of(asio::io_context& io, const CredentialOptions& options,
                                               std::string name) {
  const Command command{options.command, options.command_time, Credential::max_bytes};
  const auto ran = co_await run(io, command);
  if (!ran && ran.error().code == ErrorCode::RequestCancelled) co_return cancelled();
  if (!ran) co_return unauthorized(name + " " + one_line(redacted(ran.error().message)));
  std::string printed(trimmed(*ran));
  if (printed.empty()) co_return unauthorized(name + " printed nothing");
  co_return printed;
}

std::string key_of(const CredentialOptions& options) {
  return std::string(trimmed(options.api_key.empty() ? options.auth_token : options.api_key));
}

Error odd_key(const CredentialOptions& options) {
  return unauthorized("the key from " + source(options) +
                      " holds a blank or another character that no key has");
}

}  // namespace

std::string source(const CredentialOptions& options) {
  if (options.style == CredentialStyle::None) return "";
  if (!options.api_key.empty()) return options.from_editor ? "the editor" : "ANTHROPIC_API_KEY";
  if (!options.auth_token.empty()) return "ANTHROPIC_AUTH_TOKEN";
  if (options.command.empty()) return "";
  return "apiKeyCommand (" + options.command[0] + (options.command.size() > 1 ? " …)" : ")");
}

Result<void> usable(const CredentialOptions& options) {
  if (options.style == CredentialStyle::None) return {};
  const std::string key = key_of(options);
  if (key.empty() && options.command.empty()) return unauthorized("no key is set");
  if (!fits_a_header(key)) return odd_key(options);
  return {};
}

Credential::Credential(asio::io_context& io, CredentialOptions options)
    : io_(io), options_(std::move(options)), idle_(std::make_shared<asio::steady_timer>(io)) {
  hide(trimmed(options_.api_key));
  hide(trimmed(options_.auth_token));
}

asio::awaitable<Result<std::string>> Credential::header() {
  if (options_.style == CredentialStyle::None) co_return std::string();
  if (const auto known = usable(options_); !known) co_return known.error();
  const bool is_token = options_.api_key.empty() && !options_.auth_token.empty();
  std::string key = key_of(options_);
  if (key.empty()) {
    auto output = co_await printed();
    if (!output) co_return output.error();
    key = std::move(*output);
  }
  if (!fits_a_header(key)) co_return odd_key(options_);
  const bool bearer =
      options_.style == CredentialStyle::Bearer || (options_.style == CredentialStyle::Auto && is_token);
  co_return (bearer ? "authorization: Bearer " : "x-api-key: ") + key;
}

asio::awaitable<Result<std::string>> Credential::printed() {
  using Clock = asio::steady_timer::clock_type;
  while (Clock::now() < idle_->expiry()) {
    std::error_code woken;
    co_await idle_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return cancelled();
  }
  if (!printed_.empty()) co_return printed_;

  struct Running {
    explicit Running(std::shared_ptr<asio::steady_timer> timer) : idle(std::move(timer)) {
      idle->expires_at(Clock::time_point::max());
    }
    ~Running() { idle->expires_at(Clock::time_point()); }  // this wakes the waiting questions
    std::shared_ptr<asio::steady_timer> idle;
  };
  const Running running(idle_);
  auto output = co_await output_of(io_, options_, source(options_));
  if (output) {
    printed_ = *output;
    hide(printed_);
  }
  co_return output;
}

void Credential::refused() {
  printed_.clear();
}

}  // namespace aside
