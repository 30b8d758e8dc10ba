// Server-sent events: bytes in, events out (WHATWG HTML §9.2.6, as far as the Messages API uses it). The caller owns the
// reading; the decoder owns the format. Lines end with LF, CR or CRLF, wherever the bytes were cut; comments, a BOM and
// fields other than `event` and `data` are ignored; an event without data is dropped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

struct SseEvent {
  std::string name;  // empty where the server sent none
  std::string data;
};

class SseDecoder {
 public:
  // The most bytes that one unfinished event may hold; beyond it the decoder is `overflowed` for good.
  static constexpr std::size_t max_event_bytes = 32 * 1024 * 1024;

  void feed(std::string_view bytes);
  std::optional<SseEvent> next();  // nullopt: feed me more
  bool overflowed() const;

 private:
  // for the author of sse.cc
};

}  // namespace aside
