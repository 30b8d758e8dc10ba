// A script: what the stand-in does with a coming request instead of the usual answer. A script comes from C++
// (ApiServer::next), from `POST /__standin/next` as JSON, or from a phrase in the last question, so that a
// person in an editor can try each fault: `[standin: 529]`, `[standin: {"status":529,"times":2}]`.
//
// JSON has the names of the fields below, times in milliseconds, `headers` as an object:
//   {"text":"one two three","pace":20,"fault":"fin","after":2}
// Short forms are a word or a status, with ` xN` for N requests in a row: see short_forms in script.cc.
// `shape NAME` is one of the answers of other servers in shapes.cc. `wants a.c b.c:10-40` answers that it has to see
// these files, in the form that Aside asks for; `wants-in-code` and others that begin so are answers that only look like it.
// A script is used up only by a request
// that the API would have accepted; any other request is refused as usual. In a request for a summary, the
// phrase is looked for in the instructions for the summary.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/error.h"

namespace aside::test {

// What goes wrong in the stream. It happens after message_start and `after` deltas (those of thinking count,
// too, unless `.thinking = ""`), or at the end of the last block if there are fewer. JSON has the names in
// lower case with underscores.
enum class Fault {
  None,
  Silence,   // nothing more is sent, until the client goes away
  Fin,       // the connection is closed in the middle of the body
  Rst,       // the connection is reset
  Cut,       // the connection is closed inside a UTF-8 character
  Truncate,  // the body ends properly, without message_stop
  Error,     // an `error` event, of error_type, and the end of the body
  Garbage,   // lines that are no event; the stream continues
  NotJson,   // an event whose data is not JSON; the stream continues
  BadChunk,  // bytes that are no HTTP chunk, and the end
  NoEnd,     // the stream is complete, but the body never ends (`after` is ignored)
  Pings,     // only pings are sent, until the client goes away; at the end, instead of message_stop
};

// When the connection is closed after a complete response that announced keep-alive.
enum class Closing {
  No,
  After,  // at once
  Next,   // when the next request arrives on it; that request gets no answer
};

// The call that a script is for. For CountTokens and Models, only `wait`, a gate before the headers and the
// fields of a response that is no answer are used. JSON has the names in lower case with underscores.
enum class Target { Messages, CountTokens, Models };

struct Script {
  // A response that is no answer.
  int status = 200;
  std::string error_type = {};  // if empty, the usual one for the status
  std::string message = {};
  std::string error_code = {};  // error.details.error_code
  // The value `date+3` of `retry-after` is sent as the date in 3 s.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::string> body = {};  // sent unchanged; as text/html, or text/event-stream with status 200
  int times = 0;                         // requests in a row; 0: one request, or in a phrase every attempt
  std::chrono::milliseconds wait{0};     // before the headers

  // The answer.
  std::optional<std::string> text = {};      // instead of the usual one; empty: no text block
  std::optional<std::string> thinking = {};  // like `text`; if it isn't given, the request decides
  int deltas = 0;  // how many deltas; each is `text` or, without text, its number: "0 ", "1 " …
  std::optional<std::chrono::milliseconds> pace = {};  // between deltas
  std::size_t chunk = 0;                               // bytes in an HTTP chunk; 0: an event
  bool split_utf8 = false;                      // chunks end inside each character that has several bytes
  bool surrogates = false;                      // the text ends in an emoji, its two halves in two deltas
  bool unknown = false;                         // an event, a block and a delta that no client knows
  bool redacted = false;                        // thinking comes as a redacted_thinking block
  std::string stop_reason = "end_turn";         // with tool_use and pause_turn, their block is sent
  std::string category = {}, explanation = {};  // of a refusal

  // What happens on the way.
  Fault fault = Fault::None;
  int after = 0;
  std::string gate = {};  // the stream waits until this gate is released; a released gate stays open
  int gate_after = 0;     // deltas, as for `after`; -1: before the headers
  Closing closing = Closing::No;

  Target target = Target::Messages;
};

Result<Script> parse_script(std::string_view text);
// The text in the last `[standin: …]` of a question; empty if there is none.
std::string_view phrase(std::string_view question);

std::string default_error_type(int status);

}  // namespace aside::test
