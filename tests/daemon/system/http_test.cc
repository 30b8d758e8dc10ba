#include "daemon/system/http.h"
#include "daemon/system/proxy.h"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/run.h"
#include "tests/support/socket_server.h"
#include "tests/support/test.h"

using namespace std::chrono_literals;

// Imitates a slow name server. libcurl calls this function, since the program's symbols override those of the
// C library.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name && std::string(name) == "slow.test") {
    std::this_thread::sleep_for(3s);
    return EAI_NONAME;
  }
  return real(name, service, hints, found);
}

namespace aside {
namespace {

using Clock = std::chrono::steady_clock;
using Peer = SocketServer::Peer;

// The arguments with which the callbacks of a request were called.
struct Seen {
  int connected = 0;
  std::vector<HttpHead> heads;
  std::string body;

  HttpProgress progress() {
    HttpProgress progress;
    progress.connected = [this] { ++connected; };
    progress.head = [this](const HttpHead& head) { heads.push_back(head); };
    progress.body = [this](std::string_view bytes) { return body += bytes, true; };
    return progress;
  }
};

HttpRequest post(std::string url, std::string body = "{}") {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {"content-type: application/json", "x-api-key: sk-secret"};
  request.body = std::move(body);
  return request;
}

std::string response(const std::string& body, const std::string& status = "200 OK",
                     const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// Answers each request on each connection with the same bytes.
SocketServer::Script always(std::string bytes) {
  return [bytes](Peer& peer) -> asio::awaitable<void> {
    for (;;) {
      co_await peer.request();
      co_await peer.send(bytes);
    }
  };
}

struct World {
  asio::io_context io{1};
  std::unique_ptr<Http> http = curl_http(io);
  Seen seen;

  Result<HttpHead> send(HttpRequest request) {
    return run(io, http->send(std::move(request), seen.progress()));
  }
};

struct Wire {
  const char* promise;
  std::string bytes;
  int status;
  std::string body;
};

const std::vector<Wire> wires = {
    {"a length", response("hello"), 200, "hello"},
    {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 200,
     "hello"},
    {"chunks and a trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-late: 1\r\n\r\n", 200,
     "hello"},
    {"100 Continue first", "HTTP/1.1 100 Continue\r\nx-early: 1\r\n\r\n" + response("hello"), 200, "hello"},
    {"103 Early Hints first", "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n" + response("hello"), 200,
     "hello"},
    {"no reason phrase", "HTTP/1.1 529\r\nContent-Length: 0\r\n\r\n", 529, ""},
    {"a reason phrase with a colon", "HTTP/1.1 400 no: bad\r\nContent-Length: 0\r\n\r\n", 400, ""},
    {"an error page", response("<html>504</html>", "504 Gateway Timeout", "Content-Type: text/html\r\n"), 504,
     "<html>504</html>"},
    {"no redirect is followed", response("", "307 Temporary Redirect", "Location: /elsewhere\r\n"), 307, ""},
    {"no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
    {"gzip that nobody asked for",
     response(std::string("\037\213\010\000\000\000\000\000\002\003\313\110\315\311\311\007\000\206\246\020"
                          "\066\005\000\000\000",
                          25),
              "200 OK", "Content-Encoding: gzip\r\n"),
     200, "hello"},
    {"deflate that nobody asked for",
     response(std::string("\170\234\313\110\315\311\311\007\000\006\054\002\025", 13), "500 No",
              "Content-Encoding: deflate\r\n"),
     500, "hello"},
};

TEST_CASE("a response is the same however the server writes it") {
  for (const Wire& wire : wires) {
    for (const bool slowly : {false, true}) {
      INFO(wire.promise << (slowly ? ", byte by byte" : ""));
      World world;
      SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.request();
        if (slowly) co_await peer.send_slowly(wire.bytes);
        if (!slowly) co_await peer.send(wire.bytes);
        co_await peer.closed();
      });
      const auto head = world.send(post(server.url()));
      REQUIRE(head);
      CHECK(head->status == wire.status);
      CHECK(world.seen.body == wire.body);
      CHECK(world.seen.connected == 1);
      REQUIRE(world.seen.heads.size() == 1);
      CHECK(world.seen.heads[0].status == wire.status);
      CHECK(world.seen.heads[0].headers == head->headers);
      CHECK(head->headers.count("x-early") == 0);
      CHECK(head->headers.count("x-late") == 0);
      CHECK(server.log().requests.size() == 1);
    }
  }
}

TEST_CASE("a body that ends with the connection is complete where no length was promised") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
  });
  REQUIRE(world.send(post(server.url())));
  CHECK(world.seen.body == "hello");
}

TEST_CASE("an answer whose headers don't end is given up") {
  World world;
  std::string headers;
  while (headers.size() < 2 * Http::max_header_bytes) headers += "X-More: " + std::string(80, 'x') + "\r\n";
  SocketServer server(world.io, always(response("hello", "200 OK", headers)));
  const auto head = world.send(post(server.url()));
  REQUIRE_FALSE(head);
  CHECK(head.error().code == ErrorCode::Upstream);
  CHECK(head.error().message.find("the headers of the answer are longer than 256 KiB") != std::string::npos);
}

TEST_CASE("headers come with lower-case names and without the blanks around their values") {
  World world;
  SocketServer server(world.io,
                      always(response("slow down", "429 Too Many Requests",
                                      "Retry-After:  7 \r\nX-Should-Retry: true\r\nrequest-id: req_1\r\n"
                                      "Set-Cookie: a\r\nSet-Cookie: b\r\nX-Empty:\r\n")));
  const auto head = world.send(post(server.url()));
  REQUIRE(head);
  CHECK(head->status == 429);
  CHECK(head->headers.at("retry-after") == "7");
  CHECK(head->headers.at("x-should-retry") == "true");
  CHECK(head->headers.at("request-id") == "req_1");
  CHECK(head->headers.at("set-cookie") == "a, b");
  CHECK(head->headers.at("x-empty").empty());
}

TEST_CASE("the request is sent as given, with nothing that delays or packs the answer") {
  World world;
  SocketServer server(world.io, always(response("ok")));
  REQUIRE(world.send(post(server.url("/v1/messages"), "{\"a\": 1}")));
  REQUIRE(server.log().requests.size() == 1);
  std::string request = server.log().requests[0];
  CHECK(request.starts_with("POST /v1/messages HTTP/1.1\r\n"));
  CHECK(request.ends_with("\r\n\r\n{\"a\": 1}"));
  std::transform(request.begin(), request.end(), request.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  CHECK(request.find("\r\ncontent-type: application/json\r\n") != request.npos);
  CHECK(request.find("\r\nx-api-key: sk-secret\r\n") != request.npos);
  CHECK(request.find("accept-encoding") == request.npos);
  CHECK(request.find("expect") == request.npos);
}

TEST_CASE("GET and HEAD carry no body") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");  // a response to HEAD has no body
    const std::string get = co_await peer.request();
    co_await peer.send(response(get.substr(0, 3)));
  });
  HttpRequest request{HttpMethod::Head, server.url()};
  REQUIRE(world.send(request));
  CHECK(world.seen.body.empty());
  request.method = HttpMethod::Get;
  REQUIRE(world.send(request));
  CHECK(world.seen.body == "GET");
  CHECK(server.log().connections == 1);
}

TEST_CASE("a large body arrives whole") {
  World world;
  SocketServer server(world.io, always(response("ok")));
  std::string body(2 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  REQUIRE(world.send(post(server.url(), body)));
  REQUIRE(server.log().requests.size() == 1);
  CHECK(server.log().requests[0].ends_with(body));
  CHECK(server.log().requests[0].find("100-continue") == std::string::npos);
}

TEST_CASE("fifty streams run side by side") {
  constexpr int streams = 50, pieces = 20;
  World world;
  int waiting = 0;
  SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
    const std::string request = co_await peer.request();
    const std::string name = request.substr(request.find("\r\n\r\n") + 4);
    ++waiting;
    while (waiting < streams) co_await peer.pause(1ms);  // answers only when all requests have come
    co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < pieces; ++i) {
      co_await peer.send("3\r\n" + name + "\r\n");
      co_await peer.pause(1ms);
    }
    co_await peer.send("0\r\n\r\n");
  });
  std::vector<Seen> seen(streams);
  std::vector<std::unique_ptr<Running<Result<HttpHead>>>> running;
  for (int i = 0; i < streams; ++i) {
    auto task = world.http->send(post(server.url(), std::to_string(100 + i)), seen[i].progress());
    running.push_back(std::make_unique<Running<Result<HttpHead>>>(world.io, std::move(task)));
  }
  for (int i = 0; i < streams; ++i) {
    CHECK(running[i]->get());
    std::string expected;
    for (int piece = 0; piece < pieces; ++piece) expected += std::to_string(100 + i);
    CHECK(seen[i].body == expected);
  }
}

TEST_CASE("a HEAD warms up the connection that the next POST goes over") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 20\r\n\r\n");
    co_await peer.request();
    co_await peer.send(response("hello"));
  });
  REQUIRE(world.send({HttpMethod::Head, server.url()}));
  REQUIRE(world.send(post(server.url())));
  CHECK(world.seen.body == "hello");
  CHECK(world.seen.connected == 2);
  CHECK(server.log().connections == 1);
}

enum class Ending { Idle, Fin, Rst };

TEST_CASE("a kept connection that the server closed is repeated once on a new one") {
  const auto ending = GENERATE(Ending::Idle, Ending::Fin, Ending::Rst);
  World world;
  bool closed = false;
  SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(response("hello"));
    if (peer.number == 1 && ending != Ending::Idle) {
      co_await peer.request();
      if (ending == Ending::Rst) peer.reset();
    }
    closed = true;
  });
  REQUIRE(world.send(post(server.url())));
  if (ending == Ending::Idle) run_until(world.io, [&] { return closed; });
  Seen again;
  const auto head = run(world.io, world.http->send(post(server.url(), "the question"), again.progress()));
  REQUIRE(head);
  CHECK(again.body == "hello");
  CHECK(again.connected == 1);
  CHECK(again.heads.size() == 1);
  CHECK(server.log().connections == 2);
  CHECK(server.log().requests.back().ends_with("the question"));
}

struct Break {
  const char* promise;
  std::string bytes;
  bool reset;
  const char* message;
};

const std::vector<Break> breaks = {
    {"nothing came", "", false, "before an answer came"},
    {"nothing came, reset", "", true, "before an answer came"},
    {"half of the headers", "HTTP/1.1 200 OK\r\nContent-", false, "before an answer came"},
    {"only 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n", false, "before an answer came"},
    {"half of the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", false,
     "before the answer was complete"},
    {"half of the body, reset", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true,
     "before the answer was complete"},
    {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhello", false,
     "before the answer was complete"},
    {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false,
     "before the answer was complete"},
    {"no HTTP at all", "220 mail.test ESMTP\r\n", false, "before an answer came"},
};

TEST_CASE(
    "a broken connection is an upstream error that can be retried, and the received bytes were delivered") {
  for (const Break& c : breaks) {
    INFO(c.promise);
    World world;
    SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send(c.bytes);
      // Waits until the client has read the bytes: a reset would discard them.
      while (c.reset && c.bytes.ends_with("hello") && world.seen.body.empty()) co_await peer.pause(1ms);
      if (c.reset) peer.reset();
    });
    const auto head = world.send(post(server.url()));
    REQUIRE_FALSE(head);
    CHECK(head.error().code == ErrorCode::Upstream);
    CHECK(head.error().data.retryable);
    CHECK_FALSE(head.error().data.hint.empty());
    INFO(head.error().message);
    CHECK(head.error().message.starts_with("sending the request to http://127.0.0.1:"));
    CHECK(head.error().message.find(c.message) != std::string::npos);
    CHECK(world.seen.body == (c.bytes.ends_with("hello") || c.bytes.ends_with("hello\r\n") ? "hello" : ""));
    CHECK(server.log().requests.size() == 1);
  }
}

TEST_CASE("a server that can't be reached is offline, and the error says what to do") {
  World world;
  asio::ip::tcp::acceptor closed(world.io, {asio::ip::address_v4::loopback(), 0});
  const std::string refusing = "127.0.0.1:" + std::to_string(closed.local_endpoint().port());
  closed.close();
  struct Case {
    std::string url, message, hint;
    bool retryable;
  };
  const std::vector<Case> cases = {
      {"http://" + refusing + "/v1",
       "sending the request to http://" + refusing + ": the connection was refused", "Is the server running?",
       true},
      {"http://user:hidden@" + refusing + "/?hidden=1",
       "sending the request to http://" + refusing + ": the connection was refused", "baseUrl", true},
      {"http://no-such-host.invalid/v1",
       "sending the request to http://no-such-host.invalid: could not resolve the host name "
       "\"no-such-host.invalid\"",
       "network", true},
      {"ftp://127.0.0.1/", "sending the request to ftp://127.0.0.1: the address is not a valid", "baseUrl",
       false},
      {"http://hidden:70000", "sending the request to the server: the address is not a valid", "baseUrl",
       false},
  };
  const Case& c = cases[GENERATE(range(std::size_t{0}, std::size_t{5}))];
  const auto head = world.send(post(c.url));
  REQUIRE_FALSE(head);
  CHECK(head.error().code == ErrorCode::Offline);
  CHECK(head.error().message.starts_with(c.message));
  CHECK(head.error().data.hint.find(c.hint) != std::string::npos);
  CHECK(head.error().data.retryable == c.retryable);
  CHECK((head.error().message + head.error().data.hint).find("hidden") == std::string::npos);
  CHECK((head.error().message + head.error().data.hint).find("secret") == std::string::npos);
  CHECK(world.seen.connected == 0);
}

// Sets environment variables of proxies for one test, and unsets all others.
struct Variables {
  Variables(std::initializer_list<std::pair<std::string, std::string>> set) {
    clear();
    for (const auto& [name, value] : set) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() { clear(); }
  static void clear() {
    for (const char* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
  }
};

TEST_CASE("a proxy that is dead is named, without its password, and isn't taken for the server") {
  World world;
  asio::ip::tcp::acceptor closed(world.io, {asio::ip::address_v4::loopback(), 0});
  const std::string proxy = "127.0.0.1:" + std::to_string(closed.local_endpoint().port());
  closed.close();
  const Variables variables{{"http_proxy", "http://ann:hidden-password@" + proxy}};
  const auto head = world.send(post("http://api.test/v1"));
  REQUIRE_FALSE(head);
  CHECK(head.error().message ==
        "sending the request to http://api.test: the proxy http://" + proxy + " refused the connection");
  CHECK(head.error().data.hint == "Check http_proxy, which names the proxy.");
}

TEST_CASE(
    "a proxy of an unknown kind is an error that names its variable and no password, and isn't repeated") {
  World world;
  const Variables variables{{"https_proxy", "foo://u:PASS@h"}};
  const auto head = world.send(post("https://api.test/v1"));
  REQUIRE_FALSE(head);
  CHECK(head.error().message ==
        "sending the request to https://api.test: the proxy foo://h is of a kind that can't be used");
  CHECK(head.error().data.hint.find("https_proxy") != std::string::npos);
  CHECK_FALSE(head.error().data.retryable);
}

TEST_CASE("a proxy's password with a character that must be escaped is neither shown nor taken for a host") {
  World world;
  const std::string c = GENERATE("/", "?", "#", " ", "@");
  const std::string address = "u:1" + c + "SECRETKEY@127.0.0.1:1";
  const Variables variables{{"https_proxy", GENERATE("", "http://") + address}};
  INFO(address);
  const auto head = world.send(post("https://api.test/v1"));
  REQUIRE_FALSE(head);
  CHECK(
      head.error().message ==
      "sending the request to https://api.test: the user or the password of the proxy http://127.0.0.1:1 can't be read");
  CHECK(head.error().data.hint.find("https_proxy") != std::string::npos);
  CHECK_FALSE(head.error().data.retryable);
}

TEST_CASE("a proxy that wants a password, or won't connect, says so itself") {
  struct Case {
    const char* status;
    const char* message;
    bool retryable;
  };
  const auto c = GENERATE(values<Case>({
      {"407 Proxy Authentication Required",
       "asks for a user and a password, or refuses those it got (HTTP 407)", false},
      {"403 Forbidden", "would not connect to it (HTTP 403)", false},
      {"502 Bad Gateway", "would not connect to it (HTTP 502)", true},
  }));
  World world;
  SocketServer proxy(world.io, always(response("", c.status)));
  const Variables variables{{"https_proxy", proxy.url()}};
  const auto head = world.send(post("https://api.test/v1"));
  REQUIRE_FALSE(head);
  INFO(head.error().message);
  CHECK(head.error().code == ErrorCode::Offline);
  CHECK(head.error().message.find("the proxy " + proxy.url("")) != std::string::npos);
  CHECK(head.error().message.ends_with(c.message));
  CHECK(head.error().data.hint.find("https_proxy") != std::string::npos);
  CHECK(head.error().data.retryable == c.retryable);
}

TEST_CASE("the proxy that is reported for an address is the proxy that libcurl uses") {
  const auto through = [](const std::string& url) {
    const auto proxy = proxy_for(url);
    return proxy ? proxy->variable + " " + proxy->address : "";
  };
  const Variables variables{{"https_proxy", "u:p@proxy:3128"},
                            {"all_proxy", "SOCKS5H://proxy:1080"},
                            {"no_proxy", ".corp, 127.0.0.1,10.0.0.0/8 [::1] other."}};
  CHECK(through("https://api.test/v1") == "https_proxy http://proxy:3128");
  CHECK(through("http://api.test/v1") == "all_proxy SOCKS5H://proxy:1080");
  CHECK(proxy_for("http://api.test")->known);
  for (const char* url : {"https://gw.corp", "https://corp", "https://GW.Corp:8443/x", "http://127.0.0.1:80",
                          "http://10.1.2.3", "http://[::1]:80", "http://x.other"}) {
    CAPTURE(url);
    CHECK(through(url).empty());
  }
  for (const char* url : {"https://mycorp", "http://127.0.0.2", "http://11.1.2.3"})
    CHECK_FALSE(through(url).empty());
}

TEST_CASE("TLS is verified, and a failure names caFile") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    co_await peer.closed();
  });
  HttpRequest request = post("https://127.0.0.1:" + std::to_string(server.port()));
  SECTION("a server without TLS") {
    const auto head = world.send(request);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == ErrorCode::Offline);
    CHECK(head.error().message.find("TLS") != std::string::npos);
  }
  SECTION("a caFile that isn't there") {
    request.ca_file = "/nonexistent/ca.pem";
    const auto head = world.send(request);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == ErrorCode::Offline);
    CHECK_FALSE(head.error().data.retryable);
    CHECK(head.error().data.hint.find("caFile") != std::string::npos);
  }
}

// A listening socket whose queue is full, so that the kernel drops all further connections.
struct Unresponsive {
  explicit Unresponsive(asio::io_context& io) : acceptor(io, asio::ip::tcp::v4()), first(io), second(io) {
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);
    for (auto* client : {&first, &second})
      client->async_connect(acceptor.local_endpoint(), [](std::error_code) {});
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }
  asio::ip::tcp::acceptor acceptor;
  asio::ip::tcp::socket first, second;
};

TEST_CASE("connecting is given up after the connect time-out, in whatever stage it hangs") {
  World world;
  Unresponsive unresponsive(world.io);
  SocketServer silent(world.io, [](Peer& peer) -> asio::awaitable<void> { co_await peer.closed(); });
  const std::vector<std::string> cases = {
      unresponsive.url(),
      "http://slow.test",
      "https://127.0.0.1:" + std::to_string(silent.port()),
  };
  const std::string& url = cases[GENERATE(range(std::size_t{0}, std::size_t{3}))];
  HttpRequest request = post(url);
  request.connect_timeout = 200ms;
  const auto start = Clock::now();
  const auto head = world.send(request);
  CAPTURE(url, std::chrono::duration<double>(Clock::now() - start).count());
  REQUIRE_FALSE(head);
  CHECK(head.error().code == ErrorCode::Offline);
  CHECK(head.error().message == "sending the request to " + url + ": no connection within 0.2 s");
  CHECK(head.error().data.retryable);
  CHECK(Clock::now() - start < 2s);
  CHECK(world.seen.connected == 0);
}

TEST_CASE("a silent request is given up, before the headers and in the middle of the body") {
  const auto bytes = GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  World world;
  SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(bytes);
    co_await peer.closed();
  });
  HttpRequest request = post(server.url());
  request.silence_timeout = 150ms;
  const auto head = world.send(request);
  REQUIRE_FALSE(head);
  CHECK(head.error().code == ErrorCode::Upstream);
  CHECK(head.error().data.retryable);
  CHECK(head.error().message.ends_with(": nothing was heard for 0.15 s"));
  CHECK(world.seen.heads.size() == (bytes.empty() ? 0 : 1));
  run_until(world.io, [&] { return server.log().closed.size() == 1; });
}

TEST_CASE("a stream may take longer than the silence time-out as long as it moves") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
    for (int i = 0; i < 12; ++i) {
      co_await peer.pause(100ms);
      co_await peer.send("x");
    }
  });
  HttpRequest request = post(server.url());
  request.silence_timeout = 1000ms;
  const auto start = Clock::now();
  REQUIRE(world.send(request));
  CHECK(Clock::now() - start > request.silence_timeout);
  CHECK(world.seen.body.size() == 12);
}

TEST_CASE("a slow upload doesn't count as silence") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.read_slowly(24 * 1024 * 1024, 1024 * 1024, 50ms);
    co_await peer.send(response("ok"));
    co_await peer.closed();
  });
  HttpRequest request = post(server.url(), std::string(24 * 1024 * 1024, 'x'));
  request.silence_timeout = 600ms;
  const auto start = Clock::now();
  const auto head = world.send(request);
  INFO((head ? "" : head.error().message));
  REQUIRE(head);
  CHECK(Clock::now() - start > request.silence_timeout);
}

TEST_CASE("a request ends as a success soon after enough was received") {
  struct Case {
    const char* promise;
    std::string rest;
    bool stays_open;
  };
  const auto c = GENERATE(values<Case>({
      {"the stream ends properly", "5\r\nmore!\r\n0\r\n\r\n", true},
      {"the stream never ends", "", true},
      {"the connection breaks", "5\r\nmo", false},
  }));
  INFO(c.promise);
  World world;
  SocketServer server(world.io, [&](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    while (world.seen.body.empty()) co_await peer.pause(1ms);
    co_await peer.send(c.rest);
    if (!c.stays_open) co_return;
    co_await peer.request();  // the client's next request on the same connection
    co_await peer.send(response("again"));
  });
  HttpProgress progress = world.seen.progress();
  progress.body = [&](std::string_view bytes) { return world.seen.body += bytes, false; };
  const auto start = Clock::now();
  const auto head = run(world.io, world.http->send(post(server.url()), std::move(progress)));
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(world.seen.body == "hello");
  CHECK(Clock::now() - start < Http::trailing_time + 2s);
  if (c.rest.ends_with("0\r\n\r\n")) {
    REQUIRE(world.send(post(server.url())));
    CHECK(server.log().connections == 1);
  }
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

TEST_CASE("cancelling ends a request at once in whatever stage it is, and closes its connection") {
  World world;
  Unresponsive unresponsive(world.io);
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    const std::string request = co_await peer.request();
    if (request.starts_with("POST /headers")) co_await peer.send("HTTP/1.1 200 OK\r\nContent-");
    if (request.starts_with("POST /body"))
      co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    co_await peer.closed();
  });
  SocketServer silent(world.io, [](Peer& peer) -> asio::awaitable<void> { co_await peer.closed(); });
  struct Case {
    const char* stage;
    std::string url;
    std::function<bool()> reached;
  };
  const auto start = Clock::now();
  const auto a_while = [&] { return Clock::now() - start > 100ms; };
  const std::vector<Case> cases = {
      {"just begun", server.url(), [turns = 0]() mutable { return turns++ == 1; }},
      {"name look-up", "http://slow.test", a_while},
      {"connect", unresponsive.url(), a_while},
      {"TLS handshake", "https://127.0.0.1:" + std::to_string(silent.port()), a_while},
      {"before the headers", server.url("/silence"), [&] { return server.log().requests.size() == 1; }},
      {"inside the headers", server.url("/headers"), a_while},
      {"inside the body", server.url("/body"), [&] { return world.seen.body == "hello"; }},
  };
  const Case& c = cases[GENERATE(range(std::size_t{0}, std::size_t{7}))];
  Running<Result<HttpHead>> request(world.io, world.http->send(post(c.url), world.seen.progress()));
  run_until(world.io, c.reached);
  const Seen before = world.seen;
  const auto cancelled = Clock::now();
  request.cancel();
  const auto result = request.get();
  const double returned = milliseconds(Clock::now() - cancelled);

  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::RequestCancelled);
  CHECK(returned < 1000);
  CHECK(world.seen.body == before.body);
  double closed = 0;
  for (SocketServer* peer : {&server, &silent}) {
    if (peer->log().connections == 0) continue;
    run_until(world.io, [&] { return peer->log().closed.size() == 1; });
    closed = milliseconds(peer->log().closed[0] - cancelled);
    CHECK(closed < 1000);
  }
  INFO(c.stage << ": returned after " << returned << " ms, connection closed after " << closed << " ms");
  CHECK(true);
}

TEST_CASE("a cancel from inside any callback is safe and is the last thing that happens") {
  const auto where = GENERATE(as<std::string>{}, "connected", "head", "body");
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n");
    for (;;) co_await peer.send(std::string(1000, 'x'));
  });
  std::optional<Running<Result<HttpHead>>> request;
  bool returned = false;
  const auto called = [&](const char* name) {
    CHECK_FALSE(returned);
    if (where == name) request->cancel();
  };
  HttpProgress progress;
  progress.connected = [&] { called("connected"); };
  progress.head = [&](const HttpHead&) { called("head"); };
  progress.body = [&](std::string_view) { return called("body"), true; };
  request.emplace(world.io, world.http->send(post(server.url()), std::move(progress)));
  const auto result = request->get();
  returned = true;
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::RequestCancelled);
  bool later = false;
  asio::steady_timer timer(world.io, 50ms);
  timer.async_wait([&](std::error_code) { later = true; });
  run_until(world.io, [&] { return later; });
}

TEST_CASE("cancelling one request leaves the others alone") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    co_await peer.pause(100ms);
    co_await peer.send("world");
    co_await peer.closed();
  });
  Seen other;
  Running<Result<HttpHead>> first(world.io, world.http->send(post(server.url()), world.seen.progress()));
  Running<Result<HttpHead>> second(world.io, world.http->send(post(server.url()), other.progress()));
  run_until(world.io, [&] { return world.seen.body == "hello" && other.body == "hello"; });
  first.cancel();
  CHECK_FALSE(first.get());
  CHECK(second.get());
  CHECK(other.body == "helloworld");
}

TEST_CASE("a request may be begun from inside another's callback") {
  World world;
  SocketServer server(world.io, always(response("hello")));
  Seen second;
  std::optional<Running<Result<HttpHead>>> request;
  HttpProgress progress;
  progress.body = [&](std::string_view) {
    request.emplace(world.io, world.http->send(post(server.url()), second.progress()));
    return true;
  };
  REQUIRE(run(world.io, world.http->send(post(server.url()), std::move(progress))));
  REQUIRE(request->get());
  CHECK(second.body == "hello");
}

TEST_CASE("requests that run when the Http is destroyed end as cancelled") {
  World world;
  SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    co_await peer.closed();
  });
  Running<Result<HttpHead>> looking_up(world.io, world.http->send(post("http://slow.test"), {}));
  Running<Result<HttpHead>> streaming(world.io, world.http->send(post(server.url()), world.seen.progress()));
  run_until(world.io, [&] { return world.seen.body == "hello"; });
  Running<Result<HttpHead>> beginning(world.io, world.http->send(post(server.url()), {}));
  world.http.reset();
  for (auto* request : {&looking_up, &streaming, &beginning}) {
    const auto result = request->get();
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::RequestCancelled);
  }
}

TEST_CASE("the loop may be destroyed while requests run") {
  const auto start = Clock::now();
  {
    World world;
    SocketServer server(world.io, [](Peer& peer) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      co_await peer.closed();
    });
    const auto spawn = [&](std::string url, HttpProgress progress) {
      auto root = [](Http& http, HttpRequest request, HttpProgress progress) -> asio::awaitable<void> {
        (void)co_await http.send(std::move(request), std::move(progress));
      };
      asio::co_spawn(world.io, root(*world.http, post(std::move(url)), std::move(progress)),
                     [](std::exception_ptr) {});
    };
    spawn("http://slow.test", {});
    spawn(server.url(), world.seen.progress());
    run_until(world.io, [&] { return world.seen.body == "hello"; });
    spawn(server.url(), {});
  }
  CHECK(Clock::now() - start < 2s);  // the request ended without waiting for the look-up
}

TEST_CASE("an Http that was never used costs nothing and goes away") {
  World world;
}

}  // namespace
}  // namespace aside
