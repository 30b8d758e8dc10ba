#include "daemon/store/exchange.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/store/conversations.h"
#include "daemon/store/search.h"
#include "daemon/store/subscription.h"
#include "daemon/store/turns.h"

namespace aside {
namespace {

constexpr const char* piece_names[] = {"text", "thinking", "block", "state"};

Piece::Kind piece_kind(std::string_view name) {
  const auto found = std::find(std::begin(piece_names), std::end(piece_names), name);
  return static_cast<Piece::Kind>(found - std::begin(piece_names));
}

Error busy_with_sides(const std::string& conversation, int max_sides) {
  Error error{ErrorCode::Busy,
              "the limit of " + std::to_string(max_sides) +
                  " side questions at the same time is reached in this conversation",
              {.hint = "Wait for one of them to end, or stop it.", .retryable = true}};
  error.data.conversation = conversation;
  return error;
}

// Returns how many side questions of the conversation are being answered, by any process.
int running_sides(Transaction& work, const LockFile& locks, std::int64_t thread) {
  Rows rows = work.rows(
      "SELECT number FROM turns WHERE thread = ? AND kind = 'side' AND status = 'streaming' AND role = 'assistant'",
      {thread});
  int running = 0;
  while (rows.next()) running += locks.held(rows.number(0)) ? 1 : 0;
  return running;
}

// Returns the conversation for a question: the proposed one, or the one that another process has made for the same
// document since then.
std::int64_t conversation_for(Transaction& work, const NewExchange& exchange) {
  const auto known = exchange.document.uri.empty() ? std::nullopt : adopt_document(work, exchange.document);
  if (const auto stored = find_conversation(work, exchange.conversation.id)) {
    const bool shows_it = known && known->thread == *stored;
    if (!exchange.document.uri.empty() && !shows_it) show_conversation(work, exchange.document, *stored);
    return *stored;
  }
  if (exchange.conversation.stored || exchange.document.uri.empty())
    return conversation_number(work, exchange.conversation.id);
  if (known) return known->thread;
  const std::int64_t made = insert_conversation(work, exchange.conversation, exchange.document.uri);
  show_conversation(work, exchange.document, made);
  return made;
}

std::optional<std::int64_t> parent_for(Transaction& work, std::int64_t thread,
                                       const std::optional<std::string>& parent) {
  if (!parent) return work.number("SELECT head FROM threads WHERE number = ?", {thread});
  if (parent->empty()) return std::nullopt;
  return turn_number(work, thread, Role::Assistant, *parent);
}

// Moves the head to a reply that has just begun.
void move_head(Transaction& work, std::int64_t thread, std::int64_t reply, const std::string& owner,
               const NewExchange& exchange) {
  mark_visited(work, thread, reply);
  work.wake(followers_of(thread));
  work.run(
      "UPDATE threads SET head = ?2, writing = ?2, owner = ?3, since = ?4, updated = ?4, deleted = NULL, "
      "revision = revision + 1, instructions = CASE system WHEN '' THEN ?7 ELSE instructions END, system = "
      "CASE system WHEN '' THEN ?5 ELSE system END, title = CASE title WHEN '' THEN ?6 ELSE title END WHERE "
      "number = ?1",
      {thread, reply, owner, now_milliseconds(), exchange.system,
       title_from(exchange.title.empty() ? exchange.question.text : exchange.title), exchange.instructions});
}

}  // namespace

bool is_written(Transaction& work, const LockFile& locks, std::int64_t thread) {
  const auto reply =
      work.number("SELECT writing FROM threads WHERE number = ? AND writing IS NOT NULL", {thread});
  return reply && locks.held(*reply);
}

bool is_streaming(Transaction& work, const LockFile& locks, std::int64_t reply) {
  return work.number("SELECT 1 FROM turns WHERE number = ? AND status = 'streaming'", {reply}) &&
         locks.held(reply);
}

Error busy(Transaction& work, std::int64_t thread) {
  Error error{ErrorCode::Busy, "a reply is being written in this conversation"};
  error.data.retryable = true;
  error.data.hint = "Wait for it to end, or stop it.";
  Rows row = work.rows(
      "SELECT id, writing, owner, strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000, 'unixepoch') FROM threads "
      "WHERE number = ?",
      {thread});
  if (row.next()) {
    error.data.conversation = row.text(0);
    if (!row.null(1)) error.data.turn = turn_id(row.number(1));
    error.data.owner = row.text(2);
    error.data.since = row.text(3);
    if (!error.data.owner.empty()) error.message += ", by " + error.data.owner;
  }
  return error;
}

Result<Exchange> begin_exchange(Transaction& work, LockFile* locks, const std::string& owner, int max_sides,
                                NewExchange exchange) {
  const std::int64_t thread = conversation_for(work, exchange);
  const bool is_new = exchange.question.id.empty();
  const auto parent = is_new ? parent_for(work, thread, exchange.parent) : std::nullopt;
  std::int64_t question = is_new ? 0 : turn_number(work, thread, Role::User, exchange.question.id);
  const bool side = is_new ? exchange.question.side : is_side(work, question);
  if (work.rejected()) return work.reject(busy(work, thread));  // returns the earlier error, if any
  if (side && running_sides(work, *locks, thread) >= max_sides)
    return work.reject(busy_with_sides(exchange.conversation.id, max_sides));
  if ((!side && is_written(work, *locks, thread)) || (parent && is_streaming(work, *locks, *parent)))
    return work.reject(busy(work, thread));

  exchange.reply.role = Role::Assistant;
  exchange.reply.status = Status::Streaming;
  exchange.reply.side = side;
  if (is_new) {
    question = insert_turn(work, thread, parent, exchange.question);
    index_turn(work, question);
  }
  const std::int64_t reply = insert_turn(work, thread, question, exchange.reply);
  auto lease = work.rejected() ? std::nullopt : locks->exclusive(reply);
  if (!lease) return work.reject(busy(work, thread));
  if (!side && parent) put_on_path(work, *parent);
  if (side)
    work.run(
        "UPDATE threads SET deleted = NULL, revision = revision + 1 WHERE number = ? AND deleted IS NOT NULL",
        {thread});
  else
    move_head(work, thread, reply, owner, exchange);
  const auto above = work.number("SELECT parent FROM turns WHERE number = ?", {question});
  return Exchange{read_conversation(work, thread),
                  turn_id(question),
                  turn_id(reply),
                  above ? turn_id(*above) : "",
                  side,
                  *std::move(lease)};
}

void append_pieces(Transaction& work, const std::string& id, const std::vector<Piece>& pieces) {
  const std::int64_t reply = reply_number(work, id);
  // Only the editor that asked a side question follows its reply, so nobody else is woken.
  if (const auto thread =
          work.number("SELECT thread FROM turns WHERE number = ? AND kind <> 'side'", {reply}))
    work.wake(followers_of(*thread));
  std::int64_t sequence =
      work.number("SELECT max(sequence) FROM pieces WHERE reply = ?", {reply}).value_or(0);
  for (const Piece& piece : pieces) {
    work.run("INSERT INTO pieces(reply, sequence, kind, text) VALUES(?, ?, ?, ?)",
             {reply, ++sequence, piece_names[static_cast<int>(piece.kind)], piece.text});
  }
}

std::vector<PieceRow> read_pieces(Transaction& work, const std::string& reply, std::int64_t after) {
  std::vector<PieceRow> pieces;
  Rows rows =
      work.rows("SELECT sequence, kind, text FROM pieces WHERE reply = ? AND sequence > ? ORDER BY sequence",
                {reply_number(work, reply), after});
  while (rows.next()) pieces.push_back({rows.number(0), {piece_kind(rows.text(1)), rows.text(2)}});
  return pieces;
}

void end_reply(Transaction& work, const Turn& reply) {
  const std::int64_t number = reply_number(work, reply.id);
  // Two processes may both find a reply whose writer died. The outcome that the first one wrote is kept.
  const auto thread =
      work.number("SELECT thread FROM turns WHERE number = ? AND status = 'streaming'", {number});
  if (thread) {
    write_outcome(work, number, reply);
    index_turn(work, number);
    work.run(
        "UPDATE threads SET updated = ?2, revision = revision + (SELECT kind = 'side' FROM turns WHERE number = ?3) "
        "WHERE number = ?1",
        {*thread, now_milliseconds(), number});
  }
  work.run("DELETE FROM pieces WHERE reply = ?", {number});
}

}  // namespace aside
