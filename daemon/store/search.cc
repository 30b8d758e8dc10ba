#include "daemon/store/search.h"

#include <algorithm>
#include <string_view>

#include "daemon/store/turns.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr int largest_answer = 500;

constexpr std::size_t max_words = 200;  // the most words of a query; further words are ignored

// Returns the query with one blank between its words, and without control characters: FTS5 stops reading at a NUL.
std::string plain(std::string_view query) {
  std::string text;
  for (query = trimmed(query); !query.empty();) {
    const std::size_t end = word_bytes(query);
    text.append(text.empty() ? "" : " ").append(query.substr(0, end));
    query = trimmed(query.substr(end));
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), control, ' ');
  return text;
}

// FTS5 accepts any text between quotes as a phrase. A quote itself can't be searched for.
void add_phrase(std::string& match, std::string_view words, bool open_ended) {
  if (blank(words)) return;
  if (!match.empty()) match += ' ';
  match.append("\"").append(words).append(open_ended ? "\"*" : "\"");
}

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

// For a side question or its reply: returns the reply on the path that the side question follows, or the head of the
// conversation if there is no such reply.
std::string reply_beside(Transaction& work, std::int64_t turn) {
  const auto reply = work.number(
      "WITH RECURSIVE way(number, parent, kind) AS (SELECT number, parent, kind FROM turns WHERE number = ?1 UNION ALL "
      "SELECT above.number, above.parent, above.kind FROM way JOIN turns above ON above.number = way.parent "
      "AND above.number < way.number WHERE way.kind = 'side') "
      "SELECT coalesce((SELECT number FROM way WHERE kind <> 'side'), "
      "(SELECT head FROM threads WHERE number = (SELECT thread FROM turns WHERE number = ?1)))",
      {turn});
  return reply ? turn_id(*reply) : "";
}

}  // namespace

void index_turn(Transaction& work, std::int64_t turn) {
  work.run("INSERT INTO search(rowid, text) SELECT turn, text FROM texts WHERE turn = ?", {turn});
}

std::string match_for(const std::string& query) {
  constexpr const char* ends_word = " \"";
  std::string match;
  const std::string text = plain(query);
  std::string_view rest = text;
  for (std::size_t words = 0; !rest.empty() && words < max_words; ++words) {
    const bool quoted = rest.front() == '"';
    if (quoted) rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find_first_of(quoted ? "\"" : ends_word), rest.size());
    const std::string_view phrase = rest.substr(0, end);
    const bool open_ended = !quoted && phrase.size() > 1 && phrase.back() == '*';
    add_phrase(match, open_ended ? phrase.substr(0, phrase.size() - 1) : phrase, open_ended);
    const bool passes_end = end < rest.size() && (quoted || rest[end] != '"');
    rest.remove_prefix(end + (passes_end ? 1 : 0));
  }
  return match;
}

std::vector<Hit> find_text(Transaction& work, const SearchFilter& filter) {
  std::vector<Hit> hits;
  const std::string match = match_for(filter.query);
  if (match.empty()) return hits;
  // CROSS JOIN makes SQLite read the index first, in the index's order, so that a search for a very common word is
  // not slower.
  // '0' is the character after '/', so `uri > folder || '/' AND uri < folder || '0'` means: below the folder.
  Rows rows = work.rows(
      "SELECT threads.id, threads.uri, title, turns.number, role, "
      "(SELECT max(reply.number) FROM turns reply WHERE reply.thread = turns.thread AND reply.parent = "
      "turns.number), snippet(search, 0, '', '', '…', 16), created, kind = 'side' "
      "FROM search CROSS JOIN turns ON turns.number = search.rowid CROSS JOIN threads ON threads.number = "
      "turns.thread WHERE search MATCH ?1 AND deleted IS NULL "
      "AND (?2 = '' OR EXISTS(SELECT 1 FROM links WHERE links.uri = ?2 AND links.thread = threads.number)) "
      "AND (?3 IN ('', threads.uri) OR (threads.uri > ?3 || '/' AND threads.uri < ?3 || '0')) "
      // Leaves out copies (forked or imported) of turns that are found as originals.
      "AND NOT EXISTS(SELECT 1 FROM turns first JOIN threads home ON home.number = first.thread "
      "WHERE first.created = turns.created AND first.number < turns.number AND first.thread <> turns.thread "
      "AND first.role = turns.role AND home.deleted IS NULL "
      "AND (?2 = '' OR EXISTS(SELECT 1 FROM links WHERE links.uri = ?2 AND links.thread = home.number)) "
      "AND (?3 IN ('', home.uri) OR (home.uri > ?3 || '/' AND home.uri < ?3 || '0')) "
      "AND (SELECT text FROM texts WHERE turn = first.number) = (SELECT text FROM texts WHERE turn = "
      "turns.number)) ORDER BY search.rowid DESC LIMIT ?4",
      {match, filter.uri, filter.folder, std::int64_t{std::clamp(filter.limit, 1, largest_answer)}});
  while (rows.next()) {
    Hit& hit = hits.emplace_back();
    hit.conversation = rows.text(0);
    hit.uri = rows.text(1);
    hit.title = rows.text(2);
    hit.turn = turn_id(rows.number(3));
    hit.reply = rows.text(4) == "assistant" ? hit.turn : turn_id(rows.number(5));
    hit.snippet = on_one_line(rows.text(6));
    hit.created = rows.number(7);
    hit.side = rows.number(8) != 0;
    if (hit.side) hit.reply = reply_beside(work, rows.number(3));
  }
  return hits;
}

}  // namespace aside
