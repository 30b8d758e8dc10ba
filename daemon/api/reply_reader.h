// Reads a reply from one HTTP response as it arrives, and tells what can be shown of it. Content types are often wrong,
// so the first bytes of the response decide what it is: events, JSON (a message, an array of events, or one event per
// line), or a page, which is not a reply. Claude makes a ReplyReader for each attempt, gives `progress` to Http, and
// calls `end` when the response has ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/reply.h"
#include "daemon/api/sse.h"
#include "daemon/system/http.h"

namespace aside {

struct Retry {
  int attempt = 0;  // the number of the next attempt, from 2 to `of`
  int of = 0;
  double delay_seconds = 0;
  std::string reason;  // "overloaded", "rate limited", "offline" …: words for a status line
};

// Callbacks for what happens during `Claude::ask`, in order. The names of the states are those of conversation/status.
struct ReplyEvents {
  // `state` is connecting, waiting, thinking, writing or retrying. `retry` has a value only for retrying.
  std::function<void(std::string_view state, const std::optional<Retry>& retry)> state;
  // Called at most once for each chunk from the network, and only when there is something to show. If an attempt
  // fails before it has shown anything, all that it received is dropped.
  std::function<void(std::vector<Piece> pieces)> pieces;
};

class ReplyReader {
 public:
  // How long a response may go on without anything new. After the stop reason, the server has `ending_time` to send
  // message_stop, and after the head of an error, to send its text. Before the stop reason, a server may send only
  // pings or comments for `silences_with_signs` times the silence time-out, since a model may think for a long time.
  static constexpr std::chrono::seconds ending_time{5};
  static constexpr int silences_with_signs = 6;
  // The most that is kept of a response that is not a reply.
  static constexpr std::size_t max_page_bytes = 64 * 1024;

  // `reply` and `events` must outlive the reader. `silence` is the silence time-out of the request.
  ReplyReader(Reply& reply, const ReplyEvents& events, std::chrono::milliseconds silence);
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  HttpProgress progress();
  // Call this when the response has ended. The last event counts if its JSON is complete, even if its line end or
  // blank line is missing.
  void end();

  const HttpHead& head() const { return head_; }
  const std::string& page() const { return page_; }  // the first bytes of a response that is not a reply
  bool succeeded() const { return head_.status >= 200 && head_.status < 300; }
  // Whether reading was given up, for a reason in the response itself.
  bool failed() const { return error_.has_value(); }
  // Why the reply is not whole. Only for a response whose status is a success, after it has ended.
  Error fault() const;

 private:
  enum class Form { Unknown, Events, Json, Page };

  bool receive(std::string_view bytes);
  bool read(std::string_view bytes);
  static Form form_of(std::string_view text);
  bool is_page() const;  // a response came, but no part of it is a reply
  template <class Wanted>
  void take_events(Wanted wanted);
  void take(const SseEvent& event);
  void take_lines();
  void take_document();
  void take_cut(std::string& document);
  void hand_on();
  void change_state(std::string_view state);

  using Clock = std::chrono::steady_clock;

  Reply& reply_;
  const ReplyEvents& events_;
  std::chrono::milliseconds signs_time_;
  SseDecoder decoder_;
  HttpHead head_;
  Form form_ = Form::Unknown;
  bool decoded_ = false;      // an event was found in the response
  std::string page_;          // the first bytes of the response
  std::string document_;      // the JSON that has not been read yet
  std::size_t searched_ = 0;  // `document_` has no line end before this index
  bool by_line_ = true;
  Clock::time_point until_ = Clock::time_point::max();
  std::string_view state_ = "connecting";
  std::optional<Error> error_;
};

// Returns a header's value without secrets, and with U+FFFD for bytes that are not UTF-8. Headers are read only by
// this function.
std::string header(const HttpHead& head, const std::string& name);

}  // namespace aside
