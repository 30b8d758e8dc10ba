#include "tests/standin/play.h"

#include <functional>
#include <optional>
#include <utility>

namespace aside::test {

using asio::awaitable;

namespace {

constexpr std::chrono::milliseconds ping_pace{200};
// If there is no pace, small events are sent together in writes of this size.
constexpr std::size_t write_bytes = 16 * 1024;

// Splits bytes of the stream into HTTP chunks.
std::string chunked(std::string_view bytes, const Script& script) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= bytes.size(); ++end) {
    bool inside_character = script.split_utf8 && end < bytes.size() && (bytes[end] & 0xC0) == 0x80;
    bool full = script.chunk > 0 && end - begin >= script.chunk;
    if (end < bytes.size() && !inside_character && !full) continue;
    out += http_chunk(bytes.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

// Plays the script's fault. Returns what happens to the connection; nullopt if the stream continues.
awaitable<std::optional<Then>> go_wrong(Connection& connection, const Script& script) {
  const std::string type = script.error_type.empty() ? "overloaded_error" : script.error_type;
  const std::string message = script.message.empty() ? "Overloaded" : script.message;
  const Json error = {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}};
  const std::string half =
      "event: content_block_delta\ndata: "
      "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Gr\xC3";
  std::string bytes;
  std::optional<Then> end = Then::Close;
  switch (script.fault) {
    case Fault::Pings:
      for (bool here = true; here;) {
        std::string ping = http_chunk("event: ping\ndata: {\"type\":\"ping\"}\n\n");
        here = co_await connection.send(std::move(ping));
        if (here) here = co_await connection.pause(ping_pace);
      }
      co_return Then::Gone;
    case Fault::Silence:
      co_await connection.wait_for_end();
      co_return Then::Gone;
    case Fault::Fin:
      break;
    case Fault::Rst:
      end = Then::Reset;
      break;
    case Fault::Cut:
      bytes = chunked(half, script);
      break;
    case Fault::BadChunk:
      bytes = "this is no chunk\r\n";
      break;
    case Fault::Truncate:
      bytes = http_chunk("");
      end = Then::Keep;
      break;
    case Fault::Error:
      bytes = chunked("event: error\ndata: " + error.dump() + "\n\n", script) + http_chunk("");
      end = Then::Keep;
      break;
    case Fault::Garbage:
      bytes = chunked("\x01\xFF\xFE garbage: \xC0\x80\n\x7F\n\n", script);
      end.reset();
      break;
    case Fault::NotJson:
      bytes =
          chunked("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\n\n", script);
      end.reset();
      break;
    case Fault::None:
    case Fault::NoEnd:
      end.reset();
      break;
  }
  bool here = co_await connection.send(std::move(bytes));
  if (!here) co_return Then::Gone;
  co_return end;
}

}  // namespace

awaitable<bool> hold(Connection& connection, std::string gate, const Gates& open) {
  std::function<bool()> released = [&open, gate] { return open.count(gate) != 0; };
  co_return co_await connection.wait_until(std::move(released));
}

awaitable<Then> play(Connection& connection, std::vector<Frame> frames, Script script,
                     std::chrono::milliseconds pace, std::string id, const Gates& open) {
  HeaderLines headers = {{"content-type", "text/event-stream; charset=utf-8"},
                         {"cache-control", "no-cache"},
                         {"connection", "keep-alive"},
                         {"request-id", std::move(id)},
                         {"transfer-encoding", "chunked"}};
  headers.insert(headers.end(), script.headers.begin(), script.headers.end());
  std::string out = http_head(200, headers);
  bool to_hold = !script.gate.empty() && script.gate_after >= 0;
  bool to_fail = script.fault != Fault::None && script.fault != Fault::NoEnd;
  bool here = true;
  int deltas = 0;
  for (const Frame& frame : frames) {
    const bool first = frame.place == Frame::Place::Start, last = frame.place == Frame::Place::End;
    const bool hold_now = to_hold && !first && (last || deltas >= script.gate_after);
    const bool too_late = script.fault == Fault::Pings ? &frame == &frames.back() : last;
    const bool fail_now = to_fail && !first && (too_late || deltas >= script.after);
    if (hold_now || fail_now) here = co_await connection.send(std::exchange(out, ""));
    if (here && hold_now) here = co_await hold(connection, script.gate, open);
    if (!here) co_return Then::Gone;
    if (hold_now) to_hold = false;
    if (fail_now) {
      to_fail = false;
      std::optional<Then> end = co_await go_wrong(connection, script);
      if (end) co_return *end;
    }
    out += chunked(frame.bytes, script);
    const bool shown = frame.place == Frame::Place::Delta;
    if (shown) ++deltas;
    const bool paced = shown && pace.count() > 0;
    if (paced || out.size() >= write_bytes) here = co_await connection.send(std::exchange(out, ""));
    if (here && paced) here = co_await connection.pause(pace);
    if (!here) co_return Then::Gone;
  }
  if (script.fault != Fault::NoEnd) out += http_chunk("");
  here = co_await connection.send(std::move(out));
  if (script.fault != Fault::NoEnd) co_return here ? Then::Keep : Then::Gone;
  co_await connection.wait_for_end();
  co_return Then::Gone;
}

}  // namespace aside::test
