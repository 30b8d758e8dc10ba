#include "daemon/store/turns.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/text/utf8.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t longest_title = 60;  // characters
constexpr std::string_view compaction_kind = "compaction", side_kind = "side",
                           imported_kind = "imported";  // of turns
constexpr std::string_view rewrite_kind = "rewrite";    // of an attachment

// Writes one line for the file, then one line for each reason. Neither contains line ends.
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
              nullable(lines[3]), a.language, a.text, a.rewrite ? rewrite_kind : name(a.kind), a.media,
              a.bytes, nullable(a.seen), a.piece, nullable(agreed)});
  }
}

// The turns that one query reads: a path has hundreds of them, so their numbers are passed as a JSON array for
// json_each. The rows come in any order. Sorting in SQLite would also sort their long texts, so `place` finds the
// place of each row.
struct Wanted {
  explicit Wanted(const std::vector<std::int64_t>& all) : numbers(all) {
    for (const std::int64_t number : numbers) list += (list == "[" ? "" : ",") + std::to_string(number);
    list += "]";
  }
  std::size_t place(std::int64_t number) const {
    return static_cast<std::size_t>(std::lower_bound(numbers.begin(), numbers.end(), number) -
                                    numbers.begin());
  }
  const std::vector<std::int64_t>& numbers;  // ascending
  std::string list = "[";
};

void read_attachments(Transaction& work, const Wanted& wanted, std::vector<Turn>& turns) {
  Rows rows = work.rows(
      "SELECT turn, place, uri, name, start_line, start_character, end_line, end_character, language, text, kind, "
      "media, bytes, seen, piece, agreed FROM json_each(?) wanted CROSS JOIN attachments ON turn = wanted.value",
      {wanted.list});
  std::map<std::pair<std::int64_t, std::int64_t>, Attachment> found;  // turn, place
  while (rows.next()) {
    Attachment& a = found[{rows.number(0), rows.number(1)}];
    a.uri = rows.text(2);
    a.name = rows.text(3);
    if (!rows.null(4)) {
      const auto at = [&rows](int column) { return static_cast<int>(rows.number(column)); };
      a.range = Range{{at(4), at(5)}, {at(6), at(7)}};
    }
    a.language = rows.text(8);
    a.text = rows.text(9);
    const std::string kind = rows.text(10);
    a.kind = attachment_kind_named(kind).value_or(Attachment::Kind::Text);
    a.rewrite = kind == rewrite_kind;
    a.media = rows.text(11);
    a.bytes = rows.count(12);
    if (!rows.null(13)) a.seen = rows.text(13);
    a.piece = rows.number(14);
    if (!rows.null(15)) a.agreed = read_agreed(rows.text(15));
  }
  for (auto& [key, attachment] : found)
    turns[wanted.place(key.first)].attachments.push_back(std::move(attachment));
}

std::string_view kind_of(const Turn& turn) {
  return turn.compaction ? compaction_kind : turn.side ? side_kind : "";
}

// Failed replies don't count as variants. A side question is no variant of the questions on paths.
void read_variants(Transaction& work, const Wanted& wanted, std::vector<Turn>& turns) {
  Rows rows = work.rows(
      "SELECT self.number, other.number FROM json_each(?) wanted CROSS JOIN turns self ON self.number = wanted.value "
      "CROSS JOIN turns other ON other.thread = self.thread AND other.parent IS self.parent "
      "WHERE (other.status <> 'failed' OR other.number = self.number) "
      "AND (other.kind = 'side') = (self.kind = 'side') ORDER BY self.number, other.number",
      {wanted.list});
  while (rows.next()) turns[wanted.place(rows.number(0))].variants.push_back(turn_id(rows.number(1)));
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

std::int64_t reject_turn(Transaction& work, const std::string& what) {
  work.reject({ErrorCode::InvalidParams, what, {.hint = "Get the conversation again: it may have changed."}});
  return 0;
}

}  // namespace

std::string turn_id(std::int64_t number) {
  return "t" + std::to_string(number);
}

std::optional<std::int64_t> number_in(const std::string& id) {
  std::int64_t number = 0;
  const char* end = id.data() + id.size();
  if (!id.starts_with('t')) return std::nullopt;
  const auto read = std::from_chars(id.data() + 1, end, number);
  if (read.ec != std::errc() || read.ptr != end || turn_id(number) != id) return std::nullopt;
  return number;
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
  return reject_turn(work, "'" + id + "' is not a " + kind + " of this conversation");
}

std::int64_t reply_for_selection(Transaction& work, std::int64_t thread, const std::string& id) {
  const auto found = work.number(
      "SELECT number FROM turns WHERE role = 'assistant' AND (number = ?2 OR (thread = ?1 AND parent = ?2)) "
      "ORDER BY number IS (SELECT visited FROM turns WHERE number = ?2) DESC, number DESC LIMIT 1",
      {thread, find_turn(work, thread, id).value_or(0)});
  return found ? *found : reject_turn(work, "'" + id + "' is not a turn of this conversation");
}

std::int64_t reply_number(Transaction& work, const std::string& id) {
  const auto found = work.number("SELECT number FROM turns WHERE number = ? AND role = 'assistant'",
                                 {number_in(id).value_or(0)});
  return found ? *found : reject_turn(work, "there is no reply '" + id + "'");
}

std::int64_t insert_turn(Transaction& work, std::int64_t thread, std::optional<std::int64_t> parent,
                         const Turn& turn, Origin origin) {
  const std::string_view kind = kind_of(turn);
  const bool imported = origin == Origin::Imported && kind.empty();
  const std::int64_t created = turn.created ? turn.created : now_milliseconds();
  work.run(
      "INSERT INTO turns(thread, parent, role, status, created, kind, system) VALUES(?, ?, ?, ?, ?, ?, ?)",
      {thread, nullable(parent), name(turn.role), name(turn.status), created, imported ? imported_kind : kind,
       turn.system});
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
      "error_offer, CASE kind WHEN 'side' THEN '' ELSE kind END, system, message FROM turns WHERE number = ?1",
      {turn, thread, nullable(parent)});
  const std::int64_t copy = work.inserted();
  work.run(
      "INSERT INTO texts(turn, text, thinking, content, blocks) SELECT ?2, text, thinking, content, blocks "
      "FROM texts WHERE turn = ?1",
      {turn, copy});
  work.run(
      "INSERT INTO attachments SELECT ?2, place, uri, name, start_line, start_character, end_line, "
      "end_character, language, text, kind, media, bytes, seen, piece, agreed FROM attachments WHERE turn = "
      "?1",
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

std::vector<Turn> read_turns(Transaction& work, const std::vector<std::int64_t>& numbers) {
  const Wanted wanted(numbers);
  std::vector<Turn> turns(numbers.size());
  Rows row = work.rows(
      "SELECT number, turns.parent, role, status, bare, created, model, server, stop_reason, cost, texts.text, "
      "texts.thinking, content, input, cache_read, cache_write, cache_write_1h, output, turns.thinking, "
      "error_code, error_message, error_hint, error_retryable, error_retry_after, error_request_id, error_offer, "
      "kind, system, message FROM json_each(?) wanted CROSS JOIN turns ON number = wanted.value "
      "CROSS JOIN texts ON texts.turn = number",
      {wanted.list});
  while (row.next()) {
    Turn& turn = turns[wanted.place(row.number(0))];
    turn.id = turn_id(row.number(0));
    if (!row.null(1)) turn.parent = turn_id(row.number(1));
    turn.role = row.text(2) == name(Role::User) ? Role::User : Role::Assistant;
    turn.status = status_named(row.text(3)).value_or(Status::Interrupted);
    turn.omit_thinking = row.number(4) != 0;
    turn.created = row.number(5);
    turn.model = row.text(6);
    turn.server = row.text(7);
    turn.stop_reason = row.text(8);
    turn.cost = row.price(9);
    turn.text = row.text(10);
    turn.thinking = row.text(11);
    turn.content = row.text(12);
    turn.usage = read_usage(row, 13);
    turn.error = read_error(row, 19);
    turn.compaction = row.text(26) == compaction_kind;
    turn.side = row.text(26) == side_kind;
    turn.system = row.text(27);
    turn.message = row.text(28);
  }
  read_attachments(work, wanted, turns);
  read_variants(work, wanted, turns);
  return turns;
}

void read_blocks(Transaction& work, const std::vector<std::int64_t>& numbers, std::vector<Turn>& turns) {
  const Wanted wanted(numbers);
  Rows rows = work.rows(
      "SELECT turn, blocks FROM json_each(?) wanted CROSS JOIN texts ON turn = wanted.value", {wanted.list});
  while (rows.next()) turns[wanted.place(rows.number(0))].blocks = rows.text(1);
}

Turn read_turn(Transaction& work, std::int64_t number) {
  return std::move(read_turns(work, {number}).front());
}

std::vector<std::int64_t> with_lines(Transaction& work, const std::vector<std::int64_t>& numbers) {
  const Wanted wanted(numbers);
  std::vector<std::int64_t> found;
  Rows rows = work.rows(
      "SELECT value FROM json_each(?) wanted WHERE EXISTS (SELECT 1 FROM attachments WHERE turn = wanted.value "
      "AND start_line IS NOT NULL AND kind IN ('', 'rewrite')) ORDER BY value",
      {wanted.list});
  while (rows.next()) found.push_back(rows.number(0));
  return found;
}

// Checks that a parent is older than its child, so a damaged file can't cause an endless loop.
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
      "'complete' AND role = 'assistant' AND content <> '' AND thread = (SELECT thread FROM turns WHERE "
      "number = ?1) AND number <= ?1 ORDER BY number DESC",
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

bool is_side(Transaction& work, std::int64_t turn) {
  return work.number("SELECT 1 FROM turns WHERE number = ? AND kind = 'side'", {turn}).has_value();
}

void put_on_path(Transaction& work, std::int64_t reply) {
  work.run(
      "WITH RECURSIVE beside(number) AS (SELECT number FROM turns WHERE number = ?1 AND kind = 'side' UNION ALL "
      "SELECT above.number FROM beside JOIN turns self ON self.number = beside.number "
      "JOIN turns above ON above.number = self.parent AND above.number < self.number AND above.kind = 'side') "
      "UPDATE turns SET kind = '' WHERE kind = 'side' AND (number IN beside OR (role = 'assistant' AND parent IN beside))",
      {reply});
}

std::vector<std::int64_t> sides_beside(Transaction& work, std::int64_t thread,
                                       const std::vector<std::int64_t>& path) {
  // Each row has a reply and its question, which is older. If a question has several replies, the last row wins: the
  // newest reply that didn't fail, else the newest.
  Rows rows = work.rows(
      "SELECT question.number, question.parent, reply.number, reply.status <> 'failed' FROM turns reply "
      "JOIN turns question ON question.number = reply.parent WHERE reply.thread = ? AND reply.kind = 'side' "
      "AND reply.role = 'assistant' ORDER BY question.number, reply.status <> 'failed', reply.number",
      {thread});
  std::set<std::int64_t> shown(path.begin(), path.end());
  std::vector<std::int64_t> sides;
  while (rows.next()) {
    const std::int64_t question = rows.number(0), reply = rows.number(2);
    if (!rows.null(1) && !shown.contains(rows.number(1))) continue;
    if (!sides.empty() && sides[sides.size() - 2] == question) {
      shown.erase(sides.back());
      sides.back() = reply;
    } else {
      sides.insert(sides.end(), {question, reply});
    }
    shown.insert(reply);
  }
  return sides;
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
