#include "daemon/system/http.h"

#include <curl/curl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <asio/cancellation_type.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/network_v4.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iterator>
#include <new>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

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
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
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
  // Stops watching. Running requests end as cancelled.
  void close();
  asio::io_context& io() { return io_; }

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
  Error unreachable(CURLcode code) const;
  Error broken(CURLcode code) const;
  std::string doing() const;
  std::string detail(CURLcode code) const { return *detail_ ? detail_ : curl_easy_strerror(code); }
  // The text for the log. It must not quote the proxy's address, which may hold a password, as libcurl's own text may
  // do.
  std::string logged(CURLcode code) const {
    return doing() + (proxy_for(request_.url) ? curl_easy_strerror(code) : redacted(detail(code)));
  }

  std::shared_ptr<Multi> multi_;
  HttpRequest request_;
  HttpProgress progress_;
  asio::steady_timer waiting_;
  HttpHead head_;
  bool connected_ = false;
  bool has_head_ = false;
  std::size_t header_bytes_ = 0;
  bool enough_ = false;  // the receiver wants no more of the body
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
  const CURLcode code = ended_.value_or(CURLE_OPERATION_TIMEDOUT);
  if (code == CURLE_ABORTED_BY_CALLBACK) return Error{ErrorCode::RequestCancelled, doing() + "cancelled"};
  return connected_ ? broken(code) : unreachable(code);
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

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  return std::unique_ptr<char, Free>(text).get();
}

// Scheme, host and port, without the user, the password and the query that a URL may hold.
struct Address {
  explicit Address(const std::string& text) {
    const std::unique_ptr<CURLU, Free> url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return;
    host = part_of(url.get(), CURLUPART_HOST);
    const std::string port = part_of(url.get(), CURLUPART_PORT);
    origin = part_of(url.get(), CURLUPART_SCHEME) + "://" + host + (port.empty() ? "" : ":" + port);
  }
  std::string origin = "the server";
  std::string host;
};

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Whether no_proxy lists this host, read as libcurl reads the variable: "*", addresses, networks, and names, which
// include their subdomains.
bool goes_directly(std::string host, const std::string& list) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  asio::error_code no_address;
  const auto address = asio::ip::make_address(host, no_address);
  std::string names = lower(list);
  std::replace(names.begin(), names.end(), ',', ' ');
  std::istringstream words(names);
  for (std::string name; words >> name;) {
    if (name == "*") return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    if (!no_address) {
      asio::error_code other;
      if (name == host) return true;
      const auto network = asio::ip::make_network_v4(name, other);
      if (!other && address.is_v4() &&
          network.canonical() ==
              asio::ip::make_network_v4(address.to_v4(), network.prefix_length()).canonical())
        return true;
      continue;
    }
    if (name.starts_with('.')) name.erase(0, 1);
    if (name.ends_with('.')) name.pop_back();
    if (!name.empty() && (host == name || host.ends_with("." + name))) return true;
  }
  return false;
}

std::string seconds(std::chrono::milliseconds time) {
  std::ostringstream text;
  text << std::chrono::duration<double>(time).count() << " s";
  return text.str();
}

std::string Transfer::doing() const {
  return "sending the request to " + Address(request_.url).origin + ": ";
}

// Says what is wrong with a certificate, if the TLS library's message tells; otherwise empty.
std::string certificate_fault(std::string_view detail) {
  constexpr std::pair<std::string_view, std::string_view> faults[] = {
      {"expired", "it has expired"},
      {"not yet valid", "it is not valid yet; is the clock right?"},
      {"self-signed", "it is signed by an authority that is not known here"},
      {"self signed", "it is signed by an authority that is not known here"},
      {"local issuer", "it is signed by an authority that is not known here"},
      {"subject name", "it is for another host"},
      {"host name", "it is for another host"},
      {"revoked", "it was revoked"}};
  for (const auto& [word, fault] : faults) {
    if (detail.find(word) != detail.npos) return ": " + std::string(fault);
  }
  return "";
}

Error Transfer::unreachable(CURLcode code) const {
  spdlog::info("{}", logged(code));
  const std::optional<Proxy> proxy = proxy_for(request_.url);
  const auto offline = [&](const std::string& why, const std::string& hint) {
    return Error{ErrorCode::Offline, doing() + why, {.hint = hint, .retryable = true}};
  };
  // Not retryable: another attempt would fail in the same way.
  const auto misconfigured = [&](const std::string& why, const std::string& hint) {
    return Error{ErrorCode::Offline, doing() + why, {.hint = hint}};
  };
  const std::string through = proxy ? "the proxy " + proxy->address : "";
  const std::string check_proxy = proxy ? "Check " + proxy->variable + ", which names the proxy." : "";
  const std::string check_network =
      proxy ? "Check the network connection, baseUrl, and " + proxy->variable + "."
            : "Check the network connection and baseUrl.";
  if (proxy && !proxy->readable)
    return misconfigured("the user or the password of " + through + " can't be read",
                         "In " + proxy->variable +
                             ", write a special character of them as % and its code: %2F for /, "
                             "%3F for ?, %23 for #, %40 for @, %20 for a blank.");
  if (proxy && !proxy->known)
    return misconfigured(through + " is of a kind that can't be used",
                         "Set " + proxy->variable + " to an http, https or socks5 address.");
  long refused = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &refused);
  if (proxy && refused == 407) return proxy_wants_password(request_.url);
  if (proxy && refused >= 300) {
    const std::string why = through + " would not connect to it (HTTP " + std::to_string(refused) + ")";
    return refused >= 500 ? offline(why, check_proxy) : misconfigured(why, check_proxy);
  }

  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return misconfigured("the address is not a valid http or https URL",
                           "Correct baseUrl in the settings.");
    case CURLE_COULDNT_RESOLVE_HOST:
      return offline("could not resolve the host name \"" + Address(request_.url).host + "\"", check_network);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return offline("could not resolve the name of " + through, check_proxy);
    case CURLE_PROXY:
      return offline(through + " failed", check_proxy);
    case CURLE_COULDNT_CONNECT: {
      long number = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &number);
      const std::string why = number == 0 || number == ECONNREFUSED
                                  ? ""
                                  : std::string(" (") + std::strerror(static_cast<int>(number)) + ")";
      if (proxy && number == ECONNREFUSED) return offline(through + " refused the connection", check_proxy);
      if (proxy) return offline("could not connect to " + through + why, check_proxy);
      if (number != ECONNREFUSED) return offline("could not connect" + why, check_network);
      return offline("the connection was refused", "Is the server running? Check baseUrl.");
    }
    case CURLE_OPERATION_TIMEDOUT:
      return offline(
          "no connection within " + seconds(request_.connect_timeout) + (proxy ? ", through " + through : ""),
          check_network);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return misconfigured("the server's certificate could not be verified" + certificate_fault(detail(code)),
                           "For a private certificate authority set caFile to its PEM file.");
    case CURLE_SSL_CACERT_BADFILE:
      return misconfigured("the file of certificate authorities " +
                               (request_.ca_file.empty() ? "of this system" : request_.ca_file) +
                               " could not be read",
                           "Check caFile in the settings.");
    case CURLE_SSL_CONNECT_ERROR:
      return offline("the TLS handshake failed", "Does this server speak https? Check baseUrl" +
                                                     (proxy ? ", and " + proxy->variable : "") + ".");
    default:
      return offline(proxy ? "could not connect through " + through : "could not connect", check_network);
  }
}

Error Transfer::broken(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return {ErrorCode::Upstream,
            doing() + "nothing was heard for " + seconds(request_.silence_timeout),
            {.hint = "Try again; the setting silenceTimeoutSeconds says how long Aside waits.",
             .retryable = true}};
  }
  if (code == CURLE_BAD_CONTENT_ENCODING) {
    return {ErrorCode::Upstream,
            doing() + "the answer is compressed in a way that can't be read",
            {.hint = "Let the gateway or proxy send the answer without compression."}};
  }
  if (code == CURLE_WRITE_ERROR && header_bytes_ > Http::max_header_bytes) {
    return {ErrorCode::Upstream,
            doing() + "the headers of the answer are longer than " +
                std::to_string(Http::max_header_bytes / 1024) + " KiB",
            {.hint = "Check that baseUrl leads to the Messages API."}};
  }
  if (code == CURLE_WRITE_ERROR) {
    return {ErrorCode::Upstream,
            doing() + "there is not enough memory for the answer",
            {.hint = "Close other programs, or ask for less at a time."}};
  }
  spdlog::info("{}", logged(code));
  const std::string when = has_head_ ? "before the answer was complete" : "before an answer came";
  return {ErrorCode::Upstream,
          doing() + "the connection broke " + when,
          {.hint = "Try again; if it happens again, check the network connection.", .retryable = true}};
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

// Everything before the last @ belongs to user and password, even a character that should be escaped there.
Proxy proxy_in(const std::string& variable, const std::string& value) {
  const auto in_scheme = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; };
  const std::size_t colon = value.find("://");
  const bool has_scheme = colon != value.npos && std::all_of(value.begin(), value.begin() + colon, in_scheme);
  const std::string kind = has_scheme ? value.substr(0, colon) : "http";
  std::string rest = has_scheme ? value.substr(colon + 3) : value;
  const std::size_t host = rest.rfind('@') + 1;  // 0 where there is no user
  const bool readable =
      rest.substr(0, std::max<std::size_t>(host, 1) - 1).find_first_of("/?#@ \t\r\n") == rest.npos;
  rest.erase(0, host);
  const std::string address = kind + "://" + rest.substr(0, rest.find_first_of("/?# \t\r\n"));
  constexpr std::string_view kinds[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  const bool known = std::find(std::begin(kinds), std::end(kinds), lower(kind)) != std::end(kinds);
  return Proxy{variable, one_line(redacted(address)), known, readable};
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> http_date(const std::string& text) {
  const std::time_t time = curl_getdate(text.c_str(), nullptr);
  if (time == -1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(time);
}

// libcurl itself chooses the proxy in the same way, but only version 8.7 and later tells which proxy it has chosen.
std::optional<Proxy> proxy_for(const std::string& url) {
  const Address target(url);
  const std::string scheme =
      target.origin.substr(0, std::min(target.origin.find("://"), target.origin.size()));
  std::vector<std::string> variables = {scheme + "_proxy"};
  if (scheme != "http")
    variables.push_back(upper(scheme) + "_PROXY");  // HTTP_PROXY can be a request's header in CGI
  variables.insert(variables.end(), {"all_proxy", "ALL_PROXY"});
  for (const std::string& variable : variables) {
    const std::string value = environment(variable);
    if (value.empty()) continue;
    std::string excluded = environment("no_proxy");
    if (excluded.empty()) excluded = environment("NO_PROXY");
    if (goes_directly(lower(target.host), excluded)) return std::nullopt;
    return proxy_in(variable, value);
  }
  return std::nullopt;
}

Error proxy_wants_password(const std::string& url) {
  const auto proxy = proxy_for(url);
  const std::string variable = proxy ? proxy->variable : "https_proxy";
  return Error{
      ErrorCode::Offline,
      "the proxy" + (proxy ? " " + proxy->address : "") +
          " asks for a user and a password, or refuses those it got (HTTP 407)",
      {.hint = "Put the proxy's user and password into " + variable + ": http://user:password@host:port."}};
}

std::unique_ptr<Http> curl_http(asio::io_context& io) {
  return std::make_unique<CurlHttp>(io);
}

}  // namespace aside
