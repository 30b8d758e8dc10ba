#include "daemon/context/named_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <unordered_set>
#include <utility>

#include "daemon/context/file_name.h"
#include "daemon/system/environment.h"
#include "daemon/system/pauses.h"
#include "daemon/system/run_cancellable.h"
#include "daemon/text/at_words.h"

namespace aside {
namespace {

using Folders = std::vector<std::string>;  // paths

Error too_much(const std::string& what) {
  return {ErrorCode::InvalidParams, "params.text: " + what, {.hint = "Attach the files in another way."}};
}

bool is_readable_file(const std::string& path) {
  struct stat file = {};
  return ::stat(path.c_str(), &file) == 0 && !S_ISDIR(file.st_mode) && ::access(path.c_str(), R_OK) == 0;
}

bool is_folder(const std::string& path) {
  struct stat file = {};
  return ::stat(path.c_str(), &file) == 0 && S_ISDIR(file.st_mode);
}

bool exists(const std::string& path) {
  struct stat file = {};
  return ::lstat(path.c_str(), &file) == 0;
}

std::string absolute(std::string_view name) {
  return name.starts_with('~') ? home_folder() + std::string(name.substr(1)) : std::string(name);
}

std::string folder_uri(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return file_uri(path);
}

// Returns the URI of the file with this name; nullopt if there is none that can be read.
std::optional<std::string> file(std::string_view name, const Folders& folders) {
  if (is_absolute(name)) {
    const std::string path = absolute(name);
    return is_readable_file(path) ? std::optional(file_uri(path)) : std::nullopt;
  }
  for (const std::string& folder : folders) {
    const std::string path = (folder == "/" ? folder : folder + "/") + std::string(name);
    if (is_readable_file(path)) return file_uri(path);
  }
  return std::nullopt;
}

// Returns the file, or the lines of a file, that a word means. The whole word is tried first, since the name of a file may
// end like line numbers.
std::optional<NamedFiles::File> named_file(std::string_view word, const Folders& folders) {
  const std::string name = unescaped(word);
  if (const auto uri = file(name, folders)) return NamedFiles::File{*uri, printable_name(name), {}};
  const auto lines = name_and_lines(name);
  if (!lines) return std::nullopt;
  const auto uri = file(lines->name, folders);
  if (!uri) return std::nullopt;
  return NamedFiles::File{*uri, printable_name(lines->name), Range{{lines->first - 1, 0}, {lines->last, 0}}};
}

// Returns the folder or pattern that a word means. The word must not be the name of a file.
std::optional<NamedFiles::Group> named_group(std::string_view word, const Folders& folders) {
  if (!may_be_group(word)) return std::nullopt;
  if (!is_absolute(word)) {
    if (folders.empty()) return std::nullopt;
    return NamedFiles::Group{file_uri(folders[0]), std::string(word)};
  }
  const std::string path = absolute(unescaped(word));
  if (is_folder(path)) return NamedFiles::Group{folder_uri(path), ""};
  const auto parts = folder_and_pattern(word);
  if (!parts || exists(path)) return std::nullopt;
  return NamedFiles::Group{folder_uri(absolute(unescaped(parts->folder))), std::string(parts->pattern)};
}

}  // namespace

void NamedFiles::find(Query query, const Cancel::Pointer& cancel,
                      std::function<void(Result<std::vector<Named>>)> done) {
  run_cancellable(io_, find(std::move(query)), cancel,
                  {"looking up names", "cancelled before all names were looked up"}, std::move(done));
}

asio::awaitable<NamedFiles::Answer> NamedFiles::find(Query query) {
  if (query.text.size() > max_text) co_return too_much("more than 1 MiB can't be searched for names");
  const auto words = at_words(query.text);
  if (words.size() > max_words)
    co_return too_much("more than " + std::to_string(max_words) + " words begin with @");
  Folders folders;
  for (const std::string& uri : query.folders)
    if (std::string path = file_path(uri); !path.empty()) folders.push_back(std::move(path));
  std::vector<Named> all;
  std::unordered_set<std::string_view> known;
  Pauses pauses(io_, stretch);
  for (const std::string_view word : words) {
    std::string_view reading;
    std::optional<File> file;
    for (const std::string_view one : readings(word)) {
      co_await pauses.pause();
      reading = one;
      file = named_file(reading, folders);
      if (file) break;
    }
    if (known.contains(reading)) continue;
    auto group = file ? std::nullopt : named_group(reading, folders);
    if (!file && !group) continue;
    known.insert(reading);
    Named& named = all.emplace_back();
    named.word = reading;
    if (file)
      named.what = *std::move(file);
    else
      named.what = *std::move(group);
  }
  co_return all;
}

}  // namespace aside
