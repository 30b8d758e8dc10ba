// The value types that every part of the daemon uses. A conversation is a tree of turns: under a question are its
// replies, and under a reply the questions that follow it. The types have no behaviour.
#pragma once

#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "protocol/range.h"

namespace aside {

// Milliseconds since 1970, UTC. All times are stored in this form.
inline std::int64_t now_milliseconds() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

enum class Role { User, Assistant, System };  // a turn is never System

// How a reply ended, or `Streaming` while it is being written. A question is always `Complete`.
enum class Status {
  Complete,
  Streaming,
  Cancelled,    // by the user
  Cut,          // by max_tokens, or because the context window was full
  Interrupted,  // the connection or the process died
  Refused,      // the model declined
  Failed,       // nothing came; the turn's error says why
};

// The names in the store and in the protocol.
inline constexpr std::string_view status_names[] = {"complete",    "streaming", "cancelled", "cut",
                                                    "interrupted", "refused",   "failed"};
constexpr std::string_view name(Status status) {
  return status_names[static_cast<int>(status)];
}
constexpr std::string_view name(Role role) {
  return role == Role::User ? "user" : role == Role::Assistant ? "assistant" : "system";
}
constexpr std::optional<Status> status_named(std::string_view name) {
  for (const Status status : {Status::Complete, Status::Streaming, Status::Cancelled, Status::Cut,
                              Status::Interrupted, Status::Refused, Status::Failed}) {
    if (aside::name(status) == name) return status;
  }
  return std::nullopt;
}

// The tokens of one request as the API bills them. `input`, `cache_read` and `cache_write` together are the whole
// prompt.
struct Usage {
  // A count above this is a server's error, or damage. Sums of counts up to it can't overflow.
  static constexpr std::int64_t most = 1'000'000'000'000;
  std::int64_t input = 0;  // input that was neither read from the cache nor written to it
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;     // both lifetimes together
  std::int64_t cache_write_1h = 0;  // the part of cache_write that lives an hour and costs more
  std::int64_t output = 0;          // thinking included
  std::optional<std::int64_t> thinking = std::nullopt;

  // Adds two counts. A sum that would overflow (counts come from a server or an import) becomes the largest number.
  static constexpr std::int64_t sum(std::int64_t a, std::int64_t b) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return b > 0 && a > most - b ? most : a + b;
  }
  std::int64_t prompt() const { return sum(sum(input, cache_read), cache_write); }
  Usage& operator+=(const Usage& more) {
    input = sum(input, more.input);
    cache_read = sum(cache_read, more.cache_read);
    cache_write = sum(cache_write, more.cache_write);
    cache_write_1h = sum(cache_write_1h, more.cache_write_1h);
    output = sum(output, more.output);
    if (more.thinking) thinking = sum(thinking.value_or(0), *more.thinking);
    return *this;
  }
};

// What the user agreed to when sharing a document: the user accepted these warnings, for this file only.
struct Agreed {
  std::string file;  // canonical URI
  std::vector<std::string> reasons = {};
};

// A piece of a document as it was shared with a question.
struct Attachment {
  enum class Kind {
    Text,
    Diagnostics,  // the problems that the editor shows in these lines
    GitDiff,      // how the document differs from the last commit
    Image,
    Pdf,
    Update,  // what has changed in a shared document since; made by the daemon
  };
  std::string uri;             // as the editor wrote it
  std::string name;            // what the model sees: relative to the workspace folder, never absolute
  std::optional<Range> range;  // absent: the whole document
  std::string language = {};
  std::string text = {};
  Kind kind = Kind::Text;
  std::string media = {};   // only for an image or a PDF: its media type
  std::int64_t bytes = 0;   // only for an image or a PDF
  std::int64_t tokens = 0;  // only for an image or a PDF that is shared now: an estimate
  std::string base64 = {};  // only for an image or a PDF; the store has it only in the question's content
  // Only for an update: the text that the model knows after it. Absent if the lines are gone.
  std::optional<std::string> seen = std::nullopt;
  std::int64_t piece = 0;  // only for an update: the number of the shared piece, see shared_text.h
  std::optional<Agreed> agreed = std::nullopt;  // absent if it was imported: the user hasn't agreed to it
  bool rewrite = false;      // only for text: the question asks for the new text of these lines
  std::string guessed = {};  // not stored: the encoding in which a file's text was read, if that is a guess
};

// The names in the store and in the protocol.
inline constexpr std::string_view attachment_kind_names[] = {"",      "diagnostics", "gitDiff",
                                                             "image", "document",    "update"};
constexpr std::string_view name(Attachment::Kind kind) {
  return attachment_kind_names[static_cast<int>(kind)];
}
constexpr std::optional<Attachment::Kind> attachment_kind_named(std::string_view name) {
  for (int kind = 0; kind < static_cast<int>(std::size(attachment_kind_names)); ++kind) {
    if (attachment_kind_names[kind] == name) return static_cast<Attachment::Kind>(kind);
  }
  return std::nullopt;
}

struct Turn {
  std::string id = {};
  // For a question: the reply that it follows, or empty at a root. For a reply: its question.
  std::string parent = {};
  Role role = Role::User;
  // A side question, or the reply to a side question. It isn't part of the path, so the path's questions don't carry
  // it.
  bool side = false;
  // This question and its reply sum up everything before them; requests begin with the summary.
  bool compaction = false;
  Status status = Status::Complete;
  std::string text = {};
  std::string thinking = {};
  std::vector<Attachment> attachments = {};

  // JSON array: this turn's content as requests carry it. It is written once. Empty if there is nothing to send.
  std::string content = {};
  // JSON array: a reply's content blocks, byte for byte as they came. Reading a turn from the store leaves this
  // empty; a Tree has the blocks.
  std::string blocks = {};
  bool omit_thinking = false;  // the server refused the thinking once, so requests leave it out
  std::string system = {};     // only in a question: changed instructions, which requests carry after it
  std::string message = {};    // only in a reply: the id that the API gave it
  std::string server = {};     // origin of the API server that made the reply; others refuse its thinking

  std::string stop_reason = {};
  std::optional<Error> error = std::nullopt;
  std::string model = {};
  std::optional<Usage> usage = std::nullopt;
  std::optional<double> cost = std::nullopt;  // USD; absent where the price is unknown
  bool estimated = false;                     // `usage->output` and `cost` are estimates
  std::int64_t created = 0;                   // milliseconds since 1970, UTC
  std::vector<std::string> variants = {};     // this turn and its siblings, in order, without failed siblings
  bool sent = false;                          // the next request carries it
  bool recovered = false;                     // the process that wrote it died; the store has it as Streaming
  bool summed_up = false;                     // not sent, because a later summary replaces it
};

// The lines that a question asks to rewrite; null if it asks for something else.
inline const Attachment* rewritten_lines(const Turn& question) {
  for (const Attachment& attachment : question.attachments)
    if (attachment.rewrite && attachment.range) return &attachment;
  return nullptr;
}

// A part by which a running reply grows. The parts arrive in order. A part is text to show, thinking to show, a
// finished content block, or a change of the reply's state. A content block is JSON as it came; its text or thinking
// was shown before. A change of state is meant for other processes that follow the reply.
struct Piece {
  enum class Kind { Text, Thinking, Block, State };
  Kind kind = Kind::Text;
  std::string text;
};

}  // namespace aside
