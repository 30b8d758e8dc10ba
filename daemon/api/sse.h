// Server-sent events: bytes in, events out (WHATWG HTML §9.2.6, as far as the Messages API uses it). The
// caller owns the reading; the decoder owns the format. Lines end with LF, CR or CRLF, wherever the bytes
// were cut; comments, a BOM and fields other than `event` and `data` are ignored; an event without data is
// dropped.
#pragma once

#include <cstddef>
#include <deque>
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
  static constexpr std::size_t max_event_bytes = 16 * 1024 * 1024;

  void feed(std::string_view bytes);
  // No more bytes: an event whose last line or blank line is missing ends here.
  void finish();
  std::optional<SseEvent> next();  // nullopt: feed me more
  bool overflowed() const;

 private:
  void take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void keep_or_overflow(std::string_view rest_of_line);

  std::string line_;  // the beginning of a line whose end has not come
  SseEvent event_;    // what its lines have said so far
  bool has_data_ = false;
  bool first_line_ = true;
  bool after_cr_ = false;  // a LF that comes now belongs to the CR before it
  bool overflowed_ = false;
  std::deque<SseEvent> ready_;
};

}  // namespace aside
