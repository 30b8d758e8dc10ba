// Makes random edits in documents in which questions were asked. After each edit, each mark must be at its lines or
// gone. The test gives each line an id, so it knows where the shared lines are now; the daemon knows only the texts.
// Common lines, such as a single brace, can't be told apart, so the test doesn't check them.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test.h"
#include "tests/support/world.h"

using aside::json;
using aside::test::Editor;

namespace {

constexpr int conversations = 20, edits = 50, questions = 10;

const std::vector<std::string> common = {"",         "}",      "  }", "  return 0;",
                                         "  break;", "  else", "  {", "  i++;"};

struct Line {
  int id = 0;  // stays when the line is changed, moved or copied
  std::string text;
};

struct Document {
  std::mt19937& random;
  std::vector<Line> lines;
  int last_id = 0;

  int any(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); }
  // Makes the text of a line. A third of all lines are common ones, which occur many times in every file.
  std::string text() {
    if (any(0, 2) == 0) return common[static_cast<std::size_t>(any(0, 7))];
    return "  word_" + std::to_string(any(0, 100'000)) + "(list, " + std::to_string(any(0, 9)) + ");";
  }
  Line fresh() { return {++last_id, text()}; }
  std::string joined(std::size_t from, std::size_t to) const {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += lines[i].text + "\n";
    return text;
  }
};

json range(std::size_t from, std::size_t to) {
  return {{"start", {{"line", from}, {"character", 0}}}, {"end", {{"line", to}, {"character", 0}}}};
}

struct World : aside::test::World {
  std::map<std::string, std::set<int>> shared;  // question → ids of its lines

  void open(Editor& editor, const Document& document) {
    version = 1;
    aside::test::World::open(editor, document.joined(0, document.lines.size()));
  }
  void replace(Editor& editor, Document& document, std::size_t from, std::size_t to, std::vector<Line> with) {
    std::string text;
    for (const Line& line : with) text += line.text + "\n";
    editor.notify("textDocument/didChange",
                  {{"textDocument", {{"uri", uri}, {"version", ++version}}},
                   {"contentChanges", {{{"range", range(from, to)}, {"text", text}}}}});
    auto& lines = document.lines;
    const auto begin = static_cast<std::ptrdiff_t>(from), end = static_cast<std::ptrdiff_t>(to);
    lines.erase(lines.begin() + begin, lines.begin() + end);
    lines.insert(lines.begin() + begin, with.begin(), with.end());
  }
  void edit(Editor& editor, Document& document) {
    const int count = static_cast<int>(document.lines.size());
    const int from = document.any(0, count), to = std::min(count, from + document.any(1, 6));
    std::vector<Line> old(document.lines.begin() + from, document.lines.begin() + to), with;
    const auto place = static_cast<std::size_t>(from), end = static_cast<std::size_t>(to);
    switch (document.any(0, 6)) {
      case 0:  // lines are added
        for (int i = document.any(1, 6); i > 0; --i) with.push_back(document.fresh());
        return replace(editor, document, place, place, with);
      case 1:
        return replace(editor, document, place, end, {});
      case 2:  // lines are written anew
        for (int i = document.any(1, 6); i > 0; --i) with.push_back(document.fresh());
        return replace(editor, document, place, end, with);
      case 3:  // lines are changed
        for (Line& line : old) line.text += " // " + std::to_string(document.any(0, 99));
        return replace(editor, document, place, end, old);
      case 4:  // lines are indented
        for (Line& line : old) line.text = "  " + line.text;
        return replace(editor, document, place, end, old);
      case 5: {  // lines are moved
        replace(editor, document, place, end, {});
        const auto to_line =
            static_cast<std::size_t>(document.any(0, static_cast<int>(document.lines.size())));
        return replace(editor, document, to_line, to_line, old);
      }
      default: {  // lines are copied
        const auto to_line = static_cast<std::size_t>(document.any(0, count));
        return replace(editor, document, to_line, to_line, old);
      }
    }
  }
};

}  // namespace

TEST_CASE("after 1,000 random edits in 20 conversations each mark is at its lines or gone") {
  std::mt19937 random(20261130);
  World world;
  Editor editor(world.options());
  int right = 0, gone = 0;
  for (int number = 0; number < conversations; ++number) {
    Document document{random, {}};
    for (int i = document.any(40, 300); i > 0; --i) document.lines.push_back(document.fresh());
    world.uri = world.folder.write("file" + std::to_string(number) + ".c", "");
    world.open(editor, document);
    world.shared.clear();
    for (int asked = 0; asked < questions; ++asked) {
      const int count = static_cast<int>(document.lines.size());
      const int size = document.any(1, 20), from = document.any(0, count - size);
      editor.ask(
          world.uri, "why?",
          {{"attachments",
            {{{"uri", world.uri},
              {"range", range(static_cast<std::size_t>(from), static_cast<std::size_t>(from + size))}}}},
           {"current", false}});
      std::set<int>& ids = world.shared[editor.get(world.uri)["turns"].rbegin()[1]["turn"]];
      for (int i = from; i < from + size; ++i) ids.insert(document.lines[static_cast<std::size_t>(i)].id);
    }
    for (int made = 0; made < edits; ++made) {
      world.edit(editor, document);
      const json answer = editor.call("conversation/marks", {{"textDocument", {{"uri", world.uri}}}});
      REQUIRE(answer["version"] == world.version);
      const json& marks = answer["marks"];
      gone += questions - static_cast<int>(marks.size());
      for (const json& mark : marks) {
        const auto& ids = world.shared.at(mark["turn"]);
        const std::size_t from = mark["range"]["start"]["line"], to = mark["range"]["end"]["line"];
        REQUIRE(from < to);
        REQUIRE(to <= document.lines.size());
        INFO("conversation " << number << ", edit " << made << ", lines " << from << "-" << to << "\n"
                             << document.joined(from, to));
        std::size_t shared = 0;
        for (std::size_t i = from; i < to; ++i) shared += ids.contains(document.lines[i].id);
        CHECK(shared > 0);
        for (const Line& edge : {document.lines[from], document.lines[to - 1]}) {
          const bool is_common = std::find(common.begin(), common.end(), edge.text) != common.end();
          CHECK((is_common || ids.contains(edge.id)));
        }
        ++right;
      }
    }
  }
  INFO(right << " marks were there, " << gone << " were gone");
  CHECK(right > gone / 2);  // a question that shares nothing but a common line never has a mark
}
