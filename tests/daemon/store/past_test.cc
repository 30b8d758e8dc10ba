// Tests of `Store::past`, which tells when the user asked each question of a conversation. Questions that were
// imported, or copied by a fork, don't count.
#include <string>

#include "daemon/store/store.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using namespace aside;

namespace {

constexpr std::int64_t start = 1'790'000'000'000, minute = 60'000;
constexpr const char* continuing = "Go on";

struct Asked {
  std::string reply, question;
};

// A store with one conversation. `ask` adds a question that was asked `minutes` after the start, and whose prompt has
// `tokens` tokens.
struct World {
  Store store{":memory:", "test"};
  std::string conversation;

  explicit World(const std::string& id = "c1") : conversation(id) { done(store.open()); }

  NewExchange exchange(std::int64_t minutes, const std::string& text) {
    const auto now = got(store.conversation(conversation));
    NewExchange exchange = asking(now ? *now : proposed(conversation), text);
    if (!now) exchange.document = document(conversation + ".c");
    exchange.question.created = exchange.reply.created = start + minutes * minute;
    return exchange;
  }
  Asked ask(NewExchange exchange, std::optional<std::int64_t> tokens, Status status = Status::Complete) {
    const auto begun = got(store.begin(std::move(exchange)));
    Turn reply = answer(begun.reply, "because");
    reply.status = status;
    if (tokens) reply.usage = Usage{.input = 1, .cache_read = *tokens - 3, .cache_write = 2, .output = 9};
    done(store.finish(reply));
    return {begun.reply, begun.question};
  }
  Asked ask(std::int64_t minutes, std::optional<std::int64_t> tokens, Status status = Status::Complete) {
    return ask(exchange(minutes, "why?"), tokens, status);
  }
  // Returns the questions as text. "first 100, 5: 200" means: the first question, with 100 tokens, and a question with
  // 200 tokens, five minutes after the request before it.
  std::string past(PastFilter filter = {.conversations = 10, .questions = 10, .continuation = continuing}) {
    std::string text;
    for (const AskedConversation& asked : got(store.past(filter))) {
      if (!text.empty()) text += " | ";
      for (const AskedQuestion& question : asked.questions) {
        if (!text.empty() && !text.ends_with(" ")) text += ", ";
        text +=
            question.before ? std::to_string((question.asked - *question.before) / minute) + ": " : "first ";
        text += std::to_string(question.tokens);
      }
    }
    return text;
  }
};

}  // namespace

TEST_CASE("each question has the pause since the request before it, and the size of its prompt") {
  World world;
  CHECK(world.past().empty());
  world.ask(0, 100);
  world.ask(5, 200);
  world.ask(125, 300);
  CHECK(world.past() == "first 100, 5: 200, 120: 300");
}

TEST_CASE("retries, continuations, side questions and summaries don't count as questions of the user") {
  World world;
  const Asked first = world.ask(0, 100);
  SECTION("a retry: the next pause is since then") {
    NewExchange again = world.exchange(7, "");
    again.question.id = first.question;
    world.ask(std::move(again), 100);
    world.ask(9, 200);
    CHECK(world.past() == "first 100, 2: 200");
  }
  SECTION("the rest of a partial reply") {
    world.ask(5, 200, Status::Cut);
    world.ask(world.exchange(6, "Go on exactly"), 300);
    world.ask(9, 400);
    CHECK(world.past() == "first 100, 5: 200, 3: 400");
  }
  SECTION("but a question that only begins in the same way is one") {
    world.ask(world.exchange(6, "Go on exactly"), 300);
    CHECK(world.past() == "first 100, 6: 300");
  }
  SECTION("a side question") {
    NewExchange beside = world.exchange(6, "by the way");
    beside.question.side = beside.reply.side = true;
    beside.parent = first.reply;
    world.ask(std::move(beside), 200);
    world.ask(9, 300);
    CHECK(world.past() == "first 100, 9: 300");
  }
  SECTION("a summary, after which all begins anew") {
    NewExchange summary = world.exchange(6, "sum it up");
    summary.question.compaction = summary.reply.compaction = true;
    world.ask(std::move(summary), 200);
    world.ask(9, 50);
    world.ask(10, 150);
    CHECK(world.past() == "first 100, first 50, 1: 150");
  }
  SECTION("a question that failed: the next one follows what came before") {
    world.ask(5, std::nullopt, Status::Failed);
    world.ask(8, 200);
    CHECK(world.past() == "first 100, 8: 200");
  }
  SECTION("another first question, as after an edit") {
    NewExchange edited = world.exchange(6, "how?");
    edited.parent = "";
    world.ask(std::move(edited), 90);
    CHECK(world.past() == "first 100, first 90");
  }
}

TEST_CASE(
    "imported and copied questions don't count, and the question after them counts as a first question") {
  World world;
  world.ask(0, 100);
  const Asked second = world.ask(5, 200);
  const Document other = document("other.c");
  SECTION("an import") {
    const Tree tree = got(world.store.tree("c1"));
    got(world.store.import_tree(other, proposed("c2"), tree));
  }
  SECTION("a fork") {
    got(world.store.fork(other, "c1", second.reply, proposed("c2")));
  }
  CHECK(world.past() == "first 100, 5: 200");
  world.conversation = "c2";
  world.ask(15, 300);
  world.ask(16, 400);
  CHECK(world.past() == "first 300, 1: 400 | first 100, 5: 200");
}

TEST_CASE("the last conversations and their last questions are read, or those that have changed since") {
  World world;
  world.ask(0, 100);
  world.ask(1, 200);
  world.ask(2, 300);
  const auto first = got(world.store.past({.conversations = 10, .questions = 10}));
  REQUIRE(first.size() == 1);
  CHECK(world.past({.conversations = 10, .questions = 2}) == "1: 200, 1: 300");
  CHECK(world.past({.since = first[0].updated + 3'600'000, .conversations = 10, .questions = 10}).empty());
  CHECK(world.past({.since = first[0].updated, .conversations = 10, .questions = 1}) == "1: 300");
  world.conversation = "c2";
  world.ask(world.exchange(0, "what?"), 50);
  CHECK(world.past({.conversations = 1, .questions = 10}) == "first 50");
  CHECK(world.past({.conversations = 10, .questions = 10, .all_questions = 1}) == "first 50 | ");
}
