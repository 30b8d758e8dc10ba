// Fuzzes the decoder of frames with any bytes, cut at any places. The decoder must end, keep its limits, and
// give the same result whether it gets the bytes one by one or all at once.
#include "protocol/framing.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

void drain(aside::FrameDecoder& decoder, std::vector<std::string>& events) {
  for (;;) {
    auto next = decoder.next();
    if (next && !*next) return;
    events.push_back(next ? "body " + **next : "error " + next.error().message);
    if (decoder.broken()) return;
  }
}

std::vector<std::string> decoded(std::string_view bytes, std::size_t step) {
  aside::FrameDecoder decoder;
  std::vector<std::string> events;
  for (; !bytes.empty() && !decoder.broken(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    decoder.feed(bytes.substr(0, step));
    drain(decoder, events);
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = decoded(bytes, size + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    if (decoded(bytes, step) != whole) std::abort();
  }
  return 0;
}
