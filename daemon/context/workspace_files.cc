#include "daemon/context/workspace_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "daemon/context/file_name.h"
#include "daemon/context/secrecy.h"
#include "daemon/system/environment.h"
#include "daemon/system/run_cancellable.h"
#include "daemon/text/file_match.h"

namespace aside {
namespace {

using Clock = std::chrono::steady_clock;

// So many files are compared between two looks at the clock.
constexpr std::size_t at_once = 64;
// For each file that the query asks for, so many of the best names are kept, since some files may no longer exist.
constexpr std::size_t spare = 3;

Error no_folder(const std::string& name) {
  return {ErrorCode::InvalidParams,
          "params.folder: " + (name.empty() ? "no folder is open" : name + " is no folder"),
          {.hint = "Open a folder, or name one that is there."}};
}

std::string canonical_path(const std::string& path) {
  return file_path(canonical(file_uri(path)));
}

bool begins_like_path(std::string_view letters) {
  return letters.starts_with('/') || letters.starts_with("~/") || letters.starts_with("./") ||
         letters.starts_with("../");
}

std::string joined(const std::string& folder, std::string_view name) {
  return (folder == "/" ? folder : folder + "/") + std::string(name);
}

}  // namespace

void WorkspaceFiles::find(Query query, const Cancel::Pointer& cancel,
                          std::function<void(Result<Files>)> done) {
  run_cancellable(io_, find(std::move(query)), cancel,
                  {"finding files", "cancelled before the files were found"}, std::move(done));
}

asio::awaitable<WorkspaceFiles::Answer> WorkspaceFiles::find(Query query) {
  const std::string folder = query.folder.empty() ? documents_.folder_of(query.uri) : file_path(query.folder);
  std::error_code failed;
  if (folder.empty() || !std::filesystem::is_directory(folder, failed))
    co_return no_folder(printable_name(folder));
  if (begins_like_path(query.letters)) co_return co_await entries(folder, query);
  const std::string path = canonical_path(folder);
  const auto list = co_await this->list(path);
  Files found;
  found.cut = list->cut();
  Pauses pauses(io_, FileList::stretch);
  const auto names = co_await best(list, path, query, pauses);
  for (const std::string& name : names) {
    if (found.files.size() == query.limit) break;
    if (offered(folder, name)) found.files.push_back({file_uri(joined(folder, name)), printable_name(name)});
    co_await pauses.pause();
  }
  co_return found;
}

// Returns the files and folders of one folder whose names begin with the last part of the letters.
asio::awaitable<WorkspaceFiles::Files> WorkspaceFiles::entries(std::string folder, const Query& query) const {
  const std::size_t last_part = query.letters.rfind('/') + 1;
  const std::string head = query.letters.substr(0, last_part), beginning = query.letters.substr(last_part);
  const std::string path = head.starts_with('/')   ? head
                           : head.starts_with('~') ? home_folder() + head.substr(1)
                                                   : joined(folder, head);
  Files found;
  Pauses pauses(io_, FileList::stretch);
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(path, failed), end; !failed && entry != end;) {
    const std::string name = entry->path().filename().string();
    const bool hidden = name.starts_with('.') && !beginning.starts_with('.');
    if (name.starts_with(beginning) && !hidden) names.push_back(name);
    found.cut = names.size() == max_entries;
    if (found.cut) break;
    entry.increment(failed);
    co_await pauses.pause();
  }
  std::sort(names.begin(), names.end());
  found.cut = found.cut || names.size() > query.limit;
  names.resize(std::min(names.size(), query.limit));
  for (const std::string& name : names) {
    const bool is_folder = std::filesystem::is_directory(path + name, failed);
    found.files.push_back({file_uri(path + name), printable_name(head + name) + (is_folder ? "/" : "")});
    co_await pauses.pause();
  }
  co_return found;
}

// The names that fit best, the best first.
asio::awaitable<std::vector<std::string>> WorkspaceFiles::best(std::shared_ptr<const FileList> shared_list,
                                                               std::string path, const Query& query,
                                                               Pauses& pauses) const {
  struct Candidate {
    int score;
    std::uint32_t file;
  };
  const FileList& list = *shared_list;
  const FileQuery letters(query.letters);
  const std::string root = joined(path, "");
  const auto below = [&root](const std::string& file) {
    return file.starts_with(root) ? file.substr(root.size()) : std::string();
  };
  const std::string asking = below(file_path(canonical(query.uri)));
  std::vector<std::string> names;
  for (const std::string& file : shared_) names.push_back(below(file));
  std::unordered_map<std::string_view, int> extra;
  for (const std::string& name : names) extra.emplace(name, shared_lately);

  const std::size_t kept = query.limit * spare;
  const auto better = [&list](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return list.name(list.files()[a.file]) < list.name(list.files()[b.file]);
  };
  std::vector<Candidate> best;  // a heap: the worst of the best comes first
  for (std::size_t i = 0; i < list.files().size(); ++i) {
    if (i % at_once == 0) co_await pauses.pause();
    const FileList::File& file = list.files()[i];
    if ((file.characters & letters.characters()) != letters.characters()) continue;
    const std::string_view name = list.name(file);
    const auto score = letters.score(name);
    if (!score) continue;
    const auto more = extra.find(name);
    const Candidate one{*score + nearness(name, asking) + (more == extra.end() ? 0 : more->second),
                        static_cast<std::uint32_t>(i)};
    if (best.size() == kept && !better(one, best.front())) continue;
    if (best.size() == kept) {
      std::pop_heap(best.begin(), best.end(), better);
      best.pop_back();
    }
    best.push_back(one);
    std::push_heap(best.begin(), best.end(), better);
  }
  std::sort_heap(best.begin(), best.end(), better);
  std::vector<std::string> found;
  for (const Candidate& one : best) found.emplace_back(list.name(list.files()[one.file]));
  co_return found;
}

bool WorkspaceFiles::offered(const std::string& folder, std::string_view name) const {
  const std::string path = joined(folder, name);
  struct stat file = {};
  if (::lstat(path.c_str(), &file) != 0) return false;
  const std::string real = canonical_path(path);
  if (S_ISLNK(file.st_mode)) {
    if (::stat(path.c_str(), &file) != 0 || !real.starts_with(joined(canonical_path(folder), "")))
      return false;
  }
  if (!S_ISREG(file.st_mode)) return false;
  const std::string top = documents_.folder_around(real);
  std::string_view below = std::string_view(real).substr(std::min(real.size(), top.size()));
  while (below.starts_with('/')) below.remove_prefix(1);
  return !named_by_asideignore(top, below);
}

void WorkspaceFiles::record_shared(const std::string& uri) {
  const std::string path = file_path(canonical(uri));
  if (path.empty()) return;
  shared_.erase(std::remove(shared_.begin(), shared_.end(), path), shared_.end());
  shared_.push_front(path);
  if (shared_.size() > max_shared) shared_.pop_back();
}

WorkspaceFiles::Known& WorkspaceFiles::known(const std::string& path) {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&path](const Known& one) { return one.path == path; });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
  } else {
    known_.push_front({path});
    if (known_.size() > max_lists) known_.pop_back();
  }
  return known_.front();
}

asio::awaitable<std::shared_ptr<const FileList>> WorkspaceFiles::list(std::string path) {
  Known& there = known(path);
  const auto before = there.list;
  const auto age = Clock::now() - there.made;
  auto making = there.making;
  if ((!before || age > fresh_for) && !making) {
    making = there.making = std::make_shared<Making>(io_);
    asio::co_spawn(io_, make_list(path, making), asio::detached);  // ready at once for a small folder
  }
  if (before && age <= kept_for) co_return before;
  asio::error_code ended;
  while (!making->list) co_await making->done.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  co_return making->list;
}

// Makes the list of a folder. Goes on even if the request that needs the list is cancelled: the request after the
// user's next key press needs the list, too.
asio::awaitable<void> WorkspaceFiles::make_list(std::string path, std::shared_ptr<Making> making) {
  auto list = std::make_shared<FileList>();
  try {
    *list = co_await list_files(io_, path, documents_.folder_around(joined(path, "file")));
  } catch (const std::exception&) {  // requests wait for a list, so they get an empty one
    list = std::make_shared<FileList>();
  }
  making->list = std::move(list);
  making->done.cancel();
  Known& there = known(path);
  there.list = making->list;
  there.made = Clock::now();
  there.making = nullptr;
}

}  // namespace aside
