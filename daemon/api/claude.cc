#include "daemon/api/claude.h"

#include <algorithm>
#include <asio/error_code.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cmath>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/api/error.h"
#include "daemon/api/sse.h"
#include "daemon/text/json.h"
#include "daemon/text/safe.h"
#include "protocol/version.h"

namespace aside {
namespace {

constexpr std::size_t max_error_body_bytes = 64 * 1024;
constexpr std::chrono::seconds count_time{10};  // the user waits for a preview
constexpr const char* compaction_beta = "anthropic-beta: compact-2026-09-04";
constexpr std::string_view own_server = "https://api.anthropic.com";
constexpr std::size_t max_models_bytes = 4 * 1024 * 1024;  // a page of 1,000 models has about half of this
constexpr std::size_t max_models_depth = 40;               // the code that reads the list is recursive

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

// Returns a header's value without secrets, and with U+FFFD for bytes that are not UTF-8. Headers are read only by
// this function.
std::string header(const HttpHead& head, const std::string& name) {
  const auto found = head.headers.find(name);
  return found == head.headers.end() ? "" : redacted(json_text::unquoted(json_text::quoted(found->second)));
}

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

// One response as it arrives. Content types are often wrong, so its first bytes decide what the response is: events,
// JSON (a message, an array of events, or one event per line), or a page, which is not a reply.
class Response {
 public:
  Response(Reply& reply, const ReplyEvents& events, std::chrono::milliseconds silence)
      : reply_(reply), events_(events), signs_time_(silence * Claude::silences_with_signs) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  HttpProgress progress() {
    HttpProgress progress;
    progress.connected = [this] { change_state("waiting"); };
    progress.head = [this](const HttpHead& head) { head_ = head; };
    progress.body = [this](std::string_view bytes) { return receive(bytes); };
    progress.until = [this] { return until_; };
    return progress;
  }

  const HttpHead& head() const { return head_; }
  const std::string& page() const { return page_; }
  const std::optional<Error>& error() const { return error_; }
  bool succeeded() const { return head_.status >= 200 && head_.status < 300; }
  // A response came, but no part of it is a reply.
  bool is_page() const {
    if (form_ == Form::Json) return !reply_.started();
    return form_ == Form::Page || (form_ == Form::Events && !decoded_);
  }

  // Call this when the response has ended. The last event counts if its JSON is complete, even if its line end or
  // blank line is missing.
  void end() {
    if (!succeeded()) return;
    try {
      decoder_.finish();
      take_events([](const SseEvent& event) {
        return event.name == "error" || nlohmann::json::accept(json_text::mended(event.data));
      });
      if (form_ == Form::Json) take_document();
      if (!reply_.finished()) reply_.end();
      hand_on();
    } catch (const std::bad_alloc&) {
      error_ = no_memory();
    }
    if (!error_ && until_ <= std::chrono::steady_clock::now()) {
      error_ = Error{
          ErrorCode::Upstream,
          "the server sent only pings, and no text, for " +
              std::to_string(std::chrono::duration_cast<std::chrono::seconds>(signs_time_).count()) + " s",
          {.hint = "Ask again, or choose another model.", .offer = "model"}};
    }
  }

 private:
  enum class Form { Unknown, Events, Json, Page };
  static constexpr std::string_view bom = "\xEF\xBB\xBF";

  static Error no_memory() {
    return {ErrorCode::Upstream,
            "reading the reply: there is not enough memory for it",
            {.hint = "The part that has arrived is kept. Close other programs, or ask for less at a time."}};
  }

  bool receive(std::string_view bytes) {
    try {
      return read(bytes);
    } catch (const std::bad_alloc&) {
      document_ = {};
      error_ = no_memory();
      return false;
    }
  }

  // Keeps the first bytes until they turn out to be events: an error message may have to quote them.
  bool read(std::string_view bytes) {
    const std::size_t earlier = page_.size();
    if (!decoded_) page_ += bytes.substr(0, max_error_body_bytes - earlier);
    if (!succeeded() || form_ == Form::Page) return page_.size() < max_error_body_bytes;
    const bool first = form_ == Form::Unknown;
    if (first) form_ = form_of(page_);
    if (form_ == Form::Unknown) return page_.size() < max_error_body_bytes;
    if (form_ == Form::Page) return true;
    const std::string_view blanks = first ? std::string_view(page_).substr(0, earlier) : std::string_view();
    if (form_ == Form::Json) {
      document_.append(blanks).append(bytes);
      if (first && document_.starts_with(bom)) document_.erase(0, bom.size());
      take_lines();
    } else {
      decoder_.feed(blanks);
      decoder_.feed(bytes);
      take_events([](const SseEvent&) { return true; });
    }
    if ((decoder_.overflowed() || document_.size() > SseDecoder::max_event_bytes) && !error_)
      error_ = Error{ErrorCode::Upstream, "reading the reply: the server sent an event that is too long"};
    hand_on();
    return !error_ && !reply_.finished();
  }

  static Form form_of(std::string_view text) {
    if (text.starts_with(bom)) text.remove_prefix(bom.size());
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    if (at == text.npos || bom.starts_with(text)) return Form::Unknown;
    if (text[at] == '{' || text[at] == '[') return Form::Json;
    return text[at] == '<' ? Form::Page : Form::Events;
  }

  template <class Wanted>
  void take_events(Wanted wanted) {
    while (!error_ && !reply_.finished()) {
      const auto event = decoder_.next();
      if (!event) break;
      if (wanted(*event)) take(*event);
    }
  }

  void take(const SseEvent& event) {
    decoded_ = true;
    const std::size_t before = reply_.news();
    if (auto taken = reply_.add_event(event); !taken) error_ = taken.error();
    const auto now = std::chrono::steady_clock::now();
    if (reply_.news() == before && until_ != Clock::time_point::max()) return;
    until_ = now + (reply_.whole() ? Claude::ending_time : signs_time_);
  }

  // Reads one event from each line, until a line is not a JSON object.
  void take_lines() {
    std::size_t taken = 0;
    while (by_line_ && !error_ && !reply_.finished()) {
      const std::size_t end = document_.find('\n', std::max(taken, searched_));
      searched_ = std::min(end, document_.size());
      if (end == document_.npos) break;
      const std::string line = json_text::mended(std::string_view(document_).substr(taken, end - taken));
      const std::size_t start = line.find_first_not_of(" \t\r");
      by_line_ = start == line.npos || (line[start] == '{' && nlohmann::json::accept(line));
      if (!by_line_) break;
      if (start != line.npos) take({"", line});
      taken = end + 1;
    }
    document_.erase(0, taken);
    searched_ -= std::min(taken, searched_);
  }

  void take_document() {
    std::string document = json_text::mended(document_);
    if (!nlohmann::json::accept(document)) take_cut(document);
    document_ = {};
    if (json_text::blank(document) || error_ || reply_.finished()) return;
    const std::size_t start = std::min(document.find_first_not_of(" \t\r\n"), document.size() - 1);
    const bool is_array = document[start] == '[';
    if (!is_array || !nlohmann::json::accept(document)) {
      take({"", document});
      return;
    }
    for (const std::string_view element : json_text::elements(document)) {
      if (!error_ && !reply_.finished()) take({"", std::string(element)});
    }
  }

  // Completes a message that was cut, and makes it the beginning of a stream. A stop reason may be cut, too, so a
  // stop reason in the message doesn't count.
  void take_cut(std::string& document) {
    const std::string closed = json_text::mended(json_text::closed(document_));
    if (!nlohmann::json::accept(closed)) return;
    const std::string message = closed.substr(std::min(closed.find_first_not_of(" \t\r\n"), closed.size()));
    if (message.starts_with('[')) document = message;
    if (!message.starts_with('{') || json_text::member(message, "content").empty()) return;
    document =
        R"({"type":"message_start","message":)" + json_text::with(message, {{"stop_reason", "null"}}) + "}";
  }

  void hand_on() {
    if (!reply_.shown() && !reply_.finished()) return;
    std::vector<Piece> pieces = reply_.take_pieces();
    if (pieces.empty()) return;
    for (const Piece& piece : pieces) {
      if (piece.kind == Piece::Kind::Thinking) change_state("thinking");
      if (piece.kind == Piece::Kind::Text) change_state("writing");
    }
    events_.pieces(std::move(pieces));
  }

  void change_state(std::string_view state) {
    if (state == state_) return;
    state_ = state;
    events_.state(state, std::nullopt);
  }

  using Clock = std::chrono::steady_clock;

  Reply& reply_;
  const ReplyEvents& events_;
  std::chrono::milliseconds signs_time_;
  SseDecoder decoder_;
  HttpHead head_;
  Form form_ = Form::Unknown;
  bool decoded_ = false;      // an event was found in the response
  std::string page_;          // the first bytes
  std::string document_;      // the JSON that has not been read yet
  std::size_t searched_ = 0;  // `document_` has no line end before this
  bool by_line_ = true;
  Clock::time_point until_ = Clock::time_point::max();
  std::string_view state_ = "connecting";
  std::optional<Error> error_;
};

// Makes the error for a response that is not a reply, in the server's own words.
Error no_reply(const HttpHead& head, std::string_view body) {
  Error error = api_error(0, body);
  const std::string type = header(head, "content-type");
  const std::string words = std::move(error.message);
  error.message = "the server answered with " + (type.empty() ? "something else" : one_line(type)) +
                  " instead of a reply: " + words;
  if (error.data.hint.empty()) error.data.hint = "Check baseUrl: there is no Messages API at this address.";
  return error;
}

Error broke_off(const Reply& reply) {
  ErrorData data;
  data.hint = "Ask again, or continue the reply.";
  data.retryable = true;
  Error error{ErrorCode::Upstream,
              reply.started() ? "the stream broke off before the reply was complete"
                              : "the stream ended before a reply began",
              std::move(data)};
  if (!reply.remark().empty()) error.message += ": " + api_error(0, reply.remark()).message;
  return error;
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

std::string origin(const std::string& url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return lower(url);
  const std::size_t begin = scheme_end + 3;
  std::string scheme = lower(url.substr(0, begin));
  std::string host = lower(url.substr(begin, url.find_first_of("/?#", begin) - begin));
  if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  const std::string usual_port = scheme == "https://" ? ":443" : scheme == "http://" ? ":80" : "";
  if (!usual_port.empty() && host.size() > usual_port.size() &&
      host.compare(host.size() - usual_port.size(), std::string::npos, usual_port) == 0) {
    host.erase(host.size() - usual_port.size());
  }
  return scheme + host;
}

Result<void> ready(const ClaudeOptions& options) {
  if (!options.unusable.empty()) {
    return Error{
        ErrorCode::InvalidParams,
        "these settings can't be used: " + one_line(redacted(options.unusable)),
        {.hint = "Correct the settings, then restart the editor. Until then nothing is sent, so that no key "
                 "reaches the wrong server."}};
  }
  auto key = usable(options.credential);
  if (!key && origin(options.base_url) != own_server)
    key.error().data.hint += " If " + origin(options.base_url) + " needs no key, set credential to \"none\".";
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
  server_ = origin(options_.base_url);
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

// Checks for cancellation before and after each wait, since a cancellation that came before a wait doesn't end it.
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

  Response response(reply, events, options_.silence_timeout);
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
  } else if (response.error()) {
    fault = response.error();
  } else if (ended) {
    fault = response.is_page() ? no_reply(head, reply.remark().empty() ? response.page() : reply.remark())
                               : broke_off(reply);
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

// Sends two requests: some servers list models but have no Messages API, others have the API but no list, and a web
// server that answers every path has neither.
asio::awaitable<Result<std::string>> Claude::examine_server() {
  constexpr std::string_view list_path = "/v1/models?limit=1", path = "/v1/messages";
  const auto told = [this](const Page& page, std::string_view path) {
    Error error = status_error(page.head, page.body, path);
    error.message = "asking " + server_ + ": " + error.message;
    return redacted(std::move(error));
  };
  Result<HttpRequest> list_request = co_await signed_request(HttpMethod::Get, list_path);
  if (!list_request) co_return list_request.error();
  const auto list = co_await fetch(std::move(*list_request), max_models_bytes);
  if (!list) co_return list.error();
  const int listed = list->head.status;
  if (listed == 401 || listed == 407 || (listed >= 300 && listed < 400)) co_return told(*list, list_path);
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
  const bool fails = status == 429 || (status >= 500 && status != 501);  // 501: no POST there
  if (refused || (!lists && fails)) co_return told(*answer, path);
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
    error.message = "redirected to " + shown_address(header(head, "location")) + " (HTTP " +
                    std::to_string(head.status) + ")";
    error.data.hint =
        "If that is the right server, set baseUrl to it: the key isn't sent to the address of a redirect.";
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
