#include "daemon/context/file_list.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "daemon/context/git.h"
#include "daemon/context/secrecy.h"
#include "daemon/system/pauses.h"
#include "daemon/text/file_match.h"

namespace aside {
namespace {

constexpr int max_depth = 40;

struct Close {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

enum class Type { File, Folder, Other };

// A link counts as a file. What it leads to is checked later, when the file is offered to the user.
Type type(const std::string& folder, const dirent& entry) {
  if (entry.d_type == DT_REG || entry.d_type == DT_LNK) return Type::File;
  if (entry.d_type == DT_DIR) return Type::Folder;
  if (entry.d_type != DT_UNKNOWN) return Type::Other;
  struct stat file = {};
  if (::lstat((folder + "/" + entry.d_name).c_str(), &file) != 0) return Type::Other;
  if (S_ISDIR(file.st_mode)) return Type::Folder;
  return S_ISREG(file.st_mode) || S_ISLNK(file.st_mode) ? Type::File : Type::Other;
}

// Whether this is a folder for the files of programs rather than of people. It is left out of the list where git can't
// say what is ignored.
bool left_out(std::string_view folder) {
  return folder.starts_with('.') || folder == "node_modules" || folder == "__pycache__";
}

}  // namespace

class FileListMaker {
 public:
  FileListMaker(asio::io_context& io, std::string folder, const std::string& ignore_from)
      : io_(io), folder_(std::move(folder)), ignored_(ignore_from), pauses_(io, FileList::stretch) {
    if (folder_.size() > ignore_from.size()) below_ = folder_.substr(ignore_from.size()) + "/";
    while (below_.starts_with('/')) below_.erase(0, 1);
  }

  asio::awaitable<FileList> make() {
    if (in_repository(folder_)) {
      const auto names = co_await listed(io_, folder_, FileList::max_bytes);
      if (names) {
        co_await take(*names);
        co_return std::move(list_);
      }
    }
    co_await walk();
    co_return std::move(list_);
  }

 private:
  asio::awaitable<void> take(std::string_view names) {
    for (std::size_t start = 0, end; start < names.size() && !full(); start = end + 1) {
      end = std::min(names.find('\0', start), names.size());
      const std::string_view name = names.substr(start, end - start);
      if (!name.ends_with('/')) add(name);  // a name with "/" at its end is another repository
      if (pauses_.due()) co_await pauses_.pause();
    }
  }

  // Reads the folders level by level. If the list becomes too long, it then lacks only the files in the deepest
  // folders.
  asio::awaitable<void> walk() {
    std::deque<std::pair<std::string, int>> folders{{"", 0}};
    while (!folders.empty() && !full()) {
      const auto [name, depth] = std::move(folders.front());
      folders.pop_front();
      const std::string path = folder_ + "/" + name;
      const std::unique_ptr<DIR, Close> open(::opendir(path.c_str()));
      while (const dirent* entry = open && !full() ? ::readdir(open.get()) : nullptr) {
        const std::string_view one = entry->d_name;
        const Type what = one == "." || one == ".." ? Type::Other : type(path, *entry);
        const std::string whole = (name.empty() ? "" : name + "/") + entry->d_name;
        if (what == Type::File) add(whole);
        if (what == Type::Folder && !left_out(one) && depth < max_depth &&
            folders.size() < FileList::max_files)
          folders.emplace_back(whole, depth + 1);
        if (pauses_.due()) co_await pauses_.pause();
      }
    }
  }

  void add(std::string_view name) {
    // If a file has a merge conflict, git names it once for each of its versions.
    if (name.empty() || (!list_.files_.empty() && list_.name(list_.files_.back()) == name)) return;
    if (ignored_.name(below_ + std::string(name))) return;
    list_.files_.push_back({static_cast<std::uint32_t>(list_.names_.size()),
                            static_cast<std::uint32_t>(name.size()), characters_of(name)});
    list_.names_ += name;
  }

  bool full() {
    list_.cut_ = list_.cut_ || list_.files_.size() >= FileList::max_files ||
                 list_.names_.size() >= FileList::max_bytes || std::chrono::steady_clock::now() >= until_;
    return list_.cut_;
  }

  asio::io_context& io_;
  std::string folder_;
  std::string below_;  // the folder's path relative to `ignore_from`: empty, or with "/" at its end
  AsideignoreFiles ignored_;
  Pauses pauses_;
  FileList list_;
  std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + FileList::max_time;
};

asio::awaitable<FileList> list_files(asio::io_context& io, std::string folder, std::string ignore_from) {
  FileListMaker maker(io, std::move(folder), ignore_from);
  co_return co_await maker.make();
}

}  // namespace aside
