// End-to-end tests of the text that is sent with a question. They use the real daemon and real files, and
// read the requests that reach the API. They check what is refused, what the user must agree to before it is
// sent, which updates are sent, and what a preview shows.
#include "daemon/context/sharing.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "daemon/text/json.h"
#include "tests/standin/server.h"
#include "tests/support/apply_diff.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"
#include "tests/support/work_folder.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::WorkFolder;
using namespace std::string_literals;

namespace {

// A home, the stand-in for the API, and an opened folder with files.
struct World : WorkFolder {
  ApiServer api;

  Editor::Options options(json settings = json::object()) const {
    Editor::Options options = WorkFolder::options(std::move(settings));
    options.base_url = api.url();
    return options;
  }
  std::size_t asks() const { return api.asks().size(); }
  // The blocks of the last question that reached the API.
  json blocks() const { return json::parse(api.asks().back().body)["messages"].back()["content"]; }
  std::string texts() const {
    std::string all;
    for (const json& block : blocks())
      if (block["type"] == "text") all += block["text"].get<std::string>() + "\n";
    return all;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

json attached(json attachment) {
  return {{"attachments", json::array({std::move(attachment)})}};
}

void open(Editor& editor, const std::string& uri, const std::string& text, int version = 1) {
  editor.notify(
      "textDocument/didOpen",
      {{"textDocument", {{"uri", uri}, {"languageId", "c"}, {"version", version}, {"text", text}}}});
}

void change(Editor& editor, const std::string& uri, const std::string& text, int version) {
  editor.notify("textDocument/didChange", {{"textDocument", {{"uri", uri}, {"version", version}}},
                                           {"contentChanges", json::array({{{"text", text}}})}});
}

json lines(int first, int last) {
  return {{"start", {{"line", first - 1}, {"character", 0}}}, {"end", {{"line", last}, {"character", 0}}}};
}

// A small PNG, whose header says 40 x 30.
const std::string png =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x28\0\0\0\x1e\x08\2\0\0\0"s + std::string(40, 'x');
const std::string pdf = "%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF\n";

std::string numbered(int last) {
  std::string text;
  for (int line = 1; line <= last; ++line) text += "line number " + std::to_string(line) + ";\n";
  return text;
}

}  // namespace

TEST_CASE("before a question is asked, its editor knows what the whole request costs") {
  World world;
  Editor editor(world.options({{"model", "claude-opus-5-5"}}));
  const std::string about = world.write("main.c", numbered(400));
  const json attachments = json::array({{{"uri", about}}});
  const auto check = [&](const json& attached) {
    return editor.call("attachment/check", {{"textDocument", {{"uri", about}}}, {"attachments", attached}});
  };
  const json nothing = check(json::array()), first = check(attachments);
  CHECK(nothing["tokens"] == 0);
  CHECK(nothing["next"]["tokens"].get<int>() > 0);  // the tokens of the system text
  CHECK(first["next"]["tokens"].get<int>() ==
        nothing["next"]["tokens"].get<int>() + first["tokens"].get<int>());
  CHECK(first["next"]["cached"] == 0);
  CHECK(first["next"]["cost"].get<double>() > first["cost"].get<double>());
  CHECK(first["next"]["cacheCost"].get<double>() * 2 == first["next"]["cost"].get<double>());
  CHECK(world.asks() == 0);

  const json preview =
      editor.call("conversation/preview",
                  {{"textDocument", {{"uri", about}}}, {"question", "?"}, {"attachments", attachments}});
  const double estimate = first["next"]["tokens"], counted = preview["inputTokens"];
  CHECK(std::abs(estimate - counted) < 0.3 * counted);
  editor.ask(about, "why?", {{"attachments", attachments}});
  const json later = check(json::array());
  CHECK(later["next"]["tokens"].get<int>() > later["next"]["cached"].get<int>());
  CHECK(later["next"]["cached"].get<int>() > 0);
  CHECK(later["next"]["cost"].get<double>() < first["next"]["cost"].get<double>());
}

TEST_CASE("each attachment and each update has its price, and the sum is theirs") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", numbered(400));
  const json attachments = json::array(
      {{{"uri", world.write("b.c", numbered(20))}}, {{"uri", world.uri("gone.c")}}, {{"uri", about}}});
  const auto check = [&](json params) {
    params["attachments"] = attachments;
    return editor.call("attachment/check", std::move(params));
  };
  CHECK_FALSE(check(json::object())["attachments"][0].contains("cost"));
  editor.ask(about, "what is this?", attached({{"uri", about}}));
  world.write("main.c", numbered(399) + "a new line\n");
  json params = {{"textDocument", {{"uri", about}}}};
  const json checked = check(params);
  const json& rows = checked["attachments"];
  CHECK(rows[0]["cost"].get<double>() * 10 < rows[2]["cost"].get<double>());
  CHECK_FALSE(rows[1].contains("cost"));
  double sum = rows[0]["cost"].get<double>() + rows[2]["cost"].get<double>();
  for (const json& update : checked["updates"]) sum += update["cost"].get<double>();
  CHECK(std::abs(sum - checked["cost"].get<double>()) < 1e-9);
}

TEST_CASE("what is too small for the cache is priced as the API bills it, wherever its price is told") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "#include \"b.h\"\n");
  world.write("b.h", "int b;\n");
  const json document = {{"textDocument", {{"uri", about}}}};
  const auto per_token = [](const json& of) {
    return std::llround(of["cost"].get<double>() * 1e6 / of["tokens"].get<double>());
  };
  const json attachments = json::array({{{"uri", world.uri("b.h")}}});
  json params = document;
  params["attachments"] = attachments;
  const json checked = editor.call("attachment/check", params);
  CHECK(per_token(checked) == 4);
  CHECK(per_token(checked["next"]) == 4);
  CHECK(per_token(checked["attachments"][0]) == 4);
  CHECK_FALSE(checked["next"].contains("cacheCost"));
  const json suggestions = editor.call("attachment/suggest", document)["suggestions"];
  CHECK(per_token(suggestions[0]) == 4);
  params["pattern"] = "*.h";
  CHECK(per_token(editor.call("attachment/expand", params)) == 4);
  params["question"] = "?";
  json preview = editor.call("conversation/preview", params);
  preview["tokens"] = preview["inputTokens"];
  CHECK(per_token(preview) == 4);
  // With instructions the request is large enough, also before it is asked.
  world.write("AGENTS.md", numbered(400));
  editor.call("instructions/allow", {{"folder", "file://" + world.work}, {"allow", true}});
  CHECK(per_token(editor.call("attachment/check", params)["next"]) == 8);
  CHECK(per_token(editor.call("attachment/suggest", document)["suggestions"][0]) == 8);
  CHECK(per_token(editor.call("attachment/expand", params)) == 8);
}

TEST_CASE("an edited question, or one without updates, has its own price") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", numbered(400));
  editor.ask(about, "what is this?", attached({{"uri", about}}));
  editor.ask(about, "and that?");
  world.write("main.c", numbered(200) + "a new line\n" + numbered(199));
  json params = {{"textDocument", {{"uri", about}}}, {"attachments", json::array()}};
  const json usual = editor.call("attachment/check", params);
  CHECK(usual["updates"].size() == 1);
  params["current"] = false;
  const json without = editor.call("attachment/check", params);
  CHECK(without["updates"].empty());
  CHECK(without["tokens"] == 0);
  CHECK(without["next"]["tokens"] == usual["next"]["tokens"].get<int>() - usual["tokens"].get<int>());
  params["parent"] = editor.get(about)["turns"][1]["turn"];
  const json second = editor.call("attachment/check", params);
  CHECK(second["next"]["tokens"].get<int>() < without["next"]["tokens"].get<int>());
  params["parent"] = nullptr;
  const json first = editor.call("attachment/check", params);
  CHECK(first["next"]["tokens"].get<int>() < second["next"]["tokens"].get<int>() / 2);
  CHECK(first["next"]["cached"] == 0);
  CHECK(first["known"].empty());
  params["parent"] = "nonesuch";
  CHECK(contains(editor.fails("attachment/check", params)["message"], "nonesuch"));
}

TEST_CASE("a file that isn't open is read from the disk, as what it is") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  struct Row {
    const char* name;
    std::string bytes, sent;
  };
  const std::vector<Row> table = {
      {"src/util.h", "#pragma once\n",
       "<attachment name=\"src/util.h\" lines=\"1-1\">\n#pragma once\n</attachment>"},
      {"crlf.txt", "one\r\ntwo\r\n", "\none\ntwo\n<"},
      {"utf16.txt", "\xff\xfeh\0\xe9\0\n\0"s, "\nh\u00e9\n<"},
      {"latin1.txt", "caf\xe9\n", "\ncaf\u00e9\n<"},
      {"bom.txt", "\xef\xbb\xbfplain\n", "\nplain\n<"},
      {"empty.txt", "", "<attachment name=\"empty.txt\">\n</attachment>"},
  };
  for (const Row& row : table) {
    CAPTURE(row.name);
    editor.ask(about, "why?", attached({{"uri", world.write(row.name, row.bytes)}}));
    CHECK(contains(world.texts(), row.sent));
  }
  SECTION("a range of one") {
    editor.ask(about, "why?",
               attached({{"uri", world.write("long.c", numbered(20))}, {"range", lines(3, 4)}}));
    CHECK(contains(world.texts(), "lines=\"3-4\">\nline number 3;\nline number 4;\n</attachment>"));
  }
}

TEST_CASE("a range is of lines that the file has") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "a\nb\nc\n");
  editor.ask(about, "why?", attached({{"uri", about}, {"range", lines(2, 1000)}}));
  CHECK(contains(world.texts(), "lines=\"2-3\">\nb\nc\n</attachment>"));
  const json error =
      editor.fails("conversation/ask", {{"textDocument", {{"uri", about}}},
                                        {"question", "why?"},
                                        {"attachments", {{{"uri", about}, {"range", lines(99, 1000)}}}}});
  CHECK(error["message"] == "attachments: main.c has no line 99");
}

TEST_CASE(
    "pictures and PDFs are sent as pictures and PDFs, before the question, and are listed in the turn") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  editor.ask(
      about, "what is wrong here?",
      {{"attachments", {{{"uri", world.write("shot.png", png)}}, {{"uri", world.write("spec.pdf", pdf)}}}}});
  const json blocks = world.blocks();
  REQUIRE(blocks.size() == 5);
  CHECK(blocks[0]["text"] == "<attachment name=\"shot.png\" type=\"image/png\"/>");
  CHECK(blocks[1]["type"] == "image");
  CHECK(blocks[1]["source"]["media_type"] == "image/png");
  CHECK(blocks[1]["source"]["data"].get<std::string>().starts_with("iVBORw0KGgo"));
  CHECK(blocks[3]["type"] == "document");
  CHECK(blocks[4]["text"] == "what is wrong here?");
  const json listed = editor.get(about)["turns"][0]["attachments"];
  CHECK(listed[0]["kind"] == "image");
  CHECK(listed[0]["bytes"] == png.size());
  CHECK(listed[0]["text"] == "");
  CHECK(listed[1]["kind"] == "document");

  SECTION("the next request carries the same bytes, from the store") {
    editor.ask(about, "and now?");
    const auto asks = world.api.asks();
    const auto first = json_text::elements(json_text::member(asks[0].body, "messages"));
    const auto second = json_text::elements(json_text::member(asks[1].body, "messages"));
    CHECK(first[0] == second[0]);
  }
}

TEST_CASE("problems and the changes since the last commit are sent with the question") {
  World world;
  const std::string about = world.write("main.c", "a\nb\nc\n");
  Editor editor(world.options());
  SECTION("problems, in the editor's words") {
    editor.ask(about, "why?",
               attached({{"uri", about},
                         {"kind", "diagnostics"},
                         {"range", lines(2, 2)},
                         {"text", "2:1 error: no b\n"}}));
    CHECK(contains(world.texts(), "<problems name=\"main.c\" lines=\"2-2\">\n2:1 error: no b\n</problems>"));
  }
  SECTION("the difference to the last commit, with what is not saved yet") {
    const std::string git =
        "cd '" + world.work +
        "' && git init -q . && git add main.c && git -c user.name=x -c user.email=x@x commit -qm x";
    REQUIRE(std::system(git.c_str()) == 0);
    open(editor, about, "a\nB\nc\n");
    editor.ask(about, "why?", attached({{"uri", about}, {"kind", "gitDiff"}}));
    CHECK(contains(
        world.texts(),
        "<git-diff name=\"main.c\" language=\"diff\">\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n</git-diff>"));
    change(editor, about, "a\nb\nc\n", 2);
    const json error =
        editor.fails("conversation/ask", {{"textDocument", {{"uri", about}}},
                                          {"question", "and?"},
                                          {"attachments", {{{"uri", about}, {"kind", "gitDiff"}}}}});
    CHECK(error["message"] == "attachments: main.c has not changed since the last commit");
  }
}

TEST_CASE("what can't be shared is refused in a sentence that says why, and nothing is stored") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  world.write("folder/file", "");
  const std::vector<std::pair<std::string, std::string>> table = {
      {world.uri("missing.c"), "missing.c"},
      {world.uri("folder"), "folder"},
      {world.write("binary", "\0\1\2\3"s), "binary"},
      {world.write("large.txt", std::string(Documents::max_attachment_bytes + 1, 'a')), "16 MiB"},
      {"untitled:1", "isn't open"},
  };
  for (const auto& [uri, part] : table) {
    CAPTURE(uri);
    const json error = editor.fails(
        "conversation/ask",
        {{"textDocument", {{"uri", about}}}, {"question", "why?"}, {"attachments", {{{"uri", uri}}}}});
    CAPTURE(error.dump());
    CHECK(error["data"]["kind"] == "invalidParams");
    CHECK(contains(error["message"], part));
    CHECK_FALSE(error["data"]["hint"].get<std::string>().empty());
  }
  CHECK(world.asks() == 0);
  CHECK(editor.get(about)["turns"].empty());
}

TEST_CASE("the user is asked about a possible secret, which is sent only with consent") {
  World world;
  const std::string about = world.write("main.c", "int main;\n");
  const std::string outside = world.folder.path + "/other.txt";
  std::ofstream(outside) << "text\n";
  std::ofstream(world.work + "/.asideignore") << "private/\n!.env\n";
  const std::string token = "ghp_" + std::string("0123456789abcdefghijABCDEFGHIJ012345");
  struct Row {
    std::string what;
    json attachment;
    std::string reason;
  };
  const std::vector<Row> table = {
      {"by name", {{"uri", world.write(".env", "A=1\n")}}, ".env"},
      {"by .asideignore", {{"uri", world.write("private/notes.txt", "n\n")}}, ".asideignore"},
      {"by content", {{"uri", world.write("config.py", "x\ntoken = '" + token + "'\n")}}, "in line 2"},
      {"a selection, too", {{"uri", about}, {"text", "key " + token}}, "line 1"},
      {"outside of the folder", {{"uri", "file://" + outside}}, "lies outside"},
  };
  Editor editor(world.options());
  for (const Row& row : table) {
    CAPTURE(row.what);
    json params = {
        {"textDocument", {{"uri", about}}}, {"question", "why?"}, {"attachments", {row.attachment}}};
    const std::size_t before = world.asks();
    const json error = editor.fails("conversation/ask", params);
    CAPTURE(error.dump());
    CHECK(error["data"]["kind"] == "needsConsent");
    REQUIRE(error["data"]["reasons"].size() == 1);
    CHECK(contains(error["data"]["reasons"][0], row.reason));
    CHECK(world.asks() == before);
    params["consent"] = true;
    CHECK(editor.call("conversation/ask", params)["status"] == "complete");
    CHECK(world.asks() == before + 1);
  }
  SECTION("by a list of the user's own") {
    Editor other(world.options({{"secretFiles", {"*.c"}}}));
    CHECK(other.fails("conversation/ask", {{"textDocument", {{"uri", about}}},
                                           {"question", "q"},
                                           {"attachments", {{{"uri", about}}}}})["data"]["kind"] ==
          "needsConsent");
  }
}

namespace {

// Asks a question. Returns the reasons to which the user must agree first; empty if the question was sent.
std::vector<std::string> reasons_of(Editor& editor, const json& params) {
  const int id = editor.send("conversation/ask", params);
  const json message = editor.answer(id);
  if (!message.contains("error")) return {};
  REQUIRE(message["error"]["data"]["kind"] == "needsConsent");
  return message["error"]["data"]["reasons"];
}

}  // namespace

TEST_CASE("consent is only for what the user was asked about") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  const std::string outside = world.folder.path + "/other.txt";
  const std::string token = "ghp_" + std::string("0123456789abcdefghijABCDEFGHIJ012345");
  const std::string other = "ghp_" + std::string("0123456789abcdefghijABCDEFGHIJ012346");
  const auto write = [&outside](const std::string& text) { std::ofstream(outside) << text; };
  json params = {{"textDocument", {{"uri", about}}},
                 {"question", "why?"},
                 {"attachments", {{{"uri", "file://" + outside}}}}};
  write("text\n");
  const auto first = reasons_of(editor, params);
  REQUIRE(first.size() == 1);
  CHECK(contains(first[0], "`" + outside + "` lies outside"));

  SECTION("consent to a name, when the file has got a secret in its text") {
    const bool names_reasons = GENERATE(true, false);
    write("key " + token + "\n");
    params["consent"] = names_reasons ? json(first) : json(true);
    const auto second = reasons_of(editor, params);
    REQUIRE(second.size() == 1);
    CHECK(contains(second[0], "a GitHub token in line 1"));
    params["consent"] = names_reasons ? json({first[0], second[0]}) : json(true);
    SECTION("then it is sent") {
      CHECK(reasons_of(editor, params).empty());
    }
    SECTION("not if the file has another secret by then") {
      write("key " + other + "\n");
      CHECK(reasons_of(editor, params) == second);
      CHECK(reasons_of(editor, params).empty());
    }
    SECTION("not if the file has one more secret by then") {
      write("key " + token + "\n" + other + "\n");
      const auto third = reasons_of(editor, params);
      REQUIRE(third.size() == 1);
      CHECK(contains(third[0], "a GitHub token in line 1, a GitHub token in line 2"));
    }
  }
  SECTION("consent to one file, when another file of the same name is attached") {
    std::filesystem::create_directories(world.folder.path + "/more");
    std::ofstream(world.folder.path + "/more/other.txt") << "text\n";
    params["attachments"] = {{{"uri", "file://" + world.folder.path + "/more/other.txt"}}};
    params["consent"] = first;
    CHECK(reasons_of(editor, params).size() == 1);
  }
  SECTION("consent for which nobody asked") {
    Editor fresh(world.options());
    params["consent"] = true;
    CHECK(reasons_of(fresh, params) == first);
    CHECK(reasons_of(fresh, params).empty());
    CHECK(reasons_of(fresh, params) == first);  // the consent was only for the earlier question
  }
  SECTION("of a price") {
    Editor fresh(world.options({{"confirmAbove", 0.05}}));
    params["consent"] = first;
    params["question"] = std::string(100'000, 'x');
    const auto price = reasons_of(fresh, params);
    REQUIRE(price.size() == 1);
    CHECK(contains(price[0], "more than confirmAbove"));
  }
}

TEST_CASE("the user is asked about a link to a secret") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  std::ofstream(world.work + "/.asideignore") << "private/\nhidden.txt\n";
  world.write("config/dev", "A=1\n");
  world.write("secrets.yml", "A=1\n");
  world.write("private/notes", "n\n");
  world.write("plain", "n\n");
  std::filesystem::create_directories(world.folder.path + "/elsewhere");
  std::ofstream(world.folder.path + "/elsewhere/data") << "d\n";
  const auto link = [&world](const std::string& to, const std::string& name) {
    std::filesystem::create_symlink(to, world.work + "/" + name);
  };
  link("config/dev", ".env");
  link("secrets.yml", "harmless");
  link("harmless", "twice");
  link("private", "public");
  link("plain", "hidden.txt");
  link("hidden.txt", "shown.txt");
  link("../elsewhere", "folder");
  link("plain", "fine");
  const auto [name, reason] = GENERATE(table<std::string, std::string>({
      {".env", "`.env`, a link to `config/dev`, may hold secrets, going by its name (.env)"},
      {"harmless", "(secrets.*)"},
      {"twice", "(secrets.*)"},
      {"public/notes", "(.asideignore: private/)"},
      {"hidden.txt", "(.asideignore: hidden.txt)"},
      {"shown.txt", "(.asideignore: hidden.txt)"},
      {"folder/data", "lies outside of the folders that are open"},
      {"fine", ""},
  }));
  CAPTURE(name);
  json attachment = {{"uri", world.uri(name)}};
  if (GENERATE(false, true)) attachment["text"] = "as the editor has it";
  const auto reasons = reasons_of(
      editor, {{"textDocument", {{"uri", about}}}, {"question", "why?"}, {"attachments", {attachment}}});
  REQUIRE(reasons.size() == (reason.empty() ? 0 : 1));
  if (!reason.empty()) CHECK(contains(reasons[0], reason));
}

TEST_CASE("a text that is no file lies outside of no folder, but what is in it is asked about") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  const auto [text, reason] = GENERATE(table<std::string, std::string>(
      {{"diff\n", ""},
       {"key = sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789\n", "`standard input` holds"}}));
  CAPTURE(text);
  const json params = {{"textDocument", {{"uri", about}}},
                       {"question", "why?"},
                       {"attachments", {{{"uri", "stdin:standard%20input"}, {"text", text}}}}};
  const auto reasons = reasons_of(editor, params);
  REQUIRE(reasons.size() == (reason.empty() ? 0 : 1));
  if (!reason.empty()) CHECK(contains(reasons[0], reason));
}

TEST_CASE("no update is sent unasked if the name of a shared file leads to another file now") {
  World world;
  auto editor = std::make_unique<Editor>(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  const std::string notes = world.write("notes.txt", "notes\n");
  std::ofstream(world.folder.path + "/.netrc") << "machine x login y password z\n";
  std::ofstream(world.folder.path + "/elsewhere.txt") << "elsewhere\n";
  world.write("inside.txt", "inside\n");
  world.write(".env", "A=1\n");
  editor->ask(about, "what is this?", attached({{"uri", notes}}));
  const auto [target, found] = GENERATE(table<std::string, std::string>(
      {{"../.netrc", "(.netrc)"}, {"../elsewhere.txt", "outside"}, {"inside.txt", ""}, {".env", "(.env)"}}));
  CAPTURE(target);
  if (GENERATE(false, true)) editor = std::make_unique<Editor>(world.options());
  std::filesystem::remove(world.work + "/notes.txt");
  std::filesystem::create_symlink(target, world.work + "/notes.txt");
  if (GENERATE(false, true)) open(*editor, notes, "what the editor has read again\n");
  json params = {{"textDocument", {{"uri", about}}}, {"question", "and now?"}};
  const auto reasons = reasons_of(*editor, params);
  REQUIRE_FALSE(reasons.empty());
  CHECK(contains(reasons[0], "`notes.txt` is no longer the file that was shared: it is now `"));
  if (!found.empty() && reasons.size() > 1) CHECK(contains(reasons[1], found));
  CHECK(world.asks() == 1);
  SECTION("nor without updates") {
    params["current"] = false;
    CHECK(reasons_of(*editor, params).empty());
    CHECK(world.blocks().size() == 1);
  }
  SECTION("with consent the file is sent, and counts as shared from then on") {
    params["consent"] = reasons;
    CHECK(reasons_of(*editor, params).empty());
    CHECK(world.blocks().size() == 2);
    CHECK(reasons_of(*editor, {{"textDocument", {{"uri", about}}}, {"question", "again"}}).empty());
  }
}

TEST_CASE("no update of a file is sent unasked if its name has become that of a secret") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  editor.ask(about, "what is this?", attached({{"uri", world.write("notes.txt", "notes\n")}}));
  json secret = {{"textDocument", {{"uri", about}}},
                 {"question", "and this?"},
                 {"attachments", {{{"uri", world.write(".env", "A=1\n")}}}}};
  secret["consent"] = reasons_of(editor, secret);
  CHECK(reasons_of(editor, secret).empty());
  world.write("notes.txt", "other notes\n");
  world.write(".env", "A=2\n");
  std::ofstream(world.work + "/.asideignore") << "notes.txt\n";
  const auto reasons = reasons_of(editor, {{"textDocument", {{"uri", about}}}, {"question", "and now?"}});
  REQUIRE(reasons.size() == 1);  // the user agreed when the reason was another name
  CHECK(contains(reasons[0], "(.asideignore: notes.txt)"));
}

TEST_CASE("an imported conversation sends no file of this machine") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  const std::string notes = world.write("notes.txt", "x\n");
  const json asked = editor.ask(about, "what is this?", attached({{"uri", notes}}));
  const std::string text = editor.call("conversation/export",
                                       {{"conversation", asked["conversation"]}, {"format", "json"}})["text"];
  editor.call("conversation/import", {{"textDocument", {{"uri", about}}}, {"text", text}});
  world.write("notes.txt", "a secret\n");
  editor.ask(about, "and now?");
  CHECK(world.blocks().size() == 1);
  SECTION("also when it is forked") {
    editor.call("conversation/fork",
                {{"textDocument", {{"uri", about}}}, {"conversation", editor.get(about)["conversation"]}});
    editor.ask(about, "and now?");
    CHECK(world.blocks().size() == 1);
  }
  SECTION("until it is shared here") {
    editor.ask(about, "this one", attached({{"uri", notes}}));
    world.write("notes.txt", "another\n");
    editor.ask(about, "and now?");
    CHECK(contains(world.texts(), "<update name=\"notes.txt\""));
  }
}

TEST_CASE("an unchanged file isn't sent as changed") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  const std::string cp1251 = "\xCF\xF0\xE8\xE2\xE5\xF2\nline\n";
  const auto [what, bytes, shown] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"in another encoding", cp1251, "Привет\nline\n"},
      {"without an end of its last line", "a\nb", "a\nb\n"},
      {"with old line ends", "a\rb\r", "a\nb\n"},
      {"with old line ends, as they are", "a\rb\r", "a\rb\r"},
      {"with a byte order mark",
       "\xEF\xBB\xBF"
       "a\n",
       "a\n"},
  }));
  CAPTURE(what);
  const std::string other = world.write("other.txt", bytes);
  const bool is_open = GENERATE(false, true);
  if (is_open) open(editor, other, shown);
  json attachment = {{"uri", other}};
  if (!is_open) attachment["text"] = shown;
  editor.ask(about, "what is this?", attached(attachment));
  if (is_open) editor.notify("textDocument/didClose", {{"textDocument", {{"uri", other}}}});
  editor.ask(about, "and now?");
  CHECK(world.blocks().size() == 1);
}

TEST_CASE("a preview doesn't send a secret to be counted before there is consent") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  json params = {{"textDocument", {{"uri", about}}},
                 {"question", "why?"},
                 {"attachments", {{{"uri", world.write(".env", "A=1\n")}}}}};
  const json preview = editor.call("conversation/preview", params);
  CHECK(preview["estimate"] == true);
  CHECK(preview["inputTokens"] > 0);
  CHECK(preview["reasons"].size() == 1);
  for (const auto& request : world.api.requests()) CHECK_FALSE(contains(request.body, "A=1"));
  params["consent"] = preview["reasons"];
  CHECK(editor.call("conversation/preview", params)["estimate"] == false);
}

TEST_CASE("changes are shown before they are sent") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", numbered(60));
  editor.ask(about, "what is this?", attached({{"uri", about}}));
  const json check = {{"textDocument", {{"uri", about}}},
                      {"attachments", {{{"uri", world.write("b.c", "int b;\n")}}}}};
  json checked = editor.call("attachment/check", check);
  CHECK(checked["updates"].empty());
  CHECK(checked["tokens"] == checked["attachments"][0]["tokens"]);
  CHECK(checked["cost"] > 0);
  world.write("main.c", numbered(59) + "a new line\n");
  checked = editor.call("attachment/check", check);
  REQUIRE(checked["updates"].size() == 1);
  const json& update = checked["updates"][0];
  CHECK(update["uri"] == about);
  CHECK(update["name"] == "main.c");
  CHECK(update["kind"] == "update");
  CHECK(checked["texts"]["updates"] == "main.c (" + std::to_string(update["tokens"].get<int>()) + " tokens)");
  CHECK(checked["tokens"] == checked["attachments"][0]["tokens"].get<int>() + update["tokens"].get<int>());
  CHECK(checked["cost"] > 0);
  CHECK(world.asks() == 1);
  editor.ask(about, "and now?");
  CHECK(editor.get(about)["turns"][2]["attachments"][0]["text"].get<std::string>().size() == update["bytes"]);
}

TEST_CASE("a guessed encoding is mentioned") {
  World world;
  Editor editor(world.options());
  const json checked =
      editor.call("attachment/check", {{"attachments",
                                        {{{"uri", world.write("latin1.txt", "caf\xe9\n")}},
                                         {{"uri", world.write("utf8.txt", "caf\u00e9\n")}}}}})["attachments"];
  CHECK(checked[0]["guessedEncoding"] == "Windows-1252");
  CHECK_FALSE(checked[1].contains("guessedEncoding"));
}

TEST_CASE("a question of nothing but spaces, of any script, is refused") {
  World world;
  Editor editor(world.options());
  const std::string about = world.write("main.c", "int main;\n");
  for (const char* question : {"\u3000", " \u2003\u00A0\n", "\u0085", "\u2028\u2029", "\u205F\u202F\u1680"}) {
    CAPTURE(question);
    const json error =
        editor.fails("conversation/ask", {{"textDocument", {{"uri", about}}}, {"question", question}});
    CHECK(error["data"]["kind"] == "invalidParams");
    CHECK(contains(error["message"], "must not be blank"));
  }
  CHECK(world.asks() == 0);
  std::filesystem::create_directories(world.folder.path + "/home/config/aside/prompts");
  std::ofstream(world.folder.path + "/home/config/aside/prompts/only.md") << "# Only\n{{input}}\n";
  CHECK(contains(editor.fails("conversation/ask",
                              {{"textDocument", {{"uri", about}}}, {"question", "/only \u3000"}})["message"],
                 "must not be blank"));
  editor.ask(about, "\u3000why?\u3000");
  CHECK(editor.get(about)["title"] == "why?");
}

TEST_CASE("attachments are checked before anything is asked") {
  World world;
  Editor editor(world.options());
  const json checked = editor.call("attachment/check",
                                   {{"attachments",
                                     {{{"uri", world.write("main.c", numbered(30))}, {"range", lines(2, 3)}},
                                      {{"uri", world.write(".env", "A=1\n")}},
                                      {{"uri", world.write("shot.png", png)}},
                                      {{"uri", world.uri("missing")}}}}})["attachments"];
  REQUIRE(checked.size() == 4);
  CHECK(checked[0]["lines"] == "2-3");
  CHECK(checked[0]["kind"] == "text");
  CHECK(checked[0]["tokens"] > 0);
  CHECK(checked[1]["reasons"].size() == 1);
  CHECK(checked[2]["kind"] == "image");
  CHECK(checked[2]["tokens"] == 4);  // the picture has 2 x 2 patches of 28 pixels
  CHECK(checked[2]["remark"] == "image, 4 tokens");
  CHECK(contains(checked[3]["refused"], "missing"));
  CHECK(checked[3]["remark"] == checked[3]["refused"]);
}

TEST_CASE("what was shared is kept current by diffs at the end of the next question") {
  World world;
  const std::string text = numbered(60);
  const std::string uri = world.write("main.c", text);
  Editor editor(world.options());
  open(editor, uri, text);
  editor.ask(uri, "what is this?", attached({{"uri", uri}}));
  std::string edited = text;
  edited.replace(edited.find("line number 30"), 14, "line no. 30");

  SECTION("of what is open in the editor, once") {
    change(editor, uri, edited, 2);
    editor.ask(uri, "and now?");
    const json blocks = world.blocks();
    REQUIRE(blocks.size() == 2);
    CHECK(blocks[0]["text"] == "and now?");
    const std::string update = blocks[1]["text"];
    CHECK(update.starts_with("<update name=\"main.c\" language=\"diff\">\n@@ -27,7 +27,7 @@\n"));
    const json listed = editor.get(uri)["turns"][2]["attachments"];
    REQUIRE(listed.size() == 1);
    CHECK(listed[0]["kind"] == "update");
    CHECK(apply_diff(text, listed[0]["text"].get<std::string>()) == edited);
    editor.ask(uri, "and?");
    CHECK(world.blocks().size() == 1);
    const std::string shown =
        editor.call("conversation/transcript", {{"textDocument", {{"uri", uri}}}})["text"];
    CHECK(contains(shown, "and now?\n\nchanged since it was shared: `main.c` (9 lines)\n```diff\n@@ -27,7"));
  }
  SECTION("not where it is switched off for one question: then with the one after it") {
    change(editor, uri, edited, 2);
    editor.ask(uri, "and now?", {{"current", false}});
    CHECK(world.blocks().size() == 1);
    editor.ask(uri, "and?");
    CHECK(world.blocks().size() == 2);
  }
  SECTION("not where the setting is off") {
    editor.notify("workspace/didChangeConfiguration", {{"settings", {{"keepCurrent", false}}}});
    change(editor, uri, edited, 2);
    editor.ask(uri, "and now?");
    CHECK(world.blocks().size() == 1);
  }
  SECTION("of the file on the disk where it isn't open, after a restart too") {
    editor.notify("exit", nullptr);
    editor.wait();
    world.write("main.c", edited);
    Editor later(world.options());
    CHECK(later.get(uri)["shared"] == json::array({uri}));
    later.ask(uri, "and now?");
    CHECK(contains(world.texts(), "+line no. 30;"));
    std::filesystem::remove(world.work + "/main.c");
    later.ask(uri, "gone?");
    CHECK(contains(world.texts(), "<update name=\"main.c\" language=\"c\">\n(no longer there)\n</update>"));
  }
  SECTION("against what the branch saw, not what was undone") {
    const std::string head = editor.get(uri)["head"];
    change(editor, uri, edited, 2);
    editor.ask(uri, "and now?");
    editor.call("conversation/select", {{"conversation", editor.get(uri)["conversation"]}, {"turn", head}});
    editor.ask(uri, "differently");
    CHECK(contains(world.texts(), "+line no. 30;"));
  }
  SECTION("a question that failed counts as not having sent its updates") {
    change(editor, uri, edited, 2);
    editor.fails("conversation/ask",
                 {{"textDocument", {{"uri", uri}}}, {"question", "x [standin: {\"status\":400}]"}});
    editor.ask(uri, "again");
    CHECK(contains(world.texts(), "+line no. 30;"));
  }
}

TEST_CASE("a preview is what would be sent, with its size and price, and nothing is sent") {
  World world;
  const std::string uri = world.write("main.c", numbered(60));
  Editor editor(world.options());
  editor.ask(uri, "what is this?", attached({{"uri", uri}}));
  const json params = {{"textDocument", {{"uri", uri}}},
                       {"question", "why?"},
                       {"attachments", {{{"uri", world.write("b.c", "int b;\n")}}}}};
  const json preview = editor.call("conversation/preview", params);
  CHECK(world.asks() == 1);
  CHECK(editor.get(uri)["turns"].size() == 2);
  CHECK(preview["estimate"] == false);
  CHECK(preview["fits"] == true);
  CHECK(preview["contextWindow"] == 1000000);
  CHECK(preview["outputLimit"] == 32000);
  CHECK(preview["cost"] > 0);
  CHECK(preview["attachments"][0]["name"] == "b.c");
  CHECK(contains(preview["text"], "Before it: 1 exchange of this conversation."));

  editor.call("conversation/ask", params);
  CHECK(preview["request"] == json::parse(world.api.asks().back().body));
  const json usage = editor.get(uri)["turns"].back()["usage"];
  CHECK(preview["inputTokens"] ==
        usage["input"].get<int>() + usage["cacheRead"].get<int>() + usage["cacheWrite"].get<int>());
  CHECK(preview["cachedTokens"] == usage["cacheRead"]);

  SECTION("of a conversation that has nothing yet") {
    const json first = editor.call("conversation/preview",
                                   {{"textDocument", {{"uri", world.uri("new.c")}}}, {"question", "q"}});
    CHECK(first["cachedTokens"] == 0);
    CHECK(contains(first["text"], "This is the first question of the conversation."));
  }
}

TEST_CASE("the user is asked before a question is sent that costs more than the limit") {
  World world;
  const std::string uri = world.write("main.c", numbered(3000));
  Editor editor(world.options({{"confirmAbove", 0.05}}));
  editor.ask(uri, "cheap");
  json params = {{"textDocument", {{"uri", uri}}}, {"question", "dear"}, {"attachments", {{{"uri", uri}}}}};
  const json error = editor.fails("conversation/ask", params);
  CHECK(error["data"]["kind"] == "needsConsent");
  CHECK(contains(error["message"], "more than confirmAbove ($0.050)"));
  params["consent"] = true;
  CHECK(editor.call("conversation/ask", params)["status"] == "complete");
  editor.ask(uri, "the follow-up reads it from the cache, and is cheap again");
}

TEST_CASE("the cost of changing the model or effort is shown if the cache would be lost") {
  World world;
  const std::string uri = world.write("main.c", numbered(300));
  Editor editor(world.options());
  const auto switched = [&](json to) {
    to["conversation"] = editor.get(uri)["conversation"];
    return editor.call("conversation/configure", to).value("notice", "");
  };
  CHECK(switched({{"model", "claude-sonnet-5-5"}}).empty());
  editor.ask(uri, "what is this?", attached({{"uri", uri}}));
  CHECK(switched({{"title", "A name"}}).empty());
  CHECK(switched({{"model", "claude-sonnet-5-5"}}).empty());
  const std::string notice = switched({{"model", "claude-opus-5-5"}});
  CAPTURE(notice);
  CHECK(notice.starts_with("The cache is lost: the next question sends "));
  CHECK(contains(notice, " tokens anew, for about $0."));
  CHECK(contains(notice, " instead of "));
  editor.ask(uri, "and now?");
  CHECK_FALSE(switched({{"effort", "low"}}).empty());
}
