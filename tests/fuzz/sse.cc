// Fuzzes the decoder of server-sent events with any bytes, cut at any places. The decoder must give the same
// result as for the bytes in one piece.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/api/sse.h"

namespace {

// Appends the events to a text. Different lists of events give different texts.
void drain(aside::SseDecoder& decoder, std::string& said) {
  while (auto event = decoder.next()) {
    said += std::to_string(event->name.size()) + ' ' + event->name;
    said += std::to_string(event->data.size()) + ' ' + event->data;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  aside::SseDecoder whole, cut;
  std::string said_whole, said_cut;

  whole.feed(bytes);
  drain(whole, said_whole);
  for (std::size_t at = 0; at < size;) {
    const std::size_t step = 1 + data[(at * 7 + 3) % size] % 13;  // the data decides where it is cut
    cut.feed(bytes.substr(at, step));
    drain(cut, said_cut);
    at += step;
  }
  if (said_whole != said_cut) std::abort();
  return 0;
}
