// A script says what the stand-in does with a coming request instead of the usual answer. A script comes from
// C++ (ApiServer::next), from `POST /__standin/next` as JSON, or from a phrase in the last question:
// `[standin: 529]`, `[standin: {"status":529,"times":2}]`. With a phrase, a person in an editor can try each
// fault.
//
// The JSON of a script has the names of the fields below, with times in milliseconds and `headers` as an
// object:
//   {"text":"one two three","pace":20,"fault":"fin","after":2}
// A short form is a word or a status; ` xN` after it means N requests in a row (short_forms in script.cc).
// `shape NAME` is one of the answers of other servers in shapes.cc. `wants a.c b.c:10-40` answers that it has to see
// these files, in the form that Aside asks for; `wants-in-code` and the like are answers that only look like it. Only a
// request that the API would have accepted uses up a script; any other request is refused as usual. In a request for a
// summary, the instructions for the summary can have the phrase.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/error.h"

namespace aside::test {

// A fault in the stream. It happens after message_start and `after` deltas, or at the end of the last block
// if there are fewer deltas. Deltas of thinking count, too, unless `.thinking = ""`. In JSON, the names are
// in lower case with underscores.
enum class Fault {
  None,
  Silence,   // nothing more is sent, until the client goes away
  Fin,       // the connection is closed in the middle of the body
  Rst,       // the connection is reset
  Cut,       // the connection is closed inside a UTF-8 character
  Truncate,  // the body ends properly, without message_stop
  Error,     // an `error` event of error_type is sent, and the body ends
  Garbage,   // lines that are no event are sent; the stream continues
  NotJson,   // an event whose data is not JSON is sent; the stream continues
  BadChunk,  // bytes that are no HTTP chunk are sent, and the connection is closed
  NoEnd,     // the stream is complete, but the body never ends (`after` is ignored)
  Pings,     // instead of message_stop, only pings are sent until the client goes away
};

// When the stand-in closes the connection after a complete response that announced keep-alive.
enum class Closing {
  No,
  After,  // at once
  Next,   // when the next request arrives on the connection; that next request gets no answer
};

// The call to which a script applies. For CountTokens and Models, a script uses only `wait`, a gate before
// the headers, and the fields of "a response that is no answer" below. In JSON, the names are in lower case
// with underscores.
enum class Target { Messages, CountTokens, Models };

struct Script {
  // A response that is no answer.
  int status = 200;
  std::string error_type = {};  // empty: the usual type for the status
  std::string message = {};
  std::string error_code = {};  // error.details.error_code
  // The value `date+3` of `retry-after` is sent as the date in 3 s.
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Sent unchanged; its type is text/event-stream with status 200, otherwise text/html.
  std::optional<std::string> body = {};
  // For how many requests in a row the script is used. 0: for one request; in a phrase, for every attempt of the
  // question.
  int times = 0;
  std::chrono::milliseconds wait{0};  // the pause before the headers

  // The answer.
  std::optional<std::string> text = {};      // replaces the usual text; empty: no text block
  std::optional<std::string> thinking = {};  // like `text`; nullopt: the request decides
  int deltas = 0;  // how many deltas; each is `text` or, without text, its number: "0 ", "1 " …
  std::optional<std::chrono::milliseconds> pace = {};  // the pause between deltas
  // The bytes in an HTTP chunk; 0: each chunk has one event.
  std::size_t chunk = 0;
  bool split_utf8 = false;  // whether chunks end inside each character of several bytes
  // Whether the text ends in an emoji whose two halves are in two deltas.
  bool surrogates = false;
  // Whether the stream has an event, a block and a delta that no client knows.
  bool unknown = false;
  bool redacted = false;  // whether thinking is sent as a redacted_thinking block
  // For tool_use and pause_turn, the block of the call is sent, too.
  std::string stop_reason = "end_turn";
  std::string category = {}, explanation = {};  // the details of a refusal

  // Pauses and faults of the response.
  Fault fault = Fault::None;
  int after = 0;
  std::string gate = {};  // the stream waits until this gate is released; a released gate stays open
  int gate_after = 0;     // after how many deltas, counted as for `after`; -1: before the headers
  Closing closing = Closing::No;

  Target target = Target::Messages;
};

Result<Script> parse_script(std::string_view text);
// Returns the text in the last `[standin: …]` of a question; '' if there is none.
std::string_view phrase(std::string_view question);

std::string default_error_type(int status);

}  // namespace aside::test
