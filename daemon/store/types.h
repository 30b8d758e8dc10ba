// The values that go into the store and come out of it: documents, conversations, exchanges, pages of lists. store.h
// has the functions.
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
  std::string path;         // only of a file. With it one can check whether the file still exists
  std::string identity;     // device, inode and birth time
  std::string fingerprint;  // hash of its content, and its size after a colon; empty if it is blank or large
  std::vector<std::string> names = {};  // the names of links that lead to it, as URIs
};

struct Conversation {
  std::string id;
  std::string uri;    // the canonical URI of the document to which it belongs
  std::string title;  // given by the user, or made from the first question; empty before that
  std::string model;  // empty: the default
  std::string effort;
  std::string system;         // the system text of its first request; empty before that
  std::string instructions;   // the part of `system` that comes from instructions
  std::string head;           // a reply; empty: before the first question
  std::string redo;           // the reply last visited after the head; empty: none
  std::int64_t revision = 0;  // grows with each change of structure: turns, head, settings, title, uri
  std::int64_t updated = 0;   // milliseconds since 1970
  bool stored = false;        // false: a proposal, which the first `begin` stores
};

struct Summary {  // a row of a list
  Conversation conversation;
  int turns = 0;               // questions and replies
  std::optional<double> cost;  // the sum for the turns whose price is known
};

struct Totals {
  Usage usage;
  std::optional<double> cost;  // the sum for the turns whose price is known
};

// A whole conversation, for export and import.
struct Tree {
  Conversation conversation;
  std::vector<Turn> turns;                     // each after its parent
  std::map<std::string, std::string> visited;  // turn ("": the root) → the reply after it last visited
};

// A question to be asked, and its reply. With an empty `question.id` the question is new. Otherwise the reply becomes
// another variant of that question's replies.
struct NewExchange {
  Conversation conversation;          // stored, or a proposal for `document`
  Document document;                  // shows the conversation afterwards; may be empty for a stored one
  std::optional<std::string> parent;  // reply, or "" for a new root; nullopt: the head
  Turn question;
  Turn reply;
  std::string system;             // kept with the conversation, unless it has one already
  std::string instructions = {};  // the part of `system` that comes from instructions; kept in the same way
  std::string title = {};         // for a conversation without a title; empty: it is made from the question
};

struct Exchange {
  Conversation conversation;  // as it is stored now; another process may have made it first
  std::string question;
  std::string reply;
  std::string parent;  // the parent of the question
  bool side = false;   // a side question, or a new reply to one
  LockFile::Lock lease;
};

struct PieceRow {
  std::int64_t sequence = 0;  // grows from piece to piece of a reply
  Piece piece;
};

struct ListFilter {
  std::string uri = {};     // canonical; empty: all
  std::string folder = {};  // canonical; lists only the documents below it; empty: all
  std::string query;        // words in title or uri; empty: all
  int limit = 50;
  std::string cursor;                          // the `next` of the page before
  std::int64_t since = 0, before = INT64_MAX;  // last changed at `since` or later, and earlier than `before`
  bool deleted = false;                        // lists the deleted conversations instead of the others
};

// A part of a path: the last turns before a question. The part begins with a question.
struct Window {
  int limit = 0;            // at most this many turns, but at least one exchange; 0: all
  std::string before = {};  // the question after the last turn; empty: to the end of the path
};

struct PathPart {
  std::vector<Turn> turns;
  int earlier = 0;    // how many turns of the path come before this part
  int beginning = 0;  // how many turns come before the last question for a summary; 0 if there is none
};

struct Page {
  std::vector<Summary> rows;
  std::string next;  // empty: no more
};

struct SearchFilter {
  std::string uri = {};  // as in ListFilter
  std::string folder = {};
  std::string query;  // words that must all occur; "a phrase"; a beginn*
  int limit = 50;
};

struct Hit {
  std::string conversation, uri, title;
  std::string turn;   // a question or a reply
  std::string reply;  // the reply to select so that the turn is on the path or beside it
  std::string snippet;
  std::int64_t created = 0;
  bool side = false;
};

// Where `select` moves the head: exactly to that turn, or on to the end of the branch as the user last visited it.
enum class SelectMode { Exactly, ToBranchEnd };

// Which replies a usage report counts, and how its rows are grouped.
struct UsageFilter {
  std::string uri = {}, conversation = {};     // canonical; empty: all
  std::int64_t since = 0, before = INT64_MAX;  // made at `since` or later, and earlier than `before`
  std::size_t limit = 2'000;                   // the most rows
  bool by_day = false, by_month = false, by_file = false, by_model = false, by_conversation = false;
};

struct UsageRow {
  std::string day = {}, month = {};  // in this machine's time zone: "2026-11-22", "2026-11"
  std::string uri = {}, model = {}, conversation = {}, title = {};
  int replies = 0;
  Usage usage = {};
  std::optional<double> cost = std::nullopt;  // the sum for the replies whose price is known
  int unpriced = 0;                           // replies whose price isn't known
};

struct UsageReport {
  std::vector<UsageRow> rows;  // the newest day first; within a day, the highest cost first
  UsageRow total;
  int omitted = 0;  // rows beyond the limit; the total has them
};

// How the user has asked, see past.h. Times are in milliseconds since 1970.
struct PastFilter {
  std::int64_t since = 0;                  // only conversations that were changed then or later count
  std::int64_t conversations = 0;          // at most so many conversations are read: those changed last
  std::int64_t questions = 0;              // at most so many questions of each are read: the last ones
  std::int64_t all_questions = INT64_MAX;  // after so many questions, no further conversation is read
  std::string_view continuation = {};      // a question that begins so asks for the rest of a reply
};

struct AskedQuestion {
  std::int64_t asked = 0;
  // When the request before this question was sent. nullopt if the cache can't hold anything from before: this is the
  // first question, or it follows a summary, or it follows turns that were imported or copied.
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
