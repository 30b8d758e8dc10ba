#include "daemon/server/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/api/model.h"
#include "tests/support/test.h"

using namespace std::chrono_literals;
using nlohmann::json;

namespace aside {
namespace {

constexpr const char* variables[] = {"HOME",
                                     "XDG_CONFIG_HOME",
                                     "XDG_STATE_HOME",
                                     "ANTHROPIC_API_KEY",
                                     "ANTHROPIC_AUTH_TOKEN",
                                     "ANTHROPIC_BASE_URL"};

// A temporary home. The environment variables of the user who runs the tests are removed.
struct Home {
  Home() {
    for (const char* name : variables) ::unsetenv(name);
    std::string name = (std::filesystem::temp_directory_path() / "aside.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
    ::setenv("HOME", path.c_str(), 1);
  }
  ~Home() {
    for (const char* name : variables) ::unsetenv(name);
    std::filesystem::remove_all(path);
  }
  void write(const std::string& text, const std::string& file = ".config/aside/config.json") const {
    std::filesystem::create_directories((path / file).parent_path());
    std::ofstream(path / file) << text;
  }
  std::string operator/(const char* file) const { return (path / file).string(); }

  std::filesystem::path path;
};

Config applied(const json& settings, Source source = Source::File) {
  Config config;
  config.config_file = "config.json";
  apply(config, settings, source);
  return config;
}

TEST_CASE("without any setting, everything has its default") {
  const Home home;
  const Config config = read_config({});
  CHECK(config.complaints.empty());
  CHECK(config.model == "claude-opus-5-5");
  CHECK(config.effort.empty());
  CHECK(config.log_level == "info");
  CHECK(config.claude.base_url == "https://api.anthropic.com");
  CHECK(config.claude.prompt.max_tokens >= 16000);
  CHECK(config.claude.prompt.cache == "auto");
  CHECK(config.claude.credential.api_key.empty());
  CHECK(config.config_file == home / ".config/aside/config.json");
#ifdef __APPLE__
  CHECK(config.state_folder == home / "Library/Application Support/Aside");
#else
  CHECK(config.state_folder == home / ".local/state/aside");
#endif
}

TEST_CASE("each setting is read") {
  const Home home;
  home.write(R"(// a comment
    {"model": "claude-x", "effort": "high", "maxTokens": 64000, "thinking": "omitted", "cache": "5m",
     "connectTimeoutSeconds": 2.5, "silenceTimeoutSeconds": 60, "retries": 0, "logLevel": "debug",
     "baseUrl": "http://localhost:8080/v1/", "version": "2023-06-01", "caFile": "~/ca.pem", "credential": "bearer",
     "apiKeyCommand": ["~/bin/key", "a b"], "models": {"claude-x": {"contextWindow": 5000}}})");
  const Config config = read_config({});
  CHECK(config.complaints.empty());
  CHECK(config.model == "claude-x");
  CHECK(config.effort == "high");
  CHECK(config.claude.prompt.max_tokens == 64000);
  CHECK(config.claude.prompt.thinking == "omitted");
  CHECK(config.claude.prompt.cache == "5m");
  CHECK(config.claude.connect_timeout == 2500ms);
  CHECK(config.claude.silence_timeout == 60s);
  CHECK(config.claude.retries == 0);
  CHECK(config.log_level == "debug");
  CHECK(config.claude.base_url == "http://localhost:8080");
  CHECK(config.claude.version == "2023-06-01");
  CHECK(config.claude.ca_file == home / "ca.pem");
  CHECK(config.claude.credential.style == CredentialStyle::Bearer);
  CHECK(config.claude.credential.command == std::vector<std::string>{home / "bin/key", "a b"});
  REQUIRE(config.claude.prompt.models.find("claude-x"));
  CHECK(config.claude.prompt.models.find("claude-x")->context_window == 5000);
}

TEST_CASE("the stronger source wins: file, environment, editor, flags") {
  const Home home;
  home.write(R"({"baseUrl": "http://file.test", "model": "from-file", "logLevel": "warn"})");
  ::setenv("ANTHROPIC_BASE_URL", "http://environment.test/", 1);
  ::setenv("ANTHROPIC_API_KEY", "from-environment", 1);
  Flags flags;
  flags.log_level = "trace";
  Config config = read_config(flags);
  CHECK(config.claude.base_url == "http://environment.test");
  CHECK(config.claude.credential.api_key == "from-environment");
  CHECK(config.log_level == "trace");
  apply(config,
        {{"baseUrl", "http://editor.test"},
         {"model", "from-editor"},
         {"apiKey", "from-editor"},
         {"logLevel", "error"}},
        Source::Editor);
  CHECK(config.claude.base_url == "http://editor.test");
  CHECK(config.model == "from-editor");
  CHECK(config.claude.credential.api_key == "from-editor");
  CHECK(config.log_level == "trace");
  apply(config, {{"model", "from-running-editor"}, {"effort", nullptr}}, Source::EditorWhileRunning);
  CHECK(config.model == "from-running-editor");
  CHECK(config.complaints.empty());
}

TEST_CASE(
    "a setting that is wrong is complained about by name and place, never by value, and the rest holds") {
  struct Case {
    const char* setting;
    json value;
    const char* problem;
  };
  const char* const address =
      "must be an address like https://gw.corp:8443: a scheme, a host, and perhaps a port and a path";
  const char* const a_command =
      "must be a command: an array of strings, or one string that is split at its blanks";
  const std::vector<Case> cases = {
      {"model", 5, "must be a string"},
      {"model", "", "must not be empty"},
      {"model", "two secrets", "must be one word"},
      {"model", "secret\nline", "must be one line of text"},
      {"maxTokens", 0, "must be a whole number from 1 to 10000000"},
      {"maxTokens", 1.5, "must be a whole number from 1 to 10000000"},
      {"maxTokens", "secret", "must be a whole number from 1 to 10000000"},
      {"maxTokens", 18446744073709551615u, "must be a whole number from 1 to 10000000"},
      {"thinking", true, "must be \"summarized\", \"omitted\" or \"off\""},
      {"cache", "2h", "must be \"auto\", \"1h\", \"5m\" or \"off\""},
      {"connectTimeoutSeconds", -1, "must be a number of seconds from 0.1 to 86400"},
      {"silenceTimeoutSeconds", 1e300, "must be a number of seconds from 0.1 to 86400"},
      {"models", json::array(), "must be an object that maps ids of models to facts about them"},
      {"models",
       {{"x", {{"name", 7}, {"size", 1}}}},
       "holds what can't be used: x.name must be a string; x.size is not a known field of a model"},
      {"retries", 11, "must be a whole number from 0 to 10"},
      {"logLevel", "loud", "must be \"trace\", \"debug\", \"info\", \"warn\", \"error\" or \"off\""},
      {"baseUrl", "ftp://secret", "must begin with http:// or https://"},
      {"baseUrl", "sk-ant-secret", "must begin with http:// or https://"},
      {"baseUrl", "gw.corp:8443",
       "must begin with http:// or https://: write http://gw.corp:8443 or https://gw.corp:8443"},
      {"baseUrl", "gw.corp:8443/secret/v1",
       "must begin with http:// or https://: write http://gw.corp:8443/… or https://gw.corp:8443/…"},
      {"baseUrl", "https://host:port", address},
      {"baseUrl", "https://host:99999", address},
      {"baseUrl", "https://ho st", address},
      {"baseUrl", "https:\\\\host", "must begin with http:// or https://"},
      {"baseUrl", " ", "must not be blank"},
      {"baseUrl", "https://ann:1/secret@gw.corp",
       "must have no @ after its host; in a user or a password, write / as %2F, ? as %3F and # as %23"},
      {"baseUrl", "https://", address},
      {"baseUrl", "https:///v1", address},
      {"baseUrl", "https://user:secret@host/?secret", "must be an address without ? or #"},
      {"caFile", "secret.pem", "must be an absolute path"},
      {"credential", "secret", "must be \"auto\", \"apiKey\", \"bearer\" or \"none\""},
      {"apiKeyCommand", "  ", a_command},
      {"apiKeyCommand", json::array(), a_command},
      {"apiKeyCommand", {"", "secret"}, a_command},
      {"apiKeyCommand", 7, a_command},
      {"apiKeyCommand", {"secret", 7}, "must hold nothing but strings"},
      {"apiKey", "secret",
       "is not read from a file, since files get copied and shared; use apiKeyCommand or ANTHROPIC_API_KEY"},
  };
  for (const Case& c : cases) {
    const Config config = applied({{"aaa", 1}, {c.setting, c.value}, {"zzz", 1}, {"effort", "low"}});
    const std::vector<std::string> expected = {"config.json: unknown setting aaa",
                                               std::string("config.json: ") + c.setting + " " + c.problem,
                                               "config.json: unknown setting zzz"};
    CHECK(config.complaints == expected);
    CHECK(config.effort == "low");
    CHECK(config.claude.base_url == ClaudeOptions{}.base_url);
    CHECK(config.claude.credential.command.empty());
    CHECK(config.claude.credential.api_key.empty());
  }
}

TEST_CASE("while an editor runs nothing can name a server, a command, a certificate or a credential") {
  const std::vector<std::pair<std::string, json>> locked = {
      {"baseUrl", "http://evil.test"}, {"version", "1"},          {"caFile", "/evil.pem"},
      {"credential", "none"},          {"apiKeyCommand", "evil"}, {"apiKey", "evil"}};
  for (const auto& [name, value] : locked) {
    const Config before;
    const Config config = applied({{name, value}}, Source::EditorWhileRunning);
    REQUIRE(config.complaints.size() == 1);
    CHECK(config.complaints[0].starts_with("the editor's settings: " + name +
                                           " can't change while the editor runs"));
    CHECK(config.claude.base_url == before.claude.base_url);
    CHECK(config.claude.version == before.claude.version);
    CHECK(config.claude.ca_file == before.claude.ca_file);
    CHECK(config.claude.credential.style == before.claude.credential.style);
    CHECK(config.claude.credential.command.empty());
    CHECK(config.claude.credential.api_key.empty());
    CHECK(applied({{name, value}}, Source::Editor).complaints.empty());
  }
}

TEST_CASE("the address of the server is taken in the forms that people write") {
  for (const char* url : {"https://host:8443/proxy", "https://host:8443/proxy/", "https://host:8443/proxy/v1",
                          "https://host:8443/proxy//v1//"}) {
    CHECK(applied({{"baseUrl", url}}).claude.base_url == "https://host:8443/proxy");
  }
  for (const char* url :
       {"HTTPS://Host:8443/proxy", " https://host:8443/proxy ", "https://host:8443/proxy\n"}) {
    const Config config = applied({{"baseUrl", url}});
    CHECK(config.claude.base_url == "https://host:8443/proxy");
    CHECK(config.claude.unusable.empty());
  }
  CHECK(applied({{"baseUrl", "http://127.0.0.1"}}).claude.base_url == "http://127.0.0.1");
  CHECK(applied({{"baseUrl", "http://[::1]:8080"}}).claude.base_url == "http://[::1]:8080");
  CHECK(applied({{"baseUrl", "http://user:key@host"}}).claude.base_url == "http://user:key@host");
}

TEST_CASE("a command in one string is cut at its blanks") {
  const std::vector<std::string> expected = {"pass", "show", "api/claude"};
  CHECK(applied({{"apiKeyCommand", "  pass show\t api/claude\n"}}).claude.credential.command == expected);
}

TEST_CASE("what is no settings at all is a complaint") {
  CHECK(applied(nullptr).complaints.empty());
  CHECK(applied(json::array()).complaints ==
        std::vector<std::string>{"config.json: settings must be an object"});
  CHECK(applied(7, Source::Editor).complaints ==
        std::vector<std::string>{"initializationOptions: settings must be an object"});
}

TEST_CASE("a broken file is complained about, and the environment still counts") {
  const auto text = GENERATE(as<std::string>{}, "", "{\"model\": ", "{\"model\": \"\xff\"}",
                             "{\"retries\": 1e999}", "\"secret\"", "[]");
  const Home home;
  home.write(text);
  ::setenv("ANTHROPIC_API_KEY", "key", 1);
  const Config config = read_config({});
  REQUIRE(config.complaints.size() == 1);
  INFO(config.complaints[0]);
  CHECK(config.complaints[0].starts_with(home / ".config/aside/config.json: "));
  CHECK(config.complaints[0].find("json.exception") == std::string::npos);
  CHECK(config.model == "claude-opus-5-5");
  CHECK(config.claude.credential.api_key == "key");
}

TEST_CASE("a file that was named must be there") {
  const Home home;
  Flags flags;
  flags.config_file = home / "mine.json";
  CHECK(read_config(flags).complaints ==
        std::vector<std::string>{flags.config_file + ": can't be read: No such file or directory"});
  home.write("{\"model\": \"mine\"}", "mine.json");
  CHECK(read_config(flags).complaints.empty());
  CHECK(read_config(flags).model == "mine");
}

TEST_CASE("a file of absurd size is not read") {
  const Home home;
  home.write("{\"model\": \"x\"}" + std::string(1024 * 1024, ' '));
  const Config config = read_config({});
  REQUIRE(config.complaints.size() == 1);
  CHECK(config.complaints[0].ends_with("is larger than 1 MiB, too large for settings"));
  CHECK(config.model == "claude-opus-5-5");
}

TEST_CASE("folders follow the XDG variables where these are absolute") {
  struct Case {
    const char *variable, *config, *state;
  };
  const auto c = GENERATE(values<Case>({
      {"/xdg", "/xdg/aside/config.json", "/xdg/aside"},
      {"", nullptr, nullptr},
      {"relative", nullptr, nullptr},
  }));
  const Home home;
  ::setenv("XDG_CONFIG_HOME", c.variable, 1);
  ::setenv("XDG_STATE_HOME", c.variable, 1);
  const Config config = read_config({});
  CHECK(config.config_file == (c.config ? c.config : home / ".config/aside/config.json"));
#ifndef __APPLE__
  CHECK(config.state_folder == (c.state ? c.state : home / ".local/state/aside"));
#endif
}

TEST_CASE("without HOME, the home folder is taken from the password file") {
  const Home home;
  ::unsetenv("HOME");
  const Config config = read_config({});
  CHECK(config.state_folder.starts_with('/'));
  CHECK(config.config_file.starts_with('/'));
  CHECK(config.state_folder.find(home.path.string()) == std::string::npos);
}

TEST_CASE("flags name folders and files, relative ones from where we are") {
  const Home home;
  Flags flags;
  flags.state_folder = "state";
  flags.config_file = "/nonexistent/config.json";
  const Config config = read_config(flags);
  CHECK(config.state_folder == (std::filesystem::current_path() / "state").string());
  CHECK(config.config_file == "/nonexistent/config.json");
}

TEST_CASE("the secrets are taken out of the environment, so that no child inherits them") {
  const Home home;
  ::setenv("ANTHROPIC_API_KEY", "key", 1);
  ::setenv("ANTHROPIC_AUTH_TOKEN", "token", 1);
  const Config config = read_config({});
  CHECK(config.claude.credential.api_key == "key");
  CHECK(config.claude.credential.auth_token == "token");
  CHECK(std::system("test -z \"$ANTHROPIC_API_KEY$ANTHROPIC_AUTH_TOKEN\"") == 0);
}

TEST_CASE("an unfit ANTHROPIC_BASE_URL is a complaint") {
  const Home home;
  ::setenv("ANTHROPIC_BASE_URL", "secret", 1);
  const Config config = read_config({});
  REQUIRE(config.complaints.size() == 1);
  CHECK(config.complaints[0] == "ANTHROPIC_BASE_URL must begin with http:// or https://");
  CHECK(config.claude.unusable == config.complaints[0]);
  CHECK(config.complaints[0].find("secret") == std::string::npos);
  CHECK(config.claude.base_url == ClaudeOptions{}.base_url);
}

TEST_CASE("null in a file counts as a lost value, and from an editor as a value that isn't set") {
  const json settings = {{GENERATE("baseUrl", "credential", "apiKeyCommand"), nullptr}, {"model", nullptr}};
  const Config config = applied(settings);
  REQUIRE(config.complaints.size() == 1);
  CHECK(config.complaints[0].ends_with(" must not be null"));
  CHECK(config.claude.unusable == config.complaints[0]);
  CHECK(applied(settings, Source::Editor).complaints.empty());
  CHECK(applied(settings, Source::EditorWhileRunning).complaints.empty());
}

TEST_CASE("an entry that may have been meant to name a server or its credential stops every request") {
  const Source source = GENERATE(Source::File, Source::Editor);
  const std::vector<json> meant = {{{"baseURL", "http://gw.corp"}},
                                   {{"base_url", "http://gw.corp"}},
                                   {{"baesUrl", "http://gw.corp"}},
                                   {{"aside.baseUrl", "http://gw.corp"}},
                                   {{"server", "gw.corp"}},
                                   {{"apiBase", "gw.corp"}},
                                   {{"where", "gw.corp:8443"}},
                                   {{"where", " gateway:8443/claude "}},
                                   {{"where", "10.0.0.7"}},
                                   {{"where", "ann:secret@gw.corp"}},
                                   {{"where", "localhost"}},
                                   {{"upstream", "gateway"}},
                                   {{"aside", {{"baseUrl", "gw.corp"}}}},
                                   {{"env", {{"x", json::array({"http://gw.corp"})}}}},
                                   {{"credentials", "bearer"}},
                                   {{"apikeycommand", "pass"}},
                                   {{"ca_file", "/ca.pem"}},
                                   {{"baseUrl", "gw.corp:8443"}},
                                   {{"baseUrl", 7}},
                                   {{"credential", "basic"}},
                                   {{"caFile", "ca.pem"}},
                                   {{"version", 3}},
                                   {{"apiKeyCommand", json::array()}},
                                   json::array()};
  for (const json& settings : meant) {
    CAPTURE(settings.dump());
    const Config config = applied(settings, source);
    REQUIRE(config.complaints.size() == 1);
    CHECK(config.claude.unusable == config.complaints[0]);
    CHECK(applied(settings, Source::EditorWhileRunning).claude.unusable.empty());
  }
  for (const json& harmless :
       {json{{"modle", "claude-x"}}, json{{"theme", "dark"}}, json{{"maxTokens", "many"}},
        json{{"release", "2.1"}}, json{{"font", "/usr/share/x.ttf"}}, json{{"note", "Ask: what?"}},
        json{{"columns", "80:24:1"}}}) {
    CHECK(applied(harmless, source).claude.unusable.empty());
    CHECK(applied(harmless, source).complaints.size() == 1);
  }
  CHECK(applied({{"modle", "x"}}).complaints[0] == "config.json: unknown setting modle; is model meant?");
  CHECK(applied({{"sk-ant-api03-secret", 1}}).complaints[0].find("secret") == std::string::npos);
}

TEST_CASE("a config.json that can't be read stops every request, and is never waited for") {
  const Home home;
  const std::string file = home / ".config/aside/config.json";
  std::filesystem::create_directories(home.path / ".config/aside");
  SECTION("a trailing comma") {
    home.write("{\"baseUrl\": \"http://gw.corp\",}");
  }
  SECTION("a missing quote") {
    home.write("{\n\"apiKey\": sk-ant-secret\"}");
  }
  SECTION("no text at all") {
    home.write("");
  }
  SECTION("no object") {
    home.write("\"secret\"");
  }
  SECTION("not UTF-8") {
    home.write("{\"baseUrl\": \"\xff\"}");
  }
  SECTION("too large") {
    home.write("{}" + std::string(1024 * 1024, ' '));
  }
  SECTION("a server that is named twice") {
    home.write(R"({"baseUrl": "http://a", "baseUrl": "http://b"})");
  }
  SECTION("a folder") {
    std::filesystem::create_directory(file);
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }
  SECTION("a link to nothing") {
    REQUIRE(::symlink("/nowhere/config.json", file.c_str()) == 0);
  }
  SECTION("a link to itself") {
    REQUIRE(::symlink("config.json", file.c_str()) == 0);
  }
  SECTION("in a folder that is a link to nothing") {
    std::filesystem::remove(home / ".config/aside");
    REQUIRE(::symlink("/nowhere/aside", (home / ".config/aside").c_str()) == 0);
  }
  SECTION("in a folder whose folder is a link to nothing") {
    std::filesystem::remove_all(home / ".config");
    REQUIRE(::symlink("/nowhere", (home / ".config").c_str()) == 0);
  }
  SECTION("in a file") {
    std::filesystem::remove(home / ".config/aside");
    home.write("{}", ".config/aside");
  }
  const Config config = read_config({});
  REQUIRE(config.complaints.size() == 1);
  CHECK(config.claude.unusable == config.complaints[0]);
  CHECK(config.complaints[0].starts_with(file + ": "));
  CHECK(config.complaints[0].find("secret") == std::string::npos);
}

TEST_CASE("the error of a broken config.json names the line, and doesn't quote the file") {
  const Home home;
  home.write("{\n  \"model\": \"claude-x\",\n  \"apiKeyCommand\": \"echo sk-ant-secret,\n}");
  const Config config = read_config({});
  REQUIRE(config.complaints.size() == 1);
  INFO(config.complaints[0]);
  CHECK(config.complaints[0].find("is not valid JSON at line 3") != std::string::npos);
  CHECK(config.complaints[0].find("secret") == std::string::npos);
}

TEST_CASE("without a config.json, or with an empty address, the built-in server is asked") {
  const Home home;
  ::setenv("ANTHROPIC_BASE_URL", "", 1);
  const Config config = read_config({});
  CHECK(config.complaints.empty());
  CHECK(config.claude.unusable.empty());
}

TEST_CASE("an address of nothing but blanks can't be used") {
  const Home home;
  ::setenv("ANTHROPIC_BASE_URL", "  ", 1);
  CHECK(read_config({}).claude.unusable == "ANTHROPIC_BASE_URL must not be blank");
}

}  // namespace
}  // namespace aside
