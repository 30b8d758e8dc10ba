#include "daemon/text/encoding.h"

#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;
using namespace std::string_literals;

TEST_CASE("text of any common encoding becomes UTF-8 with newlines") {
  struct Row {
    std::string what, bytes, text;
    Encoding encoding;
  };
  const std::vector<Row> rows = {
      {"nothing", "", "", Encoding::Utf8},
      {"ASCII", "int a;\n", "int a;\n", Encoding::Utf8},
      {"UTF-8", "é ✓ 😀\n", "é ✓ 😀\n", Encoding::Utf8},
      {"UTF-8 with a mark", "\xEF\xBB\xBFx", "x", Encoding::Utf8},
      {"a mark alone", "\xEF\xBB\xBF", "", Encoding::Utf8},
      {"a second mark is text", "\xEF\xBB\xBF\xEF\xBB\xBFx", "\xEF\xBB\xBFx", Encoding::Utf8},
      {"line ends of DOS", "a\r\nb\r\n", "a\nb\n", Encoding::Utf8},
      {"old line ends", "a\rb\r", "a\nb\n", Encoding::Utf8},
      {"mixed line ends", "a\r\r\nb\n\rc", "a\n\nb\n\nc", Encoding::Utf8},
      {"controls in UTF-8", "a\x01\x1B[0m\f\x7F", "a\x01\x1B[0m\f\x7F", Encoding::Utf8},
      {"Latin-1", "caf\xE9\n", "café\n", Encoding::Windows1252},
      {"Windows-1252", "\x80 \x93q\x94 \x96 \x9F", "€ “q” – Ÿ", Encoding::Windows1252},
      {"bytes that Windows-1252 leaves open", "\x81", "\xC2\x81", Encoding::Windows1252},
      {"Latin-1 that looks like one character of UTF-8", "\xC3\xA9 \xE9 \xE8", "Ã© é è",
       Encoding::Windows1252},
      {"UTF-8 with a broken byte", "é ✓ 😀 ß \xFF \xE2\x9C x", "é ✓ 😀 ß \uFFFD \uFFFD\uFFFD x",
       Encoding::Utf8},
      {"overlong, surrogate, too high", "é✓😀äöüßéèê\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80",
       "é✓😀äöüßéèê\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", Encoding::Utf8},
      {"UTF-16LE", "\xFF\xFE\x61\x00\xE9\x00\x13\x27\r\0\n\0"s, "aé✓\n", Encoding::Utf16Le},
      {"UTF-16BE", "\xFE\xFF\x00\x61\x00\xE9\x27\x13\0\r\0\n"s, "aé✓\n", Encoding::Utf16Be},
      {"a pair", "\xFF\xFE\x3D\xD8\x00\xDE"s, "😀", Encoding::Utf16Le},
      {"a pair, big", "\xFE\xFF\xD8\x3D\xDE\x00"s, "😀", Encoding::Utf16Be},
      {"the highest character", "\xFE\xFF\xDB\xFF\xDF\xFF"s, "\U0010FFFF", Encoding::Utf16Be},
      {"half a pair", "\xFE\xFF\xD8\x3D\x00\x61"s, "\uFFFDa", Encoding::Utf16Be},
      {"the other half", "\xFE\xFF\xDE\x00\x00\x61"s, "\uFFFDa", Encoding::Utf16Be},
      {"half a pair at the end", "\xFE\xFF\x00\x61\xD8\x3D"s, "a\uFFFD", Encoding::Utf16Be},
      {"two first halves", "\xFE\xFF\xD8\x3D\xD8\x3D\xDE\x00"s, "\uFFFD😀", Encoding::Utf16Be},
      {"half a unit at the end", "\xFE\xFF\x00\x61\x00"s, "a\uFFFD", Encoding::Utf16Be},
      {"only the mark of UTF-16", "\xFF\xFE", "", Encoding::Utf16Le},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto decoded = decode_text(row.bytes);
    REQUIRE(decoded);
    CHECK(decoded->text == row.text);
    CHECK(decoded->encoding == row.encoding);
  }
}

TEST_CASE("binary data isn't read as text") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a NUL", "a\0b"s},
      {"UTF-16 without a mark", "a\0b\0"s},
      {"UTF-32", "\xFF\xFE\0\0a\0\0\0"s},
      {"NUL in UTF-16", "\xFE\xFF\0\0"s},
      {"an ELF header",
       "\x7F"
       "ELF\x02\x01\x01\0"s},
      {"compressed", "\x1F\x8B\x08\x03\xE2\x66\x4E"},
  };
  for (const auto& [what, bytes] : rows) {
    INFO(what);
    CHECK_FALSE(decode_text(bytes));
  }
}

TEST_CASE("base64 is that of RFC 4648") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xFE\0"s, "+//+AA=="},
  };
  for (const auto& [bytes, text] : rows) CHECK(base64(bytes) == text);
}
