#include "daemon/server/attachment_texts.h"

#include "tests/support/test.h"

using namespace aside;

namespace {

CheckResult::Row row(std::string name, std::string kind, std::int64_t tokens, std::optional<double> cost = {},
                     std::vector<std::string> reasons = {}) {
  CheckResult::Row made{std::move(name), std::move(kind)};
  made.tokens = tokens;
  made.cost = cost;
  made.reasons = std::move(reasons);
  return made;
}

CheckResult::Row refused(std::string name) {
  CheckResult::Row made{std::move(name)};
  made.refused = "it is a binary file";
  return made;
}

std::string remark(CheckResult::Row row) {
  CheckResult result{{std::move(row)}};
  add_texts(result);
  return result.attachments[0].remark;
}

CheckResult::Texts texts(CheckResult::Along along) {
  CheckResult result{{}, std::move(along)};
  add_texts(result);
  return result.along->texts;
}

}  // namespace

TEST_CASE("a remark says kind, tokens, price and the reasons to ask, or why an attachment is refused") {
  CHECK(remark(row("a.c", "text", 1)) == "1 token");
  CHECK(remark(row("a.c", "text", 12400, 0.0496)) == "12.4k tokens, $0.050");
  CHECK(remark(row("a.c", "text", 7, 0.000028)) == "7 tokens, < $0.0001");
  CHECK(remark(row("a.png", "image", 1200)) == "image, 1.2k tokens");
  CHECK(remark(row("a.pdf", "document", 2)) == "PDF, 2 tokens");
  CHECK(remark(row(".env", "text", 3, 0.5, {"it may hold secrets", "it lies outside"})) ==
        "3 tokens, $0.500; it may hold secrets; it lies outside");
  CHECK(remark(refused("a")) == "it is a binary file");
}

TEST_CASE(
    "a question has texts for its size, its price, both in brief unless the price is very low, and the whole request") {
  CheckResult::Along along;
  along.tokens = 197;
  along.cost = 0.001576;
  along.next_tokens = 4310;
  along.next_cached = 3904;
  along.next_cost = 0.00403;
  along.next_cache_cost = 0.001624;
  CHECK(texts(along).size == "197 tokens");
  CHECK(texts(along).price == "$0.0016");
  CHECK(texts(along).brief.empty());
  CHECK(texts(along).next == "4.3k tokens, 3.9k cached, $0.0040");
  along.next_cached = 0;
  CHECK(texts(along).next == "4.3k tokens, $0.0040, $0.0016 of it for the cache");
  along.cost = 0.01;
  CHECK(texts(along).price == "$0.010");
  CHECK(texts(along).brief == "197 tokens, $0.010");
  CheckResult several{{row("a", "text", 1), row("b", "text", 1)}, along};
  add_texts(several);
  CHECK(several.along->texts.brief == "$0.010");
  along.cost = along.next_cost = along.next_cache_cost = std::nullopt;
  CHECK(texts(along).size == "197 tokens");
  CHECK(texts(along).price.empty());
  CHECK(texts(along).brief.empty());
  CHECK(texts(along).next == "4.3k tokens");
  along.tokens = 0;
  CHECK(texts(along).size.empty());
}

TEST_CASE("the updates and the first few of the known documents are named") {
  CheckResult::Along along;
  CHECK(texts(along).known.empty());
  CHECK(texts(along).updates.empty());
  along.known = {{"", "src/sort.c", "10-24"}, {"", "util.h"}, {"", "a.c"}};
  CHECK(texts(along).known == "sort.c:10-24, util.h, a.c");
  along.known.push_back({"", "b.c"});
  CHECK(texts(along).known == "sort.c:10-24, util.h, a.c and 1 more");
  along.updates = {row("src/heap.c", "update", 61, 0.0005),
                   row("list.c", "update", 12400, 0.05, {"it may hold secrets"})};
  CHECK(texts(along).updates == "src/heap.c (61 tokens), list.c (12.4k tokens, $0.050, asks you first)");
}

TEST_CASE("the files of a group have remarks, and a sum of their sizes and prices") {
  ExpandResult group{{{"file:///a", row("a", "text", 2, 0.5)}}, 7, 2, 0.5};
  add_texts(group);
  CHECK(group.files[0].row.remark == "2 tokens, $0.500");
  CHECK(group.size == "2 tokens");
  CHECK(group.price == "$0.500");
}

TEST_CASE("suggestions are offered by their short names, and only the first has the word tokens") {
  SuggestResult result;
  result.suggestions = {{"block", "", {}, "", {}, refused("src/a.c")},
                        {"block", "", {}, "", {}, row("src/main.c", "text", 118, 0.0009)},
                        {"import", "", {}, "", {}, row("src/heap.h", "text", 12400, 0.05, {"secrets"})},
                        {"problems", "", {}, "diagnostics", {}, row("src/main.c", "diagnostics", 13)}};
  result.suggestions[1].row.lines = "10-24";
  result.suggestions[3].row.lines = "12";
  add_texts(result);
  CHECK(result.suggestions[0].offer.empty());
  CHECK(result.suggestions[0].row.remark == "it is a binary file");
  CHECK(result.suggestions[1].offer == "main.c:10-24 (118 tokens)");
  CHECK(result.suggestions[1].row.remark == "118 tokens, $0.0009");
  CHECK(result.suggestions[2].offer == "heap.h (12.4k, $0.050, asks you first)");
  CHECK(result.suggestions[3].offer == "problems here (13)");
}
