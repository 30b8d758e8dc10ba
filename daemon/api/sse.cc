#include "daemon/api/sse.h"

#include <utility>

namespace aside {

void SseDecoder::feed(std::string_view bytes) {
  while (!bytes.empty() && !overflowed_) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    keep_or_overflow(bytes.substr(0, end));
    if (end == std::string_view::npos || overflowed_) return;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    take_line(line_);
    line_.clear();
  }
}

void SseDecoder::finish() {
  if (!line_.empty()) take_line(std::exchange(line_, {}));
  take_line({});
}

std::optional<SseEvent> SseDecoder::next() {
  if (ready_.empty()) return std::nullopt;
  SseEvent event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

bool SseDecoder::overflowed() const {
  return overflowed_;
}

void SseDecoder::keep_or_overflow(std::string_view rest_of_line) {
  const std::size_t held = line_.size() + event_.name.size() + event_.data.size();
  if (rest_of_line.size() <= max_event_bytes - held) {
    line_ += rest_of_line;
    return;
  }
  overflowed_ = true;
  line_ = {};
  event_ = {};
}

void SseDecoder::take_line(std::string_view line) {
  constexpr std::string_view bom = "\xEF\xBB\xBF";
  if (std::exchange(first_line_, false) && line.starts_with(bom)) line.remove_prefix(bom.size());
  if (line.empty()) {
    if (has_data_) ready_.push_back(std::move(event_));
    event_ = {};
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return take_field(line, {});
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseDecoder::take_field(std::string_view name, std::string_view value) {
  if (name == "event") event_.name = value;
  if (name != "data") return;
  if (has_data_) event_.data += '\n';
  event_.data += value;
  has_data_ = true;
}

}  // namespace aside
