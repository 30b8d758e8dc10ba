#include "daemon/system/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <asio/cancellation_type.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <new>
#include <set>
#include <system_error>
#include <utility>

#include "daemon/system/environment.h"
#include "daemon/system/http_error.h"
#include "daemon/text/safe.h"

namespace aside {
namespace {

using Clock = std::chrono::steady_clock;

// The size of libcurl's upload buffer in bytes. With libcurl's default of 64 KiB, a long conversation takes four
// times as many passes of the loop.
constexpr long upload_buffer = 256 * 1024;

struct Free {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeEasy {  // a separate struct, since CURL and CURLM are both void
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

class Transfer;

// libcurl's multi handle; asio tells it which descriptors are ready and when its timer has run out. The callbacks
// only arm waits and timers, since libcurl must not be called from within them. Running requests share the
// Multi with the Http, which may be destroyed before the coroutines that await them.
class Multi : public std::enable_shared_from_this<Multi> {
 public:
  explicit Multi(asio::io_context& io);
  ~Multi() { close(); }

  void add(Transfer& transfer);
  void remove(Transfer& transfer);
  // Stops watching descriptors. Running requests end as cancelled.
  void close();
  asio::io_context& io() { return io_; }
  std::uint64_t pass() const { return pass_; }  // how often libcurl has been called to read and write

 private:
  // A descriptor of libcurl's that asio waits for. libcurl's REMOVE means "no longer watched", not "closed": the same
  // number may be watched again, perhaps for another socket, and then gets a new Watch.
  struct Watch {
    explicit Watch(asio::io_context& io) : descriptor(io) {}
    ~Watch() { release(); }
    void release() {
      wanted = CURL_POLL_NONE;
      if (descriptor.is_open()) descriptor.release();
    }

    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;  // CURL_POLL_IN and _OUT are bits
    int armed = CURL_POLL_NONE;
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept;
  static int on_timer(CURLM*, long milliseconds, void* self) noexcept;
  void arm(const std::shared_ptr<Watch>& watch, int direction);
  void act(curl_socket_t socket, int events);

  asio::io_context& io_;
  asio::steady_timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::set<Transfer*> transfers_;
  std::uint64_t pass_ = 0;
  bool closed_ = false;
  std::unique_ptr<CURLM, Free> multi_;
};

// One running request. Every event wakes the coroutine that awaits the request; the coroutine then checks the state
// and the clock. So cancellation, silence and the end are handled in one place, outside of libcurl. The callbacks are
// noexcept, since no exception may pass through libcurl.
class Transfer {
 public:
  Transfer(std::shared_ptr<Multi> multi, HttpRequest request, HttpProgress progress);
  ~Transfer() { multi_->remove(*this); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy() { return easy_.get(); }
  void end(CURLcode code);

  bool running() const { return !ended_ && Clock::now() < deadline(); }
  asio::steady_timer& change();  // waiting for it ends when something has happened or the time is over
  Result<HttpHead> outcome() const;

 private:
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static int on_connected(void* self, char*, char*, int, int) noexcept;
  static int on_movement(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) noexcept;
  void set_options();
  void take_header(std::string_view line);
  void wake() { waiting_.cancel(); }
  Clock::time_point deadline() const;
  Error failure(CURLcode code) const;

  std::shared_ptr<Multi> multi_;
  HttpRequest request_;
  HttpProgress progress_;
  asio::steady_timer waiting_;
  HttpHead head_;
  bool connected_ = false;
  bool has_head_ = false;
  std::size_t header_bytes_ = 0;
  std::uint64_t pass_ = 0;         // the pass in which the last part of the body came
  std::size_t bytes_at_once_ = 0;  // the bytes of the body in this pass
  bool enough_ = false;            // the receiver wants no more of the body
  std::optional<CURLcode> ended_;
  curl_off_t moved_ = 0;
  Clock::time_point last_movement_;  // once `enough_` is set: the time when it was set
  char detail_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, Free> headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

Multi::Multi(asio::io_context& io) : io_(io), timer_(io) {
  [[maybe_unused]] static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  // Requests don't share an HTTP/2 connection, so that a cancelled request can close its connection.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

void Multi::add(Transfer& transfer) {
  if (closed_) return transfer.end(CURLE_ABORTED_BY_CALLBACK);
  transfers_.insert(&transfer);
  curl_multi_add_handle(multi_.get(), transfer.easy());
}

void Multi::remove(Transfer& transfer) {
  transfers_.erase(&transfer);
  // Closes the connection of a request that has not ended. libcurl would keep an HTTP/2 connection and send the
  // stream's reset only with the next request: until then the server would go on writing, at the user's cost. A
  // request that has ended has already given its connection back.
  curl_easy_setopt(transfer.easy(), CURLOPT_FORBID_REUSE, 1L);
  curl_multi_remove_handle(multi_.get(), transfer.easy());
}

void Multi::close() {
  closed_ = true;
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
  timer_.cancel();
  for (auto& [socket, watch] : watches_) watch->release();
  watches_.clear();
  for (Transfer* transfer : transfers_) transfer->end(CURLE_ABORTED_BY_CALLBACK);
}

int Multi::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  auto& multi = *static_cast<Multi*>(self);
  if (what == CURL_POLL_REMOVE) {
    // Releases the descriptor now: libcurl may close it next, and its number may come back as another socket.
    if (auto found = multi.watches_.find(socket); found != multi.watches_.end()) {
      found->second->release();
      multi.watches_.erase(found);
    }
    return 0;
  }
  auto& watch = multi.watches_[socket];
  if (!watch) {
    watch = std::make_shared<Watch>(multi.io_);
    std::error_code failed;  // the kernel has no memory; the request then ends by its time-out
    watch->descriptor.assign(socket, failed);
  }
  watch->wanted = what;
  multi.arm(watch, CURL_POLL_IN);
  multi.arm(watch, CURL_POLL_OUT);
  return 0;
}

void Multi::arm(const std::shared_ptr<Watch>& watch, int direction) {
  if (!(watch->wanted & ~watch->armed & direction)) return;
  watch->armed |= direction;
  const auto readiness = direction == CURL_POLL_IN ? asio::posix::stream_descriptor::wait_read
                                                   : asio::posix::stream_descriptor::wait_write;
  watch->descriptor.async_wait(readiness, [weak = weak_from_this(), watch, direction](std::error_code error) {
    watch->armed &= ~direction;
    const auto multi = weak.lock();
    if (error || !multi || !(watch->wanted & direction)) return;
    multi->act(watch->descriptor.native_handle(),
               direction == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    multi->arm(watch, direction);
  });
}

int Multi::on_timer(CURLM*, long milliseconds, void* self) noexcept {
  auto& multi = *static_cast<Multi*>(self);
  if (milliseconds < 0) {
    multi.timer_.cancel();
    return 0;
  }
  multi.timer_.expires_after(
      std::chrono::milliseconds(milliseconds));  // even for 0 ms: libcurl must not be called from here
  multi.timer_.async_wait([weak = multi.weak_from_this()](std::error_code error) {
    const auto alive = weak.lock();
    if (!error && alive) alive->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void Multi::act(curl_socket_t socket, int events) {
  int running = 0;
  ++pass_;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    if (message->msg == CURLMSG_DONE) transfer->end(message->data.result);
  }
}

Transfer::Transfer(std::shared_ptr<Multi> multi, HttpRequest request, HttpProgress progress)
    : multi_(std::move(multi)),
      request_(std::move(request)),
      progress_(std::move(progress)),
      waiting_(multi_->io()),
      easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  set_options();
  multi_->add(*this);
}

void Transfer::set_options() {
  CURL* const easy = easy_.get();
  for (const std::string& header : request_.headers) {
    headers_.reset(curl_slist_append(headers_.release(), header.c_str()));
  }
  // Removes the header Expect: with it, a large body would wait for a 100 Continue.
  headers_.reset(curl_slist_append(headers_.release(), "Expect:"));
  // A compressed response is decompressed but not asked for: the empty header replaces libcurl's own.
  headers_.reset(curl_slist_append(headers_.release(), "Accept-Encoding:"));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (request_.method == HttpMethod::Head) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request_.method == HttpMethod::Post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (!request_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // without it, removing a handle waits for getaddrinfo
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::on_movement);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
}

asio::steady_timer& Transfer::change() {
  waiting_.expires_at(deadline());
  return waiting_;
}

void Transfer::end(CURLcode code) {
  ended_ = code;
  wake();
}

// While there is no connection, libcurl's own time-out applies. The timer isn't moved with each chunk: when the timer
// fires, this function says whether the time is really over.
Clock::time_point Transfer::deadline() const {
  if (enough_) return last_movement_ + Http::trailing_time;
  if (!connected_) return Clock::time_point::max();
  const Clock::time_point silence = last_movement_ + request_.silence_timeout;
  return progress_.until ? std::min(silence, progress_.until()) : silence;
}

Result<HttpHead> Transfer::outcome() const {
  const bool over = !ended_ && progress_.until && progress_.until() <= Clock::now();
  if (enough_ || ((over || ended_ == CURLE_OK) && has_head_)) return head_;
  return failure(ended_.value_or(CURLE_OPERATION_TIMEDOUT));
}

HttpFault fault_of(CURLcode code) {
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return HttpFault::Cancelled;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return HttpFault::BadUrl;
    case CURLE_COULDNT_RESOLVE_HOST:
      return HttpFault::UnknownHost;
    case CURLE_COULDNT_RESOLVE_PROXY:
      return HttpFault::UnknownProxy;
    case CURLE_PROXY:
      return HttpFault::Proxy;
    case CURLE_COULDNT_CONNECT:
      return HttpFault::NoConnection;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFault::TimedOut;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return HttpFault::Certificate;
    case CURLE_SSL_CACERT_BADFILE:
      return HttpFault::AuthoritiesFile;
    case CURLE_SSL_CONNECT_ERROR:
      return HttpFault::Handshake;
    case CURLE_BAD_CONTENT_ENCODING:
      return HttpFault::UnknownEncoding;
    case CURLE_WRITE_ERROR:  // a callback of ours has returned an error
      return HttpFault::NotTaken;
    default:
      return HttpFault::Other;
  }
}

Error Transfer::failure(CURLcode code) const {
  HttpFailure failure{.fault = fault_of(code),
                      .detail = *detail_ ? detail_ : curl_easy_strerror(code),
                      .general = curl_easy_strerror(code),
                      .url = request_.url,
                      .ca_file = request_.ca_file,
                      .connect_timeout = request_.connect_timeout,
                      .silence_timeout = request_.silence_timeout,
                      .connected = connected_,
                      .answered = has_head_};
  if (header_bytes_ > Http::max_header_bytes) failure.header_limit = Http::max_header_bytes;
  if (bytes_at_once_ > Http::max_bytes_at_once) failure.unpacked_limit = Http::max_bytes_at_once;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &failure.system_error);
  return http_error(failure);
}

int Transfer::on_connected(void* self, char*, char*, int, int) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.last_movement_ = Clock::now();
  // libcurl calls this twice if a kept connection turns out to be closed and it connects again.
  if (std::exchange(transfer.connected_, true)) return CURL_PREREQFUNC_OK;
  if (transfer.progress_.connected) transfer.progress_.connected();
  transfer.wake();
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size;
  if (transfer.header_bytes_ > Http::max_header_bytes) return 0;  // libcurl ends the transfer
  try {
    transfer.take_header({data, size});
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return size;
}

void Transfer::take_header(std::string_view line) {
  if (!enough_) last_movement_ = Clock::now();
  if (has_head_) return;  // this line is a trailer
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  if (line.empty()) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return;  // 100 Continue; the real response follows
    has_head_ = true;
    head_.status = static_cast<int>(status);
    if (progress_.head) progress_.head(head_);
    return;
  }
  if (line.starts_with("HTTP/")) {  // the headers of another response begin
    head_.headers.clear();
    return;
  }
  const std::size_t colon = std::min(line.find(':'), line.size());
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  std::string& held = head_.headers[name];
  held += (held.empty() ? "" : ", ") + std::string(value);
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::uint64_t pass = transfer.multi_->pass();
  if (std::exchange(transfer.pass_, pass) != pass) transfer.bytes_at_once_ = 0;
  transfer.bytes_at_once_ += size;
  if (transfer.bytes_at_once_ > Http::max_bytes_at_once) return 0;  // libcurl ends the transfer
  if (transfer.enough_) return size;
  transfer.last_movement_ = Clock::now();
  try {
    if (transfer.progress_.body && !transfer.progress_.body({data, size})) {
      transfer.enough_ = true;
      transfer.wake();
    }
  } catch (const std::bad_alloc&) {
    return 0;  // libcurl ends the transfer
  }
  if (transfer.waiting_.expiry() > transfer.deadline()) transfer.wake();
  return size;
}

int Transfer::on_movement(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  const bool moved = std::exchange(transfer.moved_, down + up) != down + up;
  if (moved && !transfer.enough_) transfer.last_movement_ = Clock::now();
  return 0;
}

asio::awaitable<Result<HttpHead>> perform(std::shared_ptr<Multi> multi, HttpRequest request,
                                          HttpProgress progress) {
  // Leaves the caller's stack first: the caller may run inside another request's HttpProgress function, which libcurl
  // has called.
  co_await asio::post(multi->io(), asio::use_awaitable);
  Transfer transfer(multi, std::move(request), std::move(progress));
  while (transfer.running()) {
    // Checks for cancellation before each wait, since asio throws if a cancelled coroutine waits again.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) transfer.end(CURLE_ABORTED_BY_CALLBACK);
    if (!transfer.running()) break;
    std::error_code woken;
    co_await transfer.change().async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_return transfer.outcome();
}

class CurlHttp : public Http {
 public:
  explicit CurlHttp(asio::io_context& io) : io_(io) {
    for (const char* variable : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
      hide_password_of(environment(variable));
  }
  ~CurlHttp() override {
    if (multi_) multi_->close();
  }

  asio::awaitable<Result<HttpHead>> send(HttpRequest request, HttpProgress progress) override {
    if (!multi_) multi_ = std::make_shared<Multi>(io_);
    return perform(multi_, std::move(request), std::move(progress));
  }

 private:
  asio::io_context& io_;
  std::shared_ptr<Multi> multi_;
};

}  // namespace

std::optional<std::chrono::system_clock::time_point> http_date(const std::string& text) {
  const std::time_t time = curl_getdate(text.c_str(), nullptr);
  if (time == -1) return std::nullopt;
  // A date before 1970 is long past, and the clock ends in the year 2262.
  constexpr auto end = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::duration::max());
  return std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(time, 0, end.count()));
}

std::unique_ptr<Http> curl_http(asio::io_context& io) {
  return std::make_unique<CurlHttp>(io);
}

}  // namespace aside
