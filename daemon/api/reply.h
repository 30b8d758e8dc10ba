// A reply as it is assembled from what a server sends: a stream's events (messages-api §8), or a message in
// one piece. Passive: whoever reads the response feeds it and asks what is new. It takes what can be
// understood however it is put: events twice, out of order, without their type or index, deltas that don't
// fit their block. Text counts as text and thinking as thinking wherever it stands. A surrogate pair cut over
// two deltas is joined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/sse.h"
#include "daemon/core/turn.h"

namespace aside {

class Reply {
 public:
  // The most bytes of text, thinking and blocks together that one reply may hold: several times what a model
  // can say at once. One that is larger ends there.
  static constexpr std::size_t max_bytes = 4 * 1024 * 1024;
  static constexpr std::size_t max_blocks = 10'000;
  // The most tokens of a kind that are believed: far more than there are, and sums of them can't overflow.
  static constexpr std::int64_t max_tokens = 1'000'000'000'000;

  // An Error ends the stream: the server's own, data that is not JSON, another message that begins, too much
  // of it. What came before stays.
  Result<void> take(const SseEvent& event);
  // Nothing more comes. A reply whose stop reason has come is finished then.
  void end();
  // What came since the last call, neighbours of one kind joined; shown text in the order of arrival.
  std::vector<Piece> take_pieces();

  bool started() const { return started_; }    // something of it has come
  bool shown() const { return shown_; }        // some text or thinking has come
  bool finished() const { return finished_; }  // nothing that may still come belongs to it
  // The model has said all: a stop reason or message_stop has come.
  bool whole() const { return stopped_ || !stop_reason_.empty(); }
  std::size_t news() const { return news_; }  // grows with each event that says something new
  // What the server said that belongs to no reply, as it came; empty: nothing.
  const std::string& remark() const { return remark_; }

  const std::string& text() const { return text_; }
  const std::string& thinking() const { return thinking_; }
  const std::string& model() const { return model_; }              // as the server names it
  const std::string& stop_reason() const { return stop_reason_; }  // empty until known
  const std::string& refusal() const { return refusal_; }  // why the model declined, one sentence; else empty
  const std::optional<Usage>& usage() const { return usage_; }
  const std::string& cache_miss() const { return cache_miss_; }  // why, where the API was asked and knows

  // All blocks as they came, the unfinished one as far as it goes.
  std::string blocks() const;
  // What requests will carry: finished blocks and any text that is not blank, as far as they may be sent back
  // (content_block.h). Empty if no text is left.
  std::string content() const;

  // A turn's text, thinking, blocks and content, as they are here.
  void fill(Turn& turn) const;

  // What a process that died left behind: the pieces it stored.
  static Reply recovered(const std::vector<Piece>& pieces);

 private:
  enum class Kind { Text, Thinking, Other };

  struct Block {
    std::string json() const;

    Kind kind = Kind::Other;
    std::string index;  // as the server wrote it
    std::string start;  // the block as its start event had it; the whole block once it is finished
    std::string text;   // of its deltas, as are the next four
    std::string thinking;
    std::string signature;  // raw JSON, the last one
    std::string citations;  // raw JSON, with commas between
    std::string input;      // JSON as far as it has come
    std::string half;       // a high surrogate's escape, until the next delta brings its partner,
    std::string Block::*half_of = nullptr;  // and where it belongs
    bool own_start = true;                  // the server began it, not we for a delta that fits no other
    bool finished = false;
  };
  using Part = std::string Block::*;

  Result<void> take_json(const SseEvent& event, std::string_view json);
  Result<void> message_start(std::string_view event);
  void message(std::string_view message);
  void chat_completion(std::string_view chunk);
  void block_start(std::string_view event);
  void block_delta(std::string_view event);
  void block_stop(std::string_view event);
  void message_delta(std::string_view event);
  void message_stop();
  Result<void> failed(std::string_view body);

  void read_head(std::string_view message);
  void read_content(std::string_view message);
  void begin(std::string index, std::string_view raw, bool own_start = true);
  Block* find(std::string_view event, Kind kind);
  void show_in(Kind kind, std::string_view raw);
  void grow(Block& block, Part part, std::string_view raw);
  void append(Block& block, Part part, const std::string& text);
  void finish(Block& block);
  void show(Piece::Kind kind, std::string_view text);
  void held(std::size_t bytes);
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
  std::string remark_;
  std::optional<Usage> usage_;
  std::size_t bytes_ = 0;
  std::size_t news_ = 0;
  bool started_ = false;
  bool shown_ = false;
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace aside
