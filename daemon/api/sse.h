// Decodes server-sent events: bytes in, events out. Implements the part of WHATWG HTML §9.2.6 that the Messages API
// uses. Lines end with LF, CR or CRLF, and two calls may split a line anywhere. Comments, a BOM and fields other than
// `event` and `data` are ignored. An event without data is dropped.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

struct SseEvent {
  std::string name;  // empty if the server sent none
  std::string data;
};

class SseDecoder {
 public:
  // The limit for one unfinished event. Above it the decoder is `overflowed` for ever.
  static constexpr std::size_t max_event_bytes = 16 * 1024 * 1024;

  void feed(std::string_view bytes);
  // Call this when there are no more bytes. Completes an event whose last line end or blank line is missing.
  void finish();
  std::optional<SseEvent> next();  // nullopt: more bytes are needed
  bool overflowed() const;

 private:
  void take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void keep_or_overflow(std::string_view rest_of_line);

  std::string line_;  // the beginning of a line whose end has not come yet
  SseEvent event_;    // made from the lines so far
  bool has_data_ = false;
  bool first_line_ = true;
  bool after_cr_ = false;  // the last byte was a CR, so an LF that comes next belongs to the same line end
  bool overflowed_ = false;
  std::deque<SseEvent> ready_;
};

}  // namespace aside
