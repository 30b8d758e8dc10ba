// Checks what the user wants to share, before anything is sent: its size and price, what the user would be asked, and
// what else a question would send. Called by the server for attachment/check.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/context/shared_text.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/next_request.h"
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
    std::optional<double> cost = std::nullopt;  // in USD, at the price of new input; so are the other costs
  };
  std::vector<Update> updates;
  std::vector<Attachment> known;             // without text
  std::int64_t tokens = 0;                   // an estimate, attachments included
  std::optional<double> cost;                // of all these tokens
  std::vector<std::optional<double>> costs;  // of each attachment
  Forecast next;                             // the whole request, without the words of the question
  // The part of `next.cost` in USD that writing to the cache adds to the price of the input.
  std::optional<double> cache_cost;
};

// What to check: the attachments, and if there is a `uri`, also the question about that document that would carry them.
struct ToCheck {
  std::vector<Share> shares;
  std::string uri = {};
  std::optional<std::string> parent = std::nullopt;  // `parent` and `current` are as in Question
  bool current = true;
};

// The check of each attachment. If a document was named, also what else a question there would send.
struct CheckedShares {
  std::vector<Sharing::Checked> shares;
  std::optional<Along> along;
};

class Checking {
 public:
  Checking(const Sharing& sharing, ShownConversations& shown, NextRequests& next,
           const Preferences& preferences)
      : sharing_(sharing), shown_conversations_(shown), next_(next), preferences_(preferences) {}

  // `done` is called exactly once; `cancel` works from the first moment. Errors: RequestCancelled; those of
  // NextRequests::of.
  void check(ToCheck to_check, const Cancel::Pointer& cancel,
             std::function<void(Result<CheckedShares>)> done);

 private:
  Result<Along> along(const ToCheck& to_check, const std::vector<Sharing::Checked>& checked);

  const Sharing& sharing_;
  ShownConversations& shown_conversations_;
  NextRequests& next_;
  const Preferences& preferences_;
};

// Compares the text that was shared on a path and in these attachments with the same text as it is now. There are no
// updates if the setting keepCurrent is off.
SharedText::Compared compare(const std::vector<Turn>& path, const std::vector<Attachment>& attachments,
                             const Sharing& sharing, const Preferences& preferences);

}  // namespace aside
