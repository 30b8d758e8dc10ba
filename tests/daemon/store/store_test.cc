#include "daemon/store/store.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/system/watch.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using namespace std::string_literals;
using aside::Error;
using aside::ErrorCode;
using aside::Piece;
using aside::Role;
using aside::SelectMode;
using aside::Status;
using aside::Store;
using aside::Turn;

namespace {

aside::Conversation made(Store& store, const std::string& id, const std::string& name = "a.c") {
  return got(store.create(document(name), proposed(id)));
}

// Stores another reply to a question, and returns its id.
std::string variant(Store& store, const aside::Conversation& conversation, const std::string& question,
                    Status status = Status::Complete) {
  auto again = asking(conversation, "ignored");
  again.question.id = question;
  const auto begun = got(store.begin(std::move(again)));
  CHECK(begun.question == question);
  Turn reply = answer(begun.reply, "another");
  reply.status = status;
  done(store.finish(reply));
  return begun.reply;
}

std::vector<std::string> texts(const std::vector<Turn>& turns) {
  std::vector<std::string> texts;
  for (const Turn& turn : turns) texts.push_back(turn.text);
  return texts;
}

void check_same(const Turn& kept, const Turn& given) {
  CHECK(kept.role == given.role);
  CHECK(kept.status == given.status);
  CHECK(kept.text == given.text);
  CHECK(kept.thinking == given.thinking);
  CHECK(kept.content == given.content);
  CHECK(kept.omit_thinking == given.omit_thinking);
  CHECK(kept.server == given.server);
  CHECK(kept.stop_reason == given.stop_reason);
  CHECK(kept.model == given.model);
  CHECK(kept.cost == given.cost);
  CHECK(kept.error.has_value() == given.error.has_value());
  if (kept.error && given.error) {
    CHECK(kept.error->code == given.error->code);
    CHECK(kept.error->message == given.error->message);
    CHECK(kept.error->data.hint == given.error->data.hint);
    CHECK(kept.error->data.retryable == given.error->data.retryable);
    CHECK(kept.error->data.retry_after_seconds == given.error->data.retry_after_seconds);
    CHECK(kept.error->data.request_id == given.error->data.request_id);
    CHECK(kept.error->data.offer == given.error->data.offer);
  }
  CHECK(kept.usage.has_value() == given.usage.has_value());
  if (kept.usage && given.usage) {
    CHECK(kept.usage->input == given.usage->input);
    CHECK(kept.usage->cache_read == given.usage->cache_read);
    CHECK(kept.usage->cache_write == given.usage->cache_write);
    CHECK(kept.usage->cache_write_1h == given.usage->cache_write_1h);
    CHECK(kept.usage->output == given.usage->output);
    CHECK(kept.usage->thinking == given.usage->thinking);
  }
  REQUIRE(kept.attachments.size() == given.attachments.size());
  for (std::size_t i = 0; i < kept.attachments.size(); ++i) {
    CHECK(kept.attachments[i].uri == given.attachments[i].uri);
    CHECK(kept.attachments[i].name == given.attachments[i].name);
    CHECK(kept.attachments[i].range == given.attachments[i].range);
    CHECK(kept.attachments[i].language == given.attachments[i].language);
    CHECK(kept.attachments[i].text == given.attachments[i].text);
  }
}

}  // namespace

TEST_CASE("an exchange is kept to the last byte, and another process reads it so") {
  Folder folder;
  Turn question, reply;
  question.text = "what is \0 here? \xf0\x9f\xa6\x94 é"s;
  question.content = R"([{"type":"text","text":"1.10"}])";
  question.created = 1700000000123;
  question.attachments = {{"file:///p/a.c", "a.c", aside::Range{{1, 2}, {3, 4}}, "c", "int\0main"s},
                          {"untitled:1", "untitled", std::nullopt, "", ""}};
  reply.role = Role::Assistant;
  reply.status = GENERATE(Status::Complete, Status::Cancelled, Status::Cut, Status::Interrupted,
                          Status::Refused, Status::Failed);
  reply.text = std::string(300000, 'x') + "\0end"s;
  reply.thinking = "hm";
  reply.content = R"([{"type":"text","text":"x"}])";
  reply.blocks = R"([{"z":1,"a":1.10}])";
  reply.omit_thinking = true;
  reply.server = "https://api.anthropic.com";
  reply.stop_reason = "end_turn";
  reply.model = "claude-opus-5-5";
  if (reply.status == Status::Failed) {
    reply.error = Error{ErrorCode::RateLimited, "too fast", {"wait", true, 2.5, "req_1"}};
    reply.error->data.offer = "model";
  } else {
    reply.usage = aside::Usage{1, 2, 3, 4, 5};
    if (reply.status == Status::Complete) reply.usage->thinking = 6;
    reply.cost = 0.125;
  }
  std::string head;
  {
    Store store(folder.store(), "vim on host");
    auto exchange = asking(proposed("c1"), "");
    exchange.document = document("p/a.c");
    exchange.question = question;
    exchange.system = "be brief";
    const auto begun = got(store.begin(std::move(exchange)));
    reply.id = head = begun.reply;
    done(store.finish(reply));
  }
  Store store(folder.store(), "code on host");
  const auto conversation = got(store.current(document("p/a.c")));
  REQUIRE(conversation);
  CHECK(conversation->id == "c1");
  CHECK(conversation->uri == "file:///p/a.c");
  CHECK(conversation->system == "be brief");
  CHECK(conversation->head == head);
  CHECK(conversation->stored);
  const auto turns = got(store.path("c1", head));
  REQUIRE(turns.size() == 2);
  check_same(turns[0], question);
  check_same(turns[1], reply);
  CHECK(got(store.tree("c1")).turns[1].blocks == reply.blocks);
  CHECK(turns[0].created == 1700000000123);
  CHECK(turns[1].created > 1700000000123);
  CHECK(turns[0].parent.empty());
  CHECK(turns[1].parent == turns[0].id);
  check_same(got(store.turn("c1", head)).value(), reply);
}

TEST_CASE("a conversation is named by its first question and keeps the system text of that") {
  Store store(":memory:", "");
  CHECK_FALSE(got(store.current(document("a.c"))));
  CHECK_FALSE(got(store.conversation("c1")));
  auto first = asking(proposed("c1"), "\n  Why is this slow?\nSecond line");
  first.conversation.model = "m";
  first.document = document("a.c");
  first.system = "one";
  auto begun = got(store.begin(std::move(first)));
  CHECK(begun.conversation.title == "Why is this slow?");
  CHECK(begun.conversation.model == "m");
  CHECK(begun.conversation.system == "one");
  CHECK(begun.conversation.head == begun.reply);
  CHECK(begun.conversation.revision > 0);
  const auto waiting = got(store.turn("c1", begun.reply)).value();
  CHECK(waiting.status == Status::Streaming);
  CHECK(waiting.role == Role::Assistant);
  { const auto ended = std::move(begun.lease); }

  auto second = asking(begun.conversation, "And this?");
  second.system = "two";
  const auto next = got(store.begin(std::move(second)));
  CHECK(next.conversation.system == "one");
  CHECK(next.conversation.title == "Why is this slow?");
  CHECK(next.conversation.revision > begun.conversation.revision);
  CHECK(got(store.turn("c1", next.question))->parent == begun.reply);
}

TEST_CASE("a title is the first line, cut at a word and never inside a character") {
  struct Row {
    std::string question, title;
  };
  const Row row = GENERATE(Row{"", ""}, Row{" \n\t ", ""}, Row{"short", "short"}, Row{"a\r\nb", "a"},
                           Row{std::string(60, 'a'), std::string(60, 'a')},
                           Row{std::string(61, 'a'), std::string(60, 'a') + "…"},
                           Row{std::string(50, 'a') + " bbbbb ccccccccc", std::string(50, 'a') + " bbbbb…"},
                           Row{std::string(60, 'a') + " b", std::string(60, 'a') + "…"},
                           Row{"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé",
                               "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…"});
  Store store(":memory:", "");
  CHECK(got(store.begin(asking(made(store, "c1"), row.question))).conversation.title == row.title);
}

TEST_CASE("after going back, redo leads along the branch that was visited last at each turn") {
  // Makes replies in this order, and calls them: r1, a root; r2, after r1; r3, after r2; x2, after r1; x1,
  // another root.
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  std::map<std::string, std::string> id = {{"", ""}};
  id["r1"] = exchange(store, conversation, "r1");
  id["r2"] = exchange(store, conversation, "r2");
  id["r3"] = exchange(store, conversation, "r3");
  id["x2"] = exchange(store, conversation, "x2", id["r1"]);
  id["x1"] = exchange(store, conversation, "x1", "");
  struct Step {
    std::string select, redo;
  };
  struct Row {
    std::vector<Step> steps;
  };
  const Row row = GENERATE(Row{{{"", "x1"}, {"x1", ""}}},                               // newest branch
                           Row{{{"r1", "x2"}, {"", "r1"}, {"r1", "x2"}, {"x2", ""}}},   // back two replies
                           Row{{{"r3", ""}, {"r2", "r3"}, {"r1", "r2"}, {"", "r1"}}},   // undo all
                           Row{{{"r3", ""}, {"", "r1"}, {"r1", "r2"}, {"r2", "r3"}}},   // jump back, redo all
                           Row{{{"r3", ""}, {"x1", ""}, {"", "x1"}, {"r1", "r2"}}},     // each branch alone
                           Row{{{"r2", "r3"}, {"x2", ""}, {"r1", "x2"}, {"r2", "r3"}}}  // below a sibling
  );
  for (const Step& step : row.steps) {
    const auto now = got(store.select("c1", id[step.select]));
    CHECK(now.head == id[step.select]);
    CHECK(now.redo == id[step.redo]);
  }
}

TEST_CASE("a question leads to the reply of it last visited, and onward to where that branch was left") {
  // Makes replies and calls them: r1 and v1 answer the question q1; r2 and x2 follow r1; r3 follows r2; w2
  // follows v1.
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  std::map<std::string, std::string> id = {{"", ""}};
  id["r1"] = exchange(store, conversation, "r1");
  id["q1"] = got(store.turn("c1", id["r1"]))->parent;
  id["r2"] = exchange(store, conversation, "r2");
  id["q2"] = got(store.turn("c1", id["r2"]))->parent;
  id["r3"] = exchange(store, conversation, "r3");
  id["x2"] = exchange(store, conversation, "x2", id["r1"]);
  id["v1"] = variant(store, conversation, id["q1"]);
  id["w2"] = exchange(store, conversation, "w2", id["v1"]);
  struct Step {
    std::string turn;
    SelectMode mode;
    std::string head;
  };
  struct Row {
    std::vector<Step> steps;
  };
  constexpr auto there = SelectMode::Exactly, onward = SelectMode::ToBranchEnd;
  const Row row = GENERATE(Row{{{"q1", there, "v1"}, {"q1", onward, "w2"}}},  // the newest branch
                           Row{{{"", there, ""}, {"", onward, "w2"}}},        // redo all
                           Row{{{"r1", there, "r1"}, {"q1", there, "r1"}, {"q1", onward, "x2"}}},
                           Row{{{"r1", onward, "x2"}, {"q1", there, "r1"}, {"v1", onward, "w2"}}},
                           Row{{{"q2", there, "r2"}, {"", onward, "r3"}, {"q1", there, "r1"}}},
                           Row{{{"r3", onward, "r3"}, {"v1", there, "v1"}, {"r1", onward, "r3"}}});
  for (const Step& step : row.steps) {
    CAPTURE(step.turn);
    CHECK(got(store.select("c1", id[step.turn], step.mode)).head == id[step.head]);
  }
}

TEST_CASE("a question of which no reply was visited leads to its newest, and one without a reply nowhere") {
  aside::Tree tree;
  for (const char* turn : {"q", "a", "b", "alone"}) {
    const bool asks = turn == "q"s || turn == "alone"s;
    tree.turns.push_back(
        {.id = turn, .parent = asks ? "" : "q", .role = asks ? Role::User : Role::Assistant, .text = turn});
  }
  tree.conversation.head = "a";
  Store store(":memory:", "");
  got(store.import_tree(document("a.c"), proposed("c1"), tree));
  const auto turns = got(store.tree("c1")).turns;
  CHECK(got(store.select("c1", turns.at(0).id, SelectMode::ToBranchEnd)).head == turns.at(2).id);
  CHECK(store.select("c1", turns.at(3).id).error().code == ErrorCode::InvalidParams);
}

TEST_CASE("redo leads to a new reply from every turn above it") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto r1 = exchange(store, conversation, "r1");
  const auto r2 = exchange(store, conversation, "r2");
  const auto x1 = exchange(store, conversation, "x1", "");
  const auto r3 = exchange(store, conversation, "r3", r2);
  CHECK(got(store.select("c1", "")).redo == r1);
  CHECK(got(store.select("c1", r1)).redo == r2);
  CHECK(got(store.select("c1", r2)).redo == r3);
  CHECK(got(store.select("c1", x1)).redo.empty());
}

TEST_CASE("variants are all siblings in order: replies to one question, questions after one reply") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto first = exchange(store, conversation, "one");
  const auto root = got(store.turn("c1", first))->parent;
  const auto second = variant(store, conversation, root);
  const auto third = exchange(store, conversation_of(store, "c1"), "two", "");
  const auto other = exchange(store, conversation, "three", first);

  const auto kept = got(store.turn("c1", first)).value();
  CHECK(kept.variants == std::vector<std::string>{first, second});
  CHECK(got(store.turn("c1", second))->variants == kept.variants);
  const auto other_root = got(store.turn("c1", third))->parent;
  CHECK(got(store.turn("c1", root))->variants == std::vector<std::string>{root, other_root});
  CHECK(got(store.turn("c1", other))->variants == std::vector<std::string>{other});
  CHECK(texts(got(store.path("c1", second))) == std::vector<std::string>{"one", "another"});
  CHECK(texts(got(store.path("c1", other))) ==
        std::vector<std::string>{"one", "re: one", "three", "re: three"});
  CHECK(texts(got(store.path("c1", root))) == std::vector<std::string>{"one"});
  CHECK(got(store.path("c1", "")).empty());
}

TEST_CASE("a failed reply is no variant of the others, but is in its own list of variants") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto first = exchange(store, conversation, "one");
  const auto root = got(store.turn("c1", first))->parent;
  const auto failed = variant(store, conversation, root, Status::Failed);
  variant(store, conversation, root, Status::Failed);
  const auto stopped = variant(store, conversation, root, Status::Cancelled);
  const auto refused = variant(store, conversation, root, Status::Refused);
  CHECK(got(store.turn("c1", first))->variants == std::vector<std::string>{first, stopped, refused});
  CHECK(got(store.turn("c1", failed))->variants == std::vector<std::string>{first, failed, stopped, refused});
}

TEST_CASE("what is no turn of the conversation is refused, and nothing is kept of it") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1"), elsewhere = made(store, "c2", "b.c");
  const auto reply = exchange(store, conversation, "one"), foreign = exchange(store, elsewhere, "two");
  const auto question = got(store.turn("c1", reply))->parent;
  const auto before = conversation_of(store, "c1");
  const std::string no_reply[] = {question, foreign,    "t999",      "t01",
                                  "t",      "nonsense", reply + "x", " " + reply};
  const std::string& parent = no_reply[GENERATE(0, 1, 2, 3, 4, 5, 6, 7)];
  const auto refused = store.begin(asking(conversation, "three", parent));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::InvalidParams);
  auto retry = asking(conversation, "");
  retry.question.id = parent == question ? reply : parent;
  CHECK(store.begin(std::move(retry)).error().code == ErrorCode::InvalidParams);
  if (parent != question) CHECK(store.select("c1", parent).error().code == ErrorCode::InvalidParams);
  CHECK(got(store.list({.uri = "file:///a.c"})).rows.at(0).turns == 2);
  CHECK(conversation_of(store, "c1").revision == before.revision);
  CHECK(store.begin(asking(conversation, "the lease is free again")));
  CHECK(store.begin(asking(proposed("unknown"), "?")).error().code == ErrorCode::InvalidParams);
}

TEST_CASE("a conversation is written by one at a time, whoever asks, and the others learn who it is") {
  Folder folder;
  Store ours(folder.store(), "vim on host"), theirs(folder.store(), "code on host");
  const auto conversation = made(ours, "c1");
  Store& second = GENERATE(true, false) ? ours : theirs;
  auto begun = std::make_optional(got(ours.begin(asking(conversation, "one"))));
  const std::string reply = begun->reply;
  CHECK_FALSE(ours.written(reply));
  CHECK(theirs.written(reply));

  const auto refused = second.begin(asking(conversation, "two"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Busy);
  CHECK(refused.error().data.turn == begun->reply);
  CHECK(refused.error().data.conversation == "c1");
  CHECK(refused.error().data.owner == "vim on host");
  CHECK(refused.error().data.since.size() == "2026-01-02T03:04:05Z"s.size());
  CHECK(refused.error().data.retryable);
  CHECK(second.select("c1", "").error().code == ErrorCode::Busy);
  CHECK(got(second.list({})).rows.at(0).turns == 2);
  CHECK(second.begin(asking(made(second, "c2", "b.c"), "another conversation is free")));

  done(ours.finish(answer(begun->reply, "")));
  begun.reset();
  CHECK_FALSE(theirs.written(reply));
  CHECK(second.select("c1", ""));
  CHECK(second.begin(asking(conversation, "two")));
}

TEST_CASE("if two editors ask a first question at once, the second one uses the conversation of the first") {
  Folder folder;
  Store ours(folder.store(), "vim"), theirs(folder.store(), "code");
  auto one = asking(proposed("c1"), "one"), two = asking(proposed("c2"), "two");
  one.document = two.document = document("a.c");
  const auto first = got(ours.begin(std::move(one))).reply;
  const bool as_root = GENERATE(true, false);
  if (as_root) two.parent = "";
  const auto second = got(theirs.begin(std::move(two)));
  CHECK(second.conversation.id == "c1");
  CHECK(got(theirs.turn("c1", second.question))->parent == (as_root ? "" : first));
  CHECK_FALSE(got(ours.conversation("c2")));

  auto three = asking(proposed("c3"), "three");
  three.document = document("a.c");
  const auto busy = ours.begin(std::move(three));
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == ErrorCode::Busy);
  CHECK(busy.error().data.conversation == "c1");
}

TEST_CASE("a reply is finished once, and what its writer wrote is not undone by a late rescuer") {
  Store store(":memory:", "");
  const auto begun = got(store.begin(asking(made(store, "c1"), "one")));
  done(store.append({{begun.reply, {{Piece::Kind::Text, "a"}}}}));
  const auto revision = conversation_of(store, "c1").revision;
  done(store.finish(answer(begun.reply, "whole")));
  CHECK(conversation_of(store, "c1").revision == revision);  // the tree is unchanged
  CHECK(got(store.pieces(begun.reply, 0)).empty());
  auto late = answer(begun.reply, "");
  late.status = Status::Interrupted;
  done(store.finish(late));
  CHECK(got(store.turn("c1", begun.reply))->text == "whole");
  CHECK(got(store.turn("c1", begun.reply))->status == Status::Complete);
  CHECK(store.finish(answer(begun.question, "a question")).error().code == ErrorCode::InvalidParams);
  CHECK(store.finish(answer("t99", "nothing")).error().code == ErrorCode::InvalidParams);
}

TEST_CASE("a follower sees the pieces of a running reply in order, each once") {
  Folder folder;
  Store ours(folder.store(), "vim"), theirs(folder.store(), "code");
  const auto one = got(ours.begin(asking(made(ours, "c1"), "one")));
  const auto two = got(ours.begin(asking(made(ours, "c2", "b.c"), "two")));
  CHECK(got(theirs.pieces(one.reply, 0)).empty());

  done(ours.append({{one.reply, {{Piece::Kind::Text, "a\0b"s}, {Piece::Kind::Thinking, "t"}}},
                    {two.reply, {{Piece::Kind::State, "{}"}}}}));
  done(ours.append({{one.reply, {{Piece::Kind::Block, "[]"}}}}));

  const auto pieces = got(theirs.pieces(one.reply, 0));
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[0].piece.text == "a\0b"s);
  CHECK(pieces[0].piece.kind == Piece::Kind::Text);
  CHECK(pieces[1].piece.kind == Piece::Kind::Thinking);
  CHECK(pieces[2].piece.kind == Piece::Kind::Block);
  CHECK(pieces[0].sequence < pieces[1].sequence);
  CHECK(pieces[1].sequence < pieces[2].sequence);
  const auto later = got(theirs.pieces(one.reply, pieces[1].sequence));
  REQUIRE(later.size() == 1);
  CHECK(later[0].piece.text == "[]");
  CHECK(got(theirs.pieces(two.reply, 0)).at(0).piece.kind == Piece::Kind::State);
}

TEST_CASE("followers of a conversation or document learn of commits to it, and of nothing else") {
  Folder folder;
  Store ours(folder.store(), "vim"), theirs(folder.store(), "code");
  made(ours, "c1");
  made(ours, "c2", "b.c");
  asio::io_context io(1);
  aside::Watch watch(io);
  std::multiset<std::string> told;
  std::vector<aside::Subscription> subscriptions;
  const auto tells = [&told](const std::string& of) { return [&told, of] { told.insert(of); }; };
  for (const std::string id : {"c1", "c2"})
    subscriptions.push_back(theirs.follow(id, watch, tells(id)).value());
  for (const std::string name : {"a.c", "b.c", "new.c"})
    subscriptions.push_back(theirs.follow_document(document(name).uri, watch, tells(name)).value());
  // Returns the followers that are called because of `work`. The file that is touched last is reported last,
  // and so ends the wait.
  const auto told_of = [&](const std::function<void()>& work) {
    told.clear();
    work();
    bool all = false;
    const auto last = watch.file(folder.path + "/last", [&all] { all = true; });
    aside::touch(folder.path + "/last");
    while (!all) {
      io.restart();
      REQUIRE(io.run_one_for(std::chrono::seconds(30)) == 1);
    }
    return std::set<std::string>(told.begin(), told.end());
  };
  using Names = std::set<std::string>;
  std::optional<aside::Exchange> begun;
  CHECK(told_of([&] { begun = got(ours.begin(asking(conversation_of(ours, "c1"), "one"))); }) == Names{"c1"});
  const std::string reply = begun->reply;
  CHECK(told_of([&] { done(ours.append({{reply, {{Piece::Kind::Text, "a"}}}})); }) == Names{"c1"});
  CHECK(told_of([&] { done(ours.append({{reply, {{Piece::Kind::Text, "b"}}}})); }) == Names{"c1"});
  CHECK(told_of([&] { done(ours.finish(answer(reply, "ab"))); }).empty());  // `begun` still has the lease
  begun.reset();
  CHECK(told_of([&] { ours.wake_followers("c1"); }) == Names{"c1"});
  CHECK(told_of([&] { got(ours.select("c1", "")); }) == Names{"c1"});
  CHECK(told_of([&] { got(ours.configure("c1", {}, {}, "title")); }) == Names{"c1"});
  CHECK(told_of([&] { got(ours.fork(document("b.c"), "c1", reply, proposed("c3"))); }) == Names{"b.c"});
  CHECK(told_of([&] { done(ours.show(document("b.c"), "c2")); }).contains("b.c"));
  CHECK(told_of([&] { done(ours.rename(document("b.c").uri, document("new.c"))); }) ==
        Names{"b.c", "new.c", "c2"});
  CHECK(told_of([&] { done(ours.remove("c2")); }) == Names{"c2", "new.c"});
  CHECK(told_of([&] { got(ours.create(document("a.c"), proposed("c4"))); }) == Names{"a.c"});
  CHECK(told_of([&] { got(ours.list({})); }).empty());
  CHECK(told_of([&] { CHECK_FALSE(ours.select("c1", "t99")); }).empty());
  subscriptions.clear();
  CHECK(told_of([&] { got(ours.configure("c1", {}, {}, "other")); }).empty());
  CHECK(std::filesystem::is_empty(folder.store() + "-followed"));
}

TEST_CASE("a writer learns that another process follows, and a stop request gets through") {
  Folder folder;
  Store ours(folder.store(), "vim"), theirs(folder.store(), "code");
  auto begun = std::make_optional(got(ours.begin(asking(made(ours, "c1"), "one"))));
  asio::io_context io(1);
  aside::Watch watch(io);
  const auto nothing = [] {};
  CHECK_FALSE(theirs.follow("unknown", watch, nothing));
  CHECK_FALSE(ours.followed("unknown"));
  const auto own = ours.follow("c1", watch, nothing);
  CHECK(own);
  CHECK_FALSE(ours.followed("c1"));
  {
    const auto following = theirs.follow("c1", watch, nothing);
    CHECK(following);
    CHECK(ours.followed("c1"));
  }
  CHECK_FALSE(ours.followed("c1"));

  CHECK_FALSE(got(ours.stop_requested(begun->reply)));
  done(theirs.request_stop(begun->reply));
  CHECK(got(ours.stop_requested(begun->reply)));
  done(ours.finish(answer(begun->reply, "")));
  const std::string stopped = begun->reply;
  begun.reset();
  const auto next = got(ours.begin(asking(conversation_of(ours, "c1"), "two")));
  CHECK_FALSE(got(ours.stop_requested(next.reply)));
  done(ours.finish(answer(next.reply, "")));
  done(theirs.request_stop(next.reply));  // too late: the reply has ended
  CHECK_FALSE(got(ours.stop_requested(next.reply)));
}

TEST_CASE("thinking that was refused once is marked for good") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto one = exchange(store, conversation, "one"), two = exchange(store, conversation, "two");
  done(store.omit_thinking({one}));
  CHECK(got(store.turn("c1", one))->omit_thinking);
  CHECK_FALSE(got(store.turn("c1", two))->omit_thinking);
}

TEST_CASE("totals count every branch, and only prices that are known") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto none = got(store.totals("c1"));
  CHECK(none.usage.input == 0);
  CHECK_FALSE(none.cost);
  CHECK_FALSE(none.usage.thinking);
  for (int i = 1; i <= 3; ++i) {
    const auto begun = got(store.begin(asking(conversation, "?", "")));
    auto reply = answer(begun.reply, "!");
    reply.usage = aside::Usage{1, 10, 100, 1000, 10000};
    if (i > 1) reply.usage->thinking = 7;
    if (i > 1) reply.cost = 0.25;
    done(store.finish(reply));
  }
  const auto totals = got(store.totals("c1"));
  CHECK(totals.usage.input == 3);
  CHECK(totals.usage.cache_read == 30);
  CHECK(totals.usage.cache_write == 300);
  CHECK(totals.usage.cache_write_1h == 3000);
  CHECK(totals.usage.output == 30000);
  CHECK(totals.usage.thinking == 14);
  CHECK(totals.cost == 0.5);
  CHECK(got(store.list({})).rows.at(0).cost == 0.5);
  CHECK(got(store.list({})).rows.at(0).turns == 6);
}

TEST_CASE("attempts that failed are no turns of a conversation in the list") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  const auto turns = [&store] { return got(store.list({})).rows.at(0).turns; };
  const auto fail = [&store](auto begun) {
    auto reply = answer(begun.reply, "");
    reply.status = aside::Status::Failed;
    done(store.finish(reply));
  };
  auto first = got(store.begin(asking(conversation, "?")));
  CHECK(turns() == 2);  // the reply is being written
  const std::string question = first.question;
  fail(std::move(first));
  CHECK(turns() == 0);
  aside::NewExchange again = asking(conversation, "");
  again.question.id = question;
  done(store.finish(answer(got(store.begin(std::move(again))).reply, "!")));
  CHECK(turns() == 2);
  exchange(store, conversation, "and now?");
  CHECK(turns() == 4);
  fail(got(store.begin(asking(conversation, "??"))));
  CHECK(turns() == 4);
}

TEST_CASE("model, effort and title are set one by one for a conversation, and a title that was set stays") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1");
  CHECK(got(store.configure("c1", "opus", std::nullopt, std::nullopt)).model == "opus");
  CHECK(got(store.configure("c1", std::nullopt, "high", std::nullopt)).model == "opus");
  const auto titled = got(store.configure("c1", "", std::nullopt, "Mine"));
  CHECK(titled.model.empty());
  CHECK(titled.effort == "high");
  CHECK(titled.revision > conversation.revision);
  exchange(store, titled, "a question");
  CHECK(conversation_of(store, "c1").title == "Mine");
  CHECK(store.configure("unknown", "", "", "").error().code == ErrorCode::InvalidParams);
}

TEST_CASE("a long path is read from its end, in parts that begin with a question and fit together") {
  Store store(":memory:", "");
  const auto conversation = got(store.create(document("a.c"), proposed("c1")));
  for (int i = 0; i < 10; ++i) exchange(store, conversation, "question " + std::to_string(i));
  const std::string head = conversation_of(store, "c1").head;
  const auto whole = got(store.path("c1", head));
  REQUIRE(whole.size() == 20);
  const int limit = GENERATE(0, 1, 2, 3, 4, 7, 19, 20, 100);
  CAPTURE(limit);
  std::vector<std::string> ids;
  std::string before;
  int earlier = 20;
  while (earlier > 0) {
    const auto part = got(store.path("c1", head, {limit, before}));
    REQUIRE_FALSE(part.turns.empty());
    CHECK(part.turns.front().role == aside::Role::User);
    if (limit > 0) CHECK(static_cast<int>(part.turns.size()) <= std::max(limit, 2));
    CHECK(part.earlier == earlier - static_cast<int>(part.turns.size()));
    earlier = part.earlier;
    before = part.turns.front().id;
    for (auto turn = part.turns.rbegin(); turn != part.turns.rend(); ++turn) ids.push_back(turn->id);
  }
  std::vector<std::string> expected;
  for (auto turn = whole.rbegin(); turn != whole.rend(); ++turn) expected.push_back(turn->id);
  CHECK(ids == expected);
  for (const std::string& bad : {whole[1].id, std::string("t99"), std::string("x")})
    CHECK(store.path("c1", head, {2, bad}).error().code == ErrorCode::InvalidParams);
}
