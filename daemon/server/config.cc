#include "daemon/server/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/api/model.h"
#include "daemon/context/secrecy.h"
#include "daemon/server/setting_value.h"
#include "daemon/system/environment.h"
#include "daemon/system/file_bytes.h"
#include "protocol/blank.h"
#include "protocol/message.h"

namespace aside {
namespace {

using namespace setting_value;

constexpr std::size_t max_file_bytes = 1024 * 1024;

enum class Reach { Anyone, NotWhileRunning, EditorAtStart };

struct Setting {
  std::string_view name;
  Reach reach;
  void (*apply)(Config& config, const json& value);
};

constexpr std::array<std::string_view, 3> thinking_words = {"summarized", "omitted", "off"};
constexpr std::array<std::string_view, 4> cache_words = {"auto", "1h", "5m", "off"};
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
    {"models", Reach::Anyone, [](Config& c, const json& v) { models(c.claude.prompt.models, v); }},
    {"logLevel", Reach::Anyone, [](Config& c, const json& v) { c.log_level = one_of(v, log_levels); }},
    {"baseUrl", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.base_url = base_url(v); }},
    {"version", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.version = word(v); }},
    {"caFile", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.ca_file = file_name(v); }},
    {"credential", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.credential.style = credential_style(v); }},
    {"apiKeyCommand", Reach::NotWhileRunning, [](Config& c, const json& v) { c.claude.credential.command = command(v); }},
    {"apiKey", Reach::EditorAtStart, [](Config& c, const json& v) { c.claude.credential.api_key = word(v); c.claude.credential.from_editor = true; }},
    // clang-format on
};

// Says why a source must not set a setting with this reach; empty if the source may set it.
std::string refusal(Reach reach, Source source) {
  if (source == Source::EditorWhileRunning && reach != Reach::Anyone) {
    return "can't change while the editor runs: a workspace could then redirect requests, or have secrets sent; "
           "set it in config.json";
  }
  if (source == Source::File && reach == Reach::EditorAtStart) {
    return "is not read from a file, since files get copied and shared; use apiKeyCommand or ANTHROPIC_API_KEY";
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

// Returns a name's letters and digits in lower case. This compares names that are written in different styles.
std::string plain(std::string_view name) {
  std::string plain;
  for (const unsigned char c : name) {
    if (std::isalnum(c)) plain += static_cast<char>(std::tolower(c));
  }
  return plain;
}

// Returns how many letters must be changed, added or removed to turn one name into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

// Returns the setting that an unknown name probably means; empty if there is none.
std::string_view meant(const std::string& name) {
  constexpr std::size_t longest = 40, slips = 2;
  const std::string written = plain(name);
  if (written.size() > longest) return {};
  std::string_view nearest;
  std::size_t least = std::min(slips, written.size() / 2) + 1;
  for (const Setting& setting : settings_table) {
    const std::size_t far = distance(written, plain(setting.name));
    if (far < least) {
      least = far;
      nearest = setting.name;
    }
  }
  return nearest;
}

// Whether a setting decides where requests are sent, or how the credential is sent with them.
bool is_about_the_server(std::string_view setting) {
  constexpr std::string_view names[] = {"baseUrl",    "version",       "caFile",
                                        "credential", "apiKeyCommand", "apiKey"};
  return std::find(std::begin(names), std::end(names), setting) != std::end(names);
}

// Whether an unknown setting may have been meant to name a server, or a way to a server.
bool may_name_a_server(const std::string& name, const json& value, int depth = 0) {
  constexpr int deepest = 8;
  if (is_about_the_server(meant(name)) || depth > deepest) return true;
  const std::string written = plain(name);
  for (const char* word :
       {"url", "host", "server", "endpoint", "proxy", "gateway", "address", "apibase", "upstream"}) {
    if (written.find(word) != written.npos) return true;
  }
  if (value.is_string()) {
    std::string_view text = trimmed(value.get_ref<const std::string&>());
    if (text.find("://") != text.npos) return true;
    text = text.substr(0, text.find('/'));
    return is_clearly_a_host(text.substr(text.rfind('@') + 1));  // npos + 1 is 0
  }
  if (!value.is_structured()) return false;
  const auto inside = value.items();
  return std::any_of(inside.begin(), inside.end(), [&](const auto& item) {
    return may_name_a_server(value.is_object() ? item.key() : "", item.value(), depth + 1);
  });
}

// Makes the complaint about an unknown name. The name is shown only if it looks like a setting's name;
// otherwise it may be an API key that was put in the wrong place.
std::string unknown(const std::string& name) {
  constexpr std::size_t longest = 40;
  const bool plain_name = name.size() <= longest && is_made_of(name, "_-. ") && !name.starts_with("sk-");
  const std::string_view right = meant(name);
  return (plain_name ? "unknown setting " + name : std::string("unknown setting, whose name is not shown")) +
         (right.empty() ? "" : "; is " + std::string(right) + " meant?");
}

void complain(Config& config, const std::string& what) {
  config.complaints.push_back(what);
}

// Adds a complaint, and prevents all further requests.
void refuse(Config& config, const std::string& what) {
  complain(config, what);
  std::string& unusable = config.claude.unusable;
  unusable += (unusable.empty() ? "" : "; ") + what;
}

std::size_t line_of(const json::parse_error& error, std::string_view text) {
  const std::string_view before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
  return static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
}

// Says what is wrong with the folder of a missing file: it is a link that leads nowhere, or a file is in its place. The
// user probably meant to have settings there. Empty if the folder exists, or if it is missing, too.
std::string folder_fault(const std::string& file) {
  for (auto folder = std::filesystem::path(file).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    struct stat found = {};
    if (::lstat(folder.c_str(), &found) != 0) continue;
    if (::stat(folder.c_str(), &found) != 0) return folder.string() + " is a link that leads nowhere";
    return S_ISDIR(found.st_mode) ? "" : folder.string() + " is not a folder";
  }
  return "";
}

Result<std::optional<std::string>> read_settings(const std::string& name, bool asked_for) {
  auto [outcome, bytes, error] = read_file_bytes(name, max_file_bytes);
  const auto unreadable = [](const std::string& why) {
    return Error{ErrorCode::Storage, "can't be read: " + why};
  };
  switch (outcome) {
    case FileBytes::Outcome::Read:
      return std::optional(std::move(bytes));
    case FileBytes::Outcome::NotRegular:
      return unreadable("it is not a regular file");
    case FileBytes::Outcome::TooLarge:
      return Error{ErrorCode::Storage, "is larger than 1 MiB, too large for settings"};
    default:
      break;
  }
  // A link that leads nowhere is an error: it was probably meant to lead to settings.
  struct stat link = {};
  const bool is_there = outcome != FileBytes::Outcome::Missing || ::lstat(name.c_str(), &link) == 0;
  if (const std::string fault = folder_fault(name); !fault.empty()) return unreadable(fault);
  if (is_there || asked_for) return unreadable(std::strerror(error));
  return std::optional<std::string>();
}

void read_file(Config& config, bool asked_for) {
  const auto unusable = [&](const std::string& why) { refuse(config, config.config_file + ": " + why); };
  const auto bytes = read_settings(config.config_file, asked_for);
  if (!bytes) return unusable(bytes.error().message);
  if (!*bytes) return;
  std::set<std::string> names;
  std::vector<std::string> twice;
  const auto note = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event != json::parse_event_t::key || depth != 1) return true;
    const std::string name = parsed.get<std::string>();
    if (!names.insert(name).second) twice.push_back(name);
    return true;
  };
  json settings;
  try {
    constexpr bool throws = true, comments = true;
    settings = json::parse(**bytes, note, throws, comments);
  } catch (const json::parse_error& error) {
    return unusable("is not valid JSON at line " + std::to_string(line_of(error, **bytes)) + ": " +
                    reason(error));
  } catch (const json::out_of_range&) {
    return unusable("holds a number that is too large");
  }
  apply(config, settings, Source::File);
  for (const std::string& name : twice) {
    if (is_about_the_server(name))
      unusable(name + " is set twice");
    else if (is_made_of(name, "_-.") && !name.starts_with("sk-"))
      complain(config, config.config_file + ": " + name + " is set twice; the later value is used");
  }
}

// Removes the two secrets from the environment, so that no child process inherits them.
void read_environment(Config& config) {
  config.claude.credential.api_key = trimmed(environment("ANTHROPIC_API_KEY"));
  config.claude.credential.auth_token = trimmed(environment("ANTHROPIC_AUTH_TOKEN"));
  ::unsetenv("ANTHROPIC_API_KEY");
  ::unsetenv("ANTHROPIC_AUTH_TOKEN");
  const std::string url = environment("ANTHROPIC_BASE_URL");
  if (url.empty()) return;  // an empty variable counts as unset; one with only blanks is refused below
  try {
    config.claude.base_url = base_url(url);
  } catch (const Unfit& unfit) {
    refuse(config, "ANTHROPIC_BASE_URL " + unfit.wanted);
  }
}

}  // namespace

Config read_config(const Flags& flags) {
  Config config;
  config.model = default_model;
  config.secret_files = built_in_secret_files();
  const auto absolute = [](const std::string& path) {
    std::error_code failed;  // the current folder may be gone
    const auto name = std::filesystem::absolute(path, failed);
    return failed ? path : name.string();
  };
  config.state_folder = flags.state_folder.empty() ? default_state_folder() : absolute(flags.state_folder);
  const std::string folder = default_config_folder();
  if (!flags.config_file.empty()) {
    config.config_file = absolute(flags.config_file);
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
  const std::string where = place(config, source) + ": ";
  // Settings that arrive while the editor runs can't name a server. Requests therefore go to the right server even if
  // these settings can't be used.
  const bool decides = source != Source::EditorWhileRunning;
  const auto wrong = [&](const std::string& what, bool about_the_server) {
    about_the_server&& decides ? refuse(config, where + what) : complain(config, where + what);
  };
  if (settings.is_null()) return;
  if (!settings.is_object()) return wrong("settings must be an object", true);
  for (const auto& [name, value] : settings.items()) {
    const auto is_named = [&, &name = name](const Setting& setting) { return setting.name == name; };
    const auto setting = std::find_if(std::begin(settings_table), std::end(settings_table), is_named);
    if (value.is_null()) {
      // Editors send null for "not set". Nobody types null into a file: a program has written it there in place of a
      // value that it didn't have.
      if (source == Source::File && is_about_the_server(name)) wrong(name + " must not be null", true);
      continue;
    }
    if (setting == std::end(settings_table)) {
      wrong(unknown(name), decides && may_name_a_server(name, value));
    } else if (const std::string why = refusal(setting->reach, source); !why.empty()) {
      wrong(name + " " + why, false);
    } else if (name == "logLevel" && config.log_level_fixed) {
      continue;
    } else {
      try {
        setting->apply(config, value);
      } catch (const Unfit& unfit) {
        wrong(name + " " + unfit.wanted, is_about_the_server(name));
      }
    }
  }
}

}  // namespace aside
