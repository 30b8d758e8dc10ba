#include "daemon/api/error.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "daemon/core/turn.h"
#include "daemon/text/json.h"
#include "daemon/text/safe.h"
#include "protocol/blank.h"
#include "protocol/iso_time.h"

namespace aside {
namespace {

bool contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return contains(text, word); });
}

// The parts of a failure's body that could be read.
struct ServerError {
  std::string type;
  std::string code;
  std::string message;
  std::string request_id;
  bool packed = false;  // compressed, so nothing in the body can be read
};

bool is_object(std::string_view json) {
  return json.starts_with('{');
}

// Returns the text of a string or the digits of a number; empty for any other value.
std::string scalar(std::string_view json) {
  if (json.starts_with('"')) return json_text::unquoted(json);
  return json.empty() || json.find_first_not_of("0123456789.-") != json.npos ? "" : std::string(json);
}

std::string_view member(std::string_view json, std::string_view name) {
  return is_object(json) ? json_text::member(json, name) : std::string_view();
}

// Names the field that the server complains about, from FastAPI's "loc": ["body", "messages", 0].
std::string place(std::string_view json) {
  std::string place;
  if (!json.starts_with('[')) return place;
  for (const std::string_view step : json_text::elements(json)) {
    const std::string name = scalar(step);
    if (name.empty() || name == "body") continue;
    place += (place.empty() ? "" : ".") + name;
  }
  return place;
}

std::string words_of_page(std::string_view page);

// Finds the message in a value of any form: a string (which may contain JSON that a gateway passes on), an object
// with one of the usual names, or a list of such values.
std::string words(std::string_view json, int depth = 0) {
  constexpr int deepest = 5;
  constexpr std::size_t most = 3;
  constexpr std::string_view names[] = {"message",     "msg",         "detail",        "error_description",
                                        "errors",      "description", "error_message", "errorMessage",
                                        "Message",     "reason",      "title",         "fault",
                                        "faultstring", "error",       "details",       "raw"};
  if (depth > deepest) return {};
  if (json.starts_with('"')) {
    const std::string text = json_text::unquoted(json);
    const std::string_view inner = trimmed(text);
    if ((inner.starts_with('{') || inner.starts_with('[')) && nlohmann::json::accept(inner)) {
      if (std::string found = words(inner, depth + 1); !found.empty()) return found;
    }
    return inner.starts_with('<') ? words_of_page(inner) : one_line(text);
  }
  std::string found;
  if (json.starts_with('[')) {
    std::size_t count = 0;
    for (const std::string_view element : json_text::elements(json)) {
      const std::string one = words(element, depth + 1);
      if (one.empty() || ++count > most) continue;
      found += (found.empty() ? "" : "; ") + one;
    }
  } else if (is_object(json)) {
    if (const auto error = member(json, "error"); is_object(error) || error.starts_with('['))
      found = words(error, depth + 1);
    for (const std::string_view name : names) {
      if (found.empty()) found = words(member(json, name), depth + 1);
    }
    const std::string where = place(member(json, "loc"));
    if (!found.empty() && !where.empty()) found = one_line(where + ": " + found);
  }
  return found;
}

bool contains_tag(std::string_view text) {
  return contains_any(text, {"<html", "<!doctype", "<title", "<head", "<body", "<h1", "<?xml", "<error"});
}

// Returns the content of the first element with that name; empty if there is none.
std::string_view inside(std::string_view page, std::string_view name) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const std::string open = "<" + std::string(name), close = "</" + std::string(name);
  for (auto at = page.begin();; ++at) {
    at = std::search(at, page.end(), open.begin(), open.end(), same);
    if (at == page.end()) return {};
    const auto after = at + static_cast<std::ptrdiff_t>(open.size());
    if (after == page.end() || std::isalnum(static_cast<unsigned char>(*after))) continue;
    const auto begin = std::find(after, page.end(), '>');
    if (begin == page.end()) return {};
    const auto end = std::search(begin, page.end(), close.begin(), close.end(), same);
    return page.substr(static_cast<std::size_t>(begin - page.begin()) + 1,
                       static_cast<std::size_t>(end - begin) - 1);
  }
}

// Returns the text without tags and with the common entities decoded.
std::string plain(std::string_view html) {
  constexpr std::pair<std::string_view, std::string_view> entities[] = {
      {"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""}, {"&#39;", "'"},
      {"&#x27;", "'"}, {"&nbsp;", " "}, {"&amp;", "&"}};
  std::string text;
  bool tag = false;
  for (const char c : html) {
    if (c == '<') text += ' ';
    tag = c == '<' || (tag && c != '>');
    if (!tag && c != '>') text += c;
  }
  for (const auto& [entity, character] : entities) {
    for (std::size_t at = 0; (at = text.find(entity, at)) != text.npos; ++at)
      text.replace(at, entity.size(), character);
  }
  return one_line(text);
}

// Returns the message of an HTML or XML page: its title, message or first heading, else its text.
std::string words_of_page(std::string_view page) {
  for (const std::string_view name : {"title", "message", "h1"}) {
    if (std::string found = plain(inside(page, name)); !found.empty()) return found;
  }
  std::string body(page);
  for (const std::string_view hidden : {"script", "style"}) {
    for (std::string_view part = inside(body, hidden); !part.empty(); part = inside(body, hidden))
      body.erase(static_cast<std::size_t>(part.data() - body.data()), part.size());
  }
  return plain(body);
}

// Returns the data of the first event if the body is a stream of events; otherwise the body.
std::string_view without_event(std::string_view text) {
  if (!text.starts_with("data:") && !text.starts_with("event:")) return text;
  const std::size_t data =
      text.starts_with("data:") ? 0 : std::min(text.find("\ndata:"), text.size() - 1) + 1;
  if (data == text.size()) return text;
  text.remove_prefix(data + std::string_view("data:").size());
  return trimmed(text.substr(0, text.find('\n')));
}

// Whether the body is gzip without a header that says so. (Gzip with a header has already been decompressed.)
// `mended` may have replaced the second byte.
bool is_packed(std::string_view body) {
  return body.starts_with("\x1F\x8B") || body.starts_with("\x1F\uFFFD");
}

ServerError read(std::string_view body) {
  if (is_packed(body))
    return {.message = "the response is compressed by gzip, but no header says so", .packed = true};
  const std::string whole = json_text::mended(body);
  const std::string_view text = without_event(trimmed(whole));
  ServerError said;
  if (!nlohmann::json::accept(text)) {
    said.message = contains_tag(text) ? words_of_page(text) : one_line(text);
    return said;
  }
  const std::string_view first =
      text.starts_with('[') && !json_text::elements(text).empty() ? json_text::elements(text).front() : text;
  const std::string_view error = member(first, "error");
  const std::string_view where = is_object(error) ? error : first;
  said.type = scalar(member(where, "type"));
  said.code = scalar(member(where, "code"));
  if (const auto code = scalar(member(member(error, "details"), "error_code")); !code.empty())
    said.code = code;
  said.request_id = one_line(scalar(member(first, "request_id")));
  said.message = words(text);
  const bool says_nothing = text.find_first_not_of("{}[]\" \t\r\n") == text.npos || text == "null";
  if (said.message.empty() && said.type.empty() && !says_nothing) said.message = one_line(text);
  return said;
}

bool is_type(const ServerError& said, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), said.type) != types.end();
}

// Recognises the error by its words, also by those of other servers: the API has no error type for it. The next
// function does the same for another error.
bool is_too_long(const ServerError& said) {
  return said.code == "context_length_exceeded" ||
         contains_any(said.message, {"prompt is too long", "input is too long", "context length",
                                     "context size", "context window", "context limit", "maximum context"});
}

bool is_spend_limit(const ServerError& said) {
  return contains(said.code, "spend_limit_reached") || said.code == "insufficient_quota" ||
         said.type == "insufficient_quota" ||
         contains_any(said.message, {"specified api usage limit", "your current quota"});
}

bool is_about_billing(int status, const ServerError& said) {
  return status == 402 || said.type == "billing_error" ||
         contains_any(said.message,
                      {"credit balance", "insufficient credit", "insufficient balance", "out of credits"});
}

bool is_about_the_key(const ServerError& said) {
  if (is_type(said, {"authentication_error", "invalid_api_key"}) || said.code == "invalid_api_key")
    return true;
  const bool key = contains_any(said.message, {"api key", "api-key", "api_key", "apikey"});
  return (key && contains_any(said.message, {"invalid", "incorrect", "missing", "not valid", "expired",
                                             "no api", "required", "wrong", "malformed", "provide"})) ||
         contains_any(said.message,
                      {"authentication failed", "authenticationerror", "invalid token", "invalid bearer",
                       "auth credentials", "invalid credentials", "not authenticated"});
}

bool is_about_the_model(const ServerError& said, std::string_view model) {
  if (said.code == "model_not_found") return true;
  if (contains_any(said.message, {"/v1/messages", "/v1/models"})) return false;
  const bool named = contains(said.message, "model") || (!model.empty() && contains(said.message, model));
  return named && (said.type == "not_found_error" ||
                   contains_any(said.message, {"not found", "not exist", "doesn't exist", "unknown model",
                                               "no such model", "invalid model", "not a valid model",
                                               "not_found", "no endpoints found", "is not available"}));
}

// Also checks the type and the words, since an error in a stream has no status.
ErrorCode code_of(int status, const ServerError& said) {
  if (status == 407) return ErrorCode::Offline;
  if (is_too_long(said) || is_type(said, {"request_too_large"}) || status == 413)
    return ErrorCode::ContextFull;
  if (is_spend_limit(said) || is_type(said, {"rate_limit_error"}) || status == 429 ||
      contains_any(said.message, {"rate limit", "too many requests"}))
    return ErrorCode::RateLimited;
  if (is_type(said, {"overloaded_error"}) || status == 529) return ErrorCode::Overloaded;
  const bool unauthorized = is_type(said, {"permission_error"}) || status == 401 || status == 403;
  if (unauthorized || is_about_billing(status, said) || is_about_the_key(said))
    return ErrorCode::Unauthorized;
  return ErrorCode::Upstream;
}

bool is_retryable(int status, ErrorCode code, const ServerError& said, std::string_view model) {
  if (code == ErrorCode::RateLimited || code == ErrorCode::Overloaded) return !is_spend_limit(said);
  if (code != ErrorCode::Upstream || is_about_the_model(said, model)) return false;
  if (status < 300) return is_type(said, {"api_error", "timeout_error", "server_error"});
  return status == 408 || status == 409 || status >= 500;
}

struct WayOut {
  std::string hint, offer;  // as in ErrorData
};

WayOut way_out(int status, ErrorCode code, const ServerError& said, std::string_view model,
               std::string_view url, const Models& models) {
  switch (code) {
    case ErrorCode::ContextFull:
      return {
          "The conversation no longer fits. Sum it up (compact), go back to an earlier reply, share less, or "
          "start a new one.",
          "compact"};
    case ErrorCode::RateLimited:
      if (is_spend_limit(said))
        return {"A spend limit is reached and waiting won't help: raise the account's limits.", ""};
      return {"Ask again in a minute, or choose another model.", "model"};
    case ErrorCode::Overloaded:
      return {"The model is busy: ask again in a minute, or choose another model.", "model"};
    case ErrorCode::Unauthorized:
      if (is_about_billing(status, said)) return {"Check the account's billing and credit.", ""};
      if ((status == 403 && !is_about_the_key(said)) || said.type == "permission_error") {
        return {
            "This key is not allowed to do that: check its permissions and workspace, or choose another "
            "model.",
            "model"};
      }
      return {"The key was refused: check ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN or apiKeyCommand.", "key"};
    default:
      break;
  }
  if (is_about_the_model(said, model)) {
    const std::string today = iso_time(now_milliseconds()).substr(0, std::string_view("2026-11-22").size());
    const std::string gone = models.retirement(model, today);
    return {!gone.empty() ? gone : "Choose another model: the server doesn't know this one.", "model"};
  }
  if (status == 404 || status == 405 || said.type == "not_found_error")
    return {"Check baseUrl: there is no Messages API at " +
                (url.empty() ? "this address" : shown_address(url)) + ".",
            ""};
  if (said.packed)
    return {
        "The server, or a gateway before it, must add \"Content-Encoding: gzip\" to its answers, or send "
        "them uncompressed.",
        ""};
  if (is_retryable(status, code, said, model)) return {"The server has a fault: ask again.", ""};
  return {};
}

}  // namespace

Error api_error(int status, std::string_view body, std::string_view model, std::string_view url,
                const Models& models) {
  const ServerError said = read(body);
  const ErrorCode code = code_of(status, said);
  const std::string number = status < 300 ? "" : "HTTP " + std::to_string(status);

  std::string message = said.message;
  if (message.empty()) message = one_line(said.type);
  if (message.empty()) message = "no reason given";
  if (!number.empty()) {
    if (message.ends_with('.') && !message.ends_with(".."))
      message.pop_back();  // the number is a part of the sentence
    message += " (" + number + ")";
  }

  WayOut way = way_out(status, code, said, model, url, models);
  ErrorData data;
  data.hint = std::move(way.hint);
  data.offer = std::move(way.offer);
  data.retryable = is_retryable(status, code, said, model);
  data.request_id = said.request_id;
  return Error{code, std::move(message), std::move(data)};
}

bool refuses_thinking(int status, const Error& error) {
  if (status != 400) return false;
  return contains(error.message, "signature") ||
         (contains(error.message, "thinking") && contains(error.message, "blocks"));
}

}  // namespace aside
