// The request that a document's next question will make, as far as it is known before the question is written. The
// methods attachment/check, attachment/expand and attachment/suggest price attachments as parts of this request, so
// that their figures agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/known_instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "protocol/error.h"

namespace aside {

struct NextRequest {
  std::vector<Turn> path;  // root → the reply that the question follows
  Prompt prompt;           // without messages
  PromptOptions options;
  Forecast forecast;  // without the question's words, attachments and updates

  // Returns the forecast with this many tokens more.
  Forecast with(std::int64_t tokens) const;
  // The price in USD of `tokens` new tokens, in a request that has `more` tokens in addition to those of `forecast`.
  // Absent if the model's price is unknown.
  std::optional<double> cost(std::int64_t tokens, std::int64_t more) const;
};

class NextRequests {
 public:
  NextRequests(const Claude& claude, ShownConversations& shown, Paths& paths, KnownInstructions& instructions,
               CacheHabits& cache_habits, const Preferences& preferences)
      : claude_(claude),
        shown_conversations_(shown),
        paths_(paths),
        instructions_(instructions),
        cache_habits_(cache_habits),
        preferences_(preferences) {}

  // Returns the next request of a document. `parent` is the reply that the question follows; "" means none, and nullopt
  // the head. Errors: those of Paths::to_reply, the store and KnownInstructions::instruct.
  Result<NextRequest> of(const std::string& uri, const std::optional<std::string>& parent = std::nullopt);

 private:
  const Claude& claude_;
  ShownConversations& shown_conversations_;
  Paths& paths_;
  KnownInstructions& instructions_;
  CacheHabits& cache_habits_;
  const Preferences& preferences_;
};

}  // namespace aside
