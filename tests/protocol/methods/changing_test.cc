#include "protocol/methods/changing.h"

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("params name the conversation that is changed, or the document of a new conversation") {
  CHECK(read<ConversationParams>(R"({"conversation": "c"})").conversation == "c");
  CHECK(read<OpenParams>(R"({"textDocument": {"uri": "a"}, "conversation": "c"})").conversation == "c");
  CHECK(read<NewParams>(R"({"textDocument": {"uri": "a"}})").title.empty());
  CHECK(read<NewParams>(R"({"textDocument": {"uri": "a"}, "title": "t"})").title == "t");
  check_refused<OpenParams>({{R"({"textDocument": {"uri": "a"}})", "params.conversation is missing"}});
  CHECK(to_json(NewResult{"c"}) == json::parse(R"({"conversation": "c"})"));
}

TEST_CASE("select has a turn, or null for the place before the first question, and may have onward") {
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": "t"})").turn == "t");
  CHECK_FALSE(read<SelectParams>(R"({"conversation": "c", "turn": "t"})").onward);
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": "t", "onward": true})").onward);
  CHECK(read<SelectParams>(R"({"conversation": "c", "turn": null})").turn == "");
  check_refused<SelectParams>({
      {R"({"conversation": "c"})", "params.turn is missing (null is before the first question)"},
      {R"({"conversation": "c", "turn": ""})", "params.turn must not be empty"},
  });
}

TEST_CASE("configure doesn't change what is absent, and an empty value means the default") {
  const auto nothing = read<ConfigureParams>(R"({"conversation": "c", "model": null})");
  CHECK(!nothing.model);
  CHECK(!nothing.effort);
  CHECK(!nothing.title);
  const auto all = read<ConfigureParams>(R"({"conversation": "c", "model": "", "effort": "", "title": "t"})");
  CHECK(all.model == "");
  CHECK(all.effort == "");
  CHECK(all.title == "t");
  check_refused<ConfigureParams>({
      {R"({"conversation": "c", "effort": "none"})",
       "params.effort must be one of low, medium, high, xhigh, max"},
      {R"({"conversation": "c", "title": " "})", "params.title must not be blank"},
  });
}
