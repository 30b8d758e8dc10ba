// Random conversations through the protocol, with two daemons on one store. The steps are questions with and
// without attachments, edits of shared text, replies that fail, break off or are stopped, undo, branches,
// other models, summaries, forks, copies and killed daemons. After each step the test checks that
//
// - the strict stand-in has accepted each request;
// - the conversation shows exactly what was sent;
// - each request begins with the bytes of the earlier requests on its path, except for cache marks;
// - the documents, as the model knows them from the first text and all diffs, are as they are now.
//
// ASIDE_THREAD_SEEDS=100 runs 100 conversations; ASIDE_THREAD_SEED=7 runs only the conversation with seed 7.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/text/json.h"
#include "tests/standin/server.h"
#include "tests/support/apply_diff.h"
#include "tests/support/editor.h"
#include "tests/support/test.h"

using namespace aside;
using aside::test::ApiServer;
using aside::test::Editor;
using aside::test::Fault;
using aside::test::Folder;
using aside::test::Script;

namespace {

constexpr int steps = 45;
constexpr const char* takes_no_system_messages = "claude-haiku-4-5";
constexpr int usual_seeds = 8;

std::string without_marks(std::string text) {
  const std::string mark = ",\"cache_control\":{";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
    text.erase(at, text.find('}', at) + 1 - at);
  return text;
}

std::string with_plain_ends(std::string text) {
  for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at)) text.erase(at, 1);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

json line_range(std::size_t first, std::size_t end) {
  return {{"start", {{"line", first}, {"character", 0}}}, {"end", {{"line", end}, {"character", 0}}}};
}

// Whether a text contains these whole lines.
bool stands_in(const std::string& lines, const std::string& text) {
  for (auto at = text.find(lines); at != std::string::npos; at = text.find(lines, at + 1)) {
    const std::size_t end = at + lines.size();
    const bool begins = at == 0 || text[at - 1] == '\n';
    if (begins && (lines.empty() || lines.back() == '\n' || end == text.size() || text[end] == '\n'))
      return true;
  }
  return false;
}

// A document of the user: on the disk, open in the editors, or both.
struct Paper {
  std::string name, path;
  std::optional<std::string> disk, open;
  int version = 1;

  std::string uri() const { return "file://" + path; }
  std::optional<std::string> present() const {
    const auto& text = open ? open : disk;
    return text ? std::optional(with_plain_ends(*text)) : std::nullopt;
  }
};

// A part of a document as the model knows it. Its text is computed from the attachments and updates that the
// conversation shows as sent.
struct Piece {
  std::string uri;
  json range;  // null: the whole document
  std::optional<std::string> text;
  int told = 0;  // the number of the last question that sent this piece or an update of it
};

// A request that is kept, with its question, for later comparisons.
struct Sent {
  std::vector<std::string> messages;  // without cache marks
  std::string system, model;
  // Whether this is the request for a summary by the API's compaction; it has no message that asks for it.
  bool by_api = false;
};

// A conversation with random steps.
class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) {
    std::filesystem::create_directories(folder_.path + "/work");
    for (const char* name : {"a.c", "b.c", "sub dir/ü.c"}) {
      Paper paper{name, folder_.path + "/work/" + name, {}, {}};
      std::filesystem::create_directories(std::filesystem::path(paper.path).parent_path());
      paper.disk = text(roll(60));
      papers_.push_back(paper);
      save(papers_.back());
    }
    papers_[0].open = *papers_[0].disk + "// not saved\n";
    settings_ = {{"retries", 0},
                 {"compaction", one_of<const char*>({"auto", "ask"})},
                 {"cache", one_of<const char*>({"1h", "5m", "off"})}};
    start(0);
    start(1);
    conversation_ = view()["conversation"];
    conversations_.push_back(conversation_);
  }

  void step() {
    conversation_ = view()["conversation"];  // each daemon gives an empty conversation an id of its own
    const int kind = roll(100);
    if (kind < 8) return go_to_any_turn();
    if (kind < 13) return undo();
    if (kind < 17) return redo();
    if (kind < 21) return configure();
    if (kind < 26) return compact();
    if (kind < 29) return fork();
    if (kind < 32) return copy();
    if (kind < 35) return change_conversation();
    if (kind < 38) return restart();
    if (kind < 42) return die();
    if (kind < 47) return retry();
    if (kind < 52) return go_on();
    if (kind < 55) return instruct();
    for (int edits = roll(4); edits > 0; --edits) edit();
    if (chance(25)) ask_by_the_way();
    ask();
  }

  std::string log;  // the steps so far

 private:
  // ---- chance

  int roll(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool chance(int percent) { return roll(100) < percent; }
  template <class T>
  T one_of(std::vector<T> all) {
    return all[static_cast<std::size_t>(roll(static_cast<int>(all.size())))];
  }
  void did(const std::string& what) { log += what + "\n"; }

  std::string line() {
    if (chance(25)) return one_of<std::string>({"}\n", "\n", "  return 0;\n"});
    return "int v" + std::to_string(random_() % 100000) + " = " + std::to_string(roll(10)) +
           one_of<std::string>({";\n", "; // ä\n", "; // </update>\n"});
  }
  std::string text(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += line();
    if (chance(20) && !text.empty()) text.pop_back();
    return text;
  }

  // ---- documents

  static void save(const Paper& paper) {
    if (!paper.disk)
      std::filesystem::remove(paper.path);
    else
      std::ofstream(paper.path, std::ios::binary) << *paper.disk;
  }
  static void open(Editor& editor, const Paper& paper) {
    editor.notify(
        "textDocument/didOpen",
        {{"textDocument",
          {{"uri", paper.uri()}, {"languageId", "c"}, {"version", paper.version}, {"text", *paper.open}}}});
  }

  // Replaces a few lines, in the editors or on the disk.
  void edit() {
    Paper& paper = papers_[static_cast<std::size_t>(roll(static_cast<int>(papers_.size())))];
    if (&paper != &papers_[0] && chance(10)) return open_or_close(paper);
    if (&paper == &papers_[1] && chance(8)) {
      did("the file is gone, or another");
      paper.disk = paper.disk ? std::nullopt : std::optional(text(20));
      return save(paper);
    }
    if (!paper.open && !paper.disk) return;
    std::string& now = paper.open ? *paper.open : *paper.disk;
    auto lines = lines_of(now);
    const std::size_t first = lines.empty() || chance(30) ? 0 : random_() % lines.size();
    const std::size_t gone = std::min(static_cast<std::size_t>(roll(4)), lines.size() - first);
    const std::string added =
        chance(90) || first + gone < lines.size() ? joined(lines_of(full_lines(roll(4)))) : text(roll(4));
    did("edit " + paper.name + " line " + std::to_string(first) + " -" + std::to_string(gone) + " +" + added);
    const json range = line_range(first, first + gone);
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(first);
    lines.erase(begin, begin + static_cast<std::ptrdiff_t>(gone));
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(first), added);
    now = joined(lines);
    if (!paper.open) {
      if (chance(5)) now = with_crlf(now);
      return save(paper);
    }
    ++paper.version;
    for (const auto& editor : editors_)
      editor->notify("textDocument/didChange",
                     {{"textDocument", {{"uri", paper.uri()}, {"version", paper.version}}},
                      {"contentChanges", json::array({{{"range", range}, {"text", added}}})}});
  }
  std::string full_lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += line();
    return text;
  }
  static std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : with_plain_ends(text)) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
  }
  void open_or_close(Paper& paper) {
    did("open or close " + paper.name);
    if (paper.open) {
      for (const auto& editor : editors_)
        editor->notify("textDocument/didClose", {{"textDocument", {{"uri", paper.uri()}}}});
      paper.open.reset();
    } else if (paper.disk) {
      paper.open = paper.disk;
      for (const auto& editor : editors_) open(*editor, paper);
    }
  }

  // ---- editors

  Editor& editor() { return *editors_[active_]; }
  std::string uri() const { return papers_[0].uri(); }
  json view() { return editor().get(uri()); }

  void start(std::size_t which) {
    editors_[which] = std::make_unique<Editor>(Editor::Options{
        .home = folder_.path + "/home",
        .base_url = api_.url(),
        .settings = settings_,
        .folders = json::array({{{"uri", "file://" + folder_.path + "/work"}, {"name", "w"}}})});
    for (const Paper& paper : papers_)
      if (paper.open) open(*editors_[which], paper);
  }
  void restart() {
    did("restart");
    editor().notify("exit", nullptr);
    editor().wait();
    start(active_);
  }

  // ---- asking

  // Returns a random fault of the server for the next request; nullopt: no fault.
  std::optional<Script> mishap() {
    switch (roll(20)) {
      case 0:
        return Script{.status = 401, .times = 1};
      case 1:
        return Script{.status = 529, .times = 1};
      case 2:
        return Script{.thinking = "", .fault = Fault::Fin, .after = 0};
      case 3:
        return Script{.text = "one two three four", .thinking = "", .fault = Fault::Fin, .after = 2};
      case 4:
        return Script{
            .text = "one two three", .thinking = "why, how and when", .fault = Fault::Rst, .after = 2};
      case 5:
        return Script{.fault = Fault::Truncate, .after = 5};
      case 6:
        return Script{.fault = Fault::Error, .after = 6};
      case 7:
        return Script{.text = "", .thinking = "", .stop_reason = "refusal", .category = "cyber"};
      case 8:
        return Script{.text = "First you take", .stop_reason = "refusal", .category = "bio"};
      case 9:
        return Script{.stop_reason = "max_tokens"};
      case 10:
        return Script{.text = "", .stop_reason = "max_tokens"};
      case 11:
        return Script{.text = "", .thinking = ""};
      case 12:
        return Script{.unknown = true, .redacted = true};
      case 13:
        return Script{.text = "  \n", .thinking = ""};
      default:
        return std::nullopt;
    }
  }

  // Sends a request, perhaps with a fault of the server or a stop, and checks what was sent.
  void send(const std::string& method, const json& params, bool current) {
    did(method + " " + params.dump());
    const std::size_t before = api_.asks().size();
    json answer;
    if (chance(10)) {
      const std::string mark = hold();
      const std::size_t seen = editor().seen.size();
      const int id = editor().send(method, params);
      if (wait_for_hold(mark, seen, id)) {
        did("stop");
        if (chance(50))
          editor().call("conversation/stop", {{"conversation", view()["conversation"]}});
        else
          editor().notify("$/cancelRequest", {{"id", id}});
      }
      answer = editor().answer(id);
      api_.release(mark);
    } else {
      if (auto script = mishap(); script && chance(60)) {
        did("mishap");
        api_.next(*script);
      }
      answer = editor().answer(editor().send(method, params));
    }
    INFO(method << " " << params.dump() << " → " << answer.dump());
    if (is_not_for_this_model(answer)) return none_was_sent(before);
    check(before, current);
  }
  // Whether the error says that the conversation has changed instructions, which the chosen model doesn't
  // support.
  static bool is_not_for_this_model(const json& answer) {
    if (!answer.contains("error")) return false;
    const std::string message = answer["error"]["message"];
    return message.find("it takes no system messages in mid-conversation") != std::string::npos;
  }
  void none_was_sent(std::size_t before) {
    did("refused");
    CHECK(api_.asks().size() == before);
    api_.reset();  // drops the script of the reply that never came
  }
  // Holds the reply to the next request in its middle, at a gate. Returns the name of the gate.
  std::string hold() {
    const std::string mark = "mark" + std::to_string(++holds_) + ".";
    Script script{.text = mark + " two three four", .thinking = "", .gate = mark, .gate_after = roll(3) + 1};
    if (chance(30)) script.thinking = mark + " and so on";
    api_.next(script);
    return mark;
  }
  // Waits until the reply is held. Returns false if the question was not sent.
  bool wait_for_hold(const std::string& mark, std::size_t seen, int id) {
    const json met = editor().wait_for(
        "a reply that stands still",
        [&mark, id](const json& message) {
          if (message.value("id", json()) == id && !message.contains("method")) return true;
          if (message.value("method", "") != "conversation/delta") return false;
          return message["params"]["text"].get<std::string>().find(mark) != std::string::npos;
        },
        seen);
    return met.contains("method");
  }

  json attachments() {
    json all = json::array();
    for (int count = roll(3); count > 0; --count) {
      const Paper& paper = one_of(papers_);
      const auto present = paper.present();
      if (!present) continue;
      json attachment = {{"uri", paper.uri()}};
      const auto lines = lines_of(*present).size();
      if (lines > 0 && chance(85)) {
        const std::size_t first = random_() % lines;
        attachment["range"] =
            line_range(first, std::min(lines, first + 1 + random_() % (chance(60) ? 30 : 6)));
      }
      all.push_back(attachment);
    }
    return all;
  }

  void ask() {
    if (chance(20)) active_ = 1 - active_;
    json params = {{"textDocument", {{"uri", uri()}}},
                   {"question", "no. " + std::to_string(random_() % 1000)}};
    if (chance(40)) params["attachments"] = attachments();
    if (chance(10)) params["model"] = one_of(models_);
    if (chance(10)) params["effort"] = one_of<std::string>({"low", "high"});
    if (chance(10)) params["current"] = false;
    if (chance(12)) {  // a variant of an earlier question
      const json turns = view()["turns"];
      if (!turns.empty()) params["parent"] = turns[2 * (random_() % (turns.size() / 2))]["parent"];
    }
    json previewed;
    if (chance(20)) previewed = editor().answer(editor().send("conversation/preview", params));
    const std::size_t before = api_.asks().size();
    send("conversation/ask", params, !params.contains("current"));
    if (previewed.is_null()) return;
    INFO(previewed.dump());
    if (api_.asks().size() > before)
      CHECK(previewed["result"]["request"] == json::parse(api_.asks().back().body));
    else
      CHECK(is_not_for_this_model(previewed));
  }
  // Asks a side question, and checks that the path is shown as before. Later checks ignore the side question,
  // so it must not change requests.
  void ask_by_the_way() {
    json before = view();
    if (before["turns"].empty()) return;
    json params = {{"textDocument", {{"uri", uri()}}}, {"question", "by the way?"}, {"side", true}};
    if (chance(40)) params["attachments"] = attachments();
    if (before.contains("sides") && chance(40)) params["parent"] = before["sides"].back()["turn"];
    did("conversation/ask " + params.dump());
    const json answer = editor().answer(editor().send("conversation/ask", params));
    INFO(answer.dump());
    CHECK((answer.contains("result") || is_not_for_this_model(answer)));
    json after = view();
    remember(after);
    for (json* view : {&before, &after}) {
      view->erase("sides");
      view->erase("totals");  // the totals include the side question's cost
      view->erase("shared");  // `shared` includes the documents of the side question
    }
    CHECK(after == before);
  }
  void retry() {
    const json turns = view()["turns"];
    if (turns.empty()) return;
    json params = {{"conversation", conversation_}};
    if (chance(50)) params["turn"] = turns[random_() % turns.size()]["turn"];
    if (chance(20)) params["model"] = one_of(models_);
    send("conversation/retry", params, false);
  }
  void go_on() {
    const json turns = view()["turns"];
    if (turns.empty() ||
        turns.back()["text"].get<std::string>().find_first_not_of(" \n") == std::string::npos)
      return;
    const std::string status = turns.back()["status"];
    if (status != "cut" && status != "cancelled" && status != "interrupted") return;
    if (turns.back().value("kind", "") == "compaction") return;
    send("conversation/continue", {{"conversation", conversation_}}, false);
  }
  void compact() {
    bool something = false;
    const json now = view();
    for (const json& turn : now["turns"])
      something = something || (turn["sent"] && turn.value("kind", "") != "compaction");
    if (something) send("conversation/compact", {{"conversation", conversation_}}, false);
  }
  // Kills the daemon with kill -9 in the middle of a reply.
  void die() {
    did("kill");
    const std::size_t before = api_.asks().size();
    const std::string mark = hold();
    const std::size_t seen = editor().seen.size();
    const int id = editor().ask_later(uri(), "one that is not seen to its end");
    if (!wait_for_hold(mark, seen, id)) return none_was_sent(before);
    editor().kill_daemon();
    start(active_);
    api_.release(mark);
    check(before, true);
  }

  // Changes the user's own instructions.
  void instruct() {
    instructions_.clear();
    const std::string file = folder_.path + "/home/config/aside/instructions.md";
    std::filesystem::create_directories(folder_.path + "/home/config/aside");
    if (chance(20))
      std::filesystem::remove(file);
    else
      std::ofstream(file) << (instructions_ = "Answer in " + std::to_string(roll(9)) + " words.");
    did("instructions: " + instructions_);
  }

  // ---- selecting turns and conversations

  void go_to_any_turn() {
    const auto& turns = turns_[conversation_];
    json params = {{"conversation", conversation_}, {"turn", nullptr}};
    if (!turns.empty() && chance(90)) params["turn"] = one_of(turns);
    if (chance(40)) params["onward"] = true;
    did("select " + params.dump());
    editor().call("conversation/select", params);
  }
  void undo() {
    const json turns = view()["turns"];
    if (turns.empty()) return;
    did("undo");
    editor().call("conversation/select",
                  {{"conversation", conversation_}, {"turn", turns[turns.size() - 2]["parent"]}});
  }
  void redo() {
    const json now = view();
    if (!now.contains("redo")) return;
    did("redo");
    editor().call("conversation/select", {{"conversation", conversation_}, {"turn", now["redo"]}});
  }
  void configure() {
    json params = {{"conversation", conversation_}};
    if (chance(60)) params["model"] = one_of(models_);
    if (chance(60)) params["effort"] = one_of<std::string>({"", "low", "high"});
    did("configure " + params.dump());
    const json answer = editor().answer(editor().send("conversation/configure", params));
    INFO(answer.dump());
    CHECK((answer.contains("result") || is_not_for_this_model(answer)));
  }
  void fork() {
    const json now = view();
    json params = {{"textDocument", {{"uri", uri()}}}, {"conversation", conversation_}};
    const json& turns = now["turns"];
    if (turns.empty()) return;
    if (chance(50)) params["turn"] = turns[2 * (random_() % (turns.size() / 2)) + 1]["turn"];
    did("fork " + params.dump());
    const std::string imported_until = imported_until_[conversation_];
    moved(now, editor().call("conversation/fork", params));
    imported_until_[conversation_] = imported_until;
  }
  void copy() {
    const json now = view();
    if (now["turns"].empty()) return;
    did("export and import");
    const std::string text =
        editor().call("conversation/export", {{"conversation", conversation_}, {"format", "json"}})["text"];
    moved(now, editor().call("conversation/import", {{"textDocument", {{"uri", uri()}}}, {"text", text}}));
    const json exported = json::parse(text);
    for (const json& turn : exported["turns"])
      imported_until_[conversation_] =
          std::max(imported_until_[conversation_], turn["created"].get<std::string>());
  }
  void moved(const json& from, const json& to) {
    REQUIRE(to["turns"].size() <= from["turns"].size());
    for (std::size_t i = 0; i < to["turns"].size(); ++i)
      CHECK(to["turns"][i]["text"] == from["turns"][i]["text"]);
    conversation_ = to["conversation"];
    conversations_.push_back(conversation_);
    remember(to);
  }
  void change_conversation() {
    if (chance(50)) {
      did("new");
      conversation_ = editor().call("conversation/new", {{"textDocument", {{"uri", uri()}}}})["conversation"];
      conversations_.push_back(conversation_);
      return;
    }
    const std::string other = one_of(conversations_);
    const json answer = editor().answer(
        editor().send("conversation/open", {{"textDocument", {{"uri", uri()}}}, {"conversation", other}}));
    did("open " + other);
    // An error if that conversation is empty: it can't be opened.
    if (answer.contains("result")) conversation_ = other;
    conversation_ = view()["conversation"];
  }

  // ---- checks after each step

  // Returns a name for a question. In forks and copies the question's turn has another id, but the same time
  // and text.
  static std::string name(const json& question) {
    return question["created"].get<std::string>() + " " + question["text"].get<std::string>();
  }

  void remember(const json& view) {
    auto& turns = turns_[view["conversation"]];
    for (const json& turn : view["turns"]) {
      const std::string id = turn["turn"];
      if (std::find(turns.begin(), turns.end(), id) == turns.end()) turns.push_back(id);
    }
    // Selecting a side question makes it a part of the path.
    if (view.contains("sides") && chance(20))
      turns.push_back(one_of(view["sides"].get<std::vector<json>>())["turn"]);
  }

  void check(std::size_t before, bool current) {
    const auto asks = api_.asks();
    REQUIRE(asks.size() > before);
    for (std::size_t i = before; i < asks.size(); ++i) {
      INFO(asks[i].body);
      REQUIRE(asks[i].refusal.empty());
    }
    REQUIRE(asks.size() == before + 1);
    const std::string& body = asks.back().body;
    const json now = view();
    conversation_ = now["conversation"];
    remember(now);
    const json& turns = now["turns"];
    REQUIRE(turns.size() >= 2);
    const json& question = turns[turns.size() - 2];
    const json earlier = path_to(question["parent"], now);
    INFO(body);
    INFO(now.dump());
    shows_what_was_sent(json::parse(body), earlier, question);
    begins_as_before(body, earlier, question);
    knows_the_documents(earlier, question, current);
    if (current) knows_the_instructions(json::parse(body));
  }

  // Returns the path as it was shown when the question was asked. A summary changes which turns are shown as
  // sent, so the summary is undone to see the earlier path.
  json path_to(const json& parent, const json& now) {
    json turns = now["turns"];
    if (turns.back().value("kind", "") != "compaction") {
      turns.erase(turns.end() - 2, turns.end());
      return turns;
    }
    turns =
        editor().call("conversation/select", {{"conversation", conversation_}, {"turn", parent}})["turns"];
    editor().call("conversation/select", {{"conversation", conversation_}, {"turn", now["head"]}});
    return turns;
  }

  static void is_question(const json& message, const json& turn) {
    REQUIRE(message["role"] == "user");
    std::vector<std::pair<std::string, std::string>> wanted;  // for each block: its beginning, and its text
    const auto add = [&wanted](const json& attachment, const std::string& tag) {
      std::string text = attachment["text"];
      if (!text.empty() && text.back() != '\n') text += '\n';
      wanted.emplace_back("<" + tag + " name=\"" + attachment["name"].get<std::string>() + "\"",
                          ">\n" + text + "</" + tag + ">");
    };
    for (const json& attachment : turn["attachments"])
      if (attachment.value("kind", "") != "update") add(attachment, "attachment");
    wanted.emplace_back("", turn["text"]);
    for (const json& attachment : turn["attachments"])
      if (attachment.value("kind", "") == "update") add(attachment, "update");
    const json& blocks = message["content"];
    REQUIRE(blocks.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::string text = blocks[i]["text"];
      const auto& [begin, rest] = wanted[i];
      CHECK(text.substr(0, begin.size()) == begin);
      const std::string shown = begin.empty() ? text : text.substr(std::min(text.find(">\n"), text.size()));
      CHECK(shown == rest);
    }
  }

  static bool is_worth_sending(const json& reply) {
    const std::string status = reply["status"], text = reply["text"];
    if (reply.contains("summedUp") || status == "failed" || status == "refused") return false;
    if (reply.value("kind", "") == "compaction" && status != "complete") return false;
    return text.find_first_not_of(" \n") != std::string::npos;
  }

  static void shows_what_was_sent(const json& body, const json& earlier, const json& question) {
    json messages;  // the messages without changed instructions, which aren't turns
    for (const json& message : body["messages"])
      if (message["role"] != "system") messages.push_back(message);
    std::size_t next = 0;
    for (std::size_t i = 0; i + 1 < earlier.size(); i += 2) {
      const json &asked = earlier[i], &reply = earlier[i + 1];
      CHECK(asked["sent"] == reply["sent"]);
      CHECK(reply["sent"] == is_worth_sending(reply));
      if (!reply["sent"]) continue;
      CAPTURE(i);
      if (reply.value("kind", "") == "compaction") {
        REQUIRE(next == 0);
        json& blocks = messages.at(next)["content"];
        const std::string summary = blocks[0].contains("content") ? blocks[0]["content"] : blocks[0]["text"];
        CHECK(summary.find(reply["text"].get<std::string>()) != std::string::npos);
        blocks.erase(0);  // a summary by an ordinary question is in one message with the next question
        if (blocks.empty()) ++next;
        continue;
      }
      REQUIRE(next + 1 < messages.size());
      is_question(messages[next++], asked);
      const json& answered = messages[next++];
      CHECK(answered["role"] == "assistant");
      std::string text;
      for (const json& block : answered["content"])
        if (block["type"] == "text") text += block["text"];
      CHECK(reply["text"] == text);
    }
    if (body.contains("compaction")) {
      CHECK(next == messages.size());
    } else {
      REQUIRE(next + 1 == messages.size());
      is_question(messages[next], question);
    }
  }

  void begins_as_before(const std::string& body, const json& earlier, const json& question) {
    Sent now;
    for (const auto message : json_text::elements(json_text::member(body, "messages")))
      now.messages.push_back(without_marks(std::string(message)));
    now.system = without_marks(std::string(json_text::member(body, "system")));
    now.model = json_text::member(body, "model");
    now.by_api = !json_text::member(body, "compaction").empty();

    bool summary = false;  // whether the path has a summary
    for (const json& turn : earlier)
      summary = summary || (turn.value("kind", "") == "compaction" && turn["sent"]);
    for (std::size_t i = 0; i + 1 < earlier.size(); i += 2) {
      const auto found = sent_.find(name(earlier[i]));
      if (found == sent_.end()) continue;
      const Sent& then = found->second;
      CHECK(then.system == now.system);
      if (earlier[i].value("summedUp", false)) continue;
      if (summary && then.model != now.model) continue;  // the summary's form depends on the model
      const bool is_summary = earlier[i].value("kind", "") == "compaction";
      if (is_summary && earlier[i]["sent"]) continue;
      std::vector<std::string> kept = then.messages;
      if (!earlier[i]["sent"] && !then.by_api) {
        if (kept.back().find(R"("role":"system")") != std::string::npos) kept.pop_back();
        kept.pop_back();
      }
      CAPTURE(i);
      REQUIRE(kept.size() <= now.messages.size());
      for (std::size_t m = 0; m < kept.size(); ++m) {
        CAPTURE(m);
        CHECK(now.messages[m] == kept[m]);
      }
    }
    sent_[name(question)] = std::move(now);
  }

  // Checks that the instructions that were sent last, at the beginning or later, are the present ones.
  void knows_the_instructions(const json& body) const {
    if (instructions_.empty() || body["model"] == takes_no_system_messages) return;
    std::string told = body["system"][0]["text"];
    for (const json& message : body["messages"])
      if (message["role"] == "system") told += message["content"][0]["text"];
    const std::size_t last = told.rfind("Answer in ");
    REQUIRE(last != std::string::npos);
    CHECK(told.substr(last, instructions_.size()) == instructions_);
  }

  // Checks that the question has an update for each piece that had changed, that the update leads to the
  // present text, and that there are no other updates. `pieces_told_` has the pieces that had changed when
  // the question was asked, in order.
  void knows_the_documents(const json& earlier, const json& question, bool current) {
    std::vector<Piece> pieces;
    // Without documents that only an import has shared: these get no updates.
    std::set<std::string> shared_here;
    int asked = 0;
    const auto share_here = [&](const json& turn) {
      if (turn["created"] <= imported_until_[conversation_]) return;
      for (const json& attachment : turn["attachments"]) shared_here.insert(attachment["uri"]);
    };
    for (const json& turn : earlier) {
      if (turn["role"] != "user" || !turn["sent"]) continue;
      tell(pieces, turn, ++asked);
      share_here(turn);
    }
    share(pieces, question, ++asked);
    share_here(question);
    if (current) {
      std::vector<std::size_t> stale;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        const bool known = pieces[i].told == asked || shared_here.count(pieces[i].uri) == 0;
        if (!known && is_stale(pieces, pieces[i])) stale.push_back(i);
      }
      pieces_told_[name(question)] = stale;
    }
    update(pieces, question);
    if (!current) return;
    for (const Piece& piece : pieces) {
      if (shared_here.count(piece.uri) == 0) continue;
      CAPTURE(piece.uri, piece.range.dump(), piece.text, paper(piece.uri).present());
      CHECK_FALSE(is_stale(pieces, piece));
    }
  }
  const Paper& paper(const std::string& uri) const {
    return *std::find_if(papers_.begin(), papers_.end(), [&](const Paper& p) { return p.uri() == uri; });
  }
  bool is_stale(const std::vector<Piece>& pieces, const Piece& piece) const {
    const auto present = paper(piece.uri).present();
    if (piece.range.is_null()) return without_last_newline(piece.text) != without_last_newline(present);
    for (const Piece& other : pieces)
      if (other.uri == piece.uri && other.range.is_null()) return false;
    return piece.text && !(present && stands_in(*piece.text, *present));
  }
  // Returns the text without a line end at its end. Such a line end causes no update, so texts are compared
  // without it.
  static std::optional<std::string> without_last_newline(std::optional<std::string> text) {
    if (text && !text->empty() && text->back() == '\n') text->pop_back();
    return text;
  }
  void tell(std::vector<Piece>& pieces, const json& question, int asked) {
    share(pieces, question, asked);
    update(pieces, question);
  }
  static void share(std::vector<Piece>& pieces, const json& question, int asked) {
    for (const json& attachment : question["attachments"]) {
      if (attachment.contains("kind")) continue;
      const json range = attachment.value("range", json());
      const std::string uri = attachment["uri"];
      pieces.erase(std::remove_if(pieces.begin(), pieces.end(),
                                  [&](const Piece& piece) {
                                    return piece.uri == uri && (range.is_null() || piece.range == range);
                                  }),
                   pieces.end());
      pieces.push_back({uri, range, attachment["text"].get<std::string>(), asked});
    }
  }
  void update(std::vector<Piece>& pieces, const json& question) {
    const auto& told = pieces_told_[name(question)];
    std::size_t next = 0;
    for (const json& attachment : question["attachments"]) {
      if (attachment.value("kind", "") != "update") continue;
      REQUIRE(next < told.size());
      Piece& piece = pieces.at(told[next++]);
      CHECK(attachment["uri"] == piece.uri);
      const std::string text = attachment["text"];
      if (attachment.value("languageId", "") == "diff") {
        const std::size_t first = piece.range.is_null() ? 0 : piece.range["start"]["line"].get<std::size_t>();
        piece.text = apply_at(*piece.text, text, first, attachment.value("range", json()));
      } else if (text == "(no longer there)" || text == "(these lines are not found in it any more)") {
        piece.text.reset();
      } else {
        piece.text = text;
      }
      if (attachment.contains("range")) piece.range = attachment["range"];
    }
    CHECK(next == told.size());
  }
  // Applies a diff of a range that may have moved. The diff numbers old lines by their old place in the file,
  // new lines by their new place.
  static std::string apply_at(const std::string& text, std::string diff, std::size_t first,
                              const json& range) {
    const std::size_t now = range.is_null() ? first : range["start"]["line"].get<std::size_t>();
    const std::string moved_back = now == first ? diff : moved(diff, first, now);
    return apply_diff(text, moved_back, first + 1);
  }
  static std::string moved(const std::string& diff, std::size_t first, std::size_t now) {
    std::string out;
    for (const std::string& line : lines_of(diff)) {
      const std::size_t plus = line.find(" +");
      if (line.rfind("@@ -", 0) != 0) {
        out += line;
        continue;
      }
      std::size_t digits = 0;
      const std::size_t number = std::stoul(line.substr(plus + 2), &digits);
      out += line.substr(0, plus + 2) + std::to_string(number + first - now) + line.substr(plus + 2 + digits);
    }
    return out;
  }

  std::mt19937 random_;
  Folder folder_;
  ApiServer api_;
  json settings_;
  std::vector<Paper> papers_;
  std::array<std::unique_ptr<Editor>, 2> editors_;
  std::size_t active_ = 0;
  int holds_ = 0;
  const std::vector<std::string> models_ = {"claude-opus-5-5", "claude-haiku-5-5", "claude-opus-4-8",
                                            takes_no_system_messages, ""};
  std::string instructions_;  // the user's own instructions; empty: none
  std::string conversation_;
  std::vector<std::string> conversations_;
  std::map<std::string, std::vector<std::string>> turns_;        // by conversation
  std::map<std::string, Sent> sent_;                             // by question
  std::map<std::string, std::vector<std::size_t>> pieces_told_;  // by question
  std::map<std::string, std::string> imported_until_;            // by conversation; empty: not imported
};

unsigned number(const char* variable, unsigned otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr ? static_cast<unsigned>(std::atoi(value)) : otherwise;
}

}  // namespace

TEST_CASE("whatever happens to a conversation: what is sent is what is shown, and begins as before") {
  const unsigned only = number("ASIDE_THREAD_SEED", 0);
  const unsigned first = only != 0 ? only : 1;
  const unsigned last = only != 0 ? only : number("ASIDE_THREAD_SEEDS", usual_seeds);
  for (unsigned seed = first; seed <= last; ++seed) {
    Life life(seed);
    for (int step = 0; step < steps; ++step) {
      CAPTURE(seed, step);
      INFO("before this:\n" << life.log);
      life.step();
    }
  }
}
