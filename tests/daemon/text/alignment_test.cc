#include "daemon/text/alignment.h"

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/test.h"

using namespace aside;
using namespace std::string_literals;

namespace {

// Returns the paired lines: those of `a`, and those of `b`.
std::pair<Lines, Lines> pairs(const Lines& a, const Lines& b) {
  const Alignment paired = align(a, b);
  std::pair<Lines, Lines> both;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (paired.in_old[i]) both.first.push_back(a[i]);
  for (std::size_t i = 0; i < b.size(); ++i)
    if (paired.in_new[i]) both.second.push_back(b[i]);
  return both;
}

std::size_t longest_common(const Lines& a, const Lines& b) {
  std::vector<std::size_t> above(b.size() + 1), row(b.size() + 1);
  for (const auto line : a) {
    for (std::size_t j = 0; j < b.size(); ++j)
      row[j + 1] = line == b[j] ? above[j] + 1 : std::max(row[j], above[j + 1]);
    std::swap(above, row);
  }
  return above.back();
}

std::vector<std::string> random_lines(std::mt19937& random, std::size_t size, unsigned different) {
  std::vector<std::string> lines;
  while (lines.size() < size) lines.push_back(std::to_string(random() % different) + "\n");
  return lines;
}

Lines views(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

}  // namespace

TEST_CASE("lines are cut after each newline and nowhere else") {
  const std::vector<std::pair<std::string, Lines>> table = {
      {"", {}},
      {"a", {"a"}},
      {"\n", {"\n"}},
      {"a\n", {"a\n"}},
      {"a\n\nb", {"a\n", "\n", "b"}},
      {"a\rb\r\nc", {"a\rb\r\n", "c"}},
  };
  for (const auto& [text, lines] : table) {
    CAPTURE(text);
    CHECK(lines_of(text) == lines);
  }
}

TEST_CASE("as many lines as can be are paired") {
  const auto seed = GENERATE(1u, 2u, 3u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 1500; ++round) {
    const unsigned different = 1 + random() % 12;
    const auto old_lines = random_lines(random, random() % 40, different);
    const auto new_lines = random_lines(random, random() % 40, different);
    const auto [of_old, of_new] = pairs(views(old_lines), views(new_lines));
    CAPTURE(round, different);
    REQUIRE(of_old == of_new);
    REQUIRE(of_old.size() == longest_common(views(old_lines), views(new_lines)));
  }
}

TEST_CASE("paired lines are equal even if the search for the best pairs is given up") {
  std::mt19937 random(7);
  for (const unsigned different : {2u, 3u, 30u, 1000u}) {
    const auto old_lines = random_lines(random, 4000, different);
    const auto new_lines = random_lines(random, 3000, different);
    const auto [of_old, of_new] = pairs(views(old_lines), views(new_lines));
    CAPTURE(different);
    CHECK(of_old == of_new);
    CHECK(of_old.size() * 2 >= longest_common(views(old_lines), views(new_lines)));
  }
}

TEST_CASE("what is beyond the limit of steps is left unpaired") {
  // The same lines in another order are the worst case.
  std::vector<std::string> lines;
  for (int i = 0; i < 200'000; ++i) lines.push_back(std::to_string(i));
  std::vector<std::string> shuffled = lines;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  const auto [of_old, of_new] = pairs(views(lines), views(shuffled));
  CHECK(of_old == of_new);
  CHECK(of_old.size() > 0);
}
