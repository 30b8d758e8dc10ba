#include "daemon/context/git.h"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/system/command.h"

extern char** environ;

namespace aside {
namespace {

namespace fs = std::filesystem;

// Overrides settings of a repository that name a program which `cat-file`, `ls-files` or the fetch of a missing blob would
// run. The environment below forbids such a fetch, too. A bare repository is used only if it is named explicitly.
constexpr const char* harmless[] = {"core.fsmonitor=false",  "core.hooksPath=/dev/null",
                                    "core.sshCommand=false", "core.gitProxy=none",
                                    "core.askPass=",         "credential.helper=",
                                    "protocol.allow=never",  "safe.bareRepository=explicit"};

// Returns the environment of this process without PATH and without git's variables. (If git has started the editor
// for a commit message, git's variables name another index and folder.)
std::vector<std::string> environment(const std::string& work_tree) {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view one = *variable;
    if (!one.starts_with("GIT_") && !one.starts_with("PATH=")) kept.emplace_back(one);
  }
  kept.push_back("GIT_WORK_TREE=" + work_tree);
  for (const char* variable :
       {"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"})
    kept.emplace_back(variable);
  return kept;
}

// Returns the nearest folder above the file with a repository: a folder that holds a folder `.git` with a HEAD, or a
// file `.git` that points to a repository.
fs::path work_tree_of(const fs::path& file) {
  std::error_code ignored;
  for (fs::path folder = file.parent_path();; folder = folder.parent_path()) {
    const fs::path git = folder / ".git";
    if (fs::is_regular_file(git, ignored) || fs::exists(git / "HEAD", ignored)) return folder;
    if (folder == folder.root_path()) return {};
  }
}

Error failed(std::string how) {
  return {ErrorCode::InternalError, std::move(how)};
}

// Runs git in a folder of the repository that has this work tree.
asio::awaitable<Result<std::string>> ask_git(asio::io_context& io, std::string work_tree, std::string folder,
                                             std::vector<std::string> words, std::size_t max_bytes) {
  const std::string program = find_program("git");
  if (program.empty()) co_return failed("is not installed");
  Command command{{program, "-C", std::move(folder), "--no-pager"}, git_time, max_bytes};
  for (const char* setting : harmless) command.arguments.insert(command.arguments.end(), {"-c", setting});
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  command.environment = environment(work_tree);
  co_return co_await run(io, std::move(command));
}

}  // namespace

asio::awaitable<Result<std::string>> committed(asio::io_context& io, std::string path,
                                               std::size_t max_bytes) {
  const fs::path work_tree = work_tree_of(path);
  if (work_tree.empty()) co_return failed("finds no repository that holds this folder");
  std::vector<std::string> words = {"cat-file", "blob",
                                    "HEAD:./" + fs::path(path).lexically_relative(work_tree).string()};
  co_return co_await ask_git(io, work_tree.string(), work_tree.string(), std::move(words), max_bytes);
}

bool in_repository(const std::string& folder) {
  return !work_tree_of(fs::path(folder) / "file").empty();
}

asio::awaitable<Result<std::string>> listed(asio::io_context& io, std::string folder, std::size_t max_bytes) {
  const fs::path work_tree = work_tree_of(fs::path(folder) / "file");
  if (work_tree.empty()) co_return failed("finds no repository that holds this folder");
  std::vector<std::string> words = {"ls-files", "-z", "--cached", "--others", "--exclude-standard"};
  co_return co_await ask_git(io, work_tree.string(), std::move(folder), std::move(words), max_bytes);
}

}  // namespace aside
