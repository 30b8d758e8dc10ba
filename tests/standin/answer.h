// The answer to an accepted request. Its text proves what has arrived. For a conversation of three messages
// whose last one shares a piece of a file:
//
//   A short answer to your question.
//
//   This is exchange 2: 3 messages, 2 of them yours, 1 attachment (1 in the whole conversation).
//   - src/main.c, lines 10-24, begins `int main(void) {`
//   Before this you asked: "Define quantum computing in one sentence".
//   You now ask: "Why is this slow?".
//
// Consecutive messages of a user are one exchange. Attachments are text blocks `<attachment name="…"
// lines="…" …>`, with their text on the lines below. If there are any, the answer also lists `<update
// name="…" …>` blocks, which say what has changed in shared text, then images and documents, and the last
// message of role system: `Instructions: "Use tabs."`. If the conversation begins with a summary, the
// exchanges after it are counted: `This is exchange 1 since the summary: 1 message, …` (without the summary's
// message), and the answer quotes it: `The summary begins: "Summary of 4 messages."`.
//
// A summary says what it summarizes: `Summary of 4 messages, 1 attachment. The first question: "…". The last
// question: "…".`, then the instructions for it and the previous summary, if any.
//
// A question about quantum computing in one sentence gets such a sentence; "another sentence" gets one that
// depends on the conversation; a question with the word "code" also gets a block of code.
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
  std::vector<std::string> thinking;  // the deltas
  std::string signature;
  std::vector<std::string> text;  // the deltas, as JSON strings: a lone surrogate has no other form
  Json tool;                      // a tool call, the last block; or null
  std::string stop_reason;
  Json stop_details;
  ApiUsage usage;
  Json summary;             // the compaction block that is the whole reply, or null
  bool iterations = false;  // whether usage also has iterations
  Json diagnostics;
};

// A piece of the stream: one event, or a few that are sent together.
struct Frame {
  enum class Place { Start, Delta, Between, End };  // End: message_delta and all that follows it
  Place place;
  std::string bytes;
};

// The last question, without attachments. A `[standin: …]` phrase is looked for in it.
std::string last_question(const Json& messages);

// `input` has no output tokens; the answer's usage has both.
Answer compose(const CheckedRequest& request, const Script& script, const ApiUsage& input,
               const ThinkingSeal& seal, std::string id);
std::vector<Frame> stream_of(const Answer& answer, const Script& script);
std::string message_of(const Answer& answer);  // for a request without `stream`

}  // namespace aside::test
