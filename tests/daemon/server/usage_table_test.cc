#include "daemon/server/usage_table.h"

#include <string>

#include "tests/support/test.h"

using namespace aside;

namespace {

std::string last_part(const std::string& uri) {
  return uri.substr(uri.rfind('/') + 1);
}

UsageRow row(std::string day, std::string uri, int replies, Usage usage, std::optional<double> cost,
             int unpriced = 0) {
  UsageRow row{.day = std::move(day), .uri = std::move(uri), .model = "claude-opus-5-5"};
  row.replies = replies;
  row.usage = usage;
  row.cost = cost;
  row.unpriced = unpriced;
  return row;
}

}  // namespace

TEST_CASE("the table has a column for each grouping, a line for each group, and the total") {
  const UsageFilter by{.by_day = true, .by_file = true, .by_model = true};
  UsageReport report;
  report.rows = {row("2026-11-22", "file:///p/main.c", 12, {80, 9000, 920, 920, 1840}, 0.03125),
                 row("2026-11-22", "file:///p/größe.c", 1, {5, 0, 0, 0, 3}, 0.0000135),
                 row("2026-11-21", "file:///p/other.c", 3, {1200000, 0, 0, 0, 214}, std::nullopt, 3),
                 row("2026-11-20", "file:///p/mixed.c", 2, {10, 0, 0, 0, 0}, 0.0, 1)};
  report.total = row("", "", 18, {1200095, 9000, 920, 920, 2057}, 0.0312635, 4);
  CHECK(usage_table(report, by, last_part) ==
        "Day         File     Model            Replies       Cost  Tokens in  Cached  Tokens out\n"
        "2026-11-22  main.c   claude-opus-5-5       12     $0.031      10.0k    90 %        1.8k\n"
        "2026-11-22  größe.c  claude-opus-5-5        1  < $0.0001          5     0 %           3\n"
        "2026-11-21  other.c  claude-opus-5-5        3    unknown       1.2M     0 %         214\n"
        "2026-11-20  mixed.c  claude-opus-5-5        2    unknown         10     0 %           0\n"
        "Total                                      18   ≥ $0.031       1.2M     0 %        2.1k\n"
        "The price of 4 replies is not known.\n");
}

TEST_CASE("a report without groups has only the total; an empty report says so") {
  UsageReport report;
  report.total = row("", "", 1, {1, 0, 0, 0, 1}, 1234.5);
  report.rows = {report.total};
  CHECK(usage_table(report, {}, last_part) ==
        "       Replies       Cost  Tokens in  Cached  Tokens out\n"
        "Total        1  $1234.500          1     0 %           1\n");
  CHECK(usage_table({}, {.by_day = true}, last_part) == "No reply in this time has used any tokens.\n");
}

TEST_CASE("text that doesn't fit a column is shortened where it matters least, and stays on its line") {
  const UsageFilter by{.by_file = true, .by_conversation = true};
  UsageReport report;
  UsageRow one = row("", "file:///" + std::string(70, 'd') + "end.c", 1, {}, 1);
  one.conversation = "c1";
  one.title = "Why\nis " + std::string(70, 'x');
  report.rows = {one};
  report.total = one;
  report.omitted = 5;
  const std::string text = usage_table(report, by, [](const std::string& uri) { return uri; });
  CHECK(text.find("…" + std::string(54, 'd') + "end.c  Why is " + std::string(52, 'x') + "…  ") != text.npos);
  CHECK(text.find("(and 5 rows that are not shown; the total includes them)\n") != text.npos);
}

TEST_CASE("the CSV quotes what has to be, gives bare numbers, and holds no formulas") {
  const UsageFilter by{
      .by_day = true, .by_month = true, .by_file = true, .by_model = true, .by_conversation = true};
  UsageReport report;
  UsageRow one = row("2026-11-22", "file:///p/=cmd|x,\"y\".c", 2, {1, 2, 3, 3, 4, 5}, 0.000012345, 1);
  one.month = "2026-11";
  one.conversation = "c1";
  one.title = "-1 or\n+1?";
  UsageRow free = row("2026-11-21", "file:///p/a.c", 1, {7, 0, 0, 0, 0}, std::nullopt, 1);
  free.month = "2026-11";
  free.conversation = "c2";
  report.rows = {one, free};
  CHECK(usage_csv(report, by, last_part) ==
        "day,month,file,uri,conversation,title,model,replies,input,cacheRead,cacheWrite,output,thinking,cost,"
        "unpriced\r\n"
        "2026-11-22,2026-11,\"'=cmd|x,\"\"y\"\".c\",\"file:///p/=cmd|x,\"\"y\"\".c\",c1,\"'-1 or\n+1?\","
        "claude-opus-5-5,2,1,2,3,4,5,0.000012345,1\r\n"
        "2026-11-21,2026-11,a.c,file:///p/a.c,c2,,claude-opus-5-5,1,7,0,0,0,,,1\r\n");
  CHECK(usage_csv({}, {.by_model = true}, last_part) ==
        "model,replies,input,cacheRead,cacheWrite,output,thinking,cost,unpriced\r\n");
}
