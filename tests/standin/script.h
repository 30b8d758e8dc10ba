// What the stand-in shall do with a coming request instead of answering it plainly. A script comes from C++
// (ApiServer::next), from `POST /__standin/next` as JSON, or from a phrase in the last question, so that a
// person in an editor can try each fault: `[standin: 529]`, `[standin: {"status":529,"times":2}]`.
//
// JSON has the names of the fields below, times in milliseconds, `headers` as an object:
//   {"text":"one two three","pace":20,"fault":"fin","after":2}
// Short forms are a word or a status, and ` xN` for so many requests in a row: see short_forms in
// script.cc. `shape NAME` is one of the answers of other people's servers in shapes.cc. A script is
// used up only by a request that the API would have accepted; any other gets its refusal as ever. A request
// for a summary has its phrase in the instructions for it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/error.h"

namespace aside::test {

// Where the stream goes wrong: after message_start and `after` deltas (those of thinking count too: mind
// `.thinking = ""`), or at the end of the last block if there are not so many. JSON has the names in lower
// case with underscores.
enum class Fault {
  None,
  Silence,   // nothing more, until the client goes away
  Fin,       // the connection is closed in the middle of the body
  Rst,       // it is reset
  Cut,       // closed inside a UTF-8 character
  Truncate,  // the body ends properly, without message_stop
  Error,     // an `error` event, of error_type, and the end of the body
  Garbage,   // lines that are no event; the stream goes on
  NotJson,   // an event whose data is not JSON; the stream goes on
  BadChunk,  // bytes that are no HTTP chunk, and the end
  NoEnd,     // all is well up to message_stop, but the body is never ended (`after` has no meaning)
  Pings,     // nothing more but pings, until the client goes away; at the end: in place of message_stop
};

// What becomes of the connection after a complete response that announced keep-alive.
enum class Closing {
  No,
  After,  // closed at once
  Next,   // closed when the next request arrives on it, which gets no answer
};

// The calls that a script may be for. Of a script for the small ones only `wait`, a gate before the headers
// and the response that is no answer have a meaning. JSON has the names in lower case with underscores.
enum class Target { Messages, CountTokens, Models };

struct Script {
  // A response that is no answer.
  int status = 200;
  std::string error_type = {};  // where empty, the one that goes with the status
  std::string message = {};
  std::string error_code = {};  // error.details.error_code
  std::vector<std::pair<std::string, std::string>> headers =
      {};                                // `retry-after: date+3` becomes a date in 3 s
  std::optional<std::string> body = {};  // sent as it is; as text/html, or text/event-stream with status 200
  int times = 0;                         // requests in a row; 0: one, or in a phrase every attempt
  std::chrono::milliseconds wait{0};     // before the headers

  // The answer.
  std::optional<std::string> text = {};      // instead of the usual one; empty: no text block
  std::optional<std::string> thinking = {};  // the same; where it is not given, the request decides
  int deltas = 0;  // so many, each `text` or, without text, its number: "0 ", "1 " …
  std::optional<std::chrono::milliseconds> pace = {};  // between deltas
  std::size_t chunk = 0;                               // bytes in an HTTP chunk; 0: an event
  bool split_utf8 = false;                      // chunks end inside each character that has several bytes
  bool surrogates = false;                      // the text ends in an emoji, its two halves in two deltas
  bool unknown = false;                         // an event, a block and a delta that no client knows
  bool redacted = false;                        // thinking comes as a redacted_thinking block
  std::string stop_reason = "end_turn";         // tool_use and pause_turn bring their block along
  std::string category = {}, explanation = {};  // of a refusal

  // What happens on the way.
  Fault fault = Fault::None;
  int after = 0;
  std::string gate = {};  // the stream is held until this gate is released; a released one stays open
  int gate_after = 0;     // deltas, as for `after`; -1: before the headers
  Closing closing = Closing::No;

  Target target = Target::Messages;
};

Result<Script> parse_script(std::string_view text);
// What stands in the last `[standin: …]` of a question; empty: nothing.
std::string_view phrase(std::string_view question);

std::string default_error_type(int status);

}  // namespace aside::test
