// Places the code of a reply in the documents that it is about, so that an editor can show it as a change to be
// reviewed. Called by the server for conversation/edits. Nothing is stored or written. An answer is valid for the
// documents as they were at the time of the request, and two editors may ask at the same time.
//
// A block may be placed in the conversation's own document, and in documents that the user has shared with the reply's
// question or an earlier question. Imported attachments, and names that now lead to another file, are no targets.
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
#include "daemon/context/shared_text.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/system/cancel.h"
#include "daemon/system/pauses.h"
#include "daemon/text/code_blocks.h"
#include "daemon/text/place.h"
#include "protocol/range.h"

namespace aside {

struct Proposal {
  struct TextEdit {
    Range range;
    std::string text;
  };
  std::size_t block = 0;                     // the number of the block in the reply, from 0
  std::size_t start_line = 0, end_line = 0;  // in the reply's text, with the fences; the end exclusive
  Placement::State state = Placement::State::Unplaced;
  std::string reason;          // only if Unplaced
  std::string uri, name;       // the document's; empty if there is none
  std::optional<int> version;  // only for an open document
  std::vector<TextEdit> edits;
};

class Proposals {
 public:
  static constexpr std::size_t max_blocks = 50, max_documents = 20;
  // The event loop may be blocked for this time; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{20};

  Proposals(asio::io_context& io, Store& store, Paths& paths, ShownConversations& shown,
            const Sharing& sharing, const Documents& documents);

  // Returns the proposals of a reply, or of one of its blocks. Errors: InvalidParams if there is no such reply or
  // block.
  void edits(const std::string& conversation, const std::string& turn, std::optional<std::size_t> block,
             const Cancel::Pointer& cancel, std::function<void(Result<std::vector<Proposal>>)> done);

 private:
  // A document in which a block may be placed, and what the model knows of it. It is read when a block needs it.
  struct Target {
    std::string uri, document, name;  // URI as the editor wrote it, canonical URI, name for people
    std::vector<SharedText::Known> known = {};
    std::optional<Result<Sharing::Whole>> now = std::nullopt;
    std::optional<FollowedLines> followed = std::nullopt;  // the lines of a rewrite, in that text
  };
  // The reply whose blocks are placed, with its question before it.
  struct Subject {
    Turn question, reply;
    std::vector<Target> targets;  // the conversation's own document is the first
    bool continues_block = false;
  };

  struct Placed {
    const Target* target = nullptr;  // null: the block belongs to no document
    Placement placement;
  };

  Result<Subject> subject(const std::string& conversation, const std::string& turn);
  // `rewrite` has the lines that the block replaces; null if the block may be placed anywhere.
  asio::awaitable<Placed> place_block(Subject& subject, const CodeBlock& block, const Attachment* rewrite,
                                      Pauses& pauses) const;
  Placement place_in(Target& target, const std::string& block, const Attachment* rewrite,
                     const std::string& question) const;
  Proposal proposal(std::size_t number, const CodeBlock& block, const Placed& placed) const;
  asio::awaitable<std::vector<Proposal>> place_all(Subject subject, std::optional<std::size_t> block) const;

  asio::io_context& io_;
  Store& store_;
  Paths& paths_;
  ShownConversations& shown_conversations_;
  const Sharing& sharing_;
  const Documents& documents_;
};

}  // namespace aside
