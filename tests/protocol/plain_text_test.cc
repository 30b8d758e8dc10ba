#include "protocol/plain_text.h"

#include "tests/support/test.h"

using aside::plain_line;

TEST_CASE("a name or title can't begin a new line, and can't change the direction of the text around it") {
  const std::string gone = "\xEF\xBF\xBD";
  CHECK(plain_line("Größe – “main.c” 日本 שלום 👩‍💻") ==
        "Größe – “main.c” 日本 שלום 👩‍💻");
  CHECK(plain_line("a\r\nb\tc") == "a  b c");
  CHECK(plain_line(std::string("a\0b\x1b[31m\x7f", 9)) == "a" + gone + "b" + gone + "[31m" + gone);
  // These are embeddings, overrides, isolates, marks, separators, C1 control characters, and a byte order
  // mark.
  for (const char* mark :
       {"\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069", "\u200E",
        "\u200F", "\u061C", "\u2028", "\u2029", "\u200B", "\uFEFF", "\u0085", "\u009B"})
    CHECK(plain_line("x" + std::string(mark) + "y") == "x" + gone + "y");
  CHECK(plain_line(plain_line("gpj\u202Eexe.txt")) == plain_line("gpj\u202Eexe.txt"));
  for (const char* broken : {"\xE2", "\xE2\x80", "\xC2", "\xEF\xBB", "\xFF"})
    CHECK(plain_line(broken) == broken);
}
