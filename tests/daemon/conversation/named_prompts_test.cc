#include "daemon/conversation/named_prompts.h"

#include <algorithm>
#include <filesystem>

#include "tests/support/store.h"
#include "tests/support/test.h"

using namespace aside;

namespace {

NamedPrompt found(const std::vector<NamedPrompt>& prompts, const std::string& name) {
  const auto prompt =
      std::find_if(prompts.begin(), prompts.end(), [&](const auto& p) { return p.name == name; });
  INFO(name);
  REQUIRE(prompt != prompts.end());
  return *prompt;
}

std::vector<std::string> names(const std::vector<NamedPrompt>& prompts) {
  std::vector<std::string> names;
  for (const NamedPrompt& prompt : prompts) names.push_back(prompt.name);
  return names;
}

}  // namespace

TEST_CASE("some prompts are there without any file, each with a line that says what it is for") {
  for (const char* folder : {"", "/not/there"}) {
    const auto prompts = named_prompts(folder);
    CHECK(names(prompts) ==
          std::vector<std::string>{"blocks", "commit", "explain", "fix", "here", "review", "tests"});
    for (const NamedPrompt& prompt : prompts) {
      CHECK_FALSE(prompt.description.empty());
      CHECK(prompt.text.size() > 50);
      CHECK(prompt.problem.empty());
      // The prompts `blocks` and `here` are about the last reply, `commit` is about a diff.
      const bool about_code = prompt.name != "blocks" && prompt.name != "here" && prompt.name != "commit";
      CHECK(needs_code(prompt) == about_code);
    }
  }
}

TEST_CASE("a prompt about this code needs some, one with a place for what is typed doesn't") {
  CHECK(needs_code({"a", "", "Find better names in this file.", ""}));
  CHECK(needs_code({"a", "", "Explain these lines.", ""}));
  CHECK_FALSE(needs_code({"a", "", "Is this code, {{input}}, right?", ""}));
  CHECK_FALSE(needs_code({"a", "", "Answer in verse.", ""}));
}

TEST_CASE("a Markdown file makes a prompt, or takes the place of one") {
  const Folder folder;
  folder.write("commit.md", "# A commit message\n\nWrite one.\nBriefly.\n");
  folder.write("plain.md", "\xEF\xBB\xBFSay it\r\nin two lines\r\n");
  folder.write("fix.md", "#  Mine  \nMend it.");
  folder.write("only.md", "# Sum this up\n");
  folder.write("two-words_1.md", "##not a heading");
  folder.write("no name.md", "x");
  folder.write("notes.txt", "x");
  folder.write("blank.md", " \n\n");
  folder.write("large.md", std::string(NamedPrompt::max_bytes + 1, 'x'));
  std::filesystem::create_directory(folder.path + "/folder.md");
  std::filesystem::create_symlink("commit.md", folder.path + "/linked.md");
  const auto prompts = named_prompts(folder.path);
  CHECK(names(prompts) == std::vector<std::string>{"blank", "blocks", "commit", "explain", "fix", "folder",
                                                   "here", "large", "linked", "only", "plain", "review",
                                                   "tests", "two-words_1"});
  struct Row {
    std::string name, description, text;
  };
  const std::vector<Row> table = {
      {"commit", "A commit message", "Write one.\nBriefly."},
      {"linked", "A commit message", "Write one.\nBriefly."},
      {"plain", "Say it", "Say it\nin two lines"},
      {"fix", "Mine", "Mend it."},
      {"only", "Sum this up", "Sum this up"},
      {"two-words_1", "##not a heading", "##not a heading"},
  };
  for (const Row& row : table) {
    CHECK(found(prompts, row.name).description == row.description);
    CHECK(found(prompts, row.name).text == row.text);
    CHECK(found(prompts, row.name).problem.empty());
  }
  CHECK(found(prompts, "blank").problem.find("is empty") != std::string::npos);
  CHECK(found(prompts, "large").problem.find("64 KiB") != std::string::npos);
  CHECK(found(prompts, "folder").problem.find("is no file") != std::string::npos);
}

TEST_CASE("a name at the beginning is replaced with the prompt's text, and nothing else is") {
  const std::vector<NamedPrompt> prompts = {{"why", "", "Say why.", ""},
                                            {"to", "", "Turn it into {{input}}, all into {{input}}.", ""},
                                            {"bad", "", "", "bad.md is empty."}};
  const std::vector<std::pair<std::string, std::string>> table = {
      {"/why", "Say why."},
      {"/why ", "Say why."},
      {"/why at all?", "Say why.\n\nat all?"},
      {"/why\n\nat all?\nreally\n", "Say why.\n\nat all?\nreally"},
      {"/to Rust", "Turn it into Rust, all into Rust."},
      {"/to {{input}} /why", "Turn it into {{input}} /why, all into {{input}} /why."},
      {"/to", "Turn it into , all into ."},
      {"/whyever", "/whyever"},
      {"/why/not", "/why/not"},
      {"/why, then?", "/why, then?"},
      {"/Why", "/Why"},
      {"/usr/bin/foo fails", "/usr/bin/foo fails"},
      {"/", "/"},
      {"/ why", "/ why"},
      {" /why", " /why"},
      {"what does /why do?", "what does /why do?"},
      {"//why", "//why"},
      {"", ""},
  };
  for (const auto& [question, text] : table) {
    INFO(question);
    CHECK(got(expanded(question, prompts)) == text);
  }
  const auto refused = expanded("/bad one", prompts);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::InvalidParams);
  CHECK(refused.error().message.find("bad.md is empty") != std::string::npos);
}
