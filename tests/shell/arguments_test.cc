#include "editors/shell/arguments.h"

#include <set>

#include "tests/support/test.h"

using namespace aside;
using Action = Command::Action;
using File = Command::File;

namespace {

Result<Command> read(const std::vector<std::string>& arguments) {
  const std::set<std::string> files = {"main.c", "two words.c", "main.c:7",   "-odd",
                                       "src",    "a:b",         "/commit.d/x"};
  return read_arguments(arguments, [&](const std::string& path) { return files.contains(path); });
}

}  // namespace

TEST_CASE("the last argument is the question, unless it names a file") {
  struct Row {
    std::vector<std::string> arguments;
    std::vector<File> files;
    bool input;
    std::string question;
  };
  const std::vector<Row> table = {
      {{"main.c", "Why?"}, {{"main.c", {}}}, false, "Why?"},
      {{"main.c"}, {{"main.c", {}}}, false, ""},
      {{"main.c:10-24", "why is this slow"}, {{"main.c", Lines{10, 24}}}, false, "why is this slow"},
      {{"main.c:10", "Why?"}, {{"main.c", Lines{10, 10}}}, false, "Why?"},
      {{"main.c:7", "Why?"}, {{"main.c:7", {}}}, false, "Why?"},
      {{"main.c:7:2", "Why?"}, {{"main.c:7", Lines{2, 2}}}, false, "Why?"},
      {{"a:b", "a:b:1-2"}, {{"a:b", {}}, {"a:b", Lines{1, 2}}}, false, ""},
      {{"two words.c", "main.c", "Compare"}, {{"two words.c", {}}, {"main.c", {}}}, false, "Compare"},
      {{"-", "/commit"}, {}, true, "/commit"},
      {{"main.c", "-", "And this?"}, {{"main.c", {}}}, true, "And this?"},
      {{"-"}, {}, true, ""},
      {{"Why?"}, {}, false, "Why?"},
      {{"why"}, {}, false, "why"},
      {{"node.js "}, {}, false, "node.js "},
      {{"main.c:x"}, {}, false, "main.c:x"},  // looks like a file's name, so it is refused
      {{"--", "-odd", "-Why?"}, {{"-odd", {}}}, false, "-Why?"},
      {{"main.c", "Why?", "-y"}, {{"main.c", {}}}, false, "Why?"},
  };
  for (const Row& row : table) {
    const auto command = read(row.arguments);
    if (row.question == "main.c:x") {
      CHECK_FALSE(command);
      continue;
    }
    REQUIRE(command);
    CHECK(command->files == row.files);
    CHECK(command->input == row.input);
    CHECK(command->question == row.question);
  }
}

TEST_CASE("options may stand anywhere") {
  const auto command = read({"-m", "haiku", "main.c", "--side", "Why?", "--json", "--yes"});
  REQUIRE(command);
  CHECK(command->action == Action::Ask);
  CHECK(command->model == "haiku");
  CHECK((command->side && command->json && command->yes && !command->follow));
  struct Row {
    std::vector<std::string> arguments;
    Action action;
  };
  const std::vector<Row> table = {
      {{"--preview", "main.c", "Why?"}, Action::Preview},
      {{"--show"}, Action::Show},
      {{"--show", "main.c"}, Action::Show},
      {{"--search", "a b", "src"}, Action::Search},
      {{"--list"}, Action::List},
      {{"--usage"}, Action::Usage},
      {{"--retry", "--model=opus"}, Action::Retry},
      {{"--continue", "main.c"}, Action::Continue},
      {{"-h", "--", "x", "y"}, Action::Help},
      {{"--version"}, Action::Version},
  };
  for (const Row& row : table) {
    const auto read_row = read(row.arguments);
    REQUIRE(read_row);
    CHECK(read_row->action == row.action);
  }
  CHECK(read({"--search", "a b"})->words == "a b");
}

TEST_CASE("arguments that make no sense are refused") {
  const std::vector<std::vector<std::string>> table = {
      {"none.c", "Why?"},
      {"none.c"},
      {"src/none"},
      {"/usr/none"},
      {"main.c:0", "Why?"},
      {"main.c:4-3", "Why?"},
      {"main.c:1-", "Why?"},
      {"main.c:-1", "Why?"},
      {"main.c:99999999999"},
      {"-", "-", "Why?"},
      {"--none"},
      {"-z"},
      {"-m"},
      {"--model"},
      {"--search"},
      {"--search", " "},
      {"--show", "--list"},
      {"--retry", "--continue"},
      {"--show", "Why?"},
      {"--list", "-"},
      {"--usage", "main.c:1"},
      {"--show", "main.c", "src"},
      {"--continue", "-m", "x"},
      {"--follow", "main.c", "Why?"},
      {"--follow", "--list"},
      {"--side", "--show"},
      {""},
      {"main.c", " "},
  };
  for (const auto& arguments : table) {
    const auto command = read(arguments);
    INFO(arguments.front());
    REQUIRE_FALSE(command);
    CHECK_FALSE(command.error().message.empty());
  }
}
