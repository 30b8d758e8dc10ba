// Checks what the user wants to share, before anything is sent: what it weighs, what the user would be asked, and what
// else a question would send. Called by the server for attachment/check.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/context/shared_text.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/known_instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "daemon/system/cancel.h"

namespace aside {

// What is sent with a question besides its attachments: the updates, and the shared text that the request already
// carries and that hasn't changed.
struct Along {
  struct Update {
    Attachment attachment;
    std::vector<Reason> reasons;
  };
  std::vector<Update> updates;
  std::vector<Attachment> known;  // without text
  std::int64_t tokens = 0;        // an estimate, attachments included
  std::optional<double> cost;     // the price in USD of these tokens as new input
  Forecast next;                  // the whole request, without the words of the question
  // The part of `next.cost` in USD that writing to the cache adds to the price of the input.
  std::optional<double> cache_cost;
};

// The check of each attachment. If a document was named, also the updates that a question there would send.
struct CheckedShares {
  std::vector<Sharing::Checked> shares;
  std::optional<Along> along;
};

class Checking {
 public:
  Checking(Claude& claude, const Sharing& sharing, ShownConversations& shown, Paths& paths,
           KnownInstructions& instructions, CacheHabits& cache_habits, const Preferences& preferences);

  // With `uri`, also returns what else a question in the conversation of this document would send. `told` is called
  // exactly once; `cancel` works from the first moment.
  void check(std::string uri, std::vector<Share> shares, const Cancel::Pointer& cancel,
             std::function<void(Result<CheckedShares>)> told);

 private:
  Result<Along> along(const std::string& uri, const std::vector<Attachment>& attachments);

  Claude& claude_;
  const Sharing& sharing_;
  ShownConversations& shown_conversations_;
  Paths& paths_;
  KnownInstructions& instructions_;
  CacheHabits& cache_habits_;
  const Preferences& preferences_;
};

// Compares what was shared on a path, and with these attachments, with what it is now. There are no updates if the
// setting keepCurrent is off.
SharedText::Compared compare(const std::vector<Turn>& path, const std::vector<Attachment>& attachments,
                             const Sharing& sharing, const Preferences& preferences);

}  // namespace aside
