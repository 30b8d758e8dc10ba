// The flags of `asided`, read by main. Editors start the daemon without flags; people use flags for checks, such as
// `--check` and `--doctor`.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "protocol/error.h"

namespace aside {

inline constexpr std::array<std::string_view, 6> log_levels = {"trace", "debug", "info",
                                                               "warn",  "error", "off"};

struct Flags {
  bool version = false, help = false, check = false, doctor = false, compact = false;
  std::string state_folder, config_file, log_level;  // --state DIR, --config FILE, --log-level LEVEL
};

// Errors: InvalidParams with a sentence that names the flag.
Result<Flags> read_flags(int argc, char** argv);
// Returns the text that --help prints.
std::string usage();

}  // namespace aside
