#include "daemon/api/claude.h"

#include <algorithm>
#include <asio/error_code.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/api/error.h"
#include "daemon/system/address.h"
#include "daemon/system/proxy.h"
#include "daemon/text/json.h"
#include "daemon/text/safe.h"
#include "protocol/version.h"

namespace aside {
namespace {

constexpr std::size_t max_error_body_bytes = ReplyReader::max_page_bytes;
constexpr std::chrono::seconds count_time{10};  // the user waits for a preview
constexpr const char* compaction_beta = "anthropic-beta: compact-2026-09-04";
constexpr std::string_view own_server = "https://api.anthropic.com";
constexpr std::size_t max_models_bytes = 4 * 1024 * 1024;  // a page of 1,000 models has about half of this
constexpr std::size_t max_models_depth = 40;               // the code that reads the list is recursive

std::optional<double> positive_number(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(number) || number <= 0) return std::nullopt;
  return number;
}

std::optional<double> seconds_until(const std::string& date) {
  const auto then = http_date(date);
  if (!then) return std::nullopt;
  const double seconds = std::chrono::duration<double>(*then - std::chrono::system_clock::now()).count();
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

std::optional<double> asked_delay_seconds(const HttpHead& head) {
  if (const auto milliseconds = positive_number(header(head, "retry-after-ms"))) return *milliseconds / 1000;
  const std::string after = header(head, "retry-after");
  const auto seconds = positive_number(after);
  return seconds ? seconds : seconds_until(after);
}

asio::awaitable<bool> is_cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

Error cancelled() {
  return Error{ErrorCode::RequestCancelled, "the question was cancelled"};
}

std::string reason(const Error& error, int status) {
  switch (error.code) {
    case ErrorCode::Overloaded:
      return "overloaded";
    case ErrorCode::RateLimited:
      return "rate limited";
    case ErrorCode::Offline:
      return "offline";
    default:
      return status == 0 || status == 200 ? "connection lost" : "server error";
  }
}

bool thinks(const Prompt& prompt) {
  return std::any_of(prompt.messages.begin(), prompt.messages.end(),
                     [](const Message& message) { return has_thinking(message.content); });
}

Prompt strip_thinking(Prompt prompt) {
  for (Message& message : prompt.messages) message.content = without_thinking(message.content);
  return prompt;
}

// Whether a body is a list of models: the API and other servers put the list into an array named "data".
bool lists_models(const std::string& body) {
  const auto page = nlohmann::json::parse(body, nullptr, false);
  return page.is_object() && page.contains("data") && page["data"].is_array();
}

// Whether a response complains about the missing fields of an empty question, in the API's form or in the form of
// servers made with FastAPI.
bool misses_a_question(int status, const std::string& body) {
  if (status != 400 && status != 422) return false;
  const auto page = nlohmann::json::parse(body, nullptr, false);
  if (!page.is_object()) return false;
  const auto error = page.find("error"), detail = page.find("detail");
  return (error != page.end() && error->is_object() && error->contains("message")) ||
         (status == 422 && detail != page.end() && detail->is_array());
}

// Returns a response in words: `HTTP 405: Not allowed`.
std::string described(int status, const std::string& body) {
  return "HTTP " + std::to_string(status) + ": " + api_error(0, body).message;
}

Error redacted(Error error) {
  error.message = aside::redacted(error.message);
  error.data.hint = aside::redacted(error.data.hint);
  error.data.request_id = aside::redacted(error.data.request_id);
  return error;
}

}  // namespace

Result<void> ready(const ClaudeOptions& options) {
  if (!options.unusable.empty()) {
    return Error{
        ErrorCode::InvalidParams,
        "these settings can't be used: " + one_line(redacted(options.unusable)),
        {.hint = "Correct the settings, then restart the editor. Until then nothing is sent, so that no key "
                 "reaches the wrong server."}};
  }
  auto key = usable(options.credential);
  const std::string server = address_of(options.base_url).origin;
  if (!key && server != own_server)
    key.error().data.hint += " If " + server + " needs no key, set credential to \"none\".";
  return key;
}

Claude::Claude(asio::io_context& io, Http& http, ClaudeOptions options)
    : io_(io),
      http_(http),
      random_(static_cast<unsigned>(std::chrono::steady_clock::now().time_since_epoch().count())) {
  use(std::move(options));
}

void Claude::use(ClaudeOptions options) {
  if (!credential_ || options.credential != options_.credential)
    credential_ = std::make_shared<Credential>(io_, options.credential);
  options.prompt.models.learn_from(options_.prompt.models);
  options_ = std::move(options);
  hide_password_of(options_.base_url);
  server_ = address_of(options_.base_url).origin;
  std::string& diagnostics = options_.prompt.diagnostics;
  if (diagnostics == "auto") diagnostics = server_ == own_server ? "on" : "off";
  while (!options_.base_url.empty() && options_.base_url.back() == '/') options_.base_url.pop_back();
}

asio::awaitable<Result<Asked>> Claude::ask(const Prompt& prompt, Reply& reply, ReplyEvents events) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<Asked> asked = co_await ask_until_shown(prompt, reply, events);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return asked;
}

// Checks for cancellation before and after each wait, since a cancellation that came before a wait doesn't end that
// wait.
asio::awaitable<Result<Asked>> Claude::ask_until_shown(const Prompt& prompt, Reply& reply,
                                                       const ReplyEvents& events) {
  Asked asked;
  std::string sent = body(prompt, options_.prompt);
  const bool beta = prompt.holds_compaction || prompt.compact;
  for (int attempts = 1;; ++attempts) {
    std::optional<Failure> failure = co_await attempt(prompt.model, sent, beta, reply, events);
    if (!failure) co_return asked;
    Error& error = failure->error;
    if (co_await is_cancelled()) co_return cancelled();
    if (reply.shown()) co_return error;

    if (refuses_thinking(failure->status, error) && !asked.without_thinking && thinks(prompt)) {
      asked.without_thinking = true;
      sent = body(strip_thinking(prompt), options_.prompt);
      reply = Reply();
      --attempts;  // the next request is different, so it doesn't count as a retry
      continue;
    }

    const double delay = error.data.retry_after_seconds.value_or(back_off_seconds(attempts));
    const std::chrono::duration<double> wait(delay);
    if (!error.data.retryable || attempts > options_.retries || wait > longest_wait) co_return error;
    const Retry retry{attempts + 1, options_.retries + 1, delay, reason(error, failure->status)};
    events.state("retrying", retry);
    if (co_await is_cancelled()) co_return cancelled();
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             std::chrono::duration_cast<std::chrono::milliseconds>(wait));
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (co_await is_cancelled()) co_return cancelled();
    reply = Reply();
  }
}

asio::awaitable<std::optional<Claude::Failure>> Claude::attempt(const std::string& model,
                                                                const std::string& body, bool beta,
                                                                Reply& reply, const ReplyEvents& events) {
  events.state("connecting", std::nullopt);
  if (co_await is_cancelled()) co_return Failure{cancelled()};
  Result<HttpRequest> request = co_await signed_request(HttpMethod::Post, "/v1/messages");
  if (!request) co_return Failure{request.error()};
  if (co_await is_cancelled()) co_return Failure{cancelled()};
  request->body = body;
  if (beta) request->headers.push_back(compaction_beta);

  ReplyReader response(reply, events, options_.silence_timeout);
  HttpProgress progress = response.progress();
  SecretFilter filter;
  const auto take = std::exchange(progress.body, nullptr);
  progress.body = [&filter, &take](std::string_view bytes) {
    const std::string safe = filter.feed(bytes);
    return safe.empty() || take(safe);
  };
  const Result<HttpHead> ended = co_await http_.send(std::move(*request), std::move(progress));
  if (const std::string rest = filter.rest(); !rest.empty() && !reply.finished()) take(rest);
  const HttpHead& head = response.head();
  response.end();
  if (response.succeeded() && reply.whole()) co_return std::nullopt;

  std::optional<Error> fault;  // the server's error; an error of the network is in `ended`
  if (head.status != 0 && !response.succeeded()) {
    fault = status_error(head, response.page(), "/v1/messages", model);
  } else if (response.failed() || ended) {
    fault = response.fault();
  }
  if (fault) fault->message = "asking " + server_ + ": " + fault->message;
  Failure failure{redacted(fault ? *fault : ended.error()), head.status};
  if (const std::string id = one_line(header(head, "request-id")); !id.empty())
    failure.error.data.request_id = id;
  co_return failure;
}

asio::awaitable<Result<std::int64_t>> Claude::count(const Prompt& prompt) {
  Result<HttpRequest> request = co_await signed_request(HttpMethod::Post, "/v1/messages/count_tokens");
  if (!request) co_return request.error();
  request->body = count_body(prompt, options_.prompt);
  request->silence_timeout = count_time;
  if (prompt.holds_compaction) request->headers.push_back(compaction_beta);
  const auto page = co_await fetch(std::move(*request), max_error_body_bytes);
  if (!page) co_return page.error();
  if (page->head.status != 200)
    co_return redacted(status_error(page->head, page->body, "/v1/messages/count_tokens"));
  std::optional<std::int64_t> count;
  if (nlohmann::json::accept(page->body)) count = tokens(page->body, "input_tokens");
  if (!count)
    co_return Error{ErrorCode::Upstream, "asking " + server_ + " to count tokens: the answer has no number"};
  co_return *count;
}

asio::awaitable<void> Claude::warm_up() {
  if (!options_.unusable.empty()) co_return;
  HttpRequest request = unsigned_request(HttpMethod::Head, "/v1/messages");
  HttpProgress progress;
  const Result<HttpHead> ignored = co_await http_.send(std::move(request), std::move(progress));
}

asio::awaitable<Result<std::string>> Claude::check() {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto found = co_await examine_server();
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return found;
}

// Sends two requests, because some servers list models but have no Messages API, others have the API but no list, and a
// web server that answers every path has neither.
asio::awaitable<Result<std::string>> Claude::examine_server() {
  constexpr std::string_view list_path = "/v1/models?limit=1", path = "/v1/messages";
  const auto refusal = [this](const Page& page, std::string_view path) {
    Error error = status_error(page.head, page.body, path);
    error.message = "asking " + server_ + ": " + error.message;
    return redacted(std::move(error));
  };
  Result<HttpRequest> list_request = co_await signed_request(HttpMethod::Get, list_path);
  if (!list_request) co_return list_request.error();
  const auto list = co_await fetch(std::move(*list_request), max_models_bytes);
  if (!list) co_return list.error();
  const int listed = list->head.status;
  if (listed == 401 || listed == 407 || (listed >= 300 && listed < 400)) co_return refusal(*list, list_path);
  const bool lists = listed == 200 && lists_models(list->body);

  Result<HttpRequest> request = co_await signed_request(HttpMethod::Post, path);
  if (!request) co_return request.error();
  request->body = "{}";
  const auto answer = co_await fetch(std::move(*request), max_error_body_bytes);
  if (!answer) co_return answer.error();
  const int status = answer->head.status;
  const bool refused = status == 401 || status == 402 || status == 403;
  const std::string key =
      options_.credential.style == CredentialStyle::None ? "no key was sent" : "the key was not refused";
  const std::string gave = "POST " + shown_address(options_.base_url) + std::string(path) + " gave " +
                           described(status, answer->body);
  if (misses_a_question(status, answer->body))
    co_return "answers as a Messages API does" + std::string(lists ? ", and lists its models" : "") + "; " +
        key;
  // Status 501 means that the path takes no POST.
  const bool fails = status == 429 || (status >= 500 && status != 501);
  if (refused || (!lists && fails)) co_return refusal(*answer, path);
  if (lists && (fails || status == 400))
    co_return "lists its models; whether it takes questions is not known, since an empty " + gave + "; " +
        key;
  const std::string first = lists ? "it lists models, but an empty "
                                  : "GET " + shown_address(options_.base_url) + "/v1/models gave " +
                                        described(listed, list->body) + ", and an empty ";
  co_return redacted(
      Error{ErrorCode::Upstream,
            server_ + " has no Messages API at this address: " + first + gave,
            {.hint = "Check baseUrl: it must be the part of the address before /v1/messages."}});
}

asio::awaitable<Result<Claude::Page>> Claude::fetch(HttpRequest request, std::size_t max_bytes) {
  Page page;
  SecretFilter filter;
  HttpProgress progress;
  progress.body = [&page, &filter, max_bytes](std::string_view bytes) {
    page.body += filter.feed(bytes.substr(0, max_bytes - std::min(page.body.size(), max_bytes)));
    return page.body.size() < max_bytes;
  };
  const Result<HttpHead> head = co_await http_.send(std::move(request), std::move(progress));
  if (!head) co_return redacted(head.error());
  page.head = *head;
  page.body = json_text::mended(page.body + filter.rest());
  co_return page;
}

asio::awaitable<Result<std::optional<std::string>>> Claude::list_models(std::string query) {
  const std::string path = "/v1/models?" + query;
  Result<HttpRequest> request = co_await signed_request(HttpMethod::Get, path);
  if (!request) co_return request.error();
  auto page = co_await fetch(std::move(*request), max_models_bytes);
  if (!page) co_return page.error();
  if (page->head.status == 200 && json_text::nested_deeper(page->body, max_models_depth)) {
    co_return Error{ErrorCode::Upstream,
                    "asking " + server_ + " for its models: the list is nested too deeply"};
  }
  if (page->head.status == 200) co_return std::move(page->body);
  if (page->head.status == 404) co_return std::nullopt;
  Error error = status_error(page->head, page->body, path);
  error.message = "asking " + server_ + " for its models: " + error.message;
  co_return redacted(std::move(error));
}

asio::awaitable<Result<HttpRequest>> Claude::signed_request(HttpMethod method, std::string_view path) {
  if (const auto can = ready(options_); !can) co_return can.error();
  HttpRequest request = unsigned_request(method, path);
  const auto source = credential_;
  const Result<std::string> credential = co_await source->header();
  if (!credential) co_return credential.error();
  request.headers.push_back("anthropic-version: " + options_.version);
  request.headers.push_back("accept: application/json");
  if (method == HttpMethod::Post) request.headers.push_back("content-type: application/json");
  if (!credential->empty()) request.headers.push_back(*credential);
  co_return request;
}

HttpRequest Claude::unsigned_request(HttpMethod method, std::string_view path) const {
  HttpRequest request;
  request.method = method;
  request.url = options_.base_url + std::string(path);
  request.headers = {std::string("user-agent: aside/") + version};
  request.ca_file = options_.ca_file;
  request.connect_timeout = options_.connect_timeout;
  request.silence_timeout = options_.silence_timeout;
  return request;
}

Error Claude::status_error(const HttpHead& head, std::string_view body, std::string_view path,
                           std::string_view model) {
  if (head.status == 401) credential_->refused();
  const std::string url = options_.base_url + std::string(path);
  if (head.status == 407) return proxy_wants_password(url);
  Error error = api_error(head.status, body, model, url, options_.prompt.models);
  if (head.status >= 300 && head.status < 400) {
    const std::string to = shown_address(header(head, "location"));
    error.message = "redirected " + (to.empty() ? "without an address" : "to " + to) + " (HTTP " +
                    std::to_string(head.status) + ")";
    error.data.hint =
        to.empty()
            ? "Check baseUrl: the Messages API doesn't redirect."
            : "If that is the right server, set baseUrl to it: the key isn't sent to the address of a redirect.";
  }
  if (options_.credential.from_editor && error.data.offer == "key")
    error.data.hint = "The key was refused. It comes from the editor: set another key there.";
  error.data.retry_after_seconds = asked_delay_seconds(head);
  const std::string should_retry = header(head, "x-should-retry");
  if (should_retry == "true") error.data.retryable = true;
  if (should_retry == "false") error.data.retryable = false;
  return error;
}

double Claude::back_off_seconds(int attempt) {
  const double jitter = std::uniform_real_distribution<double>(0, 0.25)(random_);
  return std::min(0.5 * std::exp2(attempt - 1), 8.0) * (1 - jitter);
}

}  // namespace aside
