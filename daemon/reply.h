// A reply as it is assembled from stream events (messages-api §8): text and thinking to show, content blocks kept
// verbatim, usage, stop reason. Passive: whoever reads the stream feeds it and asks what is new. Unknown events, blocks
// and deltas are kept or passed over, never an error. A surrogate pair cut over two deltas is joined.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sse.h"
#include "daemon/turn.h"

namespace aside {

class Reply {
 public:
  // The most bytes of text, thinking and blocks together that one reply may hold.
  static constexpr std::size_t max_bytes = 64 * 1024 * 1024;

  // An Error ends the stream: an `error` event (code by its type), data that is not JSON, a second message_start, too
  // much of it. What came before stays.
  Result<void> take(const SseEvent& event);
  // What came since the last call, neighbours of one kind joined; shown text in the order of arrival.
  std::vector<Piece> take_pieces();

  bool started() const;   // message_start has come
  bool shown() const;     // some text or thinking has come
  bool finished() const;  // message_stop has come

  const std::string& text() const;
  const std::string& thinking() const;
  const std::string& model() const;        // as the server names it
  const std::string& stop_reason() const;  // empty until known
  const std::string& refusal() const;      // why the model declined, one sentence; empty otherwise
  const std::optional<Usage>& usage() const;

  // All blocks as they came, the unfinished one as far as it goes.
  std::string blocks() const;
  // What requests will carry: finished blocks and any text that is not blank; thinking only with a signature; no
  // unfinished thinking or tool block; no tool_use (nobody would answer it). Empty if no text is left.
  std::string content() const;

  // What a process that died left behind: the pieces it stored.
  static Reply recovered(const std::vector<Piece>& pieces);
};

}  // namespace aside
