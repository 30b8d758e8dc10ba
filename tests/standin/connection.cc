#include "tests/standin/connection.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace aside::test {

using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)), wake_(socket_.get_executor()) {
  asio::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::start() {
  auto reading = [](std::shared_ptr<Connection> self) -> awaitable<void> { co_await self->read(); };
  asio::co_spawn(socket_.get_executor(), reading(shared_from_this()), asio::detached);
}

awaitable<void> Connection::read() {
  std::string piece(64 * 1024, '\0');
  while (inbox_.size() <= max_inbox_bytes) {
    asio::error_code failed;
    std::size_t size =
        co_await socket_.async_read_some(asio::buffer(piece), redirect_error(use_awaitable, failed));
    if (failed) break;
    inbox_.append(piece, 0, size);
    wake();
  }
  gone_ = true;
  wake();
}

awaitable<bool> Connection::wait_for(std::chrono::steady_clock::time_point deadline,
                                     std::function<bool()> done) {
  while (!done()) {
    if (gone_) co_return false;
    if (std::chrono::steady_clock::now() >= deadline) break;
    wake_.expires_at(deadline);
    asio::error_code woken;
    co_await wake_.async_wait(redirect_error(use_awaitable, woken));
  }
  co_return true;
}

awaitable<bool> Connection::fill(std::size_t size) {
  std::function<bool()> filled = [this, size] { return inbox_.size() >= size; };
  co_return co_await wait_until(std::move(filled));
}

// Reads a body that isn't needed. Closing the connection before the whole body has arrived would reset the
// connection, and the client would lose the response.
awaitable<void> Connection::discard(std::size_t size) {
  while (size > 0) {
    bool more = co_await fill(1);
    if (!more) co_return;
    std::size_t now = std::min(size, inbox_.size());
    inbox_.erase(0, now);
    size -= now;
  }
}

HttpInput Connection::parse_head(std::string_view head) const {
  HttpInput input;
  input.kind = HttpInput::Kind::Malformed;
  std::string_view line = head.substr(0, head.find("\r\n"));
  std::size_t first = line.find(' '), second = line.rfind(' ');
  if (first == std::string_view::npos || second <= first) return input;
  input.method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, second - first - 1), version = line.substr(second + 1);
  if (target.empty() || version.rfind("HTTP/1.", 0) != 0) return input;
  input.path = target.substr(0, target.find('?'));
  if (input.path.size() < target.size()) input.query = target.substr(input.path.size() + 1);
  head.remove_prefix(line.size() + 2);
  while (!head.empty()) {
    line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return input;
    std::string& value = input.headers[lower(line.substr(0, colon))];
    value += (value.empty() ? "" : ", ") + std::string(trim(line.substr(colon + 1)));
  }
  const std::string wish =
      lower(input.headers.count("connection") != 0 ? input.headers.at("connection") : "");
  input.keep_alive = version == "HTTP/1.1" ? wish != "close" : wish == "keep-alive";
  input.kind = HttpInput::Kind::Request;
  return input;
}

awaitable<HttpInput> Connection::next_request() {
  HttpInput input;
  std::function<bool()> has_head = [this] {
    return inbox_.find("\r\n\r\n") != std::string::npos || inbox_.size() > max_head_bytes;
  };
  bool come = co_await wait_until(std::move(has_head));
  if (!come) co_return input;
  std::size_t end = inbox_.find("\r\n\r\n");
  input.kind = HttpInput::Kind::Malformed;
  if (end > max_head_bytes) co_return input;
  input = parse_head(std::string_view(inbox_).substr(0, end + 2));
  inbox_.erase(0, end + 4);
  if (input.kind != HttpInput::Kind::Request) co_return input;

  auto length = input.headers.find("content-length");
  std::optional<std::size_t> size = length == input.headers.end() ? 0 : number(length->second);
  if (!size || input.headers.count("transfer-encoding") != 0) input.kind = HttpInput::Kind::Malformed;
  if (input.kind != HttpInput::Kind::Request || *size == 0) co_return input;
  auto expect = input.headers.find("expect");
  bool asks_first = expect != input.headers.end() && lower(expect->second) == "100-continue";
  if (*size > ApiRules::max_body_bytes) {
    input.kind = HttpInput::Kind::TooLarge;
    if (!asks_first) co_await discard(*size);
    co_return input;
  }
  if (asks_first && inbox_.empty()) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await send(std::move(go_on));
  }
  come = co_await fill(*size);
  if (!come) input.kind = HttpInput::Kind::End;
  if (!come) co_return input;
  input.body = inbox_.substr(0, *size);
  inbox_.erase(0, *size);
  co_return input;
}

awaitable<bool> Connection::send(std::string bytes) {
  asio::error_code failed;
  co_await asio::async_write(socket_, asio::buffer(bytes), redirect_error(use_awaitable, failed));
  if (failed) gone_ = true;
  co_return !failed;
}

awaitable<bool> Connection::pause(std::chrono::milliseconds time) {
  std::function<bool()> never = [] { return false; };
  co_return co_await wait_for(std::chrono::steady_clock::now() + time, std::move(never));
}

awaitable<bool> Connection::wait_until(std::function<bool()> done) {
  co_return co_await wait_for(std::chrono::steady_clock::time_point::max(), std::move(done));
}

awaitable<void> Connection::wait_for_end() {
  std::function<bool()> never = [] { return false; };
  co_await wait_until(std::move(never));
}

void Connection::wake() {
  wake_.cancel();
}

void Connection::close() {
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void Connection::reset() {
  asio::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

std::string http_head(int status, const HeaderLines& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) + "\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

std::string http_chunk(std::string_view bytes) {
  char size[17];
  auto [end, ignored] = std::to_chars(size, size + sizeof size, bytes.size(), 16);
  std::string chunk(size, end);
  chunk += "\r\n";
  chunk += bytes;
  return chunk + "\r\n";
}

}  // namespace aside::test
