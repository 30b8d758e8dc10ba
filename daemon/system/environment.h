// Reads the environment: its variables, the user's home folder, and the folders of this program below the home folder.
#pragma once

#include <string>

namespace aside {

std::string environment(const std::string& name);  // empty if the variable is not set
std::string home_folder();                         // empty if there is none
// The next two follow the XDG Base Directory Specification. They are empty if there is no home folder.
std::string default_config_folder();  // $XDG_CONFIG_HOME/aside
std::string default_state_folder();   // $XDG_STATE_HOME/aside; macOS: ~/Library/Application Support/Aside

}  // namespace aside
