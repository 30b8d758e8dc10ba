// Tells which files a folder or a pattern means, before any of them is attached: each with its size, what speaks against it,
// and the sum. Called by the server for attachment/expand. Each file is then an ordinary attachment; nothing is kept here.
//
// What git ignores and what an `.asideignore` names is left out, links are not followed. A group that is over a limit is
// refused as a whole, so that nobody gets a part of what was asked for without noticing.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/context/workspace_files.h"
#include "daemon/conversation/next_request.h"
#include "daemon/system/cancel.h"
#include "protocol/error.h"

namespace aside {

// A file or some lines that an editor can attach, as checked.
struct Attachable {
  Share share;
  Sharing::Checked checked;
  std::int64_t tokens = 0;     // an estimate
  std::optional<double> cost;  // USD, as new input
};

struct FileGroup {
  std::vector<Attachable> files;  // by name
  // Of those that aren't refused.
  std::int64_t bytes = 0, tokens = 0;
  std::optional<double> cost;
};

class FileGroups {
 public:
  static constexpr std::size_t max_files = 50, max_bytes = 1024 * 1024;
  // The loop may be held for this time, or for one file of the group; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{2};

  struct Wanted {
    std::string uri;     // of the document that the question is about
    std::string folder;  // a URI; empty: the document's, as in Documents::folder_of
    std::string
        pattern;  // relative to the folder: another folder, or a pattern as in glob.h; empty: all below the folder
  };

  FileGroups(asio::io_context& io, NextRequests& next, const Sharing& sharing, const Documents& documents,
             const WorkspaceFiles& files)
      : io_(io), next_(next), sharing_(sharing), documents_(documents), files_(files) {}

  // Errors: InvalidParams if there is no such folder, no file in it that fits, or too much; RequestCancelled.
  void expand(Wanted wanted, const Cancel::Pointer& cancel, std::function<void(Result<FileGroup>)> done);

 private:
  using Answer = std::optional<Result<FileGroup>>;  // never empty; a coroutine's result must have a default
  asio::awaitable<Answer> expand(Wanted wanted);

  asio::io_context& io_;
  NextRequests& next_;
  const Sharing& sharing_;
  const Documents& documents_;
  const WorkspaceFiles& files_;
};

}  // namespace aside
