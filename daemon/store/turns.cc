#include "daemon/store/turns.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "daemon/text/utf8.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t longest_title = 60;  // characters

// One line for the file, then one for each reason: neither contains line ends.
std::string written(const Agreed& agreed) {
  std::string lines = agreed.file;
  for (const std::string& reason : agreed.reasons) lines += "\n" + reason;
  return lines;
}

Agreed read_agreed(std::string_view lines) {
  Agreed agreed{std::string(lines.substr(0, lines.find('\n')))};
  for (lines.remove_prefix(agreed.file.size()); !lines.empty();) {
    lines.remove_prefix(1);
    agreed.reasons.emplace_back(lines.substr(0, lines.find('\n')));
    lines.remove_prefix(agreed.reasons.back().size());
  }
  return agreed;
}

void insert_attachments(Transaction& work, std::int64_t turn, const std::vector<Attachment>& attachments) {
  std::int64_t place = 0;
  for (const Attachment& a : attachments) {
    std::optional<std::int64_t> lines[4];
    if (a.range) {
      lines[0] = a.range->start.line, lines[1] = a.range->start.character;
      lines[2] = a.range->end.line, lines[3] = a.range->end.character;
    }
    std::optional<std::string> agreed;
    if (a.agreed) agreed = written(*a.agreed);
    work.run("INSERT INTO attachments VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
             {turn, place++, a.uri, a.name, nullable(lines[0]), nullable(lines[1]), nullable(lines[2]),
              nullable(lines[3]), a.language, a.text, name(a.kind), a.media, a.bytes, nullable(a.seen),
              a.piece, nullable(agreed)});
  }
}

std::vector<Attachment> read_attachments(Transaction& work, std::int64_t turn) {
  std::vector<Attachment> attachments;
  Rows rows = work.rows(
      "SELECT uri, name, start_line, start_character, end_line, end_character, language, text, kind, "
      "media, bytes, seen, piece, agreed FROM attachments WHERE turn = ? ORDER BY place",
      {turn});
  while (rows.next()) {
    Attachment& a = attachments.emplace_back();
    a.uri = rows.text(0);
    a.name = rows.text(1);
    if (!rows.null(2)) {
      const auto at = [&rows](int column) { return static_cast<int>(rows.number(column)); };
      a.range = Range{{at(2), at(3)}, {at(4), at(5)}};
    }
    a.language = rows.text(6);
    a.text = rows.text(7);
    a.kind = attachment_kind_named(rows.text(8)).value_or(Attachment::Kind::Text);
    a.media = rows.text(9);
    a.bytes = rows.count(10);
    if (!rows.null(11)) a.seen = rows.text(11);
    a.piece = rows.number(12);
    if (!rows.null(13)) a.agreed = read_agreed(rows.text(13));
  }
  return attachments;
}

std::string_view kind_of(const Turn& turn) {
  return turn.compaction ? "compaction" : "";
}

// Replies that failed are not counted as variants.
std::vector<std::string> siblings(Transaction& work, std::int64_t turn) {
  std::vector<std::string> ids;
  Rows rows = work.rows(
      "SELECT other.number FROM turns self JOIN turns other ON other.thread = self.thread "
      "AND other.parent IS self.parent WHERE self.number = ? AND (other.status <> 'failed' OR other.number = "
      "self.number) ORDER BY other.number",
      {turn});
  while (rows.next()) ids.push_back(turn_id(rows.number(0)));
  return ids;
}

std::optional<Usage> read_usage(const Rows& row, int column) {
  if (row.null(column)) return std::nullopt;
  Usage usage{row.count(column), row.count(column + 1), row.count(column + 2), row.count(column + 3),
              row.count(column + 4)};
  if (!row.null(column + 5)) usage.thinking = row.count(column + 5);
  return usage;
}

std::optional<Error> read_error(const Rows& row, int column) {
  if (row.null(column)) return std::nullopt;
  Error error{static_cast<ErrorCode>(row.number(column)), row.text(column + 1)};
  error.data.hint = row.text(column + 2);
  error.data.retryable = row.number(column + 3) != 0;
  if (!row.null(column + 4)) error.data.retry_after_seconds = row.real(column + 4);
  error.data.request_id = row.text(column + 5);
  error.data.offer = row.text(column + 6);
  return error;
}

std::optional<std::int64_t> number_in(const std::string& id) {
  std::int64_t number = 0;
  const char* end = id.data() + id.size();
  if (!id.starts_with('t')) return std::nullopt;
  const auto read = std::from_chars(id.data() + 1, end, number);
  if (read.ec != std::errc() || read.ptr != end || turn_id(number) != id) return std::nullopt;
  return number;
}

std::int64_t reject_turn(Transaction& work, const std::string& what) {
  work.reject({ErrorCode::InvalidParams, what, {.hint = "Get the conversation again: it may have changed."}});
  return 0;
}

}  // namespace

std::string turn_id(std::int64_t number) {
  return "t" + std::to_string(number);
}

std::optional<std::int64_t> find_turn(Transaction& work, std::int64_t thread, const std::string& id) {
  const auto number = number_in(id);
  if (!number) return std::nullopt;
  return work.number("SELECT number FROM turns WHERE number = ? AND thread = ?", {*number, thread});
}

std::int64_t turn_number(Transaction& work, std::int64_t thread, Role role, const std::string& id) {
  const auto found = work.number("SELECT number FROM turns WHERE number = ? AND thread = ? AND role = ?",
                                 {number_in(id).value_or(0), thread, name(role)});
  if (found) return *found;
  const char* kind = role == Role::User ? "question" : "reply";
  return reject_turn(work, "'" + id + "' is no " + kind + " of this conversation");
}

std::int64_t reply_for_selection(Transaction& work, std::int64_t thread, const std::string& id) {
  const auto found = work.number(
      "SELECT number FROM turns WHERE role = 'assistant' AND (number = ?2 OR (thread = ?1 AND parent = ?2)) "
      "ORDER BY number IS (SELECT visited FROM turns WHERE number = ?2) DESC, number DESC LIMIT 1",
      {thread, find_turn(work, thread, id).value_or(0)});
  return found ? *found : reject_turn(work, "'" + id + "' is no turn of this conversation");
}

std::int64_t reply_number(Transaction& work, const std::string& id) {
  const auto found = work.number("SELECT number FROM turns WHERE number = ? AND role = 'assistant'",
                                 {number_in(id).value_or(0)});
  return found ? *found : reject_turn(work, "there is no reply '" + id + "'");
}

std::int64_t insert_turn(Transaction& work, std::int64_t thread, std::optional<std::int64_t> parent,
                         const Turn& turn) {
  const std::int64_t created = turn.created ? turn.created : now_milliseconds();
  work.run(
      "INSERT INTO turns(thread, parent, role, status, created, kind, system) VALUES(?, ?, ?, ?, ?, ?, ?)",
      {thread, nullable(parent), name(turn.role), name(turn.status), created, kind_of(turn), turn.system});
  const std::int64_t number = work.inserted();
  write_outcome(work, number, turn);
  insert_attachments(work, number, turn.attachments);
  return number;
}

std::int64_t copy_turn(Transaction& work, std::int64_t turn, std::int64_t thread,
                       std::optional<std::int64_t> parent) {
  work.run(
      "INSERT INTO turns(thread, parent, role, status, bare, created, model, server, stop_reason, "
      "error_code, error_message, error_hint, error_retryable, error_retry_after, error_request_id, "
      "error_offer, kind, system, message) "
      "SELECT ?2, ?3, role, status, bare, created, model, server, stop_reason, "
      "error_code, error_message, error_hint, error_retryable, error_retry_after, error_request_id, "
      "error_offer, kind, system, message FROM turns WHERE number = ?1",
      {turn, thread, nullable(parent)});
  const std::int64_t copy = work.inserted();
  work.run(
      "INSERT INTO texts(turn, text, thinking, content, blocks) SELECT ?2, text, thinking, content, blocks "
      "FROM texts "
      "WHERE turn = ?1",
      {turn, copy});
  work.run(
      "INSERT INTO attachments SELECT ?2, place, uri, name, start_line, start_character, end_line, "
      "end_character, "
      "language, text, kind, media, bytes, seen, piece, agreed FROM attachments WHERE turn = ?1",
      {turn, copy});
  return copy;
}

void write_outcome(Transaction& work, std::int64_t number, const Turn& turn) {
  work.run(
      "UPDATE turns SET status = ?2, bare = ?3, model = ?4, server = ?5, stop_reason = ?6, cost = ?7, "
      "message = ?8 WHERE number = ?1",
      {number, name(turn.status), std::int64_t{turn.omit_thinking}, turn.model, turn.server, turn.stop_reason,
       nullable(turn.cost), turn.message});
  if (const auto& usage = turn.usage) {
    work.run(
        "UPDATE turns SET input = ?2, cache_read = ?3, cache_write = ?4, cache_write_1h = ?5, output = ?6, "
        "thinking = ?7 WHERE number = ?1",
        {number, usage->input, usage->cache_read, usage->cache_write, usage->cache_write_1h, usage->output,
         nullable(usage->thinking)});
  }
  if (const auto& error = turn.error) {
    work.run(
        "UPDATE turns SET error_code = ?2, error_message = ?3, error_hint = ?4, error_retryable = ?5, "
        "error_retry_after = ?6, error_request_id = ?7, error_offer = ?8 WHERE number = ?1",
        {number, static_cast<std::int64_t>(error->code), error->message, error->data.hint,
         std::int64_t{error->data.retryable}, nullable(error->data.retry_after_seconds),
         error->data.request_id, error->data.offer});
  }
  work.run("INSERT OR REPLACE INTO texts(turn, text, thinking, content, blocks) VALUES(?, ?, ?, ?, ?)",
           {number, turn.text, turn.thinking, turn.content, turn.blocks});
}

Turn read_turn(Transaction& work, std::int64_t number) {
  Turn turn;
  Rows row = work.rows(
      "SELECT parent, role, status, bare, created, model, server, stop_reason, cost, texts.text, "
      "texts.thinking, "
      "content, blocks, input, cache_read, cache_write, cache_write_1h, output, turns.thinking, error_code, "
      "error_message, error_hint, error_retryable, error_retry_after, error_request_id, error_offer, kind, "
      "system, message FROM turns JOIN texts ON texts.turn = turns.number WHERE turns.number = ?",
      {number});
  if (!row.next()) return turn;
  turn.id = turn_id(number);
  if (!row.null(0)) turn.parent = turn_id(row.number(0));
  turn.role = row.text(1) == name(Role::User) ? Role::User : Role::Assistant;
  turn.status = status_named(row.text(2)).value_or(Status::Interrupted);
  turn.omit_thinking = row.number(3) != 0;
  turn.created = row.number(4);
  turn.model = row.text(5);
  turn.server = row.text(6);
  turn.stop_reason = row.text(7);
  turn.cost = row.price(8);
  turn.text = row.text(9);
  turn.thinking = row.text(10);
  turn.content = row.text(11);
  turn.blocks = row.text(12);
  turn.usage = read_usage(row, 13);
  turn.error = read_error(row, 19);
  turn.compaction = row.text(26) == "compaction";
  turn.system = row.text(27);
  turn.message = row.text(28);
  if (turn.role == Role::User) turn.attachments = read_attachments(work, number);
  turn.variants = siblings(work, number);
  return turn;
}

// A parent is always older than its child, which is checked, so a damaged file can't cause an endless loop.
std::vector<std::int64_t> path_to(Transaction& work, std::int64_t leaf) {
  std::vector<std::int64_t> path;
  Rows rows = work.rows(
      "WITH RECURSIVE way(number, parent) AS (SELECT number, parent FROM turns WHERE number = ? UNION ALL "
      "SELECT above.number, above.parent FROM way JOIN turns above ON above.number = way.parent "
      "AND above.number < way.number) SELECT number FROM way ORDER BY number",
      {leaf});
  while (rows.next()) path.push_back(rows.number(0));
  return path;
}

std::size_t last_summary(Transaction& work, const std::vector<std::int64_t>& path) {
  if (path.empty()) return 0;
  Rows summaries = work.rows(
      "SELECT number FROM turns JOIN texts ON turn = number WHERE kind = 'compaction' AND status = "
      "'complete' "
      "AND role = 'assistant' AND content <> '' AND thread = (SELECT thread FROM turns WHERE number = ?1) "
      "AND number <= ?1 ORDER BY number DESC",
      {path.back()});
  while (summaries.next()) {
    const auto found = std::find(path.begin(), path.end(), summaries.number(0));
    if (found != path.end() && found != path.begin())
      return static_cast<std::size_t>(found - path.begin()) - 1;
  }
  return 0;
}

void mark_visited(Transaction& work, std::int64_t thread, std::int64_t reply) {
  const std::vector<std::int64_t> path = path_to(work, reply);
  const auto taken = [&work](std::int64_t from, std::int64_t next) {
    work.run("UPDATE turns SET visited = ?2 WHERE number = ?1 AND visited IS NOT ?2", {from, next});
  };
  for (std::size_t i = 1; i < path.size(); i += 2) {  // question, reply, question, reply …
    taken(path[i - 1], path[i]);
    if (i == 1) {
      work.run("UPDATE threads SET visited = ?2 WHERE number = ?1 AND visited IS NOT ?2", {thread, path[i]});
    } else {
      taken(path[i - 2], path[i]);
    }
  }
}

// As in path_to, a damaged file can't cause an endless loop.
std::optional<std::int64_t> branch_end(Transaction& work, std::int64_t thread,
                                       std::optional<std::int64_t> reply) {
  if (!reply) reply = work.number("SELECT visited FROM threads WHERE number = ?", {thread});
  if (!reply) return reply;
  return work.number(
      "WITH RECURSIVE way(number) AS (SELECT ? UNION ALL SELECT visited FROM way JOIN turns ON "
      "turns.number = way.number WHERE visited > way.number) SELECT max(number) FROM way",
      {*reply});
}

std::string title_from(const std::string& question) {
  const std::string_view whole = trimmed(question);
  const std::string line(trimmed(whole.substr(0, whole.find_first_of("\r\n"))));
  std::size_t cut = utf8::bytes_of(line, longest_title);
  if (cut == line.size()) return line;
  const std::size_t space = line.find_last_of(" \t", cut);
  if (space != std::string::npos && space > 0) cut = line.find_last_not_of(" \t", space) + 1;
  return line.substr(0, cut) + "…";
}

}  // namespace aside
