// Tests of usage reports: the tokens and cost of replies, added up by day, file, model and conversation.
#include <sqlite3.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/text/local_day.h"
#include "protocol/iso_time.h"
#include "tests/support/store.h"
#include "tests/support/test.h"

using namespace aside;

namespace {

struct Zone {
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

std::int64_t at(const std::string& time) {
  return iso_milliseconds(time).value();
}

// Stores an exchange that was made at this time.
void spend(Store& store, const std::string& conversation, const std::string& time, std::optional<Usage> usage,
           std::optional<double> cost, const std::string& model = "claude-opus-5-5") {
  NewExchange exchange = asking(got(store.conversation(conversation)).value(), "why?");
  exchange.question.created = exchange.reply.created = at(time);
  const auto begun = got(store.begin(std::move(exchange)));
  Turn reply = answer(begun.reply, "because");
  reply.model = model;
  reply.usage = usage;
  reply.cost = cost;
  done(store.finish(reply));
}

// Returns the rows of a report, each as one line.
std::vector<std::string> lines(const UsageReport& report) {
  std::vector<std::string> lines;
  for (const UsageRow& row : report.rows) {
    std::string line;
    for (const std::string& part : {row.day, row.month, row.uri, row.model, row.conversation})
      if (!part.empty()) line += part + " ";
    line += std::to_string(row.replies) + "×";
    line += row.cost ? " $" + std::to_string(*row.cost).substr(0, 5) : "";
    lines.push_back(line + (row.unpriced ? " ?" + std::to_string(row.unpriced) : ""));
  }
  return lines;
}

using Lines = std::vector<std::string>;

struct Years {
  Zone zone{"Europe/Berlin"};
  Store store{":memory:", "test"};
  Years() {
    for (const char* name : {"a", "b"}) got(store.create(document(std::string(name) + ".c"), proposed(name)));
    spend(store, "a", "2026-11-20T22:59:59Z", Usage{1, 2, 3, 3, 4, 2}, 0.5);
    spend(store, "a", "2026-11-20T23:00:00Z", Usage{10, 0, 0, 0, 5}, 0.25);  // in Berlin this is the 21st
    spend(store, "b", "2026-11-21T10:00:00Z", Usage{100, 0, 0, 0, 6}, 1.0, "claude-haiku-4-5-20251001");
    spend(store, "b", "2026-10-31T12:00:00Z", Usage{1000, 0, 0, 0, 7}, 2.0, "claude-haiku-4-5");
    spend(store, "b", "2026-10-31T12:00:01Z", Usage{1, 0, 0, 0, 1}, std::nullopt, "llama");
    spend(store, "b", "2026-10-31T12:00:02Z", std::nullopt, std::nullopt);  // no reply, so no cost
  }
};

}  // namespace

TEST_CASE("usage is grouped as asked for: the newest day first, and within a day the highest cost first") {
  Years years;
  const auto by = [&](UsageFilter filter) { return lines(got(years.store.usage(filter))); };
  CHECK(by({}) == Lines{"5× $3.750 ?1"});
  CHECK(by({.by_day = true}) ==
        Lines{"2026-11-21 2× $1.250", "2026-11-20 1× $0.500", "2026-10-31 2× $2.000 ?1"});
  CHECK(by({.by_month = true}) == Lines{"2026-11 3× $1.750", "2026-10 2× $2.000 ?1"});
  CHECK(by({.by_day = true, .by_month = true, .by_file = true}) ==
        Lines{"2026-11-21 2026-11 file:///b.c 1× $1.000", "2026-11-21 2026-11 file:///a.c 1× $0.250",
              "2026-11-20 2026-11 file:///a.c 1× $0.500", "2026-10-31 2026-10 file:///b.c 2× $2.000 ?1"});
  CHECK(by({.by_model = true}) ==
        Lines{"claude-haiku-4-5 2× $3.000", "claude-opus-5-5 2× $0.750", "llama 1× ?1"});
  CHECK(by({.by_conversation = true}) == Lines{"b 3× $3.000 ?1", "a 2× $0.750"});
}

TEST_CASE("the total is that of the rows, and both are only of the time, file or conversation asked for") {
  Years years;
  const auto of = [&](UsageFilter filter) { return got(years.store.usage(filter)); };
  const UsageReport all = of({.by_model = true});
  CHECK(all.total.replies == 5);
  CHECK(all.total.usage.input == 1112);
  CHECK(all.total.usage.cache_read == 2);
  CHECK(all.total.usage.cache_write == 3);
  CHECK(all.total.usage.output == 23);
  CHECK(all.total.usage.thinking == 2);
  CHECK(all.total.unpriced == 1);
  CHECK(of({.uri = "file:///a.c"}).total.usage.input == 11);
  CHECK(of({.conversation = "b"}).total.usage.input == 1101);
  CHECK(of({.conversation = "none"}).rows.empty());
  CHECK(of({.since = at("2026-11-20T23:00:00Z")}).total.usage.input == 110);
  CHECK(of({.before = at("2026-11-20T23:00:00Z")}).total.usage.input == 1002);
  CHECK(of({.since = at("2026-11-20"), .before = at("2026-11-21")}).total.usage.input == 11);
}

TEST_CASE("beyond the limit rows are counted, and the total has them") {
  Years years;
  const UsageReport report = got(years.store.usage({.limit = 2, .by_day = true}));
  CHECK(lines(report) == Lines{"2026-11-21 2× $1.250", "2026-11-20 1× $0.500"});
  CHECK(report.omitted == 1);
  CHECK(report.total.replies == 5);
}

TEST_CASE("deleted replies still count as paid; copied replies count once") {
  Years years;
  Store& store = years.store;
  const double paid = *got(store.usage({})).total.cost;
  const Tree tree = got(store.tree("b"));
  got(store.import_tree(document("c.c"), proposed("c"), tree));
  got(store.fork(document("d.c"), "b", tree.conversation.head, proposed("d")));
  CHECK(got(store.usage({})).total.cost == paid);
  CHECK(got(store.usage({.conversation = "b"})).total.replies == 3);
  CHECK(got(store.usage({.conversation = "c"})).total.replies == 0);
  CHECK(got(store.totals("c")).cost == 3.0);  // the copy still has the cost of its replies

  done(store.remove("b"));
  CHECK(got(store.usage({})).total.cost == paid);
  got(store.compact());
  CHECK(got(store.usage({})).total.cost == paid);  // now counted for the copy, since the original is gone
}

TEST_CASE("a running reply and a question have used nothing yet") {
  Store store(":memory:", "test");
  const auto begun = got(store.begin(asking(got(store.create(document("x"), proposed("x"))), "why?")));
  CHECK(got(store.usage({})).rows.empty());
}

TEST_CASE("days are those of the machine's time zone") {
  struct Row {
    const char *zone, *time, *day;
  };
  const std::vector<Row> table = {
      {"UTC", "2026-11-22T00:00:00Z", "2026-11-22"},
      {"America/New_York", "2026-11-22T04:59:59Z", "2026-11-21"},
      {"America/New_York", "2026-11-22T05:00:00Z", "2026-11-22"},
      {"Asia/Kathmandu", "2026-11-21T18:15:00Z", "2026-11-22"},
      {"Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29"},  // a day of 23 hours
      {"Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"},
  };
  for (const Row& row : table) {
    CAPTURE(row.zone, row.time);
    const Zone zone(row.zone);
    CHECK(name(local_day(at(row.time))) == row.day);
  }
  const Zone zone("Europe/Berlin");
  CHECK(local_milliseconds("2026-03-30") == at("2026-03-29T22:00:00Z"));
  CHECK(local_milliseconds("2026-11-22") == at("2026-11-21T23:00:00Z"));
  CHECK(local_milliseconds("2026-11-22T10:00:00Z") == at("2026-11-22T10:00:00Z"));
  CHECK_FALSE(local_milliseconds(""));
  CHECK_FALSE(local_milliseconds("yesterday"));
}

TEST_CASE("a conversation with impossible token counts in the store can still be used") {
  Folder folder;
  Store store(folder.store(), "test");
  const auto conversation = got(store.create(document("a.c"), proposed("c1")));
  for (int i = 0; i < 3; ++i) {
    const auto begun = got(store.begin(asking(conversation, "one", "")));
    Turn reply = answer(begun.reply, "re");
    reply.usage = Usage{INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    reply.cost = 1e308;
    done(store.finish(reply));
  }
  const std::string good = exchange(store, conversation, "two", "");
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(folder.store().c_str(), &connection) == SQLITE_OK);
  for (const char* statement :
       {"UPDATE turns SET input = -5, output = 'many', thinking = 1e300, cost = 9e999 WHERE number = 4",
        "UPDATE turns SET cache_read = x'00ff', cost = 'dear' WHERE number = 6"})
    CHECK(sqlite3_exec(connection, statement, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(connection);

  const auto totals = got(store.totals("c1"));
  CHECK(totals.usage.input >= 0);
  CHECK(totals.usage.prompt() >= 0);
  CHECK(totals.usage.output >= Usage::most);
  CHECK_FALSE(totals.cost);
  CHECK(got(store.list({})).rows.size() == 1);
  const auto report =
      got(store.usage({.by_day = true, .by_file = true, .by_model = true, .by_conversation = true}));
  CHECK(report.total.usage.prompt() >= 0);
  CHECK(report.total.usage.output >= Usage::most);
  for (const auto& row : got(store.tree("c1")).turns) {
    if (row.usage) CHECK(row.usage->prompt() + row.usage->output <= 4 * Usage::most);
    if (row.cost) CHECK(*row.cost < 1e9);
  }
  CHECK(got(store.turn("c1", good))->text == "re: two");
}
