// Tells which files a folder or a pattern means, before any of them is attached. Gives the size of each file, the
// reasons against sending it, and the sum of all sizes. Called by the server for attachment/expand. The editor then
// attaches the files like any other; nothing is kept here.
//
// Files that git ignores or an `.asideignore` names are left out. Links are not followed. A group that is over a limit
// is refused as a whole, so that nobody gets a part of it without noticing.
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

// A file, or lines of a file, that an editor can attach, with the result of the check.
struct Attachable {
  Share share;
  Sharing::Checked checked;
  std::int64_t tokens = 0;     // an estimate
  std::optional<double> cost;  // USD, as new input
};

struct FileGroup {
  std::vector<Attachable> files;  // sorted by name
  // The sums for the files that aren't refused.
  std::int64_t bytes = 0, tokens = 0;
  std::optional<double> cost;
};

class FileGroups {
 public:
  static constexpr std::size_t max_files = 50, max_bytes = 1024 * 1024;
  // The event loop may be blocked for this time, or for one file of the group; then other events get their turn.
  static constexpr std::chrono::milliseconds stretch{2};

  struct Wanted {
    std::string uri;     // of the document that the question is about
    std::string folder;  // a URI; if empty, Documents::folder_of gives the folder of the document
    std::string
        pattern;  // relative to the folder: another folder, or a pattern as in glob.h; if empty, all files are meant
  };

  FileGroups(asio::io_context& io, NextRequests& next, const Sharing& sharing, const Documents& documents,
             const WorkspaceFiles& files)
      : io_(io), next_(next), sharing_(sharing), documents_(documents), files_(files) {}

  // Errors: InvalidParams if there is no such folder, no file in it that fits, or too much; RequestCancelled.
  void expand(Wanted wanted, const Cancel::Pointer& cancel, std::function<void(Result<FileGroup>)> done);

 private:
  using Answer = std::optional<Result<FileGroup>>;  // always has a value; co_spawn needs a default value
  asio::awaitable<Answer> expand(Wanted wanted);

  asio::io_context& io_;
  NextRequests& next_;
  const Sharing& sharing_;
  const Documents& documents_;
  const WorkspaceFiles& files_;
};

}  // namespace aside
