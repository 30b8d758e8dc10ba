// Tests that EditedText gives the same result as applying each edit to the whole text.
#include "daemon/text/edited_text.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

std::vector<std::size_t> line_starts(const std::string& text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t at = 0; (at = next_line(text, at)) != std::string::npos;) starts.push_back(at);
  return starts;
}

}  // namespace

TEST_CASE("edits anywhere, in lines of all ends, are those of a plain string") {
  const std::vector<std::string> parts = {
      "", "a", "\n", "\r", "\r\n", "bc\n", "\n\r", "\r\r\n\n", "longer words\n"};
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
    std::string plain;
    for (std::size_t i = below(20); i > 0; --i) plain += parts[below(parts.size())];
    EditedText edited(plain);
    for (int edit = 0; edit < 30; ++edit) {
      const auto starts = line_starts(plain);
      const std::size_t line = below(starts.size() + 2);
      CAPTURE(seed, edit, plain, line);
      const bool there = edited.move_to(static_cast<int>(line));
      CHECK(there == (line < starts.size()));
      const std::size_t start = starts[std::min(line, starts.size() - 1)];
      REQUIRE(edited.rest() == plain.substr(start));
      const std::size_t at = below(plain.size() - start + 1), bytes = below(plain.size() - start - at + 1);
      const std::string& with = parts[below(parts.size())];
      edited.replace(at, bytes, with);
      plain.replace(start + at, bytes, with);
    }
    CHECK(std::move(edited).text() == plain);
  }
}
