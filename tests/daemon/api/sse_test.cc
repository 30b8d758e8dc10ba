#include "daemon/api/sse.h"

#include <utility>
#include <vector>

#include "tests/support/test.h"

namespace aside {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events decode(std::string_view bytes, std::size_t step) {
  SseDecoder decoder;
  Events events;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    decoder.feed(bytes.substr(at, step));
    while (auto event = decoder.next()) events.emplace_back(event->name, event->data);
  }
  CHECK_FALSE(decoder.overflowed());
  return events;
}

struct Case {
  const char* promise;
  std::string bytes;
  Events events;
};

const std::vector<Case> cases = {
    {"nothing", "", {}},
    {"an event of the API",
     "event: ping\ndata: {\"type\": \"ping\"}\n\n",
     {{"ping", "{\"type\": \"ping\"}"}}},
    {"two events", "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", {{"a", "1"}, {"b", "2"}}},
    {"lines end with CR", "event: a\rdata: 1\r\rdata: 2\r\r", {{"a", "1"}, {"", "2"}}},
    {"lines end with CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", {{"a", "1"}, {"", "2"}}},
    {"ends of all kinds",
     "event: a\rdata: 1\r\n\ndata: 2\n\r\ndata: 3\r\r\n",
     {{"a", "1"}, {"", "2"}, {"", "3"}}},
    {"a byte order mark first",
     "\xEF\xBB\xBF"
     "data: 1\n\n",
     {{"", "1"}}},
    {"a byte order mark later is text",
     "data: 1\n\n\xEF\xBB\xBF"
     "data: 2\n\n",
     {{"", "1"}}},
    {"comments", ": hello\n\n:\ndata: 1\n: in between\n\n", {{"", "1"}}},
    {"other fields", "id: 7\nretry: 10\nDATA: x\ndata : y\ndata: 1\n\n", {{"", "1"}}},
    {"several lines of data", "data: a\ndata:\ndata\ndata: b\n\n", {{"", "a\n\n\nb"}}},
    {"empty data is data", "event: a\ndata:\n\ndata\n\n", {{"a", ""}, {"", ""}}},
    {"no data, no event", "event: a\n\ndata: 1\n\n\n\n", {{"", "1"}}},
    {"the last name counts", "event: a\nevent: b\ndata: 1\n\n", {{"b", "1"}}},
    {"just one blank is cut off",
     "data:1\n\ndata:  1 \n\ndata:\t1\n\n",
     {{"", "1"}, {"", " 1 "}, {"", "\t1"}}},
    {"colons in the value", "data: a:b: c\n\n", {{"", "a:b: c"}}},
    {"zero bytes", std::string("data: a\0b\n\n", 11), {{"", std::string("a\0b", 3)}}},
    {"UTF-8 passes", "data: \xE2\x82\xAC\xF0\x9F\x99\x82\n\n", {{"", "\xE2\x82\xAC\xF0\x9F\x99\x82"}}},
    {"what isn't finished is not told", "data: 1\n\ndata: 2\n", {{"", "1"}}},
    {"no events at all", "<html>\n<body>504</body>\n\n</html>\n", {}},
};

TEST_CASE("the events are the same wherever the bytes are cut") {
  for (const Case& c : cases) {
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, c.bytes.size() + 1}) {
      INFO(c.promise << ", in steps of " << step);
      CHECK(decode(c.bytes, step) == c.events);
    }
  }
}

TEST_CASE("an event without an end causes an overflow, and earlier events are still returned") {
  const std::string part(1024 * 1024, 'x');
  const auto line = GENERATE(as<std::string>{}, "data: ", "event: ", "data: x\ndata: ", ": ");
  SseDecoder decoder;
  decoder.feed("data: 1\n\n" + line);
  std::size_t fed = 0;
  while (!decoder.overflowed() && fed < 2 * SseDecoder::max_event_bytes) {
    decoder.feed(part);
    fed += part.size();
  }
  CHECK(decoder.overflowed());
  CHECK(fed <= SseDecoder::max_event_bytes + part.size());
  REQUIRE(decoder.next());
  decoder.feed("\n\ndata: 2\n\n");
  CHECK_FALSE(decoder.next());
  CHECK(decoder.overflowed());
}

TEST_CASE("many lines of data overflow as one long line does") {
  const std::string lines = "data: " + std::string(1000, 'x') + "\n";
  SseDecoder decoder;
  for (std::size_t fed = 0; fed <= SseDecoder::max_event_bytes + lines.size(); fed += 1000)
    decoder.feed(lines);
  CHECK(decoder.overflowed());
}

TEST_CASE("an event just below the limit is returned") {
  // While the line is unfinished, the 6 bytes of "data: " count for the limit, too.
  const std::string data(SseDecoder::max_event_bytes - 6, 'x');
  SseDecoder decoder;
  decoder.feed("data: " + data);
  decoder.feed("\n\n");
  const auto event = decoder.next();
  REQUIRE(event);
  CHECK(event->data.size() == data.size());
}

}  // namespace
}  // namespace aside
