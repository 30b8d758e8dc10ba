#include "daemon/store/list.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/store/conversations.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr int largest_page = 500;

bool contains_words(const std::string& title, const std::string& name, std::string_view words) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  const auto in = [&](std::string_view text, std::string_view word) {
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
  };
  while (true) {
    words = trimmed(words);
    if (words.empty()) return true;
    const std::string_view word = words.substr(0, word_bytes(words));
    if (!in(title, word) && !in(name, word)) return false;
    words.remove_prefix(word.size());
  }
}

// The last row of a page. The next page has only older rows, even if something changes meanwhile.
struct Cursor {
  std::int64_t updated = INT64_MAX;
  std::int64_t thread = INT64_MAX;
  auto operator<=>(const Cursor&) const = default;
};

std::string text_of(const Cursor& cursor) {
  return std::to_string(cursor.updated) + "." + std::to_string(cursor.thread);
}

std::optional<Cursor> cursor_in(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const char* end = text.data() + text.size();
  const auto updated = std::from_chars(text.data(), end, cursor.updated);
  if (updated.ec != std::errc() || updated.ptr == end || *updated.ptr != '.') return std::nullopt;
  const auto thread = std::from_chars(updated.ptr + 1, end, cursor.thread);
  if (thread.ec != std::errc() || thread.ptr != end) return std::nullopt;
  return cursor;
}

}  // namespace

Page list_conversations(Transaction& work, const ListFilter& filter) {
  const auto from = cursor_in(filter.cursor);
  if (!from) {
    work.reject({ErrorCode::InvalidParams, "'" + filter.cursor + "' is not a cursor of this list"});
    return {};
  }
  const auto limit = static_cast<std::size_t>(std::clamp(filter.limit, 1, largest_page));
  const Cursor end = std::min(*from, Cursor{filter.before, INT64_MIN});
  // '0' is the character after '/', so `uri > folder || '/' AND uri < folder || '0'` means: below the folder. The folder
  // itself may have conversations, too.
  Rows rows =
      filter.uri.empty()
          ? work.rows(
                "SELECT number, updated FROM threads WHERE (updated, number) < (?1, ?2) AND (deleted IS NOT "
                "NULL) = ?3 AND updated >= ?5 AND (?4 IN ('', uri) OR (uri > ?4 || '/' AND uri < ?4 || "
                "'0')) ORDER BY updated DESC, number DESC",
                {end.updated, end.thread, std::int64_t{filter.deleted}, filter.folder, filter.since})
          : work.rows(
                "SELECT number, updated FROM links JOIN threads ON number = thread WHERE links.uri = ?4 "
                "AND (updated, number) < (?1, ?2) AND (deleted IS NOT NULL) = ?3 AND updated >= ?5 "
                "ORDER BY updated DESC, number DESC",
                {end.updated, end.thread, std::int64_t{filter.deleted}, filter.uri, filter.since});
  Page page;
  Cursor last;
  while (rows.next()) {
    const std::int64_t number = rows.number(0);
    Summary row{read_conversation(work, number)};
    if (!filter.query.empty()) {
      // Searches the path instead of the URI, in which escapes look like words.
      Rows path =
          work.rows("SELECT path FROM documents WHERE uri = ? AND path <> ''", {row.conversation.uri});
      const std::string name = path.next() ? path.text(0) : row.conversation.uri;
      if (!contains_words(row.conversation.title, name, filter.query)) continue;
    }
    if (page.rows.size() == limit) {
      page.next = text_of(last);
      break;
    }
    // Doesn't count failed replies, nor a question that has only failed replies.
    Rows sums = work.rows(
        "SELECT count(*) FILTER (WHERE answers) + count(DISTINCT parent) FILTER (WHERE answers), sum(cost) FROM "
        "(SELECT parent, cost, role = 'assistant' AND status <> 'failed' AS answers FROM turns WHERE thread = ?)",
        {number});
    if (sums.next()) {
      row.turns = static_cast<int>(sums.number(0));
      row.cost = sums.price(1);
    }
    page.rows.push_back(std::move(row));
    last = {rows.number(1), number};
  }
  return page;
}

}  // namespace aside
