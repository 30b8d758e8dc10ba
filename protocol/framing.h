// LSP's base protocol: `Content-Length` headers, an empty line, a body of that many bytes. A push decoder: bytes in, bodies
// out, no socket in sight. A body that is too large is skipped and reported, and the next one is fine; after a header that
// can't be read the end of the message is unknown, and the decoder is `broken` for good.
#pragma once

#include <cstddef>
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
  // A body; nullopt: feed me more; an Error: a frame that was skipped or, if `broken`, a header that can't be read.
  Result<std::optional<std::string>> next();
  bool broken() const;
};

// The body with its header, as it goes over the wire.
std::string frame(std::string_view body);

}  // namespace aside
