#include "tests/standin/server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/standin/answer.h"
#include "tests/standin/cache.h"
#include "tests/standin/connection.h"
#include "tests/standin/play.h"
#include "tests/standin/response.h"

namespace aside::test {

using asio::awaitable;
using asio::ip::tcp;

namespace {

constexpr std::string_view control_prefix = "/__standin/";

// Returns a request as one line of JSON. The line has the body twice: as JSON on one line (null if the body
// is no JSON), and as a string.
std::string record_line(const ApiRequest& request) {
  Json headers = Json::object();
  for (const auto& [name, value] : request.headers) {
    if (!listed("x-api-key authorization proxy-authorization cookie", name)) headers[name] = value;
  }
  auto text = [](const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string body = Json::accept(request.body) ? request.body : "null";
  for (char& c : body) {
    // Line breaks in JSON are between tokens, since a JSON string can't hold them.
    if (c == '\n' || c == '\r') c = ' ';
  }
  return R"({"method":)" + text(request.method) + R"(,"path":)" + text(request.path) + R"(,"headers":)" +
         text(headers) + R"(,"refusal":)" + text(request.refusal) + R"(,"body":)" + body + R"(,"raw":)" +
         text(request.body) + "}";
}

std::string as_array(const std::vector<ApiRequest>& requests) {
  std::string out = "[";
  for (const ApiRequest& request : requests) out += (out.size() > 1 ? ",\n" : "") + record_line(request);
  return out + "]";
}

std::string as_json(const ApiBill& bill) {
  const Json json = {{"requests", bill.requests},
                     {"input", bill.input},
                     {"read", bill.read},
                     {"written5m", bill.written_5m},
                     {"written1h", bill.written_1h},
                     {"output", bill.output},
                     {"dollars", bill.spent},
                     {"dollarsUncached", bill.spent_uncached}};
  return json.dump();
}

bool is_ask(const ApiRequest& request) {
  return request.method == "POST" && request.path == "/v1/messages";
}

bool is_recorded(const ApiRequest& request) {
  return is_ask(request) || (request.method == "POST" && request.path == "/v1/messages/count_tokens");
}

}  // namespace

class ApiServer::Loop {
 public:
  explicit Loop(ApiServerOptions options)
      : options_(std::move(options)),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), options_.port)),
        port_(acceptor_.local_endpoint().port()) {
    rules_.key = options_.key;
    rules_.window = options_.window;
    rules_.alternating = options_.alternating;
    rules_.seal = ThinkingSeal(options_.seal);
    if (options_.record.empty()) {
      if (const char* shared = std::getenv("STANDIN_RECORD")) options_.record = shared;
    }
    if (!options_.record.empty()) record_.open(options_.record, std::ios::app | std::ios::binary);
    if (!options_.record.empty() && !record_) throw std::runtime_error("cannot write " + options_.record);
    start(accept());
    thread_ = std::thread([this] { io_.run(); });
  }

  // Ends all connections. So each coroutine ends, and then the loop ends, since it has nothing left to do.
  ~Loop() {
    asio::post(io_, [this] {
      asio::error_code ignored;
      acceptor_.close(ignored);
      for (const auto& connection : live_) connection->reset();
    });
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

  void next(Script script) {
    std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
  }

  void release(const std::string& gate) {
    asio::post(io_, [this, gate] { open_gate(gate); });
  }

  void advance(std::chrono::milliseconds time) { skipped_ += time.count(); }

  void reset() {
    std::lock_guard lock(mutex_);
    requests_.clear();
    scripts_.clear();
    abandoned_ = 0;
    bill_ = ApiBill();
    asio::post(io_, [this] { forget(); });
  }

  template <class T>
  T read(const T Loop::*member) const {
    std::lock_guard lock(mutex_);
    return this->*member;
  }

  template <class Enough>
  bool wait(Enough enough) const {
    std::unique_lock lock(mutex_);
    auto done = [this, &enough] { return enough(*this); };
    return changed_.wait_for(lock, patience, done);
  }

  // mutex_ guards the next members: the loop writes them, callers read them.
  std::vector<ApiRequest> requests_;
  std::deque<Script> scripts_;
  std::size_t connections_ = 0;
  std::size_t abandoned_ = 0;
  ApiBill bill_;

 private:
  void start(awaitable<void> root);
  awaitable<void> accept();
  awaitable<void> serve(std::shared_ptr<Connection> connection);
  awaitable<Then> respond(Connection& connection, HttpInput input);
  awaitable<Then> create(Connection& connection, HttpInput input, std::string id);
  awaitable<Then> look_up(Connection& connection, HttpInput input, std::string id);
  awaitable<Then> perform(Connection& connection, CheckedRequest request, Script script, std::string id);
  awaitable<Then> reply(Connection& connection, Response response, std::string id, bool with_body);

  Response control(const HttpInput& input, const std::string& id);
  std::optional<Script> queued(Target target);
  Result<Script> script_for(const CheckedRequest& request, const std::string& body);
  Answer answer(const CheckedRequest& request, const Script& script, const CacheUse& use);
  Moment now() const;
  void journal(HttpInput input, const std::optional<Refusal>& refusal);
  void open_gate(const std::string& gate);
  void forget();
  std::string new_id(const char* kind);

  ApiServerOptions options_;
  ApiRules rules_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::atomic<std::int64_t> skipped_{0};  // in milliseconds

  // Only the loop uses the next members.
  std::set<std::shared_ptr<Connection>> live_;
  std::set<std::string> open_gates_;
  // How often each question that holds a script was sent. The key is a hash of the request's body.
  std::map<std::size_t, int> attempts_;
  PromptCache cache_;
  RecentPrompts recent_;
  std::ofstream record_;
  int ids_ = 0;
};

void ApiServer::Loop::start(awaitable<void> root) {
  auto ended = [](std::exception_ptr problem) {
    try {
      if (problem) std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      std::cerr << "stand-in: " << error.what() << std::endl;
    }
  };
  asio::co_spawn(io_, std::move(root), ended);
}

awaitable<void> ApiServer::Loop::accept() {
  for (;;) {
    asio::error_code failed;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
    if (!acceptor_.is_open()) co_return;
    if (failed) continue;
    {
      std::lock_guard lock(mutex_);
      ++connections_;
    }
    changed_.notify_all();
    auto connection = std::make_shared<Connection>(std::move(socket));
    live_.insert(connection);
    connection->start();
    start(serve(connection));
  }
}

awaitable<void> ApiServer::Loop::serve(std::shared_ptr<Connection> connection) {
  Then then = Then::Keep;
  while (then == Then::Keep || then == Then::DropNext) {
    HttpInput input = co_await connection->next_request();
    if (then == Then::DropNext || input.kind == HttpInput::Kind::End) break;
    then = co_await respond(*connection, std::move(input));
  }
  if (then == Then::Gone) {
    std::lock_guard lock(mutex_);
    ++abandoned_;
  }
  changed_.notify_all();
  if (then == Then::Reset) connection->reset();
  connection->close();
  live_.erase(connection);
}

awaitable<Then> ApiServer::Loop::respond(Connection& connection, HttpInput input) {
  const std::string id = new_id("req_");
  const bool keep_alive = input.keep_alive && input.kind == HttpInput::Kind::Request;
  const bool with_body = input.method != "HEAD";
  Response response;
  if (input.kind == HttpInput::Kind::Malformed) {
    response =
        refused({400, "invalid_request_error", "The request is not HTTP/1.1 with a content-length"}, id);
  } else if (input.kind == HttpInput::Kind::TooLarge) {
    const Refusal refusal = {413, "request_too_large", "Request exceeds the maximum size"};
    response = refused(refusal, id);
    journal(std::move(input), refusal);
  } else if (input.path.rfind(control_prefix, 0) == 0) {
    response = control(input, id);
  } else if (input.method == "POST" && input.path == "/v1/messages") {
    Then then = co_await create(connection, std::move(input), id);
    co_return then == Then::Keep && !keep_alive ? Then::Close : then;
  } else {
    Then then = co_await look_up(connection, std::move(input), id);
    co_return then == Then::Keep && !keep_alive ? Then::Close : then;
  }
  Then then = co_await reply(connection, std::move(response), id, with_body);
  co_return then == Then::Keep && !keep_alive ? Then::Close : then;
}

awaitable<Then> ApiServer::Loop::create(Connection& connection, HttpInput input, std::string id) {
  std::optional<Refusal> refusal = refuse_headers(input.headers, rules_);
  CheckedRequest request;
  if (!refusal) {
    auto verdict = check_request(ApiCall::Create, input.headers, input.body, rules_);
    if (auto* found = std::get_if<Refusal>(&verdict))
      refusal = *found;
    else
      request = std::move(std::get<CheckedRequest>(verdict));
  }
  Result<Script> script = Script{};
  if (!refusal) script = script_for(request, input.body);
  if (!script) refusal = Refusal{400, "invalid_request_error", script.error().message};
  journal(std::move(input), refusal);
  Response response;
  if (refusal) response = refused(*refusal, id);
  if (refusal) co_return co_await reply(connection, std::move(response), std::move(id), true);
  co_return co_await perform(connection, std::move(request), std::move(*script), std::move(id));
}

awaitable<Then> ApiServer::Loop::look_up(Connection& connection, HttpInput input, std::string id) {
  const bool with_body = input.method != "HEAD";
  const bool counts = input.path == "/v1/messages/count_tokens";
  Response response = test::look_up(input, rules_, id);
  std::optional<Refusal> refusal;
  if (response.status != 200)
    refusal = Refusal{response.status, "", Json::parse(response.body)["error"]["message"]};
  journal(std::move(input), refusal);
  std::optional<Script> script;
  if (response.status == 200) script = queued(counts ? Target::CountTokens : Target::Models);
  if (script) {
    bool here = co_await connection.pause(script->wait);
    if (here && script->gate_after < 0) here = co_await hold(connection, script->gate, open_gates_);
    if (!here) co_return Then::Gone;
    if (script->status != 200 || script->body) response = scripted(*script, id);
  }
  co_return co_await reply(connection, std::move(response), std::move(id), with_body);
}

awaitable<Then> ApiServer::Loop::perform(Connection& connection, CheckedRequest request, Script script,
                                         std::string id) {
  const CacheUse use = cache_.look_up(*request.model, request.prompt, now());
  bool here = co_await connection.pause(script.wait);
  if (here && script.gate_after < 0) here = co_await hold(connection, script.gate, open_gates_);
  if (!here) co_return Then::Gone;
  const Json* stream = present(request.body, "stream");
  const bool streams = stream != nullptr && *stream == true;
  Then then = Then::Keep;
  if (script.status != 200 || script.body) {
    Response response = scripted(script, id);
    then = co_await reply(connection, std::move(response), std::move(id), true);
  } else {
    const Answer composed = answer(request, script, use);
    if (streams) {
      const std::chrono::milliseconds pace = script.pace ? *script.pace : options_.pace;
      then = co_await play(connection, stream_of(composed, script), script, pace, std::move(id), open_gates_);
    } else {
      Response response{200, message_of(composed)};
      then = co_await reply(connection, std::move(response), std::move(id), true);
    }
  }
  if (then != Then::Keep || script.closing == Closing::No) co_return then;
  co_return script.closing == Closing::After ? Then::Close : Then::DropNext;
}

// Called when the reply begins to arrive. The request is billed, and from now on other requests can read its
// cache entries.
Answer ApiServer::Loop::answer(const CheckedRequest& request, const Script& script, const CacheUse& use) {
  Answer answer = compose(request, script, use.usage, rules_.seal, new_id("msg_"));
  cache_.keep(use);
  if (const Json* diagnostics = present(request.body, "diagnostics")) {
    if (const Json* previous = present(*diagnostics, "previous_message_id"))
      answer.diagnostics = recent_.compared(*previous, *request.model, request.prompt);
    recent_.keep(answer.id, *request.model, request.prompt);
  }
  std::lock_guard lock(mutex_);
  bill_.add(request.model->id, answer.usage);
  return answer;
}

Moment ApiServer::Loop::now() const {
  const auto real = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Moment>(real) + Moment(skipped_);
}

awaitable<Then> ApiServer::Loop::reply(Connection& connection, Response response, std::string id,
                                       bool with_body) {
  HeaderLines headers = {{"content-type", std::move(response.type)},
                         {"connection", "keep-alive"},
                         {"request-id", std::move(id)},
                         {"content-length", std::to_string(response.body.size())}};
  headers.insert(headers.end(), response.headers.begin(), response.headers.end());
  std::string bytes = http_head(response.status, headers);
  if (with_body) bytes += response.body;
  bool here = co_await connection.send(std::move(bytes));
  co_return here ? Then::Keep : Then::Gone;
}

Response ApiServer::Loop::control(const HttpInput& input, const std::string& id) {
  const std::string what = input.path.substr(control_prefix.size());
  auto unreadable = [&id](const std::string& why) {
    return refused({400, "invalid_request_error", why}, id);
  };
  if (input.method == "GET" && what == "requests") return {200, as_array(read(&Loop::requests_))};
  if (input.method == "GET" && what == "bill") return {200, as_json(read(&Loop::bill_))};
  if (input.method != "POST") return refused({405, "invalid_request_error", "Method Not Allowed"}, id);
  if (what == "reset") {
    reset();
    return {200, "{}"};
  }
  const Json json = Json::parse(input.body, nullptr, false);
  if (what == "release") {
    if (!json.is_object() || !json.contains("gate") || !json["gate"].is_string())
      return unreadable("expected {\"gate\":\"name\"}");
    open_gate(json["gate"]);
    return {200, "{}"};
  }
  if (what == "clock") {
    if (!json.is_object() || !json.contains("advance") || !json["advance"].is_number_unsigned())
      return unreadable("expected {\"advance\":milliseconds}");
    advance(std::chrono::milliseconds(json["advance"].get<std::int64_t>()));
    return {200, "{}"};
  }
  if (what != "next") return refused({404, "not_found_error", "Not Found"}, id);
  std::vector<Script> scripts;
  for (const Json& item : json.is_array() ? json : Json::array({json})) {
    Result<Script> script = parse_script(item.is_string() ? item.get<std::string>() : item.dump());
    if (!script) return unreadable(script.error().message);
    scripts.push_back(std::move(*script));
  }
  for (Script& script : scripts) next(std::move(script));
  return {200, "{}"};
}

std::optional<Script> ApiServer::Loop::queued(Target target) {
  std::lock_guard lock(mutex_);
  auto found = std::find_if(scripts_.begin(), scripts_.end(),
                            [target](const Script& script) { return script.target == target; });
  if (found == scripts_.end()) return std::nullopt;
  Script script = *found;
  if (--found->times <= 0) scripts_.erase(found);
  return script;
}

Result<Script> ApiServer::Loop::script_for(const CheckedRequest& request, const std::string& body) {
  if (std::optional<Script> script = queued(Target::Messages)) return std::move(*script);
  const Json* told = request.summarize ? present(request.body["compaction"], "instructions") : nullptr;
  std::string question;
  if (!request.summarize) question = last_question(request.body["messages"]);
  if (told != nullptr) question = *told;
  const std::string_view wish = phrase(question);
  if (wish.empty()) return Script{};
  Result<Script> script = parse_script(wish);
  if (!script || script->times == 0) return script;
  const int attempt = ++attempts_[std::hash<std::string>()(body)];
  return attempt > script->times ? Script{} : *script;
}

void ApiServer::Loop::journal(HttpInput input, const std::optional<Refusal>& refusal) {
  ApiRequest request{std::move(input.method), std::move(input.path), std::move(input.headers),
                     std::move(input.body), refusal ? refusal->message : ""};
  if (record_.is_open() && is_recorded(request)) record_ << record_line(request) + "\n" << std::flush;
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }
  changed_.notify_all();
}

void ApiServer::Loop::open_gate(const std::string& gate) {
  open_gates_.insert(gate);
  for (const auto& connection : live_) connection->wake();
}

void ApiServer::Loop::forget() {
  open_gates_.clear();
  attempts_.clear();
  cache_ = PromptCache();
  recent_ = RecentPrompts();
}

std::string ApiServer::Loop::new_id(const char* kind) {
  return kind + std::string("standin_") + std::to_string(++ids_);
}

ApiServer::ApiServer(ApiServerOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
ApiServer::~ApiServer() = default;

std::string ApiServer::url() const {
  return "http://127.0.0.1:" + std::to_string(loop_->port());
}
void ApiServer::next(Script script) {
  loop_->next(std::move(script));
}
void ApiServer::release(const std::string& gate) {
  loop_->release(gate);
}
void ApiServer::reset() {
  loop_->reset();
}
std::vector<ApiRequest> ApiServer::requests() const {
  return loop_->read(&Loop::requests_);
}
void ApiServer::advance(std::chrono::milliseconds time) {
  loop_->advance(time);
}
ApiBill ApiServer::spent() const {
  return loop_->read(&Loop::bill_);
}
std::size_t ApiServer::connections() const {
  return loop_->read(&Loop::connections_);
}
std::size_t ApiServer::abandoned() const {
  return loop_->read(&Loop::abandoned_);
}

std::vector<ApiRequest> ApiServer::asks() const {
  std::vector<ApiRequest> found;
  for (ApiRequest& request : loop_->read(&Loop::requests_)) {
    if (is_ask(request)) found.push_back(std::move(request));
  }
  return found;
}

bool ApiServer::wait_for_asks(std::size_t count) const {
  auto enough = [count](const Loop& loop) {
    return static_cast<std::size_t>(std::count_if(loop.requests_.begin(), loop.requests_.end(), is_ask)) >=
           count;
  };
  return loop_->wait(enough);
}

bool ApiServer::wait_for_requests(std::size_t count) const {
  return loop_->wait([count](const Loop& loop) { return loop.requests_.size() >= count; });
}

bool ApiServer::wait_for_abandoned(std::size_t count) const {
  return loop_->wait([count](const Loop& loop) { return loop.abandoned_ >= count; });
}

}  // namespace aside::test
