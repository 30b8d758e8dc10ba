#include "daemon/conversation/cache_habits.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "daemon/conversation/forecast.h"

namespace aside {
namespace {

std::vector<PastConversation> past_of(const AskedConversation& conversation) {
  std::vector<PastConversation> past;
  for (const AskedQuestion& question : conversation.questions) {
    if (!question.before || past.empty()) past.emplace_back();
    const std::int64_t pause = question.asked - question.before.value_or(question.asked);
    past.back().push_back({std::max<std::int64_t>(pause, 0), question.tokens});
  }
  return past;
}

bool is_earlier_reply(const Turn& turn) {
  return turn.role == Role::Assistant && turn.sent && !turn.compaction && turn.status != Status::Streaming;
}

}  // namespace

void CacheHabits::choose(Prompt& prompt, const std::vector<Turn>& path) {
  const PromptOptions& options = claude_.options();
  if (options.cache != "auto") {
    prompt.cache = {options.cache, "the setting `cache` says so"};
    return;
  }
  read();
  const bool first = std::none_of(path.begin(), path.end(), is_earlier_reply);
  prompt.cache =
      choose_cache(past_, first, expected_tokens(prompt, path), claude_.models().find(prompt.model));
}

void CacheHabits::prepare() {
  if (claude_.options().cache == "auto") read();
}

void CacheHabits::read() {
  const auto changed = store_.past({.since = newest_,
                                    .conversations = most_conversations,
                                    .questions = most_questions,
                                    .all_questions = most_questions_of_all,
                                    .continuation = continuation_begins});
  if (!changed) return spdlog::warn("{}", changed.error().message);
  bool other = false;
  for (const AskedConversation& conversation : *changed) {
    newest_ = std::max(newest_, conversation.updated);
    Known now{conversation.updated, past_of(conversation)};
    Known& known = known_[conversation.number];
    other = other || now.updated != known.updated || now.past != known.past;
    known = std::move(now);
  }
  if (!other) return;
  while (known_.size() > most_conversations)
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
      return a.second.updated < b.second.updated;
    }));
  past_.clear();
  for (const auto& [number, known] : known_) past_.insert(past_.end(), known.past.begin(), known.past.end());
}

}  // namespace aside
