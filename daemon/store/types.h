// The values that the store takes and gives: documents, conversations, exchanges, pages of lists. store.h has the
// functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/system/lock_file.h"

namespace aside {

// A document as the store knows it. Identity and fingerprint let a conversation follow a file that was renamed
// outside the editor; both are empty for a document that is not a file.
struct Document {
  std::string uri;          // canonical
  std::string path;         // of a file; shows whether an earlier document still exists
  std::string identity;     // device, inode and birth time
  std::string fingerprint;  // of its content, with its size after a colon; empty for a blank or large file
  std::vector<std::string> names = {};  // the names of links that lead to it, as URIs
};

struct Conversation {
  std::string id;
  std::string uri;    // canonical, of the document it belongs to
  std::string title;  // given, or taken from the first question; empty before that
  std::string model;  // empty: the default
  std::string effort;
  std::string system;         // the system text of its first request; empty before that
  std::string instructions;   // the part of `system` that is instructions
  std::string head;           // a reply; empty: before the first question
  std::string redo;           // the reply last visited after the head; empty: none
  std::int64_t revision = 0;  // grows with each change of structure: turns, head, settings, title, uri
  std::int64_t updated = 0;   // milliseconds since 1970
  bool stored = false;        // false: a proposal, which the first `begin` stores
};

struct Summary {  // a row of a list
  Conversation conversation;
  int turns = 0;               // questions and replies
  std::optional<double> cost;  // of the turns whose price is known
};

struct Totals {
  Usage usage;
  std::optional<double> cost;  // of the turns whose price is known
};

// A whole conversation, for export and import.
struct Tree {
  Conversation conversation;
  std::vector<Turn> turns;                     // each after its parent
  std::map<std::string, std::string> visited;  // turn ("": the root) → the reply after it last visited
};

// A question to be asked, and its reply. An empty `question.id` makes a new question; otherwise the reply becomes
// another variant of that question's replies.
struct NewExchange {
  Conversation conversation;          // stored, or a proposal for `document`
  Document document;                  // shows the conversation from then on; may be empty if that is stored
  std::optional<std::string> parent;  // reply, or "" for a new root; nullopt: the head
  Turn question;
  Turn reply;
  std::string system;             // kept with the conversation if it has none yet
  std::string instructions = {};  // the part of `system` that is instructions; kept in the same way
  std::string title = {};         // for a conversation without a title; empty: made from its question
};

struct Exchange {
  Conversation conversation;  // as stored now; if another process was first, its conversation
  std::string question;
  std::string reply;
  std::string parent;  // of the question
  bool side = false;   // a side question, also if it is asked again
  LockFile::Lock lease;
};

struct PieceRow {
  std::int64_t sequence = 0;  // grows along one reply
  Piece piece;
};

struct ListFilter {
  std::string uri = {};     // canonical; empty: all
  std::string folder = {};  // canonical: of the documents below it; empty: all
  std::string query;        // words in title or uri; empty: all
  int limit = 50;
  std::string cursor;                          // `next` of the page before
  std::int64_t since = 0, before = INT64_MAX;  // last changed at `since` or later, and earlier than `before`
  bool deleted = false;                        // lists the deleted conversations instead of the others
};

// A part of a path: the last turns before a question. It begins with a question.
struct Window {
  int limit = 0;            // at most this many turns, but at least one exchange; 0: all
  std::string before = {};  // the question after the last turn; empty: up to the end of the path
};

struct PathPart {
  std::vector<Turn> turns;
  int earlier = 0;    // how many turns of the path come before these
  int beginning = 0;  // how many come before the question whose reply sums them up, if any; see prompt.h
};

struct Page {
  std::vector<Summary> rows;
  std::string next;  // empty: no more
};

struct SearchFilter {
  std::string uri = {};  // as in ListFilter
  std::string folder = {};
  std::string query;  // words, all of which must occur; "a phrase"; a beginn*
  int limit = 50;
};

struct Hit {
  std::string conversation, uri, title;
  std::string turn;   // a question or a reply
  std::string reply;  // the reply to select so that the turn is on the path, or beside it
  std::string snippet;
  std::int64_t created = 0;
  bool side = false;
};

// Where the head goes: to that turn, or from there on to where the user last left the branch.
enum class SelectMode { Exactly, ToBranchEnd };

// Which replies a usage report counts, and by what its rows are grouped.
struct UsageFilter {
  std::string uri = {}, conversation = {};     // canonical; empty: all
  std::int64_t since = 0, before = INT64_MAX;  // made at `since` or later, and earlier than `before`
  std::size_t limit = 2'000;                   // of rows
  bool by_day = false, by_month = false, by_file = false, by_model = false, by_conversation = false;
};

struct UsageRow {
  std::string day = {}, month = {};  // of this machine's time zone; "2026-11-22", "2026-11"
  std::string uri = {}, model = {}, conversation = {}, title = {};
  int replies = 0;
  Usage usage = {};
  std::optional<double> cost = std::nullopt;  // of the replies whose price is known
  int unpriced = 0;                           // replies whose price isn't known
};

struct UsageReport {
  std::vector<UsageRow> rows;  // the newest day first; within a day, the highest cost first
  UsageRow total;
  int omitted = 0;  // rows beyond the limit; the total has them
};

// How the user has asked, see past.h. Times are in milliseconds since 1970.
struct PastFilter {
  std::int64_t since = 0;                  // conversations that were changed then or later
  std::int64_t conversations = 0;          // at most so many, those changed last
  std::int64_t questions = 0;              // of each the last ones, at most so many
  std::int64_t all_questions = INT64_MAX;  // reads no further conversation after so many
  std::string_view continuation = {};      // how a question begins that asks for the rest of a reply
};

struct AskedQuestion {
  std::int64_t asked = 0;
  // When the request was sent whose reply it follows; nullopt: it follows none of which the cache could hold anything:
  // it is the first question, or follows a summary, or what was imported or copied.
  std::optional<std::int64_t> before = std::nullopt;
  std::int64_t tokens = 0;  // of the prompt
};

struct AskedConversation {
  std::int64_t number = 0;
  std::int64_t updated = 0;
  std::vector<AskedQuestion> questions =
      {};  // in order; without retries, continuations, side questions and summaries
};

}  // namespace aside
