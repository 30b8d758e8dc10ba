// The answer to a request that was accepted, made so that it proves what arrived. For a conversation of three
// messages whose last one shares a piece of a file:
//
//   A short answer to your question.
//
//   This is exchange 2: 3 messages, 2 of them yours, 1 attachment (1 in the whole conversation).
//   - src/main.c, lines 10-24, begins `int main(void) {`
//   Before this you asked: "Define quantum computing in one sentence".
//   You now ask: "Why is this slow?".
//
// Consecutive messages of a user are one exchange. Attachments are text blocks `<attachment name="…"
// lines="…" …>`, with their text on the lines below; `<update name="…" …>` blocks, which tell what has
// changed in something that was shared before, are named apart from them, and so are images and documents,
// each only if there are some. So is the last message of role system: `Instructions: "Use tabs."`. Where a
// summary stands in front, the exchanges are counted from there: `This is exchange 1 since the summary: 1
// message, …` (that of the summary not counted), and `The summary begins: "Summary of 4 messages."`.
//
// The summary itself says what it is of: `Summary of 4 messages, 1 attachment. The first question: "…". The
// last question: "…".`, then the instructions it was given and the summary before it, if any.
//
// A question about quantum computing in one sentence gets
// one; "another sentence" gets one that depends on the conversation; a question with the word "code" gets a block
// of code too.
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
  Json tool;                      // a block of its own at the end, or null
  std::string stop_reason;
  Json stop_details;
  ApiUsage usage;
  Json summary;             // the compaction block that is the whole reply, or null
  bool iterations = false;  // usage is told by iterations too
  Json diagnostics;
};

// A piece of the stream: one event, or the few that stand together.
struct Frame {
  enum class Place { Start, Delta, Between, End };  // End: message_delta and what follows
  Place place;
  std::string bytes;
};

// The last question in the user's words, attachments apart. Scripts in phrases are found there.
std::string last_question(const Json& messages);

// `input` without output; the answer's usage has both.
Answer compose(const CheckedRequest& request, const Script& script, const ApiUsage& input,
               const ThinkingSeal& seal, std::string id);
std::vector<Frame> stream_of(const Answer& answer, const Script& script);
std::string message_of(const Answer& answer);  // for a request without `stream`

}  // namespace aside::test
