#include "daemon/server/flags.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

namespace aside {
namespace {

Result<Flags> flags(std::vector<std::string> words) {
  words.insert(words.begin(), "asided");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return read_flags(static_cast<int>(arguments.size()), arguments.data());
}

TEST_CASE("flags are read") {
  CHECK_FALSE(flags({})->version);
  CHECK(flags({"--version"})->version);
  CHECK(flags({"--help"})->help);
  const auto all = flags({"--check", "--state", "dir", "--config", "file", "--log-level", "debug"});
  REQUIRE(all);
  CHECK(all->check);
  CHECK(all->state_folder == "dir");
  CHECK(all->config_file == "file");
  CHECK(all->log_level == "debug");
  CHECK(flags({"--state=dir"})->state_folder == "dir");
}

TEST_CASE("a flag that isn't right is an error that names it") {
  struct Case {
    std::vector<std::string> words;
    const char* message;
  };
  const std::vector<Case> cases = {
      {{"--verbose"}, "unknown flag --verbose"},
      {{"--check", "file.c"}, "unknown flag file.c"},
      {{"-v"}, "unknown flag -v"},
      {{"--state"}, "--state needs a value"},
      {{"--config", ""}, "--config needs a value"},
      {{"--log-level", "loud"}, "--log-level must be trace, debug, info, warn, error or off"},
  };
  for (const Case& c : cases) {
    const auto read = flags(c.words);
    REQUIRE_FALSE(read);
    CHECK(read.error().message == c.message);
    CHECK(read.error().data.hint.find("--help") != std::string::npos);
  }
}

TEST_CASE("the help names every flag and every setting") {
  const std::string help = usage();
  for (const char* word : {"--version",
                           "--help",
                           "--check",
                           "--state DIR",
                           "--config FILE",
                           "--log-level LEVEL",
                           "config.json",
                           "XDG_STATE_HOME",
                           "ANTHROPIC_API_KEY",
                           "ANTHROPIC_AUTH_TOKEN",
                           "ANTHROPIC_BASE_URL",
                           "model",
                           "effort",
                           "maxTokens",
                           "thinking",
                           "cache",
                           "retries",
                           "logLevel",
                           "connectTimeoutSeconds",
                           "silenceTimeoutSeconds",
                           "baseUrl",
                           "version",
                           "caFile",
                           "credential",
                           "apiKeyCommand"}) {
    INFO(word);
    CHECK(help.find(word) != std::string::npos);
  }
}

}  // namespace
}  // namespace aside
