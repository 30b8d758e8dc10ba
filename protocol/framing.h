// LSP's base protocol: `Content-Length` headers, an empty line, a body of that many bytes. The decoder takes
// bytes and gives bodies; it does no I/O. After each `feed`, call `next` until it has no more: the decoder then
// holds at most one unfinished message, and only the bytes that have arrived, whatever length a header gives.
//
// A body that is too large is reported as soon as its header is read, and its bytes are skipped; the next message
// is read as usual. A body for which the memory runs out is reported then, and the rest of it is skipped in the same
// way. After a header that can't be read, the end of the message is unknown: the decoder stays
// `broken`, reads nothing more and repeats its error.
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

  // The most bytes that `feed` should get at once: for these it needs no memory beyond what it has from the start.
  static constexpr std::size_t max_fed_bytes = 64 * 1024;
  // So much of a body that was skipped for want of memory is kept: an editor's id of the request is in it.
  static constexpr std::size_t beginning_bytes = 1024;

  FrameDecoder();
  void feed(std::string_view bytes);
  // A body; nullopt where more bytes are needed; an Error for a frame that is skipped or, if `broken`, a header
  // that can't be read.
  Result<std::optional<std::string>> next();
  bool broken() const { return broken_.has_value(); }
  // The beginning of the body that was skipped last; empty if that was too large.
  const std::string& skipped() const { return skipped_; }

 private:
  std::string_view take(std::uint64_t most);
  std::optional<std::string_view> take_line();
  Result<void> read_line(std::string_view line);
  Result<void> end_header();
  Error skip_body(std::size_t taken);
  Error break_off(std::string problem);

  std::string buffer_;  // what was fed; everything before `taken_` has been read
  std::size_t taken_ = 0;
  std::string header_;  // the unfinished header block, for its limit and for error messages
  std::optional<std::uint64_t> length_;
  bool in_body_ = false;
  std::string body_;        // grows with the bytes that arrive, not to the length that the header gives
  std::uint64_t skip_ = 0;  // the bytes still to be skipped of a body
  std::string skipped_;
  std::optional<Error> broken_;
};

// The body with its header before it, as it goes over the wire.
std::string frame(std::string_view body);

}  // namespace aside
