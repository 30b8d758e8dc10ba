// Settings. Their sources are, in this order: built-in values, config.json in the XDG config folder, the environment,
// the editor (initializationOptions, then didChangeConfiguration), and flags. A later source overrides an earlier one.
// Nothing is read from a workspace. daemon/settings.md documents the settings. Their names are those of the fields
// here, in camelCase.
//
// If a source that may name the server, or say how the credential is sent, can't be used, nothing is sent at all
// (ClaudeOptions::unusable). Otherwise the built-in server could get a key that was meant for another server.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/server/flags.h"

namespace aside {

struct Config {
  std::string model;                      // "model", default claude-opus-5-5
  std::string effort;                     // "effort"; empty: the model's default
  bool keep_current = true;               // "keepCurrent"
  double confirm_above = 0;               // "confirmAbove", USD
  std::vector<std::string> secret_files;  // "secretFiles"
  ClaudeOptions claude;
  std::chrono::milliseconds finish{600000};  // "finishSeconds": how long replies continue without an editor
  std::string state_folder;             // $XDG_STATE_HOME/aside; macOS: ~/Library/Application Support/Aside
  std::string config_file;              // $XDG_CONFIG_HOME/aside/config.json
  std::string log_level = "info";       // "logLevel"
  bool log_level_fixed = false;         // --log-level was given; no setting overrides this flag
  std::vector<std::string> complaints;  // sentences about unknown or wrong settings, with their source
};

// The source of settings decides which settings it may set. Settings that arrive while an editor runs
// (didChangeConfiguration) may come from a workspace, so they can't name a server, a command, a certificate or a
// credential.
enum class Source { File, Editor, EditorWhileRunning };

// Reads built-in values, file, environment and flags. A broken file gives a complaint. The other sources are still
// used, so that conversations can be read, but nothing is sent.
Config read_config(const Flags& flags);
// The folder of config.json and the user's other files for Aside; empty if there is no home folder.
std::string config_folder(const Config& config);
// Applies settings to a config. Unknown names and wrong values become complaints, which never contain the value. All
// other settings are applied.
void apply(Config& config, const nlohmann::json& settings, Source source);

}  // namespace aside
