#include "daemon/text/utf8.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test.h"

namespace utf8 = aside::utf8;

TEST_CASE("a character is valid as Unicode says, and invalid bytes are replaced together as browsers do") {
  struct Row {
    std::string_view text;
    std::size_t length;
    bool valid;
    char32_t code;
  };
  const std::vector<Row> table = {
      {"a", 1, true, 'a'},
      {"\x7F", 1, true, 0x7F},
      {"\xC2\x80", 2, true, 0x80},
      {"é", 2, true, 0xE9},
      {"€ and more", 3, true, 0x20AC},
      {"\xED\x9F\xBF", 3, true, 0xD7FF},
      {"😀", 4, true, 0x1F600},
      {"\xF4\x8F\xBF\xBF", 4, true, 0x10FFFF},
      {"\x80", 1, false, 0xFFFD},          // a continuation byte alone
      {"\xC0\xAF", 1, false, 0xFFFD},      // overlong
      {"\xE0\x80\x80", 1, false, 0xFFFD},  // overlong
      {"\xF0\x8F\xBF\xBF", 1, false, 0xFFFD},
      {"\xED\xA0\x80", 1, false, 0xFFFD},  // half of a surrogate pair
      {"\xF4\x90\x80\x80", 1, false, 0xFFFD},
      {"\xF5\x80", 1, false, 0xFFFD},
      {"\xE2\x82", 2, false, 0xFFFD},  // cut short
      {"\xF0\x9F\x98", 3, false, 0xFFFD},
      {"\xE2(", 1, false, 0xFFFD},
  };
  for (const Row& row : table) {
    CAPTURE(row.text);
    const auto character = utf8::first(row.text);
    CHECK(character.length == row.length);
    CHECK(character.valid == row.valid);
    CHECK(static_cast<std::uint32_t>(character.code) == static_cast<std::uint32_t>(row.code));
    if (!row.valid) continue;
    std::string again;
    utf8::append(again, character.code);
    CHECK(again == row.text.substr(0, row.length));
  }
}

TEST_CASE("characters are counted and cut as a whole") {
  CHECK(utf8::count("") == 0);
  CHECK(utf8::count("aé€😀") == 4);
  const std::vector<std::size_t> ends = {0, 1, 3, 6, 10, 10};
  for (std::size_t characters = 0; characters < ends.size(); ++characters)
    CHECK(utf8::bytes_of("aé€😀", characters) == ends[characters]);
}
