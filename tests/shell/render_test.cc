#include "editors/shell/render.h"

#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

const std::string bold = "\x1b[1m", dim = "\x1b[2m", off = "\x1b[0m", no = "\xEF\xBF\xBD";

// Renders the text in pieces of this many bytes. If it isn't ASCII, `piece` must not split a character.
std::string rendered(Look look, const std::string& text, std::size_t piece) {
  Renderer renderer(look);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) out += renderer.feed(text.substr(at, piece));
  return out + renderer.end();
}

}  // namespace

TEST_CASE("headings, fences and quotes get a style that ends with the line, for pieces of any size") {
  struct Row {
    std::string text, styled;
  };
  const std::vector<Row> table = {
      {"plain *text* `code`\n\nmore", "plain *text* `code`\n\nmore"},
      {"# One\ntwo\n", bold + "# One" + off + "\ntwo\n"},
      {"###### Six", bold + "###### Six" + off},
      {"####### seven\n#no\n#\n", "####### seven\n#no\n#\n"},
      {"> said\nnot\n", dim + "> said" + off + "\nnot\n"},
      {"```c\n# no\n> no\n```\n# yes\n",
       dim + "```c" + off + "\n# no\n> no\n" + dim + "```" + off + "\n" + bold + "# yes" + off + "\n"},
      {"````\n```\n# no\n````\n> yes",
       dim + "````" + off + "\n```\n# no\n" + dim + "````" + off + "\n" + dim + "> yes" + off},
      {"~~~\n```\n~~~ x\n~~~~  \nend", dim + "~~~" + off + "\n```\n~~~ x\n" + dim + "~~~~  " + off + "\nend"},
      {"``` not `one\n# yes\n", "``` not `one\n" + bold + "# yes" + off + "\n"},
      {"   # in\n    # code\n", bold + "   # in" + off + "\n    # code\n"},
      {"  ```\nx\n  ```", dim + "  ```" + off + "\nx\n" + dim + "  ```" + off},
      {"``", "``"},
      {"", ""},
  };
  for (const Row& row : table)
    for (const std::size_t piece : {1u, 2u, 3u, 5u, 1000u}) {
      INFO(row.text << " in pieces of " << piece);
      CHECK(rendered(Look::Styled, row.text, piece) == row.styled);
      CHECK(rendered(Look::Plain, row.text, piece) == row.text);
      CHECK(rendered(Look::Raw, row.text, piece) == row.text);
    }
}

TEST_CASE("no character that controls a terminal comes through") {
  struct Row {
    std::string text, shown;
  };
  const std::vector<Row> table = {
      {"a\x1b[2Jb", "a" + no + "[2Jb"},
      {"a\x07\x08\x7f\vb", "a" + no + no + no + " b"},
      {"\xC2\x9B"
       "31m",
       no + "31m"},
      {"\xE2\x80\xAEgnp.exe", no + "gnp.exe"},
      {"one\r\ntwo\r", "one\ntwo"},
      {"over\rwritten", "over written"},
      {"a\tb\t\n\tc", "a\tb\t\n\tc"},
      {"grün 🙂", "grün 🙂"},
  };
  for (const Row& row : table) {
    for (const Look look : {Look::Plain, Look::Styled}) {
      CHECK(rendered(look, row.text, 1000) == row.shown);
      CHECK(rendered(look, "```\n" + row.text, 1000).find("\x1b[2J") == std::string::npos);
    }
    CHECK(rendered(Look::Raw, row.text, 1) == row.text);
  }
}

TEST_CASE("a line is written as soon as its style is known") {
  Renderer renderer(Look::Styled);
  CHECK(renderer.feed("Wor") == "Wor");
  CHECK(renderer.feed("d\n#") == "d\n");
  CHECK(renderer.feed("# T") == bold + "## T");
  CHECK(renderer.end() == off);
  CHECK(renderer.feed("``") == "");
  CHECK(renderer.end() == "``");
}
