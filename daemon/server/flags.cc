#include "daemon/server/flags.h"

#include <getopt.h>

#include <algorithm>

namespace aside {
namespace {

enum Option { Version = 1, Help, Check, Doctor, Compact, State, ConfigFile, LogLevel };

constexpr option options[] = {{"version", no_argument, nullptr, Version},
                              {"help", no_argument, nullptr, Help},
                              {"check", no_argument, nullptr, Check},
                              {"doctor", no_argument, nullptr, Doctor},
                              {"compact", no_argument, nullptr, Compact},
                              {"state", required_argument, nullptr, State},
                              {"config", required_argument, nullptr, ConfigFile},
                              {"log-level", required_argument, nullptr, LogLevel},
                              {}};

Error wrong(const std::string& message) {
  return Error{ErrorCode::InvalidParams, message, {.hint = "asided --help lists the flags."}};
}

}  // namespace

Result<Flags> read_flags(int argc, char** argv) {
  Flags flags;
  ::opterr = 0;  // getopt prints no messages of its own
#ifdef __GLIBC__
  ::optind = 0;  // starts anew; with 1, getopt would continue within a word of an earlier call
#else
  ::optind = ::optreset = 1;
#endif
  for (int word = 1, flag; (flag = ::getopt_long(argc, argv, "+:", options, nullptr)) != -1;
       word = ::optind) {
    const auto value = [&](std::string& into) {
      into = ::optarg;
      return !into.empty();
    };
    bool good = true;
    switch (flag) {
      case Version:
        flags.version = true;
        break;
      case Help:
        flags.help = true;
        break;
      case Check:
        flags.check = true;
        break;
      case Doctor:
        flags.doctor = true;
        break;
      case Compact:
        flags.compact = true;
        break;
      case State:
        good = value(flags.state_folder);
        break;
      case ConfigFile:
        good = value(flags.config_file);
        break;
      case LogLevel:
        good = value(flags.log_level);
        break;
      case ':':
        good = false;
        break;
      default:
        return wrong("unknown flag " + std::string(argv[word]));
    }
    if (!good) return wrong(std::string(argv[word]) + " needs a value");
  }
  if (::optind < argc) return wrong("unknown flag " + std::string(argv[::optind]));
  const bool known_level =
      std::find(log_levels.begin(), log_levels.end(), flags.log_level) != log_levels.end();
  if (!flags.log_level.empty() && !known_level)
    return wrong("--log-level must be trace, debug, info, warn, error or off");
  return flags;
}

std::string usage() {
  return R"(asided, the daemon of Aside: it keeps a conversation with Claude beside every file you edit.
Editors start it and speak to it over standard input and output; there is little to run by hand.

usage: asided [flags]
  --check            check settings, key, store and server, say what was found, and exit; takes 10 s at most
  --doctor           check all that is stored, say what is wrong, save what can be read, and exit
  --compact          erase deleted conversations for good, and give their space back
  --state DIR        keep conversations and the log in DIR
  --config FILE      read settings from FILE
  --log-level LEVEL  trace, debug, info, warn, error or off; overrides the setting logLevel
  --version          print the version and exit
  --help             print this and exit

Files
  $XDG_CONFIG_HOME/aside/config.json   settings, JSON    (default ~/.config/aside/config.json)
  $XDG_STATE_HOME/aside/               conversations, log (default ~/.local/state/aside;
                                       on macOS ~/Library/Application Support/Aside)

Settings, weakest first: config.json, the environment, the editor, flags
  model effort maxTokens thinking cache diagnostics compaction models retries logLevel
  keepCurrent confirmAbove secretFiles
  connectTimeoutSeconds silenceTimeoutSeconds finishSeconds
  baseUrl version caFile credential apiKeyCommand

Environment
  ANTHROPIC_API_KEY      the key, sent as x-api-key
  ANTHROPIC_AUTH_TOKEN   a token, sent as a bearer; used where there is no key
  ANTHROPIC_BASE_URL     another server that speaks the Messages API
  https_proxy, http_proxy, all_proxy, no_proxy   proxies, as in other programs
)";
}

}  // namespace aside
