#include "daemon/system/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace aside {
namespace {

// Returns the folder in an XDG variable, or else its place below the home folder. By the XDG Base Directory
// Specification, an empty or relative value counts as not set.
std::string xdg_folder(const char* variable, const char* below_home) {
  const std::string folder = environment(variable);
  if (folder.starts_with('/')) return folder + "/aside";
  const std::string home = home_folder();
  return home.empty() ? "" : home + below_home + "/aside";
}

}  // namespace

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

std::string home_folder() {
  const std::string home = environment("HOME");
  if (home.starts_with('/')) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry && entry->pw_dir && *entry->pw_dir == '/' ? entry->pw_dir : "";
}

std::string default_config_folder() {
  return xdg_folder("XDG_CONFIG_HOME", "/.config");
}

std::string default_state_folder() {
#ifdef __APPLE__
  const std::string home = home_folder();
  return home.empty() ? "" : home + "/Library/Application Support/Aside";
#else
  return xdg_folder("XDG_STATE_HOME", "/.local/state");
#endif
}

}  // namespace aside
