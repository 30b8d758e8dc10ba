#include "daemon/conversation/instructions.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/context/documents.h"
#include "daemon/context/file_name.h"
#include "daemon/system/text_file.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

constexpr const char* user_file = "instructions.md";
constexpr const char* folder_files[] = {"AGENTS.md", "CLAUDE.md"};  // the first that exists is used

bool below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.compare(0, folder.size(), folder) == 0 &&
         path[folder.size()] == '/';
}

// Whether there is such a file. A folder with that name doesn't count. A broken link counts, so that the user learns
// why it can't be used.
bool there(const fs::path& path) {
  std::error_code ignored;
  const fs::file_type type = fs::symlink_status(path, ignored).type();
  return type == fs::file_type::symlink ? !fs::is_directory(path, ignored)
                                        : type != fs::file_type::not_found && type != fs::file_type::none &&
                                              type != fs::file_type::directory;
}

void read(InstructionFile& file, const std::string& real_path) {
  auto text = read_text_file(real_path, Instructions::max_bytes);
  if (text) {
    file.text = *std::move(text);
  } else {
    file.problem = text.error().message + ".";
  }
}

}  // namespace

void Instructions::use(std::string config_folder, const std::vector<std::string>& workspace_folders,
                       std::vector<std::string> secret_files) {
  config_folder_ = std::move(config_folder);
  secret_files_ = std::move(secret_files);
  folders_.clear();
  for (const std::string& uri : workspace_folders) {
    std::string path = file_path(canonical(uri));
    while (path.ends_with('/')) path.pop_back();
    if (!path.empty()) folders_.push_back(std::move(path));
  }
}

// Returns the innermost workspace folder that holds the file, else the root of the file's repository; empty if there
// is neither.
std::string Instructions::top_for(const std::string& path) const {
  std::string top;
  for (const std::string& folder : folders_)
    if (below(path, folder) && folder.size() > top.size()) top = folder;
  if (!top.empty()) return top;
  std::error_code ignored;
  for (fs::path folder = fs::path(path).parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (fs::exists(folder / ".git", ignored)) return folder.string();
  return "";
}

// Returns the path to which the file's links lead. If the file must not be used, returns "" and sets `problem`.
std::string Instructions::followed(InstructionFile& file, const std::string& top) const {
  std::error_code failed;
  const std::string real = fs::canonical(file.path, failed).string();
  if (failed) {
    file.problem = file.path + " can't be read: " + failed.message() + ".";
    return real;
  }
  if (file.folder.empty() || real == file.path) return real;
  for (const std::string& name : names_on_the_way(file.path)) {
    if (!below(name, file.folder) || !name.ends_with(".md")) {
      file.problem = file.path + " is not used: it is a link, but not to a Markdown file below its folder.";
      return "";
    }
    if (secret_name(std::string_view(name).substr(1), secret_files_) ||
        named_by_asideignore(top, std::string_view(name).substr(top.size() + 1))) {
      file.problem =
          file.path + " is not used: it is a link to a file that may hold secrets, going by its name.";
      return "";
    }
  }
  return real;
}

std::string Instructions::own_file() const {
  return config_folder_.empty() ? "" : (fs::path(config_folder_) / user_file).string();
}

Result<std::vector<InstructionFile>> Instructions::files(const std::string& document) const {
  std::vector<InstructionFile> files;
  if (const std::string path = own_file(); !path.empty() && there(path)) {
    InstructionFile& file = files.emplace_back(InstructionFile{path, user_file});
    if (const std::string real = followed(file, ""); !real.empty()) read(file, real);
    if (!file.problem.empty()) file.state = InstructionFile::State::Refused;
  }

  std::string path = file_path(canonical(document));
  std::error_code unknown;
  if (fs::is_directory(path, unknown)) path += '/';  // the folder itself counts, too
  const std::string top = path.empty() ? "" : top_for(path);
  if (top.empty()) return files;
  for (fs::path folder = fs::path(path).parent_path();; folder = folder.parent_path()) {
    const auto name = std::find_if(std::begin(folder_files), std::end(folder_files),
                                   [&folder](const char* name) { return there(folder / name); });
    if (name == std::end(folder_files)) {
      if (folder == top) return files;
      continue;
    }
    InstructionFile& file =
        files.emplace_back(InstructionFile{(folder / *name).string(), *name, folder.string()});
    const auto allowed = store_.allowed(file.folder);
    if (!allowed) return allowed.error();
    const std::string real = followed(file, top);
    if (!*allowed) {
      file.state = InstructionFile::State::Unanswered;
    } else if (**allowed && file.problem.empty()) {
      read(file, real);
    }
    if (!file.problem.empty() || (*allowed && !**allowed)) file.state = InstructionFile::State::Refused;
    return files;
  }
}

Result<void> Instructions::allow(const std::string& folder, bool allow) {
  std::string path = file_path(canonical(folder));
  while (path.ends_with('/')) path.pop_back();
  if (!path.empty()) return store_.allow(path, allow);
  return Error{ErrorCode::InvalidParams,
               "params.folder: " + folder + " is not a folder of this machine",
               {.hint = "Use a folder from instructions/list."}};
}

std::string instruction_blocks(const std::vector<InstructionFile>& files) {
  std::vector<Instruction> used;
  for (const InstructionFile& file : files)
    if (file.state == InstructionFile::State::Used) used.push_back({file.name, file.text});
  return instruction_blocks(used);
}

}  // namespace aside
