#include "daemon/config.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "daemon/model.h"
#include "daemon/secrecy.h"

namespace aside {
namespace {

using json = nlohmann::json;

constexpr std::size_t max_file_bytes = 1024 * 1024;
constexpr std::array<std::string_view, 6> log_levels = {"trace", "debug", "info", "warn", "error", "off"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Empty where there is none.
std::string home_folder() {
  const std::string home = environment("HOME");
  if (home.starts_with('/')) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry && entry->pw_dir && *entry->pw_dir == '/' ? entry->pw_dir : "";
}

// As the XDG Base Directory Specification has it: a variable that is empty or relative counts as not set.
std::string xdg_folder(const char* variable, const char* below_home) {
  const std::string folder = environment(variable);
  if (folder.starts_with('/')) return folder + "/aside";
  const std::string home = home_folder();
  return home.empty() ? "" : home + below_home + "/aside";
}

std::string default_state_folder() {
#ifdef __APPLE__
  const std::string home = home_folder();
  return home.empty() ? "" : home + "/Library/Application Support/Aside";
#else
  return xdg_folder("XDG_STATE_HOME", "/.local/state");
#endif
}

std::string with_home(const std::string& path) {
  return path.starts_with("~/") ? home_folder() + path.substr(1) : path;
}

// What a setting's value must be, in words. Thrown by the functions that follow, caught in `apply`.
struct Unfit {
  std::string wanted;
};

std::string text(const json& value) {
  if (!value.is_string()) throw Unfit{"must be a string"};
  const std::string& text = value.get_ref<const std::string&>();
  if (text.empty()) throw Unfit{"must not be empty"};
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    throw Unfit{"must be one line of text"};
  return text;
}

std::string word(const json& value) {
  std::string word = text(value);
  if (word.find(' ') != word.npos) throw Unfit{"must be one word"};
  return word;
}

template <std::size_t N>
std::string one_of(const json& value, const std::array<std::string_view, N>& words) {
  if (value.is_string()) {
    for (const std::string_view word : words) {
      if (value.get_ref<const std::string&>() == word) return std::string(word);
    }
  }
  std::string wanted = "must be ";
  for (std::size_t i = 0; i < N; ++i)
    wanted += (i == 0 ? "\"" : i + 1 < N ? ", \"" : " or \"") + std::string(words[i]) + '"';
  throw Unfit{wanted};
}

std::int64_t whole_number(const json& value, std::int64_t least, std::int64_t most) {
  const bool fits = value.is_number_integer() && value >= least && value <= most;
  if (!fits)
    throw Unfit{"must be a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
  return value.get<std::int64_t>();
}

std::chrono::milliseconds seconds(const json& value) {
  constexpr double least = 0.1, most = 86400;
  const bool fits = value.is_number() && value.get<double>() >= least && value.get<double>() <= most;
  if (!fits) throw Unfit{"must be a number of seconds from 0.1 to 86400"};
  return std::chrono::milliseconds(std::llround(value.get<double>() * 1000));
}

// Without what follows from the API itself: "/v1" and "/v1/" at the end are what other programs want there.
std::string base_url(const json& value) {
  std::string url = word(value);
  const std::size_t host = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (host == 0 || url.size() == host || url[host] == '/' || url.find_first_of("?#") != url.npos) {
    throw Unfit{"must be an address that begins with http:// or https:// and has no ? or #"};
  }
  const auto without_slashes = [&] { url.erase(url.find_last_not_of('/') + 1); };
  without_slashes();
  if (url.ends_with("/v1")) url.erase(url.size() - 3);
  without_slashes();
  return url;
}

std::string file_name(const json& value) {
  std::string path = with_home(text(value));
  if (!path.starts_with('/')) throw Unfit{"must be an absolute path"};
  return path;
}

std::vector<std::string> command(const json& value) {
  std::vector<std::string> words;
  if (value.is_string()) {
    std::istringstream line(value.get_ref<const std::string&>());
    words.assign(std::istream_iterator<std::string>(line), {});
  } else if (value.is_array()) {
    for (const json& word : value) {
      if (!word.is_string()) throw Unfit{"must hold nothing but strings"};
      words.push_back(word.get<std::string>());
    }
  }
  if (words.empty() || words[0].empty())
    throw Unfit{"must be a command: an array of strings, or one string that is cut at its blanks"};
  words[0] = with_home(words[0]);
  return words;
}

bool yes_or_no(const json& value) {
  if (!value.is_boolean()) throw Unfit{"must be true or false"};
  return value.get<bool>();
}

double amount(const json& value) {
  constexpr double most = 1000;
  const bool fits = value.is_number() && value.get<double>() >= 0 && value.get<double>() <= most;
  if (!fits) throw Unfit{"must be an amount in USD, from 0 to 1000"};
  return value.get<double>();
}

std::vector<std::string> patterns(const json& value) {
  if (!value.is_array()) throw Unfit{"must be an array of patterns for names of files"};
  std::vector<std::string> patterns;
  for (const json& pattern : value) patterns.push_back(text(pattern));
  return patterns;
}

CredentialStyle credential_style(const json& value) {
  constexpr std::array<std::string_view, 4> words = {"auto", "apiKey", "bearer", "none"};
  const std::string word = one_of(value, words);
  if (word == "apiKey") return CredentialStyle::ApiKey;
  if (word == "bearer") return CredentialStyle::Bearer;
  return word == "none" ? CredentialStyle::None : CredentialStyle::Auto;
}

void models(const json& value) {
  if (!value.is_object()) throw Unfit{"must be an object: ids of models, and what is to be known of each"};
  std::string wrong;
  for (const std::string& complaint : lay_over_models(value))
    wrong += (wrong.empty() ? "" : "; ") + complaint;
  if (!wrong.empty()) throw Unfit{"holds what can't be used: " + wrong};
}

enum class Reach { Anyone, NotWhileRunning, EditorAtStart };

struct Setting {
  std::string_view name;
  Reach reach;
  void (*take)(Config& config, const json& value);
};

constexpr std::array<std::string_view, 3> thinking_words = {"summarized", "omitted", "off"};
constexpr std::array<std::string_view, 3> cache_words = {"1h", "5m", "off"};
constexpr std::array<std::string_view, 3> diagnostics_words = {"auto", "on", "off"};
constexpr std::array<std::string_view, 2> compaction_words = {"auto", "ask"};

const Setting settings_table[] = {
    // clang-format off
    {"model", Reach::Anyone, [](Config& c, const json& v) { c.model = word(v); }},
    {"effort", Reach::Anyone, [](Config& c, const json& v) { c.effort = word(v); }},
    {"maxTokens", Reach::Anyone, [](Config& c, const json& v) { c.claude.prompt.max_tokens = whole_number(v, 1, 10'000'000); }},
    {"thinking", Reach::Anyone, [](Config& c, const json& v) { c.claude.prompt.thinking = one_of(v, thinking_words); }},
    {"cache", Reach::Anyone, [](Config& c, const json& v) { c.claude.prompt.cache = one_of(v, cache_words); }},
    {"diagnostics", Reach::Anyone, [](Config& c, const json& v) { c.claude.prompt.diagnostics = one_of(v, diagnostics_words); }},
    {"compaction", Reach::Anyone, [](Config& c, const json& v) { c.claude.prompt.compaction = one_of(v, compaction_words); }},
    {"keepCurrent", Reach::Anyone, [](Config& c, const json& v) { c.keep_current = yes_or_no(v); }},
    {"confirmAbove", Reach::Anyone, [](Config& c, const json& v) { c.confirm_above = amount(v); }},
    {"secretFiles", Reach::NotWhileRunning, [](Config& c, const json& v) { c.secret_files = patterns(v); }},
    {"connectTimeoutSeconds", Reach::Anyone, [](Config& c, const json& v) { c.claude.connect_timeout = seconds(v); }},
    {"silenceTimeoutSeconds", Reach::Anyone, [](Config& c, const json& v) { c.claude.silence_timeout = seconds(v); }},
    {"retries", Reach::Anyone, [](Config& c, const json& v) { c.claude.retries = static_cast<int>(whole_number(v, 0, 10)); }},
    {"finishSeconds", Reach::Anyone, [](Config& c, const json& v) { c.finish = std::chrono::seconds(whole_number(v, 0, 86400)); }},
    {"models", Reach::Anyone, [](Config&, const json& v) { models(v); }},
    {"logLevel", Reach::Anyone, [](Config& c, const json& v) { c.log_level = one_of(v, log_levels); }},
    {"baseUrl", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.base_url = base_url(v); }},
    {"version", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.version = word(v); }},
    {"caFile", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.ca_file = file_name(v); }},
    {"credential", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.credential.style = credential_style(v); }},
    {"apiKeyCommand", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.credential.command = command(v); }},
    {"apiKey", Reach::EditorAtStart, [](Config& c, const json& v) { c.claude.credential.api_key = word(v); }},
    // clang-format on
};

// Why a source may not set this; empty where it may.
std::string refusal(Reach reach, Source source) {
  if (source == Source::EditorWhileRunning && reach != Reach::Anyone) {
    return "can't change while the editor runs, as a workspace could then redirect requests or have secrets "
           "sent; set it in config.json";
  }
  if (source == Source::File && reach == Reach::EditorAtStart) {
    return "is not read from a file, which gets copied and shared; use apiKeyCommand or ANTHROPIC_API_KEY";
  }
  return "";
}

std::string place(const Config& config, Source source) {
  switch (source) {
    case Source::File:
      return config.config_file;
    case Source::Editor:
      return "initializationOptions";
    case Source::EditorWhileRunning:
      break;
  }
  return "the editor's settings";
}

void read_file(Config& config, bool asked_for) {
  const auto complain = [&](const std::string& why) {
    config.complaints.push_back(config.config_file + ": " + why);
  };
  std::error_code none;
  if (!asked_for && !std::filesystem::exists(config.config_file, none)) return;
  std::ifstream file(config.config_file, std::ios::binary);
  std::string bytes(max_file_bytes + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.is_open() || file.bad()) return complain(std::string("can't be read: ") + std::strerror(errno));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > max_file_bytes) return complain("is larger than 1 MiB, which no settings are");
  try {
    constexpr bool throws = true, comments = true;
    apply(config, json::parse(bytes, nullptr, throws, comments), Source::File);
  } catch (const json::exception& error) {
    const std::string what = error.what();
    complain("is no JSON: " + what.substr(std::min(what.find("] ") + 2, what.size())));
  }
}

// The two secrets leave the environment here: no child process of ours inherits them.
void read_environment(Config& config) {
  config.claude.credential.api_key = environment("ANTHROPIC_API_KEY");
  config.claude.credential.auth_token = environment("ANTHROPIC_AUTH_TOKEN");
  ::unsetenv("ANTHROPIC_API_KEY");
  ::unsetenv("ANTHROPIC_AUTH_TOKEN");
  const std::string url = environment("ANTHROPIC_BASE_URL");
  if (url.empty()) return;
  try {
    config.claude.base_url = base_url(url);
  } catch (const Unfit& unfit) {
    config.complaints.push_back("ANTHROPIC_BASE_URL " + unfit.wanted);
  }
}

}  // namespace

Result<Flags> read_flags(int argc, char** argv) {
  Flags flags;
  const auto wrong = [](const std::string& message) {
    return Error{ErrorCode::InvalidParams, message, {.hint = "asided --help lists the flags."}};
  };
  const std::pair<std::string_view, bool Flags::*> switches[] = {{"--version", &Flags::version},
                                                                 {"--help", &Flags::help},
                                                                 {"--check", &Flags::check},
                                                                 {"--doctor", &Flags::doctor},
                                                                 {"--compact", &Flags::compact}};
  const std::pair<std::string_view, std::string Flags::*> values[] = {{"--state", &Flags::state_folder},
                                                                      {"--config", &Flags::config_file},
                                                                      {"--log-level", &Flags::log_level}};
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto is_flag = [&](const auto& known) { return known.first == flag; };
    if (const auto found = std::find_if(std::begin(switches), std::end(switches), is_flag);
        found != std::end(switches)) {
      flags.*found->second = true;
      continue;
    }
    const auto found = std::find_if(std::begin(values), std::end(values), is_flag);
    if (found == std::end(values)) return wrong("unknown flag " + std::string(flag));
    if (++i == argc || *argv[i] == '\0') return wrong(std::string(flag) + " needs a value");
    flags.*found->second = argv[i];
  }
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
  --check            look at settings, key, store and API, tell what was found, and exit
  --doctor           look through all that is stored, tell what is wrong, save what can be read, and exit
  --compact          erase deleted conversations for good, and give their space back
  --state DIR        keep conversations and the log in DIR
  --config FILE      read settings from FILE
  --log-level LEVEL  trace, debug, info, warn, error or off; over all other settings
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
  https_proxy, http_proxy, all_proxy, no_proxy   as everywhere
)";
}

Config read_config(const Flags& flags) {
  Config config;
  config.model = default_model;
  config.secret_files = built_in_secret_files();
  config.state_folder = flags.state_folder.empty() ? default_state_folder()
                                                   : std::filesystem::absolute(flags.state_folder).string();
  const std::string folder = xdg_folder("XDG_CONFIG_HOME", "/.config");
  if (!flags.config_file.empty()) {
    config.config_file = std::filesystem::absolute(flags.config_file).string();
  } else if (!folder.empty()) {
    config.config_file = folder + "/config.json";
  }
  if (config.state_folder.empty() || config.config_file.empty()) {
    config.complaints.push_back("there is no home folder: set HOME, or use --state and --config");
  }
  if (!config.config_file.empty()) read_file(config, !flags.config_file.empty());
  read_environment(config);
  config.log_level_fixed = !flags.log_level.empty();
  if (config.log_level_fixed) config.log_level = flags.log_level;
  return config;
}

std::string config_folder(const Config& config) {
  return std::filesystem::path(config.config_file).parent_path().string();
}

void apply(Config& config, const json& settings, Source source) {
  const auto complain = [&](const std::string& what) {
    config.complaints.push_back(place(config, source) + ": " + what);
  };
  if (settings.is_null()) return;
  if (!settings.is_object()) return complain("settings must be an object");
  for (const auto& [name, value] : settings.items()) {
    if (value.is_null()) continue;  // how editors say "not set"
    const auto is_named = [&, &name = name](const Setting& setting) { return setting.name == name; };
    const auto setting = std::find_if(std::begin(settings_table), std::end(settings_table), is_named);
    if (setting == std::end(settings_table)) {
      complain("unknown setting " + name);
    } else if (const std::string why = refusal(setting->reach, source); !why.empty()) {
      complain(name + " " + why);
    } else if (name == "logLevel" && config.log_level_fixed) {
      continue;
    } else {
      try {
        setting->take(config, value);
      } catch (const Unfit& unfit) {
        complain(name + " " + unfit.wanted);
      }
    }
  }
}

}  // namespace aside
