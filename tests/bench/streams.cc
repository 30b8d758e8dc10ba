#include "tests/bench/streams.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "tests/standin/connection.h"

namespace aside::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t delta_bytes = 32;
constexpr std::size_t unpaced_bytes = 16 * 1024;  // the size of each write if there is no pace
constexpr const char* marker = "@%03d.%05d.%019lld. ";

std::optional<Wish> wish_in(const std::string& request) {
  Wish wish;
  // `rfind`, since a conversation has the labels of earlier streams, too.
  const std::size_t found = request.rfind("stream-");
  if (found == std::string::npos) return std::nullopt;
  const int read =
      std::sscanf(request.c_str() + found, "stream-%d-%d-%d", &wish.label, &wish.deltas, &wish.per_second);
  return read == 3 ? std::optional(wish) : std::nullopt;
}

std::string chunk(const std::string& name, const std::string& more) {
  return test::http_chunk("event: " + name + "\ndata: {\"type\":\"" + name + "\"" + more + "}\n\n");
}

std::string beginning() {
  return test::http_head(200, {{"content-type", "text/event-stream"}, {"transfer-encoding", "chunked"}}) +
         chunk("message_start",
               R"(,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5-5",)"
               R"("content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}})") +
         chunk("content_block_start", R"(,"index":0,"content_block":{"type":"text","text":""})");
}

std::string ending() {
  return chunk("content_block_stop", R"(,"index":0)") +
         chunk("message_delta", R"(,"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1})") +
         chunk("message_stop", "") + test::http_chunk("");
}

}  // namespace

Nanoseconds now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

std::string word(const Wish& wish) {
  return "stream-" + std::to_string(wish.label) + "-" + std::to_string(wish.deltas) + "-" +
         std::to_string(wish.per_second);
}

std::vector<Delta> deltas_in(const std::vector<Came>& came) {
  std::string bytes;
  for (const Came& piece : came) bytes += piece.bytes;
  std::vector<Delta> deltas;
  std::size_t piece = 0, piece_end = 0;
  for (std::size_t at = bytes.find('@'); at != std::string::npos; at = bytes.find('@', at + 1)) {
    Delta delta;
    long long sent = 0;
    if (at + delta_bytes > bytes.size()) break;
    delta.text = bytes.substr(at, delta_bytes);
    if (std::sscanf(delta.text.c_str(), marker, &delta.label, &delta.index, &sent) != 3) continue;
    while (piece_end < at + delta_bytes) piece_end += came[piece++].bytes.size();
    delta.sent = sent;
    delta.came = came[piece - 1].at;
    deltas.push_back(std::move(delta));
  }
  return deltas;
}

StreamServer::StreamServer()
    : server_(io_, [this](SocketServer::Peer& peer) { return serve(peer); }),
      thread_([this] { io_.run(); }) {}

StreamServer::~StreamServer() {
  io_.stop();
  thread_.join();
}

Nanoseconds StreamServer::arrived(int label) const {
  std::lock_guard lock(mutex_);
  return streams_.at(label).arrived;
}

std::string StreamServer::text(int label) const {
  std::lock_guard lock(mutex_);
  return streams_.at(label).text;
}

std::vector<double> StreamServer::late() const {
  std::lock_guard lock(mutex_);
  return late_;
}

asio::awaitable<void> StreamServer::serve(SocketServer::Peer& peer) {
  while (true) {
    const std::string request = co_await peer.request();
    const Nanoseconds arrived = now();
    const std::optional<Wish> wish = wish_in(request);
    if (wish) {
      co_await stream(peer, *wish, arrived);
    } else {  // any other request comes from a client that opens the connection in advance
      std::string nothing = test::http_head(405, {{"content-length", "0"}});
      co_await peer.send(std::move(nothing));
    }
  }
}

// Sends the stream at its pace. A late delta doesn't delay the deltas after it.
asio::awaitable<void> StreamServer::stream(SocketServer::Peer& peer, Wish wish, Nanoseconds arrived) {
  Stream stream{arrived, {}};
  std::vector<double> late;
  std::string out = beginning();
  const bool paced = wish.per_second > 0;
  if (paced) co_await peer.send(std::exchange(out, ""));
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto begin = Clock::now();
  for (int i = 0; i < wish.deltas; ++i) {
    if (paced) {
      timer.expires_at(begin + (i + 1) * std::chrono::nanoseconds(std::chrono::seconds(1)) / wish.per_second);
      co_await timer.async_wait(asio::use_awaitable);
      late.push_back(std::chrono::duration<double, std::micro>(Clock::now() - timer.expiry()).count());
    }
    char text[delta_bytes + 1];
    std::snprintf(text, sizeof text, marker, wish.label, i, static_cast<long long>(now()));
    stream.text += text;
    out += chunk("content_block_delta",
                 std::string(R"(,"index":0,"delta":{"type":"text_delta","text":")") + text + "\"}");
    if (paced || out.size() >= unpaced_bytes) co_await peer.send(std::exchange(out, ""));
  }
  {
    std::lock_guard lock(mutex_);
    streams_[wish.label] = std::move(stream);
    late_.insert(late_.end(), late.begin(), late.end());
  }
  out += ending();
  co_await peer.send(std::move(out));
}

}  // namespace aside::bench
