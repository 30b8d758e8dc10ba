// LSP's base protocol: `Content-Length` headers, an empty line, a body of that many bytes. A push decoder:
// bytes in, bodies out, no socket in sight. After each `feed`, call `next` until it has no more: then what is
// held is never more than one unfinished message, whatever a header promised.
//
// A body that is too large is reported as soon as its header was read and skipped as it comes; the next one
// is fine. After a header that can't be read the end of the message is unknown, and the decoder is `broken`
// for good: it takes nothing more and repeats its error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/error.h"

namespace aside {

class FrameDecoder {
 public:
  static constexpr std::size_t max_body_bytes = 64 * 1024 * 1024;
  static constexpr std::size_t max_header_bytes = 8 * 1024;

  void feed(std::string_view bytes);
  // A body; nullopt: feed me more; an Error: a frame that is skipped or, if `broken`, an unreadable header.
  Result<std::optional<std::string>> next();
  bool broken() const { return broken_.has_value(); }

 private:
  std::string_view take(std::uint64_t most);
  std::optional<std::string_view> take_line();
  Result<void> read_line(std::string_view line);
  Result<void> end_header();
  Error break_off(std::string problem);

  std::string buffer_;  // what was fed; used up to `taken_`
  std::size_t taken_ = 0;
  std::string header_;  // the unfinished header block, for its limit and for what is said about it
  std::optional<std::uint64_t> length_;
  bool in_body_ = false;
  std::string body_;        // grows with what comes, not with what was announced
  std::uint64_t skip_ = 0;  // still to come of a body that is too large
  std::optional<Error> broken_;
};

// The body with its header, as it goes over the wire.
std::string frame(std::string_view body);

}  // namespace aside
