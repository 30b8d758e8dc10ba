#include "daemon/text/place.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/text/elision.h"
#include "tests/support/apply_edits.h"
#include "tests/support/test.h"

using namespace aside;
using State = Placement::State;

namespace {

std::string numbered(const std::string& word, int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += word + " " + std::to_string(i) + "\n";
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

std::string indented(const std::string& text, const std::string& by) {
  std::string made;
  for (const std::string_view line : lines_of(text)) (made += line == "\n" ? "" : by) += line;
  return made;
}

const std::string above = numbered("above", 1, 20), below = numbered("below", 1, 20);
const std::string sum = "int sum(int a, int b) {\n  int total = a;\n  total += b;\n\n  return total;\n}\n";
const std::string new_sum = replaced(sum, "total += b;", "total += b + 1;");

// Returns the state and the new text of the document: "placed: …". If a block is not placed, returns the
// beginning of the reason.
std::string outcome(const Placement& made, const std::string& document) {
  for (std::size_t i = 1; i < made.edits.size(); ++i)
    CHECK(made.edits[i - 1].first_line + made.edits[i - 1].lines < made.edits[i].first_line);
  if (made.state == State::Unplaced) {
    CHECK(made.edits.empty());
    CHECK(made.reason.ends_with('.'));
    CHECK(made.reason.size() < 130);
    return made.reason;
  }
  CHECK(made.reason.empty());
  const std::map<State, std::string> names = {
      {State::Placed, "placed: "}, {State::Merged, "merged: "}, {State::Conflict, "conflict: "}};
  return names.at(made.state) + apply_edits(document, made.edits);
}

std::string outcome(const std::string& block, const std::string& document,
                    const std::optional<std::string>& shared = {}, std::size_t line = 0) {
  std::optional<SharedLines> known;
  if (shared) known = SharedLines{*shared, line};
  return outcome(place(block, document, known), document);
}

std::string rewritten(const std::string& block, const std::string& shared, const std::string& document,
                      std::optional<LineRange> now = {}) {
  return outcome(place_lines(block, {shared}, document, now), document);
}

// The beginnings of the reasons why a block isn't placed.
const std::string empty = "The block is empty", elided = "The block leaves out",
                  not_found = "No lines of the document", edges = "The first and last line",
                  few = "The block keeps too few", twice = "These lines occur twice",
                  indentation = "The tabs and spaces", marks = "The block holds the marks",
                  gone = "The lines that were shared", typed = "You have changed",
                  as_shared = "The block shows these lines", search_gone = "The lines to search for";

struct Row {
  std::string what, block, document;
  std::string expected;  // "placed: " and the document, or the beginning of a reason
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.what);
    const std::string made = outcome(row.block, row.document);
    const bool reason = row.expected.find(": ") == std::string::npos;
    CHECK((reason ? made.substr(0, row.expected.size()) : made) == row.expected);
    // The result is the same if the shared text is equal to the document.
    CHECK(outcome(row.block, row.document, row.document) == made);
  }
}

}  // namespace

TEST_CASE("a block replaces the lines whose new form it is") {
  const std::string document = above + sum + below, wanted = "placed: " + above + new_sum + below;
  check({
      {"one line changed", new_sum, document, wanted},
      {"blank lines around it", "\n\n" + new_sum + "\n", document, wanted},
      {"without a last newline", new_sum.substr(0, new_sum.size() - 1), document, wanted},
      {"the file's name above it", "// src/main.c\n" + new_sum, document, wanted},
      {"a part of a function", "  int total = a;\n  total -= b;\n\n  return total;\n", document,
       "placed: " + above + replaced(sum, "+=", "-=") + below},
      {"lines put in", replaced(sum, "\n\n", "\n  log(a);\n  log(b);\n\n"), document,
       "placed: " + above + replaced(sum, "\n\n", "\n  log(a);\n  log(b);\n\n") + below},
      {"lines taken out", replaced(sum, "  total += b;\n", ""), document,
       "placed: " + above + replaced(sum, "  total += b;\n", "") + below},
      {"the document already reads so", sum, document, "placed: " + document},
      {"twice, and both read so", sum, sum + above + sum, "placed: " + sum + above + sum},
      {"the whole document", above + new_sum + below, document, wanted},
      {"a new function behind the old one", new_sum + "\nint other() {\n  return 0;\n}\n", sum + below,
       "placed: " + new_sum + "\nint other() {\n  return 0;\n}\n" + below},
      {"the parameters changed", replaced(new_sum, "int b", "int b, int c"), document,
       "placed: " + above + replaced(new_sum, "int b", "int b, int c") + below},
      {"all that is in it changed",
       "int sum(int a, int b) {\n  const int first = a;\n  log(first);\n  return add(first, b);\n}\n",
       document,
       "placed: " + above +
           "int sum(int a, int b) {\n  const int first = a;\n  log(first);\n  return add(first, b);\n}\n" +
           below},
  });
}

TEST_CASE("a block without a certain place isn't placed") {
  const std::string document = above + sum + below;
  const std::string sums = sum + above + sum;
  check({
      {"empty", "", document, empty},
      {"blank", "\n \n", document, empty},
      {"of another file", numbered("other", 1, 9), document, not_found},
      {"much changed and shorter", "int sum(int a, int b) {\n  return a + b;\n}\n", document, few},
      {"another function", replaced(new_sum, "sum", "all_of_them"), document, edges},
      {"a test like another", "TEST_CASE(\"two\") {\n  one(1);\n  two(2);\n  three(3);\n}\n",
       above + "TEST_CASE(\"one\") {\n  one(1);\n  two(2);\n  three(4);\n}\n", edges},
      {"its last line isn't there", replaced(new_sum, "\n}", "\n} // sum"), document, edges},
      {"a new function that ends like the next one", new_sum + "\nint other() {\n  return 0;\n}\n",
       sum + "\nint last() {\n  return 0;\n}\n", edges},
      {"more than the old lines before it", "int other = 1;\n" + new_sum, document, edges},
      {"twice", new_sum, sums, twice},
      {"in a long row of the same", replaced(numbered("work", 1, 5), " 3", " 3;"),
       numbered("work", 1, 5) + numbered("work", 1, 5), twice},
      {"what is left is everywhere", "{\n  return 0;\n}\n", "a {\n  return 1;\n}\nb {\n  return 2;\n}\n",
       not_found},
      {"code left out", replaced(new_sum, "  int total = a;\n", "  // ...\n"), document, elided},
      {"code left out, in words", replaced(new_sum, "  int total = a;\n", "  // existing code\n"), document,
       elided},
      {"marks of a conflict", replaced(new_sum, "  int total = a;\n", "<<<<<<< yours\n"), document, marks},
      {"half a search/replace block", "<<<<<<< SEARCH\n" + sum + "=======\n" + new_sum, document, marks},
  });
}

TEST_CASE("lines that stand for omitted code are recognised, and no others") {
  for (const char* const line : {"// ...",
                                 "  // …",
                                 "# ... rest unchanged",
                                 "/* existing code */",
                                 "<!-- … -->",
                                 "...",
                                 "  …",
                                 "{/* ... */}",
                                 "// ... existing code ...",
                                 "  # rest of the function",
                                 "-- ... --",
                                 "\" ...",
                                 "; …",
                                 "[...]",
                                 "{ ... }",
                                 "// The rest of the code stays the same.",
                                 "# (unchanged)",
                                 "/* ... */",
                                 "f() { /* ... */ }",
                                 "// [...]",
                                 "// Remaining methods omitted for brevity",
                                 "x = 1; // … as before",
                                 " * ...",
                                 "// ...the rest of the loop"}) {
    INFO(line);
    CHECK(leaves_out_code(line));
  }
  for (const char* const line :
       {"", "}", "f(...args);", "[...list, 1]", "case 1 ... 5:", "void f(...) {", "catch (...) {",
        "return ...;x", "// The rest of the line is a path.", "// Wait for it...", "print(\"...\")",
        "# existing_code()", "// the code", "get('http://...')", "int rest = 0;",
        "// unchanged since 1.0 by Ann", "sizeof...(T)", "- rest", "// all of them"}) {
    INFO(line);
    CHECK(!leaves_out_code(line));
  }
  const std::string python =
      "class Shape(Protocol):\n    def area(self):\n        ...\n    def name(self):\n        return 1\n";
  CHECK(outcome(replaced(python, "1", "2"), python) == "placed: " + replaced(python, "1", "2"));
}

TEST_CASE("a block with another indentation is indented as its place, as a whole or not at all") {
  const std::string spaces = above + indented(sum, "    ") + below,
                    tabs_sum = indented(replaced(sum, "  ", "\t"), "\t");
  check({
      {"not indented", new_sum, spaces, "placed: " + above + indented(new_sum, "    ") + below},
      {"indented less", indented(new_sum, "  "), spaces,
       "placed: " + above + indented(new_sum, "    ") + below},
      {"indented more", indented(new_sum, "        "), spaces,
       "placed: " + above + indented(new_sum, "    ") + below},
      {"with tabs", replaced(new_sum, "  ", "\t"), above + tabs_sum,
       "placed: " + above + indented(replaced(new_sum, "  ", "\t"), "\t")},
      {"spaces for tabs", new_sum, above + tabs_sum, indentation},
      {"tabs for spaces", replaced(new_sum, "  ", "\t"), spaces, indentation},
      {"not as a whole", replaced(replaced(new_sum, "  ", "      "), "}", "    }"), spaces, edges},
  });
}

TEST_CASE("every byte outside of the changed lines stays, and new lines end as those around them") {
  const std::string dos = replaced(above + sum + below, "\n", "\r\n");
  const std::string more = replaced(sum, "  total += b;\n", "  total += b;\n  log(total);\n");
  const std::string mixed = replaced(sum, "b;\n", "b;\r\n");
  const std::string mark = "\xEF\xBB\xBF";
  check({
      {"CRLF", new_sum, dos, "placed: " + replaced(above + new_sum + below, "\n", "\r\n")},
      {"CRLF, more lines", more, dos, "placed: " + replaced(above + more + below, "\n", "\r\n")},
      {"CR", more, replaced(sum, "\n", "\r"), "placed: " + replaced(more, "\n", "\r")},
      {"mixed: of the line that is replaced", replaced(sum, "+= b;", "-= b;"), mixed,
       "placed: " + replaced(mixed, "+=", "-=")},
      {"mixed: of the line before", replaced(sum, "b;\n", "b;\n  log(b);\n"), mixed,
       "placed: " + replaced(mixed, "b;\r\n", "b;\r\n  log(b);\r\n")},
      {"mixed: of each line that is replaced",
       replaced(replaced(sum, "total = a", "total = +a"), "+= b", "-= b"), mixed,
       "placed: " + replaced(replaced(mixed, "total = a", "total = +a"), "+= b", "-= b")},
      {"CRLF in the block only", replaced(new_sum, "\n", "\r\n"), above + sum, "placed: " + above + new_sum},
      {"no last newline", new_sum, above + sum.substr(0, sum.size() - 1),
       "placed: " + above + new_sum.substr(0, new_sum.size() - 1)},
      {"byte order mark", new_sum, mark + sum, "placed: " + mark + new_sum},
      {"byte order mark, first line changed", replaced(new_sum, "int b", "int c, int b"), mark + sum,
       "placed: " + mark + replaced(new_sum, "int b", "int c, int b")},
      {"NBSP and bytes that aren't UTF-8", replaced(new_sum, "int total", "int\u00A0total"),
       "\xFF\xFE\n" + replaced(sum, "int total", "int\u00A0total"),
       "placed: \xFF\xFE\n" + replaced(new_sum, "int total", "int\u00A0total")},
      {"fences in the code", "# Heading\n\n````\n```c\nint b;\n```\n````\nThe end.\n",
       "# Heading\n\n````\n```c\nint a;\n```\n````\nThe end.\n",
       "placed: # Heading\n\n````\n```c\nint b;\n```\n````\nThe end.\n"},
  });
  const Placement made = place(new_sum, dos, std::nullopt);
  CHECK(made.edits == std::vector<LineEdit>{{22, 1, "  total += b + 1;\r\n"}});
  CHECK(made.place == LineRange{20, 6});
}

TEST_CASE("an empty document takes the whole block, with a last newline") {
  CHECK(outcome("a\nb", "") == "placed: a\nb\n");
  CHECK(outcome("a\nb\n", "\n") == "placed: a\nb\n");
  CHECK(outcome("a\nb\n", "\xEF\xBB\xBF") ==
        "placed: \xEF\xBB\xBF"
        "a\nb\n");
  CHECK(outcome("a\n", "", "") == "placed: a\n");
  CHECK(outcome("a\n// ...\nb\n", "").starts_with(elided));
  CHECK(outcome(new_sum, "", sum).starts_with(gone));
}

TEST_CASE("what was typed since is merged, or both forms stand between marks") {
  struct Typed {
    std::string what, shared, document, expected;
  };
  const std::string file = above + sum + below;
  const std::vector<Typed> rows = {
      {"lines put in above", file, "new\nnew\n" + file, "placed: new\nnew\n" + above + new_sum + below},
      {"far away in the document", file, replaced(above, "1\n", "one\n") + sum + below,
       "placed: " + replaced(above, "1\n", "one\n") + new_sum + below},
      {"moved", file, below + above + sum, "placed: " + below + above + new_sum},
      {"in the block's lines", file, above + replaced(sum, "return total", "return +total") + below,
       "merged: " + above + replaced(new_sum, "return total", "return +total") + below},
      {"in the block's lines, which are all that was shared", sum,
       above + replaced(sum, "return total", "return +total") + below,
       "merged: " + above + replaced(new_sum, "return total", "return +total") + below},
      {"moved and changed", file, below + replaced(sum, "return total", "return +total") + above,
       "merged: " + below + replaced(new_sum, "return total", "return +total") + above},
      {"the same change", file, above + new_sum + below, "placed: " + above + new_sum + below},
      {"the same line", file, above + replaced(sum, "+= b", "-= b") + below,
       "conflict: " + above +
           "int sum(int a, int b) {\n  int total = a;\n<<<<<<< yours\n  total -= b;\n||||||| shared\n  total += b;\n"
           "=======\n  total += b + 1;\n>>>>>>> proposed\n\n  return total;\n}\n" +
           below},
      {"the line was deleted", file, above + replaced(sum, "  total += b;\n", "") + below,
       "conflict: " + above +
           "int sum(int a, int b) {\n  int total = a;\n<<<<<<< yours\n||||||| shared\n  total += b;\n"
           "=======\n  total += b + 1;\n>>>>>>> proposed\n\n  return total;\n}\n" +
           below},
      {"CRLF, the same line", replaced(sum, "\n", "\r\n"),
       replaced(replaced(sum, "+= b", "-= b"), "\n", "\r\n"),
       "conflict: " +
           replaced(
               "int sum(int a, int b) {\n  int total = a;\n<<<<<<< yours\n  total -= b;\n||||||| shared\n  total += b;\n"
               "=======\n  total += b + 1;\n>>>>>>> proposed\n\n  return total;\n}\n",
               "\n", "\r\n")},
      {"the lines are gone", file, above + below, gone},
      {"all is gone", file, "nothing\n", gone},
      {"twice now", sum, sum + above + sum, twice},
      {"twice in the document, once in what was shared", above + sum, sum + below + above + sum,
       "placed: " + sum + below + above + new_sum},
  };
  for (const Typed& row : rows) {
    INFO(row.what);
    const std::string made = outcome(new_sum, row.document, row.shared);
    const bool reason = row.expected.find(": ") == std::string::npos;
    CHECK((reason ? made.substr(0, row.expected.size()) : made) == row.expected);
  }
  CHECK(outcome(sum, above + new_sum, above + sum).starts_with(as_shared));
}

TEST_CASE("if two places fit, the farther one is not used") {
  // The document has the function twice. The lower one was shared, and was edited since. The upper one is
  // still equal to the shared text.
  const std::string document = sum + above + replaced(sum, "int total = a", "int total = +a") + below;
  CHECK(outcome(new_sum, document, sum, 26).starts_with(twice));
  CHECK(outcome(new_sum, document, sum, 0) == "placed: " + new_sum + document.substr(sum.size()));
}

TEST_CASE(
    "a block that isn't in what was shared may be in the document, but not in place of what was typed") {
  const std::string other = "int product(int a, int b) {\n  int all = a;\n  all *= b;\n\n  return all;\n}\n";
  CHECK(outcome(new_sum, other + sum, other) == "placed: " + other + new_sum);
  const std::string grown = replaced(other, "  int all = a;\n",
                                     "  int all = a;\n  int total = a;\n  total += b;\n  return total;\n");
  CHECK(outcome("  int total = a;\n  total += b + 1;\n  return total;\n", grown, other).starts_with(typed));
}

TEST_CASE("a rewrite goes in place of exactly its lines") {
  const std::string document = above + sum + below;
  const LineRange lines{20, 6};
  CHECK(rewritten("one();\n", sum, document, lines) == "placed: " + above + "one();\n" + below);
  CHECK(rewritten("one();\n", sum, document) == "placed: " + above + "one();\n" + below);
  CHECK(rewritten("", sum, document, lines) == "placed: " + above + below);
  CHECK(rewritten(sum, sum, document, lines) == "placed: " + document);
  CHECK(rewritten("x\n", "  total += b;\n", document, LineRange{22, 1}).starts_with("placed: " + above));
  CHECK(rewritten("}\n// end\n", "}\n", sum, LineRange{5, 1}) == "placed: " + sum + "// end\n");
  CHECK(rewritten("}\n// end\n", "}", sum.substr(0, sum.size() - 1), LineRange{5, 1}) ==
        "placed: " + sum + "// end");
  CHECK(rewritten("", "}", sum.substr(0, sum.size() - 1), LineRange{5, 1}) ==
        "placed: " + sum.substr(0, sum.size() - 3));
  CHECK(rewritten("a\n", "", "") == "placed: a\n");
  CHECK(rewritten("", "a", "a", LineRange{0, 1}) == "placed: ");
  CHECK(rewritten("a\n\n", "\n", "x\n\ny\n", LineRange{1, 1}) == "placed: x\na\n\ny\n");
  CHECK(rewritten("one();\n// ...\n", sum, document, lines).starts_with(elided));

  CHECK(rewritten("one();\n", sum, above + below, LineRange{20, 0}).starts_with(gone));
  CHECK(rewritten("one();\n", sum, above + below).starts_with(gone));
  CHECK(rewritten("one();\n", sum, sum + document).starts_with(twice));
  CHECK(rewritten("one();\n", sum, sum + document, LineRange{26, 6}) ==
        "placed: " + sum + above + "one();\n" + below);
  CHECK(rewritten("one();\n", "}\n", "a {\n}\nb {\n}\n").starts_with(twice));
}

TEST_CASE("a rewrite that was taken before is in its place already") {
  const std::string taken = above + "one();\n" + below;
  CHECK(rewritten("one();\n", sum, taken) == "placed: " + taken);
  CHECK(rewritten("one();\n", sum, taken, LineRange{20, 0}) == "placed: " + taken);
  CHECK(rewritten("one();\n", "  two();\n", "f {\n  one();\n}\n") == "placed: f {\n  one();\n}\n");
  CHECK(rewritten("one();\n", sum, taken + "one();\n").starts_with(gone));
  CHECK(rewritten("", sum, taken).starts_with(gone));
}

TEST_CASE("a rewrite whose lines were changed meanwhile is merged, or both forms stand between marks") {
  const std::string typed_sum = replaced(sum, "return total", "return +total"),
                    document = above + typed_sum + below;
  const std::string merged = "merged: " + above + replaced(new_sum, "return total", "return +total") + below;
  CHECK(rewritten(new_sum, sum, document, LineRange{20, 6}) == merged);
  CHECK(rewritten(new_sum, sum, document) == merged);
  CHECK(rewritten(new_sum, sum, above + new_sum + below, LineRange{20, 6}) ==
        "placed: " + above + new_sum + below);
  const std::string both = rewritten("one();\n", sum, document, LineRange{20, 6});
  CHECK(both == "conflict: " + above + "<<<<<<< yours\n" + typed_sum + "||||||| shared\n" + sum +
                    "=======\none();\n>>>>>>> proposed\n" + below);
}

TEST_CASE("a rewrite is indented as its lines only if no line of it is") {
  const std::string inner = "    int a;\n    if (a)\n      b();\n", document = "f {\n" + inner + "}\n";
  const LineRange lines{1, 3};
  CHECK(rewritten("int c;\n\nif (c)\n  d();\n", inner, document, lines) ==
        "placed: f {\n    int c;\n\n    if (c)\n      d();\n}\n");
  CHECK(rewritten("int c;\n    d();\n", inner, document, lines) == "placed: f {\nint c;\n    d();\n}\n");
  CHECK(rewritten("      int c;\n", inner, document, lines) == "placed: f {\n      int c;\n}\n");
  CHECK(rewritten("\t  int c;\n", "  a();\n", "f {\n  a();\n}\n", LineRange{1, 1}).starts_with(indentation));
  CHECK(rewritten("\tint c;\n", inner, document, lines).starts_with(indentation));
  CHECK(rewritten("int c;\n  d();\n", "\ta();\n", "f {\n\ta();\n}\n", LineRange{1, 1})
            .starts_with(indentation));
  CHECK(rewritten("int c;\n", "\ta();\n", "f {\n\ta();\n}\n", LineRange{1, 1}) ==
        "placed: f {\n\tint c;\n}\n");
}

TEST_CASE("search and replace: exactly, or indented as a whole, once, or not at all") {
  const auto pair = [](const std::string& search, const std::string& replace) {
    return "<<<<<<< SEARCH\n" + search + "=======\n" + replace + ">>>>>>> REPLACE\n";
  };
  const std::string document = above + sum + below, line = "  total += b;\n", other = "  total -= b;\n";
  check({
      {"one line", pair(line, other), document, "placed: " + above + replaced(sum, line, other) + below},
      {"several", pair(sum, new_sum), document, "placed: " + above + new_sum + below},
      {"taken out", pair(line, ""), document, "placed: " + above + replaced(sum, line, "") + below},
      {"indented", pair("total += b;\n", "total -= b;\nlog(b);\n"), document,
       "placed: " + above + replaced(sum, line, other + "  log(b);\n") + below},
      {"indented otherwise in itself", pair("    int total = a;\n  total += b;\n", "x\n"), document,
       indentation},
      {"tabs", pair("\ttotal += b;\n", "\ttotal -= b;\n"), document, indentation},
      {"not exactly", pair("  total += c;\n", other), document, search_gone},
      {"twice", pair(line, other), document + sum, twice},
      {"nothing to search for", pair("", other), document, empty},
      {"in an empty document", pair("", "a\n"), "", "placed: a\n"},
      {"code left out", pair(line, "  // ...\n"), document, elided},
      {"where the parts meet isn't certain", pair(line, "Heading\n=======\n"), document, marks},
      {"two pairs in one", pair(line, other) + pair("}\n", "\n"), document, marks},
  });
  CHECK(rewritten(pair(line, other), sum, document, LineRange{20, 6}) ==
        "placed: " + above + replaced(sum, line, other) + below);
}

TEST_CASE("a large document is placed in, or refused") {
  std::string large = numbered("a line of a large document, with a number in it:", 1, 90'000);
  const std::string document = large + sum, wanted = large + new_sum;
  CHECK(outcome(new_sum, document) == "placed: " + wanted);
  CHECK(outcome(new_sum, "typed\n" + document, document) == "placed: typed\n" + wanted);
  CHECK(outcome(wanted, document) == "placed: " + wanted);
  std::string hostile;
  while (hostile.size() < 1'000'000) hostile += "}\n";
  CHECK(outcome(hostile.substr(0, 900'000), document).starts_with(edges));
  CHECK(outcome(new_sum, hostile + sum).starts_with("The document or the block is too large"));
}

TEST_CASE("a random function is placed after random edits around it, and nothing that was typed is lost") {
  const auto seed = GENERATE(51u, 52u, 53u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 150; ++round) {
    const auto any = [&](unsigned below_this) { return random() % below_this; };
    const auto body = [&](int lines, const std::string& word) {
      std::string text;
      for (int i = 0; i < lines; ++i) {
        const std::string number = std::to_string(any(1'000'000));
        text += any(5) == 0 ? "\n" : any(6) == 0 ? "  }\n" : "  " + word + "(" + number + ");\n";
      }
      return text;
    };
    std::vector<std::string> functions;
    for (unsigned i = 0; i < 3 + any(9); ++i)
      functions.push_back("int function_" + std::to_string(i) + "(int a) {\n" +
                          body(3 + static_cast<int>(any(20)), "call") + "}\n");
    const std::size_t chosen = any(static_cast<unsigned>(functions.size()));
    const auto edited = [&](const std::string& text, const std::string& word, unsigned rarity) {
      std::string made;
      const auto lines = lines_of(text);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool inner = i > 0 && i + 1 < lines.size();
        const unsigned edit = inner ? any(rarity) : rarity;
        if (edit == 0) continue;
        if (edit == 1) made += "  " + word + "(" + std::to_string(random()) + ");\n";
        if (edit == 2)
          made += "  " + word + "_instead(" + std::to_string(random()) + ");\n";
        else
          made += lines[i];
      }
      return made;
    };
    const std::string block = edited(functions[chosen], "proposed", 10);
    std::string shared, document, wanted;
    for (std::size_t i = 0; i < functions.size(); ++i) {
      shared += functions[i] + "\n";
      const std::string now = i == chosen ? functions[i] : edited(functions[i], "typed", 12);
      document += now + "\n";
      wanted += (i == chosen ? block : now) + "\n";
    }
    CAPTURE(round, shared, document, block);
    const Placement made = place(block, document, SharedLines{shared});
    if (made.state != State::Unplaced) CHECK(apply_edits(document, made.edits) == wanted);

    // The user has edited the chosen function itself. After placing, each typed line is still there, in the
    // same order, and the lines outside of the hunks haven't changed.
    const std::string typed_in = replaced(shared, functions[chosen], edited(functions[chosen], "typed", 8));
    const std::string with_ends = any(2) ? replaced(typed_in, "\n", "\r\n") : typed_in;
    const Placement merged = place(block, with_ends, SharedLines{shared});
    const std::string after = apply_edits(with_ends, merged.edits);
    std::size_t at = 0;
    for (const std::string_view line : lines_of(with_ends))
      if (line.find("typed") != line.npos) {
        CAPTURE(line, after);
        at = after.find(line, at);
        REQUIRE(at != after.npos);
      }
    const Placement rewrite = place_lines(block, {functions[chosen]}, with_ends, std::nullopt);
    const std::string again = apply_edits(with_ends, rewrite.edits);
    for (const std::string_view line : lines_of(with_ends))
      if (line.find("typed") != line.npos) CHECK(again.find(line) != again.npos);
    // A rewrite is always placed right if its lines were followed and haven't changed.
    const std::size_t first = lines_of(document.substr(0, document.find(functions[chosen]))).size();
    const LineRange lines{first, lines_of(functions[chosen]).size()};
    const Placement exact = place_lines(block, {functions[chosen]}, document, lines);
    CHECK(exact.state == State::Placed);
    CHECK(apply_edits(document, exact.edits) == wanted);
  }
}
