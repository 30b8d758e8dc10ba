#include "protocol/methods/setup.h"

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("instructions and prompts are reported without empty fields") {
  CHECK(
      to_json(InstructionsResult{{{"file:///a.md", "a.md", "user", "", "used", ""},
                                  {"file:///f/b.md", "b.md", "folder", "file:///f", "refused", "Too large."}},
                                 "text",
                                 "Look."}) == json::parse(R"({
    "files": [{"uri": "file:///a.md", "name": "a.md", "kind": "user", "state": "used"},
              {"uri": "file:///f/b.md", "name": "b.md", "kind": "folder", "folder": "file:///f", "state": "refused",
               "problem": "Too large."}],
    "text": "text", "notice": "Look."})"));
  CHECK(to_json(InstructionsResult{}) == json::parse(R"({"files": [], "text": ""})"));
  CHECK(to_json(PromptsResult{{{"why", "Why", "Say why.", ""}, {"bad", "", "", "Empty."}}}) ==
        json::parse(R"({"prompts": [
    {"name": "why", "description": "Why", "text": "Say why."},
    {"name": "bad", "description": "", "text": "", "problem": "Empty."}]})"));
}

TEST_CASE("allow has a folder, and says yes or no") {
  const auto yes = read<AllowParams>(R"({"folder": "file:///f", "allow": true})");
  CHECK(yes.folder == "file:///f");
  CHECK(yes.allow);
  check_refused<AllowParams>({
      {R"({"allow": true})", "params.folder is missing"},
      {R"({"folder": "", "allow": true})", "params.folder must not be empty"},
      {R"({"folder": "file:///f"})", "params.allow is missing"},
      {R"({"folder": "file:///f", "allow": "yes"})", "params.allow must be true or false, but is a string"},
  });
}

TEST_CASE("a credential is reported without its value, and set as a string that is not empty") {
  CHECK(to_json(CredentialResult{"found", "the editor", "https://api.anthropic.com", std::nullopt}) ==
        json::parse(R"({"state": "found", "source": "the editor", "server": "https://api.anthropic.com"})"));
  CHECK(to_json(CredentialResult{"missing", "", "", CredentialResult::Problem{"m", "h"}}) ==
        json::parse(R"({"state": "missing", "problem": {"message": "m", "hint": "h"}})"));
  CHECK(read<SetCredentialParams>(R"({"apiKey": "k"})").api_key == "k");
  check_refused<SetCredentialParams>(
      {{R"({"apiKey": ""})", "params.apiKey must not be empty"},
       {R"({"apiKey": 1})", "params.apiKey must be a string, but is a number"}});
}
