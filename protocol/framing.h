// LSP's base protocol: `Content-Length` headers, an empty line, a body of that many bytes. The decoder takes bytes
// and returns bodies; it does no I/O. After each `feed`, call `next` until it returns no body. The decoder then holds
// at most one unfinished message, and of this message only the bytes that have arrived, whatever length its header
// gives.
//
// A body that is too large is reported as soon as its header has been read, and its bytes are skipped; the next
// message is read as usual. If the memory runs out while a body arrives, this is reported at once, and the rest of
// the body is skipped. After a header that can't be read, the end of the message is unknown: the decoder stays
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

  // The most bytes that one `feed` should get. For this many bytes, `feed` needs no more memory than the decoder has
  // from the start.
  static constexpr std::size_t max_fed_bytes = 64 * 1024;
  // How much is kept of a body that was skipped for lack of memory. This part contains the request's id, as editors
  // write it.
  static constexpr std::size_t beginning_bytes = 1024;

  FrameDecoder();
  void feed(std::string_view bytes);
  // Returns a body; nullopt if more bytes are needed; an Error for a frame that is skipped or, if `broken`, for a
  // header that can't be read.
  Result<std::optional<std::string>> next();
  bool broken() const { return broken_.has_value(); }
  // The beginning of the body that was skipped last; empty if that body was too large.
  const std::string& skipped() const { return skipped_; }

 private:
  std::string_view take(std::uint64_t most);
  std::optional<std::string_view> take_line();
  Result<void> read_line(std::string_view line);
  Result<void> end_header();
  Error skip_body(std::size_t taken);
  Error break_off(std::string problem);

  std::string buffer_;  // bytes from `feed`; everything before `taken_` has been read
  std::size_t taken_ = 0;
  std::string header_;  // the unfinished header block, for its limit and for error messages
  std::optional<std::uint64_t> length_;
  bool in_body_ = false;
  std::string body_;        // grows with the bytes that arrive, without regard to the length in the header
  std::uint64_t skip_ = 0;  // how many bytes of a body must still be skipped
  std::string skipped_;
  std::optional<Error> broken_;
};

// Returns the body with its header before it, as it is sent.
std::string frame(std::string_view body);

}  // namespace aside
