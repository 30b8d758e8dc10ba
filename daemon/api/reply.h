// Assembles a reply from what a server sends: the events of a stream, or one whole message. The caller feeds it
// events and takes the new pieces. It accepts everything that can be understood: repeated events, events out of order
// or without type or index, and deltas that don't fit their block. If text arrives in a block of thinking, it still
// counts as text, and thinking in a block of text counts as thinking. A surrogate pair that is split over two deltas is
// joined. A secret of the user is replaced by "***", even if it is split over several deltas of a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/sse.h"
#include "daemon/core/turn.h"
#include "daemon/text/safe.h"

namespace aside {

class Reply {
 public:
  // The limit for text, thinking and blocks together: several times as much as a model can write in one reply. A
  // larger reply is ended at this limit.
  static constexpr std::size_t max_bytes = 4 * 1024 * 1024;
  static constexpr std::size_t max_blocks = 10'000;
  // A larger count of tokens is replaced by this one. It is far above real counts, and small enough that sums of counts
  // can't overflow.
  static constexpr std::int64_t max_tokens = 1'000'000'000'000;

  // Adds the next event. An Error ends the stream: the server's own error, data that is not JSON, a second message,
  // or a reply beyond the limits. Everything before the error is kept.
  Result<void> add_event(const SseEvent& event);
  // Call this when the stream has ended. If the stop reason has arrived, the reply is then finished.
  void end();
  // Releases text that is held back because it may be the beginning of a secret. Call this when no more text comes.
  void release();
  // Returns the pieces that came since the last call, in order; adjacent pieces of one kind are joined.
  std::vector<Piece> take_pieces();

  bool started() const { return started_; }    // a part of the reply has come
  bool shown() const { return shown_; }        // some text or thinking has come
  bool finished() const { return finished_; }  // everything that comes later is ignored
  // The model has finished: a stop reason or message_stop has come.
  bool whole() const { return stopped_ || !stop_reason_.empty(); }
  std::size_t news() const { return news_; }  // grows with each event that brings something new
  // The last data from the server that was not part of a reply; empty if there was none.
  const std::string& remark() const { return remark_; }

  const std::string& text() const { return text_; }
  const std::string& thinking() const { return thinking_; }
  const std::string& model() const { return model_; }              // as the server names it
  const std::string& stop_reason() const { return stop_reason_; }  // empty until known
  // A sentence that says why the model declined; empty if it didn't.
  const std::string& refusal() const { return refusal_; }
  const std::optional<Usage>& usage() const { return usage_; }
  // Why the cache was missed, if the API says so.
  const std::string& cache_miss() const { return cache_miss_; }

  // All blocks as they came. An unfinished block is included with the part that has come.
  std::string blocks() const;
  // The content for requests: finished blocks and unfinished text, without what can't be sent back (content_block.h).
  // Empty if no text is left.
  std::string content() const;

  // Sets the turn's message id, text, thinking, blocks and content.
  void fill(Turn& turn) const;

  // Rebuilds the reply of a process that died, from the pieces that it stored.
  static Reply recovered(const std::vector<Piece>& pieces);

 private:
  enum class Kind { Text, Thinking, Other };

  struct Block {
    std::string json() const;

    Kind kind = Kind::Other;
    std::string index;  // as the server wrote it
    // Raw JSON of the block: first what its start event gave, and the whole block when it is finished.
    std::string start;
    std::string text;  // `text` and the next four fields come from deltas
    std::string thinking;
    std::string signature;  // raw JSON; a later signature replaces it
    std::string citations;  // raw JSON, with commas between
    std::string input;      // the beginning of the JSON that has come
    std::string half;       // the escape of a high surrogate, until the next delta brings the low surrogate
    SecretFilter blotter;   // holds back the end of the text, thinking or input: a secret may begin there
    bool own_start = true;  // false: the server sent no start event, so this block was made for a delta
    bool finished = false;
  };

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
  void show_start(std::string_view name, Piece::Kind kind);
  Block* find(std::string_view event, Kind kind);
  void show_in(Kind kind, std::string_view raw);
  void grow(Block& block, std::string_view raw);
  void append(Block& block, std::string_view safe);
  void finish(Block& block);
  void show(Piece::Kind kind, std::string_view text);
  void held(std::size_t bytes);
  void read_stop(std::string_view message);
  void read_usage(std::string_view usage);

  std::vector<Block> blocks_;  // in order of their start events
  std::vector<Piece> pieces_;  // pieces that `take_pieces` hasn't returned yet
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

// Returns the count of tokens in a member of a JSON object. It may be a JSON number, or a number in a string. A count
// above Reply::max_tokens becomes this limit. nullopt if the member is not a count.
std::optional<std::int64_t> tokens(std::string_view object, std::string_view name);

}  // namespace aside
