#include "protocol/framing.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/test.h"

using aside::ErrorCode;
using aside::frame;
using aside::FrameDecoder;

namespace {

// Returns the results of a decoder that gets the bytes in steps of this size: bodies unchanged,
// errors as "! message", and the error that ends the stream as "!! message".
std::vector<std::string> decoded(const std::string& bytes, std::size_t step) {
  FrameDecoder decoder;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    decoder.feed(std::string_view(bytes).substr(at, step));
    for (;;) {
      auto next = decoder.next();
      if (decoder.broken()) {
        events.push_back("!! " + next.error().message);
        return events;
      }
      if (!next) {
        events.push_back("! " + next.error().message);
      } else if (*next) {
        events.push_back(**next);
      } else {
        break;
      }
    }
  }
  return events;
}

}  // namespace

TEST_CASE("the messages in a stream of bytes don't depend on how the stream is cut") {
  struct Row {
    std::string bytes;
    std::vector<std::string> events;
  };
  const std::string unreadable = "!! the header of a message can't be read: ";
  const std::vector<Row> rows = {
      {"", {}},
      {"Content-Length: 2\r\n\r\n{}", {"{}"}},
      {frame("one") + frame("") + frame("three"), {"one", "", "three"}},
      {frame("\r\n\r\n") + frame("Content-Length: 1\r\n\r\n"), {"\r\n\r\n", "Content-Length: 1\r\n\r\n"}},
      {frame(std::string("\0\xff\xc3", 3)), {std::string("\0\xff\xc3", 3)}},
      {"Content-Length: 5\r\n\r\nhal", {}},

      {"content-LENGTH:2\r\n\r\n{}", {"{}"}},
      {"Content-Length: \t 2 \t\r\n\r\n{}", {"{}"}},
      {"Content-Length: 002\r\n\r\n{}", {"{}"}},
      {"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", {"{}"}},
      {"Content-Length: 2\nX-Other:\n\n{}", {"{}"}},
      {"Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}", {"{}"}},

      {"Content-Length: 67108865\r\n\r\n",
       {"! a message of 67108865 bytes was skipped: the limit is 67108864 bytes"}},
      {"Content-Length: 67108864\r\n\r\n", {}},

      {"{\"jsonrpc\":\"2.0\"}\n" + frame("{}"),
       {unreadable + R"("{\"jsonrpc\":\"2.0\"}" is no header line)"}},
      {"GET / HTTP/1.1\r\n\r\n", {unreadable + R"("GET / HTTP/1.1" is no header line)"}},
      {std::string("\x1b[2J\0\xff\\\n", 8), {unreadable + R"("\x1b[2J\x00\xff\\" is no header line)"}},
      {"\r\n", {unreadable + R"("\r\n" gives no Content-Length)"}},
      {"Content-Type: a\r\n\r\n", {unreadable + R"("Content-Type: a\r\n\r\n" gives no Content-Length)"}},
      {"Content-Length: two\r\n", {unreadable + R"("Content-Length: two" gives no length)"}},
      {"Content-Length:\r\n", {unreadable + R"("Content-Length:" gives no length)"}},
      {"Content-Length: -1\r\n", {unreadable + R"("Content-Length: -1" gives no length)"}},
      {"Content-Length: +1\r\n", {unreadable + R"("Content-Length: +1" gives no length)"}},
      {"Content-Length: 1 2\r\n", {unreadable + R"("Content-Length: 1 2" gives no length)"}},
      {"Content-Length: 0x2\r\n", {unreadable + R"("Content-Length: 0x2" gives no length)"}},
      {"Content-Length: 18446744073709551616\r\n",
       {unreadable + R"("Content-Length: 18446744073709551616" gives no length)"}},
      {"Content-Length: 1\r\nContent-Length: 2\r\n",
       {unreadable + R"("Content-Length: 1\r\nContent-Length: 2\r\n" gives two lengths)"}},
      {std::string(200, 'x') + "\n", {unreadable + "\"" + std::string(80, 'x') + "\"… is no header line"}},
      {std::string(9000, 'x'),
       {unreadable + "it is longer than 8192 bytes: \"" + std::string(80, 'x') + "\"…"}},
      {frame("fine") + "nonsense\r\n" + frame("too late"),
       {"fine", unreadable + R"("nonsense" is no header line)"}},
  };
  for (const Row& row : rows) {
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, row.bytes.size() + 1}) {
      INFO("in steps of " << step);
      CHECK(decoded(row.bytes, step) == row.events);
    }
  }
}

TEST_CASE("a header may be as long as the limit, but not longer") {
  const std::string tail = "\r\nContent-Length: 2\r\n\r\n";
  const auto padding = FrameDecoder::max_header_bytes - tail.size() - 3;
  const auto step = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{100000});
  CHECK(decoded("X: " + std::string(padding, 'x') + tail + "{}", step) == std::vector<std::string>{"{}"});
  const auto longer = decoded("X: " + std::string(padding + 1, 'x') + tail + "{}", step);
  REQUIRE(longer.size() == 1);
  CHECK(longer[0].find("is longer than 8192 bytes") != std::string::npos);
}

TEST_CASE("a body that is too large is reported once and skipped as it comes, and the next body is decoded") {
  const std::size_t size = FrameDecoder::max_body_bytes + 1;
  const std::string piece(1024 * 1024 - 7, ' ');
  FrameDecoder decoder;
  decoder.feed("Content-Length: " + std::to_string(size) + "\r\n\r\n");
  const auto reported = decoder.next();
  REQUIRE(!reported);
  CHECK(reported.error().code == ErrorCode::InvalidRequest);
  CHECK(!decoder.broken());
  for (std::size_t left = size; left > 0;) {
    const auto now = std::min(left, piece.size());
    decoder.feed(std::string_view(piece).substr(0, now));
    left -= now;
    const auto nothing = decoder.next();
    REQUIRE(nothing);
    REQUIRE(!nothing->has_value());
  }
  decoder.feed(frame("next"));
  const auto next = decoder.next();
  REQUIRE(next);
  CHECK(next->value() == "next");
}

TEST_CASE("a broken decoder takes nothing more and repeats its error") {
  FrameDecoder decoder;
  decoder.feed("nonsense\n");
  const auto first = decoder.next();
  REQUIRE(!first);
  CHECK(first.error().code == ErrorCode::ParseError);
  decoder.feed(frame("{}"));
  const auto second = decoder.next();
  REQUIRE(!second);
  CHECK(second.error().message == first.error().message);
  CHECK(decoder.broken());
}

TEST_CASE("bytes are decoded in time proportional to their size, even if one read brings many messages") {
  // If the decoder moved the remaining bytes after each message, it would copy 2.5 TB here.
  const std::size_t count = 500'000;
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += frame("");
  FrameDecoder decoder;
  decoder.feed(bytes);
  std::size_t found = 0;
  for (auto next = decoder.next(); next && *next; next = decoder.next()) ++found;
  CHECK(found == count);
}
