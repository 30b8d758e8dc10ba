#include "daemon/text/at_words.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

using Words = std::vector<std::string_view>;

}  // namespace

TEST_CASE("a word after an @ begins where a name may begin, and ends at white space") {
  struct Row {
    std::string text;
    Words words;
  };
  const std::vector<Row> rows = {
      {"@a.c", {"a.c"}},
      {"Is @a.c\tlike @b.c?\n@c.c", {"a.c", "b.c?", "c.c"}},
      {"(@a.c) \"@b.c\"", {"a.c)", "b.c\""}},
      {"ann@a.c, [@b.c], '@c.c', -@d.c", {}},
      {"@ a.c and @", {}},
      {"@@a.c", {"@a.c"}},
      {"@a\\ b.c c.c", {"a\\ b.c"}},
      {"@a\\\\ b.c", {"a\\\\"}},
      {"@a\\\nb.c", {"a\\"}},
      {"@a.c\r\n@b.c\r\n", {"a.c", "b.c"}},
      {"@b.c @a.c @b.c", {"b.c", "a.c"}},
      {"@\xC3\xA4.c @\\\xC3\xA4.c", {"\xC3\xA4.c", "\\\xC3\xA4.c"}},
      {std::string("@a\0b.c @c.c", 11), {"c.c"}},
      {"@" + std::string(max_at_word + 1, 'a') + " @b.c", {"b.c"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(at_words(row.text) == row.words);
  }
}

TEST_CASE("punctuation at the end of a word may belong to the sentence") {
  CHECK(readings("a.c") == Words{"a.c"});
  CHECK(readings("a.c?!)") == Words{"a.c?!)", "a.c?!", "a.c?", "a.c"});
  CHECK(readings("a.c\"'.,;:") ==
        Words{"a.c\"'.,;:", "a.c\"'.,;", "a.c\"'.,", "a.c\"'.", "a.c\"'", "a.c\"", "a.c"});
  CHECK(readings("...") == Words{"...", "..", "."});
  CHECK(readings(std::string(100, '!')).size() == max_marks + 1);
}

TEST_CASE("a backslash makes the next character stand for itself") {
  CHECK(unescaped("a\\ b\\\\c\\*.h") == "a b\\c*.h");
  CHECK(unescaped("a\\") == "a\\");
}

TEST_CASE("the lines of a file are 1 to 9 digits after a colon") {
  const auto shown = [](std::string_view word) {
    const auto found = name_and_lines(word);
    if (!found) return std::string("none");
    return std::string(found->name) + " " + std::to_string(found->first) + " " + std::to_string(found->last);
  };
  CHECK(shown("a.c:10-24") == "a.c 10 24");
  CHECK(shown("a.c:7") == "a.c 7 7");
  CHECK(shown("a.c:24-10") == "a.c 24 24");
  CHECK(shown("a.c:0-0") == "a.c 1 1");
  CHECK(shown("a:1:2") == "a:1 2 2");
  CHECK(shown("a.c:123456789") == "a.c 123456789 123456789");
  for (const std::string word : {"a.c", "a.c:", "a.c:1-", "a.c:-1", "a.c:x", "a.c:1-2-3", ":1",
                                 "a.c:1234567890", "a.c:1-1234567890", "a.c:+1"}) {
    CAPTURE(word);
    CHECK(shown(word) == "none");
  }
}

TEST_CASE("a pattern with a slash or a dot, and a folder with a slash at its end, may mean several files") {
  for (const std::string word :
       {"src/*.h", "*.h", "src/?.c", "[ab].c", "src/", "a.b/", "../", "/*", "a\\ b/*", "a\\\\*.c"}) {
    CAPTURE(word);
    CHECK(may_be_group(word));
  }
  for (const std::string word :
       {"src", "a.c", "*", "items[0]", "ann", "/", "a\\*.c", "src/\\[x\\]", "src/*.h,", "src/*?"}) {
    CAPTURE(word);
    CHECK_FALSE(may_be_group(word));
  }
}

TEST_CASE("an absolute pattern is split before the part with its first wildcard") {
  const auto shown = [](std::string_view word) {
    const auto parts = folder_and_pattern(word);
    return parts ? std::string(parts->folder) + "|" + std::string(parts->pattern) : "none";
  };
  CHECK(shown("/a/b*/c.h") == "/a/|b*/c.h");
  CHECK(shown("~/a\\*/*.h") == "~/a\\*/|*.h");
  CHECK(shown("/[ab]") == "/|[ab]");
  CHECK(shown("/a/b") == "none");
}
