// A reply as it is assembled from stream events (messages-api §8): text and thinking to show, content blocks
// kept verbatim, usage, stop reason. Passive: whoever reads the stream feeds it and asks what is new. Unknown
// events, blocks and deltas are kept or passed over, never an error. A surrogate pair cut over two deltas is
// joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sse.h"
#include "daemon/turn.h"

namespace aside {

class Reply {
 public:
  // The most bytes of text, thinking and blocks together that one reply may hold.
  static constexpr std::size_t max_bytes = 64 * 1024 * 1024;

  // An Error ends the stream: an `error` event (code by its type), data that is not JSON, a second
  // message_start, too much of it. What came before stays.
  Result<void> take(const SseEvent& event);
  // What came since the last call, neighbours of one kind joined; shown text in the order of arrival.
  std::vector<Piece> take_pieces();

  bool started() const { return started_; }    // message_start has come
  bool shown() const { return shown_; }        // some text or thinking has come
  bool finished() const { return finished_; }  // message_stop has come

  const std::string& text() const { return text_; }
  const std::string& thinking() const { return thinking_; }
  const std::string& model() const { return model_; }              // as the server names it
  const std::string& stop_reason() const { return stop_reason_; }  // empty until known
  const std::string& refusal() const { return refusal_; }  // why the model declined, one sentence; else empty
  const std::optional<Usage>& usage() const { return usage_; }
  const std::string& cache_miss() const { return cache_miss_; }  // why, where the API was asked and knows

  // All blocks as they came, the unfinished one as far as it goes.
  std::string blocks() const;
  // What requests will carry: finished blocks and any text that is not blank; thinking only with a signature;
  // no unfinished thinking or tool block; no tool_use (nobody would answer it). Empty if no text is left.
  std::string content() const;

  // A turn's text, thinking, blocks and content, as they are here.
  void fill(Turn& turn) const;

  // What a process that died left behind: the pieces it stored.
  static Reply recovered(const std::vector<Piece>& pieces);

 private:
  struct Block {
    std::string json() const;

    std::int64_t index = 0;
    std::string start;  // the block as its start event had it; the whole block where nothing follows
    std::string text;   // of its deltas, as are the next four
    std::string thinking;
    std::string signature;  // raw JSON, the last one
    std::string citations;  // raw JSON, with commas between
    std::string input;      // JSON as far as it has come
    std::string half;       // a high surrogate's escape, until the next delta brings its partner,
    std::string Block::*half_of = nullptr;  // and where it belongs
    bool finished = false;
  };
  using Part = std::string Block::*;

  Result<void> message_start(std::string_view event);
  void block_start(std::string_view event);
  void block_delta(std::string_view event);
  void block_stop(std::string_view event);
  void message_delta(std::string_view event);
  void message_stop();

  void begin(std::int64_t index, std::string_view raw);
  Block* find(std::string_view event);
  void grow(Block& block, Part part, std::string_view raw);
  void append(Block& block, Part part, const std::string& text);
  void finish(Block& block);
  void show(Piece::Kind kind, std::string_view text);
  void read_stop(std::string_view message);
  void read_usage(std::string_view usage);

  std::vector<Block> blocks_;  // in order of their start events
  std::vector<Piece> pieces_;  // not yet taken
  std::string text_;
  std::string thinking_;
  std::string id_;
  std::string model_;
  std::string cache_miss_;
  std::string stop_reason_;
  std::string refusal_;
  std::optional<Usage> usage_;
  std::size_t bytes_ = 0;
  bool started_ = false;
  bool shown_ = false;
  bool finished_ = false;
};

}  // namespace aside
