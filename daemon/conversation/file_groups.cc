#include "daemon/conversation/file_groups.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/context/file_list.h"
#include "daemon/context/file_name.h"
#include "daemon/conversation/forecast.h"
#include "daemon/system/pauses.h"
#include "daemon/system/run_cancellable.h"
#include "daemon/text/figures.h"
#include "daemon/text/glob.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

Error refused(std::string message, std::string hint) {
  return {ErrorCode::InvalidParams, "params.pattern: " + std::move(message), {.hint = std::move(hint)}};
}

// A pattern in two parts: the folder that its first parts name, and the rest, which is matched with the files below
// that folder.
struct Place {
  fs::path folder;
  std::string rest;
};

Place place(fs::path folder, std::string_view pattern) {
  while (!pattern.empty()) {
    const std::size_t slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    if (is_glob(part)) break;
    if (pattern[0] == '/' && slash == 0) {
      pattern.remove_prefix(1);
      continue;
    }
    folder /= part;
    pattern.remove_prefix(slash == pattern.npos ? pattern.size() : slash + 1);
  }
  return {folder.lexically_normal(), std::string(pattern)};
}

}  // namespace

void FileGroups::expand(Wanted wanted, const Cancel::Pointer& cancel,
                        std::function<void(Result<FileGroup>)> done) {
  run_cancellable(io_, expand(std::move(wanted)), cancel,
                  {"listing a folder", "cancelled before all files were checked"}, std::move(done));
}

asio::awaitable<FileGroups::Answer> FileGroups::expand(Wanted wanted) {
  const std::string from =
      wanted.folder.empty() ? documents_.folder_of(wanted.uri) : file_path(wanted.folder);
  const auto [path, rest] = place(from, wanted.pattern);
  std::string folder = path.string();
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  const std::string named = printable_name(wanted.pattern.empty() ? folder : wanted.pattern);
  std::error_code failed;
  if (folder.empty() || !fs::is_directory(folder, failed))
    co_return refused(printable_name(folder) + " is no folder", "Name a folder that is there.");

  const std::string real = file_path(canonical(file_uri(folder)));
  const std::string inside = real == "/" ? "/file" : real + "/file";
  const FileList list = co_await list_files(io_, real, documents_.folder_around(inside));
  if (list.cut())
    co_return refused(named + " has more files than can be looked through", "Name a smaller folder.");
  Pauses pauses(io_, stretch);
  std::vector<std::string> names;
  std::uintmax_t bytes = 0;
  for (const FileList::File& file : list.files()) {
    const std::string name(list.name(file));
    if (pauses.due()) co_await pauses.pause();
    if ((!rest.empty() && !glob_fits(rest, name)) || !files_.offered(folder, name)) continue;
    bytes += fs::file_size(folder + "/" + name, failed);
    names.push_back(name);
    if (names.size() > max_files) break;
  }
  if (names.empty())
    co_return refused("no file fits " + named, "Files that .gitignore or .asideignore names are left out.");
  if (names.size() > max_files)
    co_return refused(named + " means more than " + std::to_string(max_files) + " files",
                      "Name a smaller folder, or a pattern that fits fewer files.");
  if (bytes > max_bytes)
    co_return refused("the " + std::to_string(names.size()) + " files of " + named + " have " +
                          mebibytes_text(bytes) + "; at most " + mebibytes_text(max_bytes) +
                          " can be attached at once",
                      "Name fewer of them.");
  std::sort(names.begin(), names.end());

  const auto next = next_.of(wanted.uri);
  if (!next) co_return next.error();
  FileGroup group;
  for (const std::string& name : names) {
    Attachable& file = group.files.emplace_back();
    file.share.uri = file_uri(folder + "/" + name);
    file.checked = sharing_.check(file.share);
    if (!file.checked.refused) {
      const Attachment& made = file.checked.attachment;
      file.tokens = estimated_tokens(made);
      group.tokens += file.tokens;
      group.bytes += made.base64.empty() ? static_cast<std::int64_t>(made.text.size()) : made.bytes;
    }
    co_await pauses.pause();
  }
  group.cost = next->cost(group.tokens, group.tokens);
  for (Attachable& file : group.files)
    if (!file.checked.refused) file.cost = next->cost(file.tokens, group.tokens);
  co_return group;
}

}  // namespace aside
