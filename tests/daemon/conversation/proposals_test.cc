// These tests check which edits conversation/edits makes of the code in a reply. They use the real daemon over pipes,
// apply the edits to the text as an editor does, and compare the bytes.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/test.h"
#include "tests/support/world.h"

using aside::json;
using aside::test::Editor;
using aside::test::lines;
using aside::test::Script;

namespace {

const std::string code =
    "#include <string.h>\n"
    "\n"
    "int first(const char *s) {\n"
    "  int n = 0;\n"
    "  while (s[n]) n++;\n"
    "  return n;\n"
    "}\n"
    "\n"
    "int second(const char *s) {\n"
    "  return first(s) + 1;\n"
    "}\n";
const std::string new_first =
    "int first(const char *s) {\n"
    "  return strlen(s);\n"
    "}\n";

std::string fenced(const std::string& text, const std::string& info = "c") {
  return "Here it is:\n\n```" + info + "\n" + text + "```\n\nThat is all.\n";
}

// Returns the text after the edits, applied as an editor does. The ranges of all edits refer to the text
// before the first edit. Positions count bytes.
std::string applied(std::string text, const json& edits) {
  const std::string before = text;
  const auto offset = [&before](const json& position) {
    std::size_t at = 0;
    for (int line = position["line"]; line > 0; --line) at = before.find('\n', at) + 1;
    return at + position["character"].get<std::size_t>();
  };
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    const std::size_t start = offset((*edit)["range"]["start"]), end = offset((*edit)["range"]["end"]);
    text.replace(start, end - start, (*edit)["newText"].get<std::string>());
  }
  return text;
}

struct World : aside::test::World {
  std::string text = code;  // the text of the document that is open in the editor

  World() : aside::test::World(code) {}
  void open(Editor& editor) { aside::test::World::open(editor, text); }
  void type(Editor& editor, int from, int to, const std::string& typed) {
    aside::test::World::type(editor, from, to, typed);
    text = applied(text, json::array({{{"range", lines(from, to)}, {"newText", typed}}}));
  }
  json ask(Editor& editor, const std::string& reply, json more) {
    Script script;
    script.text = reply;
    script.thinking = "";
    api.next(script);
    return editor.ask(uri, "make it better", std::move(more));
  }
  static json proposals(Editor& editor, const json& answer) {
    return editor.call("conversation/edits",
                       {{"conversation", answer["conversation"]}, {"turn", answer["turn"]}})["proposals"];
  }
  json rewriting(int from, int to) const { return {{"rewrite", {{"uri", uri}, {"range", lines(from, to)}}}}; }
  json sharing() const { return {{"attachments", {{{"uri", uri}}}}}; }
};

}  // namespace

TEST_CASE("a rewrite is asked for by a fixed rule, is seen in its turn, and replaces exactly its lines") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced(new_first), world.rewriting(2, 7));
  const json turns = editor.get(world.uri)["turns"];
  CHECK(turns[0]["rewrite"] == json{{"uri", world.uri}, {"range", lines(2, 7)}});
  CHECK_THAT(turns[0]["text"].get<std::string>(),
             aside::test::StartsWith("make it better\n\n") && aside::test::Contains("lines 3-7 of main.c"));
  CHECK(turns[0]["attachments"][0]["text"] == code.substr(21, code.find("\nint second") - 21));
  CHECK(editor.get(world.uri)["title"] == "make it better");

  const json proposals = World::proposals(editor, answer);
  REQUIRE(proposals.size() == 1);
  const json& proposal = proposals[0];
  CHECK(proposal["block"] == 0);
  CHECK(proposal["startLine"] == 2);
  CHECK(proposal["endLine"] == 7);
  CHECK(proposal["state"] == "placed");
  CHECK(proposal["name"] == "main.c");
  CHECK(proposal["textDocument"] == json{{"uri", world.uri}, {"version", 1}});
  CHECK(applied(code, proposal["edits"]) ==
        "#include <string.h>\n\n" + new_first + "\nint second(const char *s) {\n  return first(s) + 1;\n}\n");
}

TEST_CASE("the lines of a rewrite are followed while the document is open") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced(new_first), world.rewriting(2, 7));
  std::string expected =
      code.substr(0, code.find("int first")) + new_first + code.substr(code.find("\nint second"));
  SECTION("text above") {
    world.type(editor, 0, 0, "// Counts.\n\n");
    expected = "// Counts.\n\n" + expected;
  }
  SECTION("text directly before and behind") {
    world.type(editor, 2, 2, "// first\n");
    world.type(editor, 8, 8, "// behind\n");
    expected.insert(expected.find("int first"), "// first\n");
    expected.insert(expected.find("\nint second"), "// behind\n");
  }
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "placed");
  CHECK(proposal["textDocument"]["version"] == world.version);
  CHECK(applied(world.text, proposal["edits"]) == expected);
}

TEST_CASE("a change that the user makes in the lines of a rewrite is merged with the proposal") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const std::string second = code.substr(code.find("\nint second"));
  const json answer = world.ask(editor, fenced(new_first + second), world.rewriting(2, 11));
  world.type(editor, 9, 10, "  return first(s) + 2;\n");
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "merged");
  CHECK(applied(world.text, proposal["edits"]) ==
        "#include <string.h>\n\n" + new_first + "\nint second(const char *s) {\n  return first(s) + 2;\n}\n");
}

TEST_CASE("what the user has typed into the lines of a rewrite is never overwritten") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced(new_first), world.rewriting(2, 7));
  SECTION("changed where the proposal changes them") {
    world.type(editor, 4, 5, "  while (s[n] != 0) n += 1;\n");
    const json proposal = World::proposals(editor, answer)[0];
    CHECK(proposal["state"] == "conflict");
    const std::string both = applied(world.text, proposal["edits"]);
    for (const char* part : {"<<<<<<< yours\n", "||||||| shared\n", "=======\n", ">>>>>>> proposed\n",
                             "while (s[n] != 0) n += 1;\n", "while (s[n]) n++;\n", "return strlen(s);\n"})
      CHECK_THAT(both, aside::test::Contains(part));
  }
  SECTION("deleted") {
    world.type(editor, 2, 8, "");
    const json proposal = World::proposals(editor, answer)[0];
    CHECK(proposal["state"] == "unplaced");
    CHECK_FALSE(proposal["reason"].get<std::string>().empty());
  }
}

TEST_CASE("after the document was closed, the lines of a rewrite must be found once") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced(new_first), world.rewriting(2, 7));
  editor.notify("textDocument/didClose", {{"textDocument", {{"uri", world.uri}}}});
  SECTION("moved") {
    const std::string moved = "// a new first line\n" + code;
    world.folder.write("main.c", moved);
    const json proposal = World::proposals(editor, answer)[0];
    CHECK(proposal["state"] == "placed");
    CHECK(proposal["textDocument"]["version"] == nullptr);
    CHECK_THAT(applied(moved, proposal["edits"]), aside::test::Contains("\n\n" + new_first + "\n"));
  }
  SECTION("there twice") {
    world.folder.write("main.c", code + "\n" + code);
    CHECK(World::proposals(editor, answer)[0]["state"] == "unplaced");
  }
  SECTION("gone") {
    world.folder.write("main.c", "int other;\n");
    CHECK(World::proposals(editor, answer)[0]["state"] == "unplaced");
  }
}

TEST_CASE("a retried rewrite is another proposal for the same lines") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  json answer = world.ask(editor, fenced("int first(const char *s) { return 0; }\n"), world.rewriting(2, 7));
  world.type(editor, 0, 0, "// above\n");
  Script script;
  script.text = fenced(new_first);
  script.thinking = "";
  world.api.next(script);
  answer =
      editor.call("conversation/retry", {{"conversation", answer["conversation"]}, {"turn", answer["turn"]}});
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "placed");
  CHECK_THAT(applied(world.text, proposal["edits"]),
             aside::test::Contains("// above\n#include <string.h>\n\n" + new_first));
}

TEST_CASE(
    "a block of any reply goes to its place in what was shared, or in the conversation's own document") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const std::string expected = code.substr(0, code.find("  int n")) + "  return strlen(s);\n" +
                               code.substr(code.find("}\n\nint second"));
  const std::string block =
      "int first(const char *s) {\n  int n = 0;\n  while (s[n]) n += 1;\n  return n;\n}\n";
  json more = json::object();
  SECTION("shared") {
    more = world.sharing();
  }
  SECTION("not shared: its own document") {}
  const json answer = world.ask(editor, fenced(block), more);
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "placed");
  CHECK_THAT(applied(code, proposal["edits"]),
             aside::test::Contains(block) && aside::test::Contains("int second"));
}

TEST_CASE("a block changes only files that were shared here, whatever it names") {
  World world;
  const std::string secret = world.folder.write("passwd", "root:x:0:0\nann:x:1:1\nbob:x:2:2\ncat:x:3:3\n");
  Editor editor(world.options());
  world.open(editor);
  const std::string block = "root:x:0:0\nann:x:1:1\nbob:x:2:2\nmallory:x:0:0\ncat:x:3:3\n";
  for (const char* name : {"text:../../etc/passwd", "text:/etc/passwd", "text:passwd", "passwd", ""}) {
    const json answer = world.ask(editor, fenced(block, name), world.sharing());
    const json proposal = World::proposals(editor, answer)[0];
    CAPTURE(name, proposal);
    CHECK(proposal["state"] == "unplaced");
    CHECK_FALSE(proposal.contains("edits"));
  }
}

TEST_CASE("a name that leads to another file now is no target") {
  World world;
  const std::string other = world.folder.write("notes.txt", code);
  Editor editor(world.options());
  const json answer =
      world.ask(editor,
                fenced("int first(const char *s) {\n  int n = 0;\n  while (s[n]) n += 1;\n  return n;\n}\n",
                       "text:notes.txt"),
                {{"attachments", {{{"uri", other}}}}});
  CHECK(World::proposals(editor, answer)[0]["state"] == "placed");
  std::filesystem::remove(world.folder.work + "/notes.txt");
  world.folder.write("elsewhere.txt", code);
  std::filesystem::create_symlink(world.folder.work + "/elsewhere.txt", world.folder.work + "/notes.txt");
  CHECK(World::proposals(editor, answer)[0]["state"] == "unplaced");
}

TEST_CASE("a block that fits in two files says so, and with a file's name it goes there") {
  World world;
  const std::string copy = world.folder.write("copy.c", code);
  Editor editor(world.options());
  world.open(editor);
  const std::string block =
      "int first(const char *s) {\n  int n = 0;\n  while (s[n]) n += 1;\n  return n;\n}\n";
  const json shared = {{"attachments", {{{"uri", world.uri}}, {{"uri", copy}}}}};
  json proposal = World::proposals(editor, world.ask(editor, fenced(block), shared))[0];
  CHECK(proposal["state"] == "unplaced");
  CHECK_THAT(proposal["reason"].get<std::string>(),
             aside::test::Contains("main.c") && aside::test::Contains("copy.c"));
  proposal = World::proposals(editor, world.ask(editor, fenced(block, "c:copy.c"), shared))[0];
  CHECK(proposal["state"] == "placed");
  CHECK(proposal["textDocument"] == json{{"uri", copy}, {"version", nullptr}});
}

TEST_CASE("what an imported conversation has shared is no target") {
  World world;
  const std::string other = world.folder.write("other.c", code);
  Editor editor(world.options());
  const std::string block =
      "int first(const char *s) {\n  int n = 0;\n  while (s[n]) n += 1;\n  return n;\n}\n";
  json answer = world.ask(editor, fenced(block, "c:other.c"), {{"attachments", {{{"uri", other}}}}});
  CHECK(World::proposals(editor, answer)[0]["state"] == "placed");
  const std::string text = editor.call(
      "conversation/export", {{"conversation", answer["conversation"]}, {"format", "json"}})["text"];
  const json imported = editor.call("conversation/import",
                                    {{"textDocument", {{"uri", world.folder.uri("new.c")}}}, {"text", text}});
  answer = {{"conversation", imported["conversation"]}, {"turn", imported["head"]}};
  CHECK(World::proposals(editor, answer)[0]["state"] == "unplaced");
}

TEST_CASE("what was typed over one of several shared parts is found, also if the block would fit elsewhere") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json part = {
      {"attachments",
       {{{"uri", world.uri}, {"range", lines(8, 11)}}, {{"uri", world.uri}, {"range", lines(2, 7)}}}}};
  const std::string block = "int second(const char *s) {\n  return first(s) + 3;\n}\n";
  const json answer = world.ask(editor, fenced(block), part);
  world.type(editor, 9, 10, "  return first(s) + 2;\n");
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "conflict");
  CHECK_THAT(applied(world.text, proposal["edits"]), aside::test::Contains("first(s) + 2;\n"));
}

TEST_CASE(
    "if two blocks are for the same lines, the later one is unplaced; blocks for other lines are placed") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const std::string first =
      "int first(const char *s) {\n  int n = 0;\n  while (s[n]) n += 1;\n  return n;\n}\n";
  const std::string second = "int second(const char *s) {\n  return first(s) + 2;\n}\n";
  const json answer =
      world.ask(editor, fenced(first) + "\n" + fenced(first) + "\n" + fenced(second), world.sharing());
  const json proposals = World::proposals(editor, answer);
  REQUIRE(proposals.size() == 3);
  CHECK(proposals[0]["state"] == "placed");
  CHECK(proposals[1]["state"] == "unplaced");
  CHECK(proposals[2]["state"] == "placed");
  const json one = editor.call(
      "conversation/edits",
      {{"conversation", answer["conversation"]}, {"turn", answer["turn"]}, {"block", 1}})["proposals"];
  REQUIRE(one.size() == 1);
  CHECK(one[0]["block"] == 1);
  CHECK(one[0]["state"] == "placed");  // alone, the block is placed: no earlier block has taken its lines
}

TEST_CASE("a block without its end is unplaced, and so is what continues it") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  Script cut;
  cut.text = "Here:\n\n```c\nint first(const char *s) {\n";
  cut.thinking = "";
  cut.stop_reason = "max_tokens";
  world.api.next(cut);
  const json answer = editor.ask(world.uri, "make it better", world.rewriting(2, 7));
  CHECK(World::proposals(editor, answer)[0]["state"] == "unplaced");
  Script rest;
  rest.text =
      "  return strlen(s);\n}\n```\n\nAnd also:\n\n```\nint second(const char *s) {\n  return first(s) + 1;\n}\n```\n";
  rest.thinking = "";
  world.api.next(rest);
  const json continued = editor.call("conversation/continue", {{"conversation", answer["conversation"]}});
  for (const json& proposal : World::proposals(editor, continued)) CHECK(proposal["state"] == "unplaced");
}

TEST_CASE("edits are in the document's own line ends, and its last line keeps its form") {
  World world;
  std::string crlf;
  for (const char c : code) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  crlf.resize(crlf.size() - 2);
  world.text = crlf;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced("int second(const char *s) {\n  return 1 + first(s);\n}\n"),
                                world.rewriting(8, 11));
  const json proposal = World::proposals(editor, answer)[0];
  CHECK(proposal["state"] == "placed");
  std::string expected = crlf;
  expected.replace(expected.find("first(s) + 1"), 12, "1 + first(s)");
  CHECK(applied(crlf, proposal["edits"]) == expected);
}

TEST_CASE("what is no reply, and a block that isn't there, are refused; a failed reply has no proposals") {
  World world;
  Editor editor(world.options());
  const json answer = world.ask(editor, "no code", json::object());
  const std::string conversation = answer["conversation"];
  CHECK(World::proposals(editor, answer).empty());
  const auto refused = [&](const json& params) {
    return editor.fails("conversation/edits", params)["data"]["kind"] == "invalidParams";
  };
  CHECK(refused({{"conversation", conversation}, {"turn", "t1"}}));
  CHECK(refused({{"conversation", conversation}, {"turn", "t99"}}));
  CHECK(refused({{"conversation", conversation}, {"turn", answer["turn"]}, {"block", 0}}));
  Script failing;
  failing.status = 400;
  world.api.next(failing);
  editor.fails("conversation/ask", {{"textDocument", {{"uri", world.uri}}}, {"question", "fail"}});
  CHECK(editor
            .call("conversation/edits",
                  {{"conversation", conversation}, {"turn", editor.get(world.uri)["head"]}})["proposals"]
            .empty());
}

TEST_CASE("the next question's update has the accepted changes, and only these") {
  World world;
  Editor editor(world.options());
  world.open(editor);
  const json answer = world.ask(editor, fenced(new_first), world.rewriting(2, 7));
  const json edits = World::proposals(editor, answer)[0]["edits"];
  std::vector<json> changes;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit)
    changes.push_back({{"range", (*edit)["range"]}, {"text", (*edit)["newText"]}});
  editor.notify("textDocument/didChange",
                {{"textDocument", {{"uri", world.uri}, {"version", 2}}}, {"contentChanges", changes}});
  editor.ask(world.uri, "and now?");
  const std::string sent = world.api.asks().back().body;
  CHECK(sent.find("<update name=\\\"main.c\\\"") != sent.npos);
  CHECK(sent.find("return strlen(s);") != sent.npos);
}
