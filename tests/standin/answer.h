// Makes the answer to an accepted request. The answer's text says what has arrived with the request. An
// example, for a conversation of three messages, the last of which shares a piece of a file:
//
//   A short answer to your question.
//
//   This is exchange 2: 3 messages, 2 of them yours, 1 attachment (1 in the whole conversation).
//   - src/main.c, lines 10-24, begins `int main(void) {`
//   Before this you asked: "Define quantum computing in one sentence".
//   You now ask: "Why is this slow?".
//
// Consecutive messages of a user are one exchange. Attachments are text blocks `<attachment name="…"
// lines="…" …>`, with their text on the lines below. After attachments, the answer lists `<update name="…"
// …>` blocks, which say what has changed in shared text, then images and documents, and the last message of
// role system: `Instructions: "Use tabs."`. If the conversation begins with a summary, only the exchanges
// after the summary are counted: `This is exchange 1 since the summary: 1 message, …`, and the answer quotes
// the summary: `The summary begins: "Summary of 4 messages."`.
//
// A summary says what it summarizes: `Summary of 4 messages, 1 attachment. The first question: "…". The last
// question: "…".`, then its instructions and the previous summary, if there are any.
//
// A question about quantum computing in one sentence is answered with such a sentence. A question with
// "another sentence" is answered with a sentence that depends on the conversation. The answer to a question
// with the word "code" has a block of code, too.
#pragma once

#include <string>
#include <vector>

#include "tests/standin/bill.h"
#include "tests/standin/rules.h"
#include "tests/standin/script.h"

namespace aside::test {

struct Answer {
  std::string id, model;
  bool thinks = false, shows = false, redacted = false;
  std::vector<std::string> thinking;  // the deltas of thinking
  std::string signature;
  // The deltas, as JSON strings, since only JSON can represent a lone surrogate.
  std::vector<std::string> text;
  Json tool;  // the tool call that is the last block, or null
  std::string stop_reason;
  Json stop_details;
  ApiUsage usage;
  Json summary;             // the compaction block that is the whole reply, or null
  bool iterations = false;  // whether usage also has iterations
  Json diagnostics;
};

// A piece of the stream: one event, or a few that are sent together.
struct Frame {
  enum class Place { Start, Delta, Between, End };  // End: message_delta and everything after it
  Place place;
  std::string bytes;
};

// Returns the last question without its attachments. A `[standin: …]` phrase in this question is a script.
std::string last_question(const Json& messages);

// Makes an answer. `input` has the tokens of the input only; the answer's usage has input and output.
Answer compose(const CheckedRequest& request, const Script& script, const ApiUsage& input,
               const ThinkingSeal& seal, std::string id);
std::vector<Frame> stream_of(const Answer& answer, const Script& script);
std::string message_of(const Answer& answer);  // the body of the response to a request without `stream`

}  // namespace aside::test
