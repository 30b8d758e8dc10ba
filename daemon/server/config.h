// Settings, from the weakest to the strongest: built-in, config.json in the XDG config folder, environment,
// the editor (initializationOptions, then didChangeConfiguration), flags. Nothing is read from a workspace.
// daemon/settings.md documents them; the names there are the ones here in camelCase.
//
// Where a source that may name the server, or how the credential goes there, can't be used, nothing is sent
// at all (ClaudeOptions::unusable): the built-in server would get a key that was meant for another one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"

namespace aside {

struct Config {
  std::string model;                      // "model", default claude-opus-5-5
  std::string effort;                     // "effort"; empty: the model's default
  bool keep_current = true;               // "keepCurrent"
  double confirm_above = 0;               // "confirmAbove", USD
  std::vector<std::string> secret_files;  // "secretFiles"
  ClaudeOptions claude;
  std::chrono::milliseconds finish{600000};  // "finishSeconds": how long replies go on without an editor
  std::string state_folder;             // $XDG_STATE_HOME/aside; macOS: ~/Library/Application Support/Aside
  std::string config_file;              // $XDG_CONFIG_HOME/aside/config.json
  std::string log_level = "info";       // "logLevel"
  bool log_level_fixed = false;         // by --log-level, which no setting overrides
  std::vector<std::string> complaints;  // unknown or ill-typed settings, in words, with where they stand
};

struct Flags {
  bool version = false, help = false, check = false, doctor = false, compact = false;
  std::string state_folder, config_file, log_level;  // --state DIR, --config FILE, --log-level LEVEL
};

// Where a group of settings comes from decides what it may set: what arrives while an editor runs
// (didChangeConfiguration) may come from a workspace and therefore can't name a server, a command, a
// certificate or a credential.
enum class Source { File, Editor, EditorWhileRunning };

Result<Flags> read_flags(int argc, char** argv);
std::string usage();
// Built-in values, file, environment, flags. A broken file is no end: its complaint is kept and the rest
// holds, so that conversations can be read; nothing is sent.
Config read_config(const Flags& flags);
// Where config.json lies, and what else a user keeps for Aside; empty where there is no home.
std::string config_folder(const Config& config);
// Lays settings over a config; unknown names and wrong types are complaints, which never hold a value, and
// the rest is taken.
void apply(Config& config, const nlohmann::json& settings, Source source);

}  // namespace aside
