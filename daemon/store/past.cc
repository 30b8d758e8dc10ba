#include "daemon/store/past.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace aside {
namespace {

constexpr std::int64_t unknown = -1;

// Reads the questions of a conversation. Each row is a reply whose usage is known. The row of the newest question comes
// first, since the index has the rows in this order. Only the first reply to a question counts, since the others are
// retries. If a question follows a failed request, nobody knows what that request has left in the cache. Then the
// request before the failed one counts as the request before the question.
void read_questions(Transaction& work, std::int64_t thread, const PastFilter& filter,
                    std::vector<AskedQuestion>& questions) {
  Rows rows = work.rows(
      "SELECT question.number, question.created, before.created, before.input IS NULL, "
      "reply.input + reply.cache_read + reply.cache_write FROM turns reply "
      "CROSS JOIN turns question ON question.number = reply.parent AND question.kind = '' "
      "LEFT JOIN turns before ON before.number = question.parent AND before.kind = '' "
      "WHERE reply.thread = ?1 AND reply.role = 'assistant' AND reply.input IS NOT NULL "
      "AND NOT (ifnull(before.status, '') IN ('cut', 'cancelled', 'interrupted') AND EXISTS "
      "(SELECT 1 FROM texts WHERE turn = question.number AND substr(text, 1, length(?2)) = ?2)) "
      "ORDER BY reply.parent DESC, reply.number DESC LIMIT ?3",
      {thread, filter.continuation, filter.questions});
  std::int64_t last = 0;
  while (rows.next()) {
    const bool retried = rows.number(0) == last;
    if (retried) questions.pop_back();
    last = rows.number(0);
    AskedQuestion& question =
        questions.emplace_back(AskedQuestion{rows.number(1), std::nullopt, rows.count(4)});
    if (!rows.null(2)) question.before = rows.number(3) == 0 ? rows.number(2) : unknown;
  }
  std::reverse(questions.begin(), questions.end());
  std::optional<std::int64_t> earlier;
  for (AskedQuestion& question : questions) {
    if (question.before == unknown) question.before = earlier;
    earlier = question.asked;
  }
}

}  // namespace

std::vector<AskedConversation> read_past(Transaction& work, const PastFilter& filter) {
  std::vector<AskedConversation> past;
  {
    Rows rows = work.rows(
        "SELECT number, updated FROM threads WHERE updated >= ?1 AND writing IS NOT NULL "
        "ORDER BY updated DESC, number DESC LIMIT ?2",
        {filter.since, filter.conversations});
    while (rows.next()) past.push_back({rows.number(0), rows.number(1), {}});
  }
  std::int64_t left = filter.all_questions;
  for (AskedConversation& conversation : past) {
    if (left <= 0) break;
    read_questions(work, conversation.number, filter, conversation.questions);
    left -= static_cast<std::int64_t>(conversation.questions.size());
  }
  return past;
}

}  // namespace aside
