// Finds what a user may want to share with the next question. The editor shows it in one line where the question is
// written: at most five suggestions, each checked and with its price. Called by the server for attachment/suggest.
// Nothing is attached until the user chooses it. Suggestions come only from the folder that the document is in.
// Something that the next request carries anyway, or that the user has already attached to it, is not suggested.
//
// If more than five are found, each reason keeps its first suggestion before any reason keeps a second one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/file_groups.h"
#include "daemon/conversation/next_request.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/shown_conversations.h"
#include "protocol/error.h"
#include "protocol/range.h"

namespace aside {

// Why something is suggested, in the order in which it is shown.
enum class SuggestedFor { Selection, Block, Import, OtherHalf, Changed, Problems };
inline constexpr std::string_view suggested_for_names[] = {"selection", "block",   "import",
                                                           "otherHalf", "changed", "problems"};
constexpr std::string_view name(SuggestedFor reason) {
  return suggested_for_names[static_cast<int>(reason)];
}

struct Suggestion {
  SuggestedFor reason = SuggestedFor::Selection;
  Attachable what;
};

class Suggestions {
 public:
  static constexpr std::size_t most = 5, max_imports = 3;
  // A file that is larger is not suggested.
  static constexpr std::size_t max_file_bytes = 256 * 1024;
  // The disk is asked at most so often whether a file exists.
  static constexpr int max_looks = 400;

  struct Situation {
    std::string uri;
    std::optional<Position> cursor = std::nullopt;
    std::optional<Range> selection = std::nullopt;
    std::optional<Range> block = std::nullopt;  // the block around the cursor, if the editor knows it
    std::optional<Share> problems = std::nullopt;
    std::vector<Share> listed = {};  // attachments of the next question
  };

  Suggestions(ShownConversations& shown, NextRequests& next, const Sharing& sharing,
              const Documents& documents, const Preferences& preferences)
      : shown_conversations_(shown),
        next_(next),
        sharing_(sharing),
        documents_(documents),
        preferences_(preferences) {}

  // Errors: those of the store.
  Result<std::vector<Suggestion>> suggest(const Situation& situation);

 private:
  struct Candidate {
    SuggestedFor reason;
    Share share;
  };
  // What needn't be suggested: documents or lines that are shared already.
  struct Taken {
    std::string document;  // canonical
    std::optional<Range> lines;
  };
  std::vector<Candidate> candidates(const Situation& situation) const;
  void add_block(const Situation& situation, std::string_view text, std::vector<Candidate>& found) const;
  void add_files(const Situation& situation, std::string_view text, std::vector<Candidate>& found) const;
  std::string existing(const std::string& path, const std::string& root) const;

  ShownConversations& shown_conversations_;
  NextRequests& next_;
  const Sharing& sharing_;
  const Documents& documents_;
  const Preferences& preferences_;
};

}  // namespace aside
