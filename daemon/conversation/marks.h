// Finds where lines that were shared with earlier questions are in a document now, so that the editor can mark them.
// The questions are those of the conversation that the document shows: the questions of its path, with those before a
// summary, and its side questions. Called by the server for conversation/marks. Nothing is stored. A mark is never
// wrong (text/line_index): lines that have changed too much, or that occur twice in the document, get no mark. A
// document that was shared as a whole gets none either.
//
// If a document was renamed, its earlier name isn't known. So lines that were shared from a document that no longer
// exists are looked for in this document, too. Even if they came from another document, a mark is set only where
// this document has such lines.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/system/cancel.h"
#include "protocol/range.h"

namespace aside {

struct Mark {
  std::string turn;  // the id of the question
  std::string text;  // the first line of the question, shortened
  Range range;       // whole lines
  bool side = false;
};

struct DocumentMarks {
  std::string conversation;
  std::optional<int> version;  // only for an open document
  std::vector<Mark> marks;     // by line; marks on the same lines are in the order of their questions
};

class Marks {
 public:
  static constexpr std::size_t max_marks = 1000;   // if more pieces were shared, the last ones are looked for
  static constexpr std::size_t longest_text = 80;  // characters
  // The event loop may be blocked for this time; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{3};

  Marks(asio::io_context& io, Store& store, ShownConversations& shown, const Sharing& sharing,
        const Documents& documents);

  // Errors: the error of reading the document, if it can't be read and there are questions that shared lines of it.
  void marks(const std::string& uri, const Cancel::Pointer& cancel,
             std::function<void(Result<DocumentMarks>)> done);

 private:
  struct Shared {
    Mark mark;  // without its range
    Attachment lines;
  };

  bool is_gone(const std::string& uri) const;
  asio::awaitable<DocumentMarks> find(DocumentMarks found, std::vector<Shared> shared,
                                      std::string text) const;

  asio::io_context& io_;
  Store& store_;
  ShownConversations& shown_conversations_;
  const Sharing& sharing_;
  const Documents& documents_;
};

}  // namespace aside
