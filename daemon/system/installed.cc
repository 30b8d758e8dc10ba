#include "daemon/system/installed.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <system_error>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace aside {
namespace {

namespace fs = std::filesystem;

struct Part {
  const char* file;  // relative to the parent of the program's folder
  const char* name;
};

constexpr Part parts[] = {
    {"bin/aside", "the program aside for the shell"},
    {"share/vim/vimfiles/pack/aside/start/aside/plugin/aside.vim", "the plugin for Vim"},
    {"share/nvim/site/pack/aside/start/aside/plugin/aside.lua", "the plugin for Neovim"},
    {"out/extension.js", "the extension for VS Code"},
};

}  // namespace

std::string this_program() {
  std::error_code failed;
#ifdef __APPLE__
  char name[4096];
  std::uint32_t size = sizeof name;
  return ::_NSGetExecutablePath(name, &size) == 0 ? fs::canonical(name, failed).string() : "";
#else
  return fs::read_symlink("/proc/self/exe", failed).string();
#endif
}

Installed installed(const std::string& program, const std::string& path) {
  Installed found{program, "", {}};
  std::error_code ignored;
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path candidate = fs::path(folder) / "asided";
    if (!candidate.is_absolute() || ::access(candidate.c_str(), X_OK) != 0) continue;
    if (!fs::equivalent(candidate, program, ignored)) found.in_path = candidate.string();
    break;
  }
  const fs::path prefix = fs::path(program).parent_path().parent_path();
  for (const Part& part : parts)
    if (!program.empty() && fs::exists(prefix / part.file, ignored)) found.parts.push_back(part.name);
  return found;
}

}  // namespace aside
