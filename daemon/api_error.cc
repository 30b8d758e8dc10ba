#include "daemon/api_error.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/json_text.h"
#include "daemon/model.h"
#include "daemon/turn.h"
#include "protocol/iso_time.h"

namespace aside {
namespace {

constexpr std::size_t max_message_characters = 300;

// The fields of {"type":"error","error":{"type","message","details":{"error_code"}},"request_id"} that were
// there.
struct Told {
  std::string type;
  std::string code;
  std::string message;
  std::string request_id;
};

Told read(std::string_view body) {
  const std::string text = json_text::mended(body);
  Told told;
  if (!nlohmann::json::accept(text)) {
    if (text.find('<') == std::string::npos) told.message = one_line(text);
    return told;
  }
  const auto field = [](std::string_view object, std::string_view name) {
    return json_text::unquoted(json_text::member(object, name));
  };
  const std::string_view error = json_text::member(text, "error");
  told.type = field(error, "type");
  told.code = field(json_text::member(error, "details"), "error_code");
  told.request_id = field(text, "request_id");
  for (std::string message :
       {field(error, "message"), json_text::unquoted(error), field(text, "message"), field(text, "detail")}) {
    if (told.message.empty()) told.message = one_line(message);
  }
  return told;
}

bool contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return contains(text, word); });
}

// The API has no type of its own for these two; only their wording tells. Other servers' words for the first
// are here too.
bool is_too_long(const Told& told) {
  return contains_any(told.message, {"prompt is too long", "context length", "context size"});
}
bool is_usage_limit(const Told& told) {
  return contains(told.message, "specified api usage limit");
}

bool is_spend_limit(const Told& told) {
  return contains(told.code, "spend_limit_reached") || is_usage_limit(told);
}

// Types first: they are the same in a stream, where there is no status.
ErrorCode code_of(int status, const Told& told) {
  const auto is = [&told](std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), told.type) != types.end();
  };
  if (is_too_long(told) || is({"request_too_large"}) || status == 413) return ErrorCode::ContextFull;
  if (is_spend_limit(told) || is({"rate_limit_error"}) || status == 429) return ErrorCode::RateLimited;
  if (is({"overloaded_error"}) || status == 529) return ErrorCode::Overloaded;
  if (is({"authentication_error", "permission_error", "billing_error"}) || status == 401 || status == 402 ||
      status == 403) {
    return ErrorCode::Unauthorized;
  }
  return ErrorCode::Upstream;
}

bool is_retryable(int status, ErrorCode code, const Told& told) {
  if (code == ErrorCode::ContextFull || is_spend_limit(told)) return false;
  if (code == ErrorCode::RateLimited || code == ErrorCode::Overloaded) return true;
  if (status == 0) return told.type == "api_error" || told.type == "timeout_error";
  return status == 408 || status == 409 || status >= 500;
}

std::string hint_for(int status, ErrorCode code, const Told& told, std::string_view model) {
  switch (code) {
    case ErrorCode::ContextFull:
      return "The thread no longer fits. Sum it up (compact), go back to an earlier reply, share less, or "
             "start a new one.";
    case ErrorCode::RateLimited:
      if (is_spend_limit(told))
        return "A spend limit is reached and waiting won't help: raise the account's limits.";
      return "Ask again in a minute, or choose another model.";
    case ErrorCode::Overloaded:
      return "The model is busy: ask again in a minute, or choose another model.";
    case ErrorCode::Unauthorized:
      if (status == 402 || told.type == "billing_error") return "Check the account's billing and credit.";
      if (status == 403 || told.type == "permission_error") {
        return "This key is not allowed to do that: check its permissions and workspace, or choose another "
               "model.";
      }
      return "The key was refused: check ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN or apiKeyCommand.";
    default:
      break;
  }
  if (told.type == "not_found_error") {
    const std::string today = iso_time(now_milliseconds()).substr(0, std::string_view("2026-11-22").size());
    const std::string gone = retirement(model, today);
    return !gone.empty() ? gone : "Choose another model: the server doesn't know this one.";
  }
  if (status == 404 || status == 405) return "Check baseUrl: there is no Messages API at this address.";
  if (is_retryable(status, code, told)) return "The fault is the server's: ask again.";
  return "";
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  std::size_t characters = 0;
  bool gap = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) {
      gap = !line.empty();
      continue;
    }
    const bool begins_character = (byte & 0xC0) != 0x80;
    if (begins_character) {
      characters += gap ? 2 : 1;
      if (characters > max_message_characters) return line + "…";
      if (gap) line += ' ';
      gap = false;
    }
    line += c;
  }
  return line;
}

Error api_error(int status, std::string_view body, std::string_view model) {
  const Told told = read(body);
  const ErrorCode code = code_of(status, told);
  const std::string number = status == 0 ? "" : "HTTP " + std::to_string(status);

  std::string message = told.message;
  if (message.empty()) message = told.type;
  if (message.empty() && !json_text::blank(body)) message = "no reason that could be read";
  if (message.empty()) message = "no reason given";
  if (!number.empty()) message += " (" + number + ")";

  ErrorData data;
  data.hint = hint_for(status, code, told, model);
  data.retryable = is_retryable(status, code, told);
  data.request_id = told.request_id;
  if (code == ErrorCode::ContextFull) data.offer = "compact";
  return Error{code, std::move(message), std::move(data)};
}

bool refuses_thinking(int status, const Error& error) {
  if (status != 400) return false;
  return contains(error.message, "signature") ||
         (contains(error.message, "thinking") && contains(error.message, "blocks"));
}

}  // namespace aside
