#include "daemon/store/salvage.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

#include "daemon/store/transaction.h"

namespace aside {
namespace {

constexpr std::int64_t rows_at_once = 256;

class Salvage {
 public:
  explicit Salvage(Database& whole) : whole_(whole) {}

  // Copies rows by number, in small ranges, so that a broken page loses only the rows on it.
  void copy(const std::string& table, const std::string& key, std::int64_t most) {
    const std::string columns = columns_of(table);
    if (columns.empty()) return;
    sql_ = "INSERT OR IGNORE INTO main." + table + "(" + columns + ") SELECT " + columns + " FROM damaged." +
           table + " WHERE " + key + " BETWEEN ?1 AND ?2";
    for (std::int64_t from = 1; from <= most; from += rows_at_once) {
      if (copied(from, from + rows_at_once - 1)) continue;
      for (std::int64_t row = from; row < from + rows_at_once; ++row) copied(row, row);
    }
  }
  // Copies all rows of a table in one step, so a broken page may lose all of them. This is for tables whose rows can
  // be rebuilt from other tables, or have little value.
  void copy(const std::string& table) {
    const std::string columns = columns_of(table);
    if (columns.empty()) return;
    sql_ = "INSERT OR IGNORE INTO main." + table + "(" + columns + ") SELECT " + columns + " FROM damaged." +
           table + " WHERE ?1 <= ?2";
    copied(0, 1);
  }

  // The largest number that a table has, or had.
  std::int64_t most(const std::string& table, const std::string& key) {
    const auto now = number("SELECT max(" + key + ") FROM damaged." + table);
    const auto ever = number("SELECT seq FROM damaged.sqlite_sequence WHERE name = '" + table + "'");
    return std::max(now.value_or(0), ever.value_or(0));
  }

 private:
  std::optional<std::int64_t> number(const std::string& sql) {
    Transaction work(whole_, Access::Read, "looking into the damaged store");
    return work.number(sql.c_str());
  }

  // Returns the columns of the damaged store, which may have an older version.
  std::string columns_of(const std::string& table) {
    Transaction work(whole_, Access::Read, "looking into the damaged store");
    std::string columns;
    const std::string sql = "SELECT name FROM pragma_table_info('" + table + "', 'damaged')";
    Rows rows = work.rows(sql.c_str());
    while (rows.next()) columns += (columns.empty() ? "" : ", ") + rows.text(0);
    return columns;
  }

  bool copied(std::int64_t from, std::int64_t to) {
    Transaction work(whole_, Access::Write, "saving what can be read");
    work.run(sql_.c_str(), {from, to});
    return work.commit().has_value();
  }

  Database& whole_;
  std::string sql_;
};

// Statements that repair what was copied. Their order matters: later statements rely on earlier ones.
constexpr const char* mending[] = {
    // Deletes the rows that belong to lost questions and replies.
    "DELETE FROM texts WHERE turn NOT IN (SELECT number FROM turns)",
    "DELETE FROM attachments WHERE turn NOT IN (SELECT number FROM turns)",
    "DELETE FROM pieces WHERE reply NOT IN (SELECT number FROM turns)",
    // Makes a new row for a lost conversation whose turns are still there.
    "INSERT INTO threads(number, id, uri, title, model, effort, updated) SELECT thread, 'recovered' || "
    "thread, coalesce((SELECT uri FROM links WHERE links.thread = turns.thread LIMIT 1), "
    "'untitled:recovered'), 'Recovered', '', '', max(created) FROM turns WHERE thread NOT IN (SELECT number "
    "FROM threads) GROUP BY thread",
    // A question whose parent is lost becomes a first question; a reply whose question is lost gets the question
    // "[lost]".
    "UPDATE turns SET parent = NULL WHERE role = 'user' AND parent IS NOT NULL AND NOT EXISTS(SELECT 1 FROM "
    "turns above WHERE above.number = turns.parent AND above.number < turns.number AND above.thread = "
    "turns.thread AND above.role = 'assistant')",
    "INSERT OR IGNORE INTO turns(number, thread, role, status, created) SELECT parent, thread, 'user', "
    "'complete', min(created) FROM turns WHERE role = 'assistant' AND parent < number AND parent NOT IN "
    "(SELECT number FROM turns) GROUP BY parent",
    "DELETE FROM turns WHERE role <> 'user' AND NOT EXISTS(SELECT 1 FROM turns above WHERE above.number = "
    "turns.parent AND above.number < turns.number AND above.thread = turns.thread AND above.role = 'user')",
    "UPDATE turns SET parent = NULL WHERE role = 'user' AND parent IS NOT NULL AND parent NOT IN (SELECT "
    "number FROM turns)",
    "DELETE FROM texts WHERE turn NOT IN (SELECT number FROM turns)",
    "INSERT INTO texts SELECT number, '[lost]', '', '', '' FROM turns WHERE role = 'user' AND number NOT IN "
    "(SELECT turn FROM texts)",
    "UPDATE turns SET status = 'failed', error_code = -31008, error_message = 'its text was lost with a part "
    "of the store', error_hint = 'Retry its question.', error_retryable = 0, error_request_id = '' WHERE "
    "role = 'assistant' AND status <> 'streaming' AND number NOT IN (SELECT turn FROM texts)",
    "INSERT INTO texts SELECT number, '', '', '', '' FROM turns WHERE number NOT IN (SELECT turn FROM texts)",
    "UPDATE texts SET blocks = '' WHERE blocks <> '' AND NOT json_valid(blocks)",
    "UPDATE texts SET content = '' WHERE content <> '' AND NOT json_valid(content)",
    "UPDATE texts SET content = json_array(json_object('type', 'text', 'text', text)) WHERE content = '' AND "
    "turn IN (SELECT number FROM turns WHERE role = 'user')",
    // Repairs the head of each conversation, and the branches last visited.
    "UPDATE turns SET visited = NULL WHERE visited NOT IN (SELECT number FROM turns)",
    "UPDATE threads SET visited = NULL WHERE visited NOT IN (SELECT number FROM turns)",
    "UPDATE threads SET writing = NULL WHERE writing NOT IN (SELECT number FROM turns)",
    "UPDATE threads SET head = (SELECT max(number) FROM turns WHERE thread = threads.number AND role = "
    "'assistant') WHERE (head IS NOT NULL OR id LIKE 'recovered%') AND NOT EXISTS(SELECT 1 FROM turns WHERE "
    "turns.number = head AND turns.thread = threads.number AND role = 'assistant')",
    "DELETE FROM links WHERE thread NOT IN (SELECT number FROM threads)",
    "DELETE FROM documents WHERE thread NOT IN (SELECT number FROM threads)",
    "INSERT OR IGNORE INTO links(uri, thread) SELECT uri, number FROM threads",
    "INSERT OR IGNORE INTO documents(uri, path, identity, fingerprint, thread) SELECT uri, '', '', '', "
    "number FROM threads WHERE deleted IS NULL ORDER BY updated DESC, number DESC",
    "INSERT INTO search(rowid, text) SELECT turn, text FROM texts JOIN turns ON number = turn WHERE status "
    "<> 'streaming'",
};

}  // namespace

Result<void> salvage(const std::string& damaged, const std::string& into) {
  {
    Database whole(into);
    if (auto attached = whole.attach_damaged(damaged); !attached) return attached;
    Salvage salvage(whole);
    const std::int64_t turns = salvage.most("turns", "number");
    salvage.copy("threads", "number", salvage.most("threads", "number"));
    salvage.copy("turns", "number", turns);
    salvage.copy("texts", "turn", turns);
    salvage.copy("attachments", "rowid", std::max(turns, salvage.most("attachments", "rowid")));
    for (const char* table : {"documents", "links", "pieces", "allowed"}) salvage.copy(table);
    Transaction work(whole, Access::Synced, "putting together what was saved in");
    for (const char* sql : mending) work.run(sql);
    if (auto mended = work.commit(); !mended) return mended;
  }
  std::error_code ignored;
  std::filesystem::remove(into + "-lock", ignored);
  return {};
}

}  // namespace aside
