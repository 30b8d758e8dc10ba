// Tests of searching questions and replies, of deleting conversations and bringing them back, and of forks.
#include <string>
#include <vector>

#include "daemon/store/search.h"
#include "daemon/store/store.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using aside::ErrorCode;
using aside::Hit;
using aside::Store;

namespace {

aside::Conversation made(Store& store, const std::string& id, const std::string& file) {
  return got(store.create(document(file), proposed(id)));
}

std::vector<Hit> found(Store& store, const std::string& query) {
  return got(store.search({.query = query}));
}

std::vector<std::string> turns(const std::vector<Hit>& hits) {
  std::vector<std::string> ids;
  for (const Hit& hit : hits) ids.push_back(hit.turn);
  return ids;
}

std::vector<std::string> listed(Store& store, aside::ListFilter filter) {
  std::vector<std::string> ids;
  for (const auto& row : got(store.list(filter)).rows) ids.push_back(row.conversation.id);
  return ids;
}

}  // namespace

TEST_CASE("a query is words, phrases and beginnings, whatever else is typed") {
  struct Row {
    const char *typed, *match;
  };
  const Row row = GENERATE(
      Row{"", ""}, Row{"  ", ""}, Row{"strlen", "\"strlen\""}, Row{"two words", "\"two\" \"words\""},
      Row{"\"two words\" more", "\"two words\" \"more\""}, Row{"str*", "\"str\"*"}, Row{"*", "\"*\""},
      Row{"\"open end", "\"open end\""}, Row{"a\"b c\"d", "\"a\" \"b c\" \"d\""}, Row{"\"\"", ""},
      Row{"std::move(x)", "\"std::move(x)\""}, Row{"NOT a OR (b", "\"NOT\" \"a\" \"OR\" \"(b\""});
  CAPTURE(row.typed);
  CHECK(aside::match_for(row.typed) == row.match);
  Store store(":memory:", "");
  CHECK(found(store, row.typed).empty());  // any typed text is accepted as a query
}

TEST_CASE("a query may have a NUL or other control characters") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1", "p/a.c");
  exchange(store, conversation, "Why is it slow?");
  using namespace std::string_literals;
  for (const std::string& query :
       {"why\0slow"s, "\0"s, "\"why\0"s, "why\x01slow"s, "slow*\0"s, "why\u3000slow"s, "\"\u2003\" why"s}) {
    CAPTURE(query);
    const bool empty = query == "\0"s;
    CHECK(found(store, query).empty() == empty);
  }
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "why ";
  CHECK_FALSE(found(store, many).empty());
  CHECK(found(store, std::string(1'000'000, 'w')).empty());
  std::string odd;  // such pieces in random order, with some NULs
  std::uint32_t random = 1;
  for (int round = 0; round < 300; ++round) {
    const char* pieces[] = {"\"",   "*",      "(",  ")",   "^",  "+", "-", ":",   "{", "}",
                            "NEAR", "AND",    "OR", "NOT", "\\", "'", " ", "why", ",", "\x7F",
                            "\xFF", "\u0000", "é",  "😀",   "%",  "_", ";", "--",  "\n"};
    odd.clear();
    for (int i = 0; i < 12; ++i) {
      random = random * 1664525u + 1013904223u;
      odd += pieces[(random >> 16) % std::size(pieces)];
      if ((random >> 8) % 9 == 0) odd += '\0';
    }
    CAPTURE(odd);
    CHECK(store.search({.query = odd}));
    CHECK(store.list({.query = odd}));
  }
}

TEST_CASE("questions and ended replies are found, the newest first, and shown with the words around them") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1", "p/a.c");
  const std::string first = exchange(store, conversation, "Why is Straße slow,\nand strlen too?");
  const std::string second = exchange(store, conversation, "And now?");
  const auto running = got(store.begin(asking(conversation, "Still strlen?")));
  done(store.append({{running.reply, {{aside::Piece::Kind::Text, "strlen again"}}}}));

  CHECK(turns(found(store, "strlen")) == std::vector<std::string>{running.question, first, "t1"});
  CHECK(turns(found(store, "STRLEN slow")) == std::vector<std::string>{first, "t1"});
  CHECK(turns(found(store, "\"slow, and\"")) == std::vector<std::string>{first, "t1"});
  CHECK(turns(found(store, "\"and slow\"")).empty());
  CHECK(turns(found(store, "str* now")).empty());
  CHECK(turns(found(store, "st*")).size() == 3);
  CHECK(turns(found(store, "strasse")).empty());

  const Hit hit = found(store, "slow").at(1);
  CHECK(hit.conversation == "c1");
  CHECK(hit.uri == "file:///p/a.c");
  CHECK(hit.title == "Why is Straße slow,");
  CHECK(hit.reply == first);
  CHECK(hit.snippet == "Why is Straße slow, and strlen too?");
  CHECK(hit.created > 1700000000000);
  CHECK(got(store.search({.query = "strlen", .limit = 1})).size() == 1);
}

TEST_CASE("a beginning of any length finds the words that begin with it, and nothing else") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1", "p/a.c");
  const std::string word = "straighten";
  for (std::size_t length = 1; length <= word.size(); ++length)
    exchange(store, conversation, word.substr(0, length) + "\xC3\x9F x" + word);
  for (std::size_t length = 1; length <= word.size(); ++length) {
    CAPTURE(length);
    CHECK(found(store, word.substr(0, length) + "*").size() == 2 * (word.size() - length + 1));
    CHECK(found(store, word.substr(0, length) + "q*").empty());
  }
}

TEST_CASE("a list or a search can be limited to a document or a folder") {
  Store store(":memory:", "");
  exchange(store, made(store, "a", "p/a.c"), "word a");
  exchange(store, made(store, "b", "p/deep/b.c"), "word b");
  exchange(store, made(store, "c", "pq/c.c"), "word c");
  done(store.show(document("pq/c.c"), "a"));         // c.c shows conversation a, too
  exchange(store, made(store, "p", "p"), "word p");  // of the folder itself

  struct Row {
    std::string uri, folder;
    std::vector<std::string> conversations;
  };
  const Row rows[] = {{"", "", {"p", "c", "b", "a"}},     {"file:///p/a.c", "", {"a"}},
                      {"file:///pq/c.c", "", {"c", "a"}}, {"", "file:///p", {"p", "b", "a"}},
                      {"", "file:///p/deep", {"b"}},      {"", "file:///nowhere", {}}};
  for (const Row& row : rows) {
    CAPTURE(row.uri, row.folder);
    std::vector<std::string> conversations;
    for (const Hit& hit : got(store.search({.uri = row.uri, .folder = row.folder, .query = "\"re: word\""})))
      conversations.push_back(hit.conversation);
    CHECK(conversations == row.conversations);
    CHECK(listed(store, {.uri = row.uri, .folder = row.folder}) == row.conversations);
  }
}

TEST_CASE("what is deleted is out of sight until it is taken back, or the store is compacted") {
  Store store(":memory:", "");
  const auto old = made(store, "old", "p/a.c");
  exchange(store, old, "first words");
  const auto conversation = made(store, "new", "p/a.c");
  const std::string reply = exchange(store, conversation, "last words");

  done(store.remove("new"));
  CHECK(got(store.current(document("p/a.c")))->id == "old");
  CHECK(listed(store, {}) == std::vector<std::string>{"old"});
  CHECK(listed(store, {.deleted = true}) == std::vector<std::string>{"new"});
  CHECK(found(store, "last").empty());

  SECTION("shown again") {
    done(store.show(document("p/a.c"), "new"));
    CHECK(got(store.current(document("p/a.c")))->id == "new");
    CHECK(found(store, "last").size() == 2);
    CHECK(listed(store, {.deleted = true}).empty());
  }
  SECTION("asked again") {
    exchange(store, conversation, "more words");
    CHECK(listed(store, {}).size() == 2);
    CHECK(got(store.path("new", conversation_of(store, "new").head)).size() == 4);
  }
  SECTION("compacted") {
    CHECK(got(store.compact()) == 1);
    CHECK(got(store.compact()) == 0);
    CHECK_FALSE(got(store.conversation("new")));
    CHECK(listed(store, {.deleted = true}).empty());
    CHECK(found(store, "words").size() == 2);
    // The ids of erased turns are never used again.
    CHECK(exchange(store, made(store, "next", "p/a.c"), "fresh words") > reply);
    CHECK(found(store, "words").size() == 4);
  }
  SECTION("all of a document's conversations") {
    done(store.remove("old"));
    CHECK_FALSE(got(store.current(document("p/a.c"))));
    done(store.show(document("p/a.c"), "old"));
    CHECK(got(store.current(document("p/a.c")))->id == "old");
  }
}

TEST_CASE("a conversation that is being written is neither deleted nor forked where it is written") {
  Store store(":memory:", "");
  const auto conversation = made(store, "c1", "p/a.c");
  const std::string first = exchange(store, conversation, "one");
  const auto running = got(store.begin(asking(conversation, "two")));
  CHECK(store.remove("c1").error().code == ErrorCode::Busy);
  CHECK(store.fork(document("p/a.c"), "c1", running.reply, proposed("f")).error().code == ErrorCode::Busy);
  CHECK(got(store.fork(document("p/a.c"), "c1", first, proposed("f"))).id == "f");
  CHECK(store.remove("nowhere").error().code == ErrorCode::InvalidParams);
}

TEST_CASE("a fork sends what the path sent, and leaves tokens and money where they were spent") {
  Store store(":memory:", "");
  auto begin = asking(made(store, "c1", "p/a.c"), "one");
  begin.system = "be brief";
  begin.question.content = R"([{"type":"text","text":"one"}])";
  begin.question.attachments = {{"file:///p/a.c", "a.c", aside::Range{{1, 0}, {2, 0}}, "c", "int x;\n"}};
  auto reply = answer(got(store.begin(std::move(begin))).reply, "yes");
  reply.content = R"([{"signature":"s","type":"thinking"},{"type":"text","text":"yes"}])";
  reply.server = "https://api.test";
  reply.cost = 0.5;
  reply.usage = aside::Usage{1, 2, 3, 4, 5, 6};
  done(store.finish(reply));
  exchange(store, conversation_of(store, "c1"), "two");

  const auto fork = got(store.fork(document("p/a.c"), "c1", reply.id, proposed("f")));
  CHECK(got(store.current(document("p/a.c")))->id == "f");
  CHECK(fork.system == "be brief");
  const auto turns = got(store.path("f", fork.head));
  const auto before = got(store.path("c1", reply.id));
  REQUIRE(turns.size() == 2);
  for (const std::size_t i : {0u, 1u}) {
    CHECK(turns[i].id != before[i].id);
    CHECK(turns[i].content == before[i].content);
    CHECK(turns[i].text == before[i].text);
    CHECK(turns[i].server == before[i].server);
    CHECK(turns[i].created == before[i].created);
  }
  CHECK(turns[0].attachments.at(0).text == "int x;\n");
  CHECK_FALSE(got(store.totals("f")).cost);
  CHECK(got(store.totals("f")).usage.output == 0);
  CHECK(got(store.totals("c1")).cost == 0.5);
  CHECK(got(store.path("c1", conversation_of(store, "c1").head)).size() == 4);  // the original is unchanged
}

TEST_CASE("a fork has a title of its own, however often and from what it is forked") {
  Store store(":memory:", "");
  auto named = proposed("c1");
  named.title = "Why (not)?";
  const auto conversation = got(store.create(document("a.c"), named));
  const std::string reply = exchange(store, conversation, "one");
  const auto fork = [&](const std::string& from, const std::string& id, const std::string& title = "") {
    auto proposal = proposed(id);
    proposal.title = title;
    return got(store.fork(document("a.c"), from, conversation_of(store, from).head, proposal)).title;
  };
  CHECK(fork("c1", "f1") == "Why (not)? (fork)");
  CHECK(fork("c1", "f2") == "Why (not)? (fork 2)");
  CHECK(fork("f1", "f3") == "Why (not)? (fork 3)");
  CHECK(fork("f2", "f4") == "Why (not)? (fork 4)");
  CHECK(fork("c1", "f5", "Mine") == "Mine");
  done(store.remove("f1"));
  CHECK(fork("f5", "f6") == "Mine (fork)");
}

TEST_CASE(
    "a search finds a turn once, however often it was forked, and its copy where only that is looked at") {
  Store store(":memory:", "");
  const auto conversation = got(store.create(document("p/a.c"), proposed("c1")));
  const std::string first = exchange(store, conversation, "needle");
  got(store.fork(document("p/a.c"), "c1", first, proposed("f1")));
  got(store.fork(document("q/b.c"), "f1", conversation_of(store, "f1").head, proposed("f2")));
  const auto homes = [&](aside::SearchFilter filter) {
    filter.query = "needle";
    std::vector<std::string> homes;
    for (const auto& hit : got(store.search(filter))) homes.push_back(hit.conversation);
    return homes;
  };
  using Homes = std::vector<std::string>;
  CHECK(homes({}) == Homes{"c1", "c1"});  // one hit is the question, one is the reply
  CHECK(homes({.uri = document("q/b.c").uri}) == Homes{"f2", "f2"});
  CHECK(homes({.folder = "file:///q"}) == Homes{"f2", "f2"});
  exchange(store, conversation_of(store, "f1"), "another needle");
  CHECK(homes({}) == Homes{"f1", "f1", "c1", "c1"});
  done(store.remove("c1"));
  CHECK(homes({}) == Homes{"f1", "f1", "f1", "f1"});
}
