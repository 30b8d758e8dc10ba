// Finds files of a workspace by a few letters of their names, which the user has typed after `@` in a question. Called
// by the server. The list of a folder's files is made when it is first needed, and is kept in memory; nothing polls or
// watches the folder. A request is answered from the list in memory. If this list is older than `fresh_for`, a new one
// is made meanwhile, for the next request. If it is older than `kept_for`, the request waits for the new one. Before a
// file is offered, it is checked that the file still exists.
//
// Letters that begin like a path (`/`, `~/`, `./`, `../`) are completed part by part instead: each request reads the one
// folder that they name. So nothing is searched outside of the workspace.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/context/file_list.h"
#include "daemon/system/cancel.h"
#include "daemon/system/pauses.h"
#include "protocol/error.h"

namespace aside {

class WorkspaceFiles {
 public:
  static constexpr std::chrono::seconds fresh_for{2};
  static constexpr std::chrono::minutes kept_for{10};
  static constexpr std::size_t max_lists = 4;         // for a new one, the least recently used one is dropped
  static constexpr std::size_t max_shared = 50;       // files that were shared lately
  static constexpr std::size_t max_entries = 10'000;  // matching names of a folder, for a path

  struct Query {
    std::string uri;     // of the document that the question is about
    std::string folder;  // a URI; if empty, Documents::folder_of gives the folder of the document
    std::string letters;
    std::size_t limit = 0;
  };
  struct Found {
    std::string uri;   // in the editor's spelling
    std::string name;  // for people: relative to the folder, or, for a path, beginning as the letters do
  };
  struct Files {
    std::vector<Found> files;  // the best first; for a path, sorted by name
    bool cut = false;  // the workspace has more files than were searched; for a path, more names match
  };
  WorkspaceFiles(asio::io_context& io, const Documents& documents) : io_(io), documents_(documents) {}
  WorkspaceFiles(const WorkspaceFiles&) = delete;
  WorkspaceFiles& operator=(const WorkspaceFiles&) = delete;

  // Errors: InvalidParams for a folder that isn't there; RequestCancelled.
  void find(Query query, const Cancel::Pointer& cancel, std::function<void(Result<Files>)> done);
  // Records that a file was shared. Files that were shared lately are ranked higher.
  void record_shared(const std::string& uri);

  // Whether this file below a folder can be offered: it exists, is a regular file, and no `.asideignore` names it now.
  // A link that leads out of the folder can't be offered.
  bool offered(const std::string& folder, std::string_view name) const;

 private:
  // A list that is being made; some requests may wait for it.
  struct Making {
    explicit Making(asio::io_context& io) : done(io, asio::steady_timer::time_point::max()) {}
    asio::steady_timer done;  // is cancelled when the list is there
    std::shared_ptr<const FileList> list;
  };
  struct Known {
    std::string path;  // canonical
    std::shared_ptr<const FileList> list = nullptr;
    std::chrono::steady_clock::time_point made = {};
    std::shared_ptr<Making> making = nullptr;
  };
  using Answer = std::optional<Result<Files>>;  // always has a value; co_spawn needs a default value
  asio::awaitable<Answer> find(Query query);
  asio::awaitable<Files> entries(std::string folder, const Query& query) const;
  asio::awaitable<std::shared_ptr<const FileList>> list(std::string path);
  asio::awaitable<void> make_list(std::string path, std::shared_ptr<Making> making);
  asio::awaitable<std::vector<std::string>> best(std::shared_ptr<const FileList> list, std::string path,
                                                 const Query& query, Pauses& pauses) const;
  Known& known(const std::string& path);

  asio::io_context& io_;
  const Documents& documents_;
  std::list<Known> known_;          // the one used last comes first
  std::deque<std::string> shared_;  // canonical paths, the last one first
};

}  // namespace aside
