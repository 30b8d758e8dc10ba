#include "daemon/conversation/transcript.h"

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "tests/support/test.h"

using namespace aside;
using Kind = Section::Kind;

namespace {

constexpr std::int64_t minute = 60'000, day = 24 * 60 * minute;
constexpr std::int64_t afternoon = 1'795'356'120'000;  // 2026-11-22 14:02 UTC

void use_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

Turn question(std::string id, std::string text) {
  Turn turn;
  turn.id = std::move(id);
  turn.text = std::move(text);
  turn.created = afternoon;
  turn.sent = true;
  return turn;
}

Turn reply(std::string id, std::string text) {
  Turn turn = question(std::move(id), std::move(text));
  turn.role = Role::Assistant;
  turn.model = "claude-opus-5-5";
  turn.variants = {turn.id};
  return turn;
}

Turn ended(Status status, std::string text = "half") {
  Turn turn = reply("r", std::move(text));
  turn.status = status;
  return turn;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text + "\n");
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string lines_of(const Transcript& made, const Section& section) {
  std::vector<std::string> lines = lines_of(made.text);
  REQUIRE(section.start_line < section.end_line);
  REQUIRE(section.end_line <= static_cast<int>(lines.size()));
  std::string text = lines[section.start_line];
  for (int line = section.start_line + 1; line < section.end_line; ++line) text += "\n" + lines[line];
  return text;
}

// Returns the lines of the only section of this turn and kind, without the section's heading.
std::string part(const Transcript& made, const std::string& turn, Kind kind) {
  std::string found = "no such section";
  bool heading = true;
  for (const Section& section : made.sections) {
    if (section.turn != turn) continue;
    if (section.kind == kind && !heading) found = lines_of(made, section);
    heading = false;
  }
  return found;
}

std::string first_line(const Turn& turn) {
  return lines_of(transcript({turn}).text)[0];
}

std::string note(Turn turn) {
  Transcript made = transcript({question("q", "why?"), std::move(turn)});
  return part(made, "r", Kind::Note);
}

// Appends deltas as an editor does, by the rules in transcript.h.
struct Follower {
  std::string text;
  bool thought = false, wrote = false;

  void thinking(std::string delta) {
    if (wrote) return;
    for (std::size_t at = 0; (at = delta.find('\n', at)) != delta.npos; at += 3) delta.replace(at, 1, "\n> ");
    text += (thought ? "" : "> ") + delta;
    thought = true;
  }
  void writing(const std::string& delta) {
    text += (thought && !wrote ? "\n\n" : "") + delta;
    wrote = true;
  }
};

}  // namespace

TEST_CASE("a conversation reads as a document, and its sections say where each part lies") {
  use_zone("UTC");
  Turn asked = question("q1", "Why is this slow?");
  asked.attachments = {
      {"file:///w/main.c", "main.c", Range{{9, 0}, {12, 0}}, "c", "int a;\nint b;\nint c;\n"}};
  Turn answered = reply("r1", "It walks the string.\n\n```c\nint n;\n```");
  answered.thinking = "A loop.\n\nWith strlen.";
  answered.usage = Usage{.input = 1000, .cache_read = 11'284, .cache_write = 116, .output = 1830};
  answered.cost = 0.0312;
  Turn asked_again = question("q2", "Shorter?");
  asked_again.created += 10 * minute;
  Turn running = reply("r2", "Yes");
  running.status = Status::Streaming;

  Transcript made = transcript({asked, answered, asked_again, running});
  CHECK(made.text ==
        "## You · 2026-11-22 14:02\n"
        "\n"
        "`main.c:10-12` (3 lines)\n"
        "```c\n"
        "int a;\n"
        "int b;\n"
        "int c;\n"
        "```\n"
        "\n"
        "Why is this slow?\n"
        "\n"
        "## Claude · claude-opus-5-5 · $0.031 · 12.4k tokens in (91 % cached), 1.8k out\n"
        "\n"
        "> A loop.\n"
        "> \n"
        "> With strlen.\n"
        "\n"
        "It walks the string.\n"
        "\n"
        "```c\n"
        "int n;\n"
        "```\n"
        "\n"
        "## You · 14:12\n"
        "\n"
        "Shorter?\n"
        "\n"
        "## Claude · claude-opus-5-5\n"
        "\n"
        "Yes");

  struct Row {
    std::string turn;
    Kind kind;
    int start, end;
  };
  const std::vector<Row> rows = {
      {"q1", Kind::Question, 0, 1},   {"q1", Kind::Attachment, 2, 8}, {"q1", Kind::Question, 9, 10},
      {"r1", Kind::Reply, 11, 12},    {"r1", Kind::Thinking, 13, 16}, {"r1", Kind::Reply, 17, 22},
      {"q2", Kind::Question, 23, 24}, {"q2", Kind::Question, 25, 26}, {"r2", Kind::Reply, 27, 28},
      {"r2", Kind::Reply, 29, 30},
  };
  REQUIRE(made.sections.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("section " << i);
    CHECK(made.sections[i].turn == rows[i].turn);
    CHECK(made.sections[i].kind == rows[i].kind);
    CHECK(made.sections[i].start_line == rows[i].start);
    CHECK(made.sections[i].end_line == rows[i].end);
  }
  CHECK(transcript({}).text.empty());
  CHECK(transcript({}).sections.empty());
}

TEST_CASE("attachments, thinking and side questions are folds, each with a text that no reply can fake") {
  use_zone("UTC");
  Turn asked = question("q1", "Why?");
  asked.attachments = {{"u", "a\nb.c", Range{{1, 0}, {3, 0}}, "c", "x\ny\n"},
                       {.name = "p.png", .kind = Attachment::Kind::Image, .media = "image/png", .bytes = 7},
                       {.name = "c.c", .text = "+z\n", .kind = Attachment::Kind::Update}};
  Turn answered = reply("r1", "> thinking (7 lines)");
  answered.thinking = "One.\n\nThree.";
  Turn beside = question("s1", "\n\tBeside?\nMore.");
  beside.parent = "r1";
  beside.attachments = {{"u", "a.c", std::nullopt, "c", "x"}};
  Turn aside_reply = reply("s2", "Yes.");
  aside_reply.thinking = "Hm.";
  aside_reply.status = Status::Cut;
  Turn then = question("s3", "And then?"), then_reply = reply("s4", "No.");
  then.parent = "s2";
  std::vector<Turn> sides{beside, aside_reply, then, then_reply};
  for (Turn& turn : sides) turn.side = true;
  Turn thought = reply("r2", "Yes.");
  thought.thinking = "One.";

  const Transcript made = transcript({asked, answered, question("q2", "Shorter?"), thought}, sides);
  std::vector<std::string> folds;
  const std::vector<std::string> lines = lines_of(made.text);
  for (const Fold& fold : made.folds)
    folds.push_back(lines[fold.start_line] + " … " + lines[fold.end_line - 1] + " = " + fold.text);
  CHECK(folds ==
        std::vector<std::string>{
            "`a b.c:2-3` (2 lines) … ``` = `a b.c:2-3` (2 lines)",
            "`p.png` (image/png, 7 bytes) … `p.png` (image/png, 7 bytes) = `p.png` (image/png, 7 bytes)",
            "changed since it was shared: `c.c` (1 line) … ``` = changed since it was shared: `c.c` (1 line)",
            "> One. … > Three. = thinking (3 lines)",
            "## You, by the way · 14:02 … *Cut off at the token limit.* = by the way: Beside? (18 lines)",
            "## You, by the way · 14:02 … No. = by the way: And then? (7 lines)",
            "> One. … > One. = thinking (1 line)",
        });
  CHECK_FALSE(made.growing);
}

TEST_CASE("the text to which a running reply appends is growing, and isn't folded") {
  use_zone("UTC");
  Turn running = reply("r", "");
  running.status = Status::Streaming;
  const auto made = [&] { return transcript({question("q", "Why?"), running}); };
  CHECK_FALSE(made().growing);
  running.thinking = "Hm.";
  CHECK(made().growing);
  CHECK(made().sections.back().kind == Kind::Thinking);
  CHECK(made().folds.empty());
  running.text = "Yes";
  CHECK(made().growing);
  CHECK(made().sections.back().kind == Kind::Reply);
  CHECK(made().folds.size() == 1);
}

TEST_CASE("texts stand in their sections exactly, whatever they hold") {
  use_zone("UTC");
  const std::vector<std::string> texts = {
      "plain",
      "two\nlines",
      "ends with a newline\n",
      "\n",
      "\n\n\n",
      "\n\nbetween\n\n",
      " ",
      "\r",
      "a\rb\r\nc\r\n",
      "## You · 14:02\n\nfaked",
      "## Claude · claude-opus-5-5 · $0.012\n\n> not thinking\n\n*Cancelled.*",
      "> quoted",
      "```",
      "```c\nnever closed",
      "~~~~\n```\n~~~",
      "````\n```\n````\n`````",
      "\xE2\x80\xA8line separator\xC2\x85",
      "bytes \xFF\xFE",
  };
  for (const std::string& text : texts) {
    INFO("text '" << text << "'");
    Turn asked = question("q", text);
    asked.attachments = {{"u", "x", std::nullopt, "", text}};
    Turn answered = reply("r", text);
    answered.thinking = text;
    Transcript made = transcript({asked, answered, question("end", "end")});

    CHECK(part(made, "q", Kind::Question) == text);
    CHECK(part(made, "r", Kind::Reply) == text);

    std::string thinking = part(made, "r", Kind::Thinking), unquoted;
    for (const std::string& line : lines_of(thinking)) {
      REQUIRE(line.substr(0, 2) == "> ");
      unquoted += line.substr(2) + "\n";
    }
    CHECK(unquoted == text + "\n");

    std::vector<std::string> shared = lines_of(part(made, "q", Kind::Attachment));
    REQUIRE(shared.size() >= 3);
    CHECK(shared[1] == shared.back());
    std::string inside;
    for (std::size_t i = 2; i + 1 < shared.size(); ++i) {
      CHECK(shared[i].find(shared[1]) == std::string::npos);
      inside += shared[i] + "\n";
    }
    CHECK(inside == (text.back() == '\n' ? text : text + "\n"));

    int last = 0;
    for (const Section& section : made.sections) {
      CHECK(section.start_line >= last);
      CHECK(section.start_line < section.end_line);
      last = section.end_line;
    }
    CHECK(made.text.back() == '\n');
    CHECK(part(made, "end", Kind::Question) == "end");
  }
}

TEST_CASE("a code block that a text leaves open is closed before the next part") {
  use_zone("UTC");
  struct Row {
    std::string text, added;
  };
  const std::vector<Row> rows = {
      {"```c\nint", "```"},
      {"```c\nint\n", "```"},
      {"````\n```\n", "````"},
      {"~~~\n```\n", "~~~"},
      {"1. x\n    ```\n    y", "```"},
      {"```\n```c", "```"},  // a closing fence has no language
      {"```\nx\n````  ", ""},
      {"``` `code` ```", ""},
      {"``\nx", ""},
      {"```\nx\n```\r\ny", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const std::string expected = "\n" + row.text + (row.added.empty() ? "" : "\n" + row.added) + "\n\n## You";
    Transcript made = transcript({reply("r", row.text), question("q", "x")});
    CHECK(made.text.find(expected) != std::string::npos);
  }
  Turn running = reply("r", "```c\nint");
  running.status = Status::Streaming;
  CHECK(lines_of(transcript({running}).text).back() == "int");
}

TEST_CASE("deltas that are appended make the text that the transcript has later") {
  use_zone("UTC");
  const std::vector<std::string> thoughts = {"", "one", "\n", "two\n\nthree", "\n"};
  const std::vector<std::string> words = {"", "It", "\n\n", "```c\nint n;\n", "\n"};
  const std::vector<Turn> before = {question("q", "why?")};
  Turn running = reply("r", "");
  running.status = Status::Streaming;

  // An editor may join after any number of deltas.
  for (std::size_t joined = 0; joined <= thoughts.size() + words.size(); ++joined) {
    INFO("joined after " << joined);
    Turn now = running;
    Follower follower;
    auto snapshot = [&] { return transcript({before[0], now}).text; };
    std::size_t seen = 0;
    auto join = [&] {
      if (seen++ != joined) return;
      follower.text = snapshot();
      follower.thought = !now.thinking.empty();
      follower.wrote = !now.text.empty();
    };
    auto grow = [&](std::string& where, const std::string& delta) {
      join();
      if (delta.empty()) return;
      where += delta;
      if (seen > joined) {
        if (&where == &now.text)
          follower.writing(delta);
        else
          follower.thinking(delta);
        CHECK(follower.text == snapshot());
      }
    };
    for (const std::string& thought : thoughts) grow(now.thinking, thought);
    for (const std::string& word : words) grow(now.text, word);
    join();

    // When the reply ends, lines are added below the reply, and text at the end of its heading.
    now.status = Status::Cut;
    now.usage = Usage{.input = 1, .output = 2};
    now.cost = 0.5;
    std::string whole = snapshot();
    std::string heading = lines_of(whole)[4], running_heading = lines_of(follower.text)[4];
    CHECK(heading.substr(0, running_heading.size()) == running_heading);
    whole.replace(whole.find(heading), heading.size(), running_heading);
    CHECK(whole.substr(0, follower.text.size()) == follower.text);
  }
}

TEST_CASE("headings give the day only where it is another one, in local time") {
  use_zone("UTC");
  Turn late = reply("r", "x");
  late.created += 9 * 60 * minute;
  Turn next = reply("n", "x");
  next.created += day;
  std::string text =
      transcript({question("a", "x"), late, question("b", "x"), next, question("c", "x")}).text;
  std::string headings;
  for (const std::string& line : lines_of(text))
    if (line.substr(0, 2) == "##") headings += line + "\n";
  CHECK(headings ==
        "## You · 2026-11-22 14:02\n## Claude · claude-opus-5-5\n## You · 14:02\n"
        "## Claude · 2026-11-23 14:02 · claude-opus-5-5\n## You · 2026-11-22 14:02\n");
  use_zone("XYZ-10");
  CHECK(first_line(question("a", "x")) == "## You · 2026-11-23 00:02");
  use_zone("UTC");
}

TEST_CASE("tokens and cost are rounded for people and left out where they are not known") {
  use_zone("UTC");
  struct Row {
    Usage usage;
    std::optional<double> cost;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {{.input = 950, .output = 7}, 0.0123, "$0.012 · 950 tokens in, 7 out"},
      {{.input = 999, .output = 1000}, 0.0004, "$0.0004 · 999 tokens in, 1.0k out"},
      {{.input = 9, .output = 1}, 0.00003, "< $0.0001 · 9 tokens in, 1 out"},
      {{.input = 99'949, .output = 99'951}, 0.0013, "$0.0013 · 99.9k tokens in, 100k out"},
      {{.input = 999'499, .output = 999'500}, 0.999, "$0.999 · 999k tokens in, 1.0M out"},
      {{.input = 2'140'000, .output = 0}, 12.345, "$12.35 · 2.1M tokens in, 0 out"},
      {{.input = 1, .cache_read = 999, .output = 5}, std::nullopt, "1.0k tokens in (99 % cached), 5 out"},
      {{.input = 0, .cache_read = 50, .cache_write = 50, .output = 5},
       0.0,
       "$0 · 100 tokens in (50 % cached), 5 out"},
  };
  for (const Row& row : rows) {
    Turn turn = reply("r", "x");
    turn.usage = row.usage;
    turn.cost = row.cost;
    CHECK(first_line(turn) == "## Claude · 2026-11-22 14:02 · claude-opus-5-5 · " + row.expected);
  }
  Turn stopped = reply("r", "x");
  stopped.usage = Usage{.input = 950, .output = 1800};
  stopped.cost = 0.04;
  stopped.estimated = true;
  CHECK(first_line(stopped) ==
        "## Claude · 2026-11-22 14:02 · claude-opus-5-5 · about $0.040 · 950 tokens in, about 1.8k out");
  Turn bare = reply("r", "x");
  bare.model = "";
  bare.variants = {"p", "r", "s"};
  CHECK(first_line(bare) == "## Claude · 2026-11-22 14:02 · 2/3");
}

TEST_CASE("an attachment says which lines it is, in a fence that its text can't close") {
  use_zone("UTC");
  struct Row {
    Attachment attachment;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {{"", "a/b.c", Range{{9, 0}, {24, 0}}, "c", "x\ny\n"}, "`a/b.c:10-24` (2 lines)\n```c\nx\ny\n```"},
      {{"", "b.c", Range{{9, 3}, {9, 7}}, "c", "x"}, "`b.c:10` (1 line)\n```c\nx\n```"},
      {{"", "b.c", Range{{9, 3}, {10, 7}}, "c", "x\ny"}, "`b.c:10-11` (2 lines)\n```c\nx\ny\n```"},
      {{"", "b.c", Range{{9, 0}, {9, 0}}, "c", ""}, "`b.c:10` (empty)\n```c\n```"},
      {{"", "b.md", std::nullopt, "markdown", "```\n````\n"},
       "`b.md` (2 lines)\n`````markdown\n```\n````\n`````"},
      {{"", "a`b``c", std::nullopt, "", "x"}, "``` a`b``c ``` (1 line)\n```\nx\n```"},
      {{"", "b", std::nullopt, "c`\n## You", "x"}, "`b` (1 line)\n```\nx\n```"},
  };
  for (const Row& row : rows) {
    Turn turn = question("q", "why?");
    turn.attachments = {row.attachment};
    CHECK(part(transcript({turn}), "q", Kind::Attachment) == row.expected);
  }
}

TEST_CASE("instructions that changed are a note below their question, and a reply can still grow below it") {
  use_zone("UTC");
  Turn asked = question("q", "```c\nnever closed");
  asked.system = "These hold:\n\n<instructions from=\"a.md\">\n```\nx\n```\n</instructions>";
  Turn running = reply("r", "So f");
  running.status = Status::Streaming;
  const Transcript made = transcript({asked, running});
  CHECK(part(made, "q", Kind::Note) == "*Instructions changed: a.md*\n````\n" + asked.system + "\n````");
  CHECK(part(made, "q", Kind::Question) == asked.text);
  CHECK(made.text.ends_with("````\n\n## Claude · claude-opus-5-5\n\nSo f"));
  asked.system = "No longer.";
  CHECK(part(transcript({asked, running}), "q", Kind::Note) ==
        "*Instructions withdrawn*\n```\nNo longer.\n```");
}

TEST_CASE("a note says in one line how a reply ended, and whether it is sent") {
  use_zone("UTC");
  const std::string unsent = "Left out of later questions.*";
  CHECK(note(ended(Status::Complete)) == "no such section");
  CHECK(note(ended(Status::Streaming)) == "no such section");
  CHECK(note(ended(Status::Cancelled)) == "*Cancelled.*");
  CHECK(note(ended(Status::Cut)) == "*Cut off at the token limit.*");
  CHECK(note(ended(Status::Interrupted)) == "*Interrupted.*");

  Turn full = ended(Status::Cut);
  full.stop_reason = "model_context_window_exceeded";
  CHECK(note(full) == "*Cut off: the context window is full.*");

  Turn unstarted = ended(Status::Streaming, "");
  unstarted.sent = false;
  CHECK(note(unstarted) == "no such section");

  Turn nothing = ended(Status::Cancelled, "");
  nothing.sent = false;
  CHECK(note(nothing) == "*Cancelled. " + unsent);

  Turn blank = ended(Status::Complete, " ");
  blank.sent = false;
  CHECK(note(blank) == "*" + unsent);

  Turn refused = ended(Status::Refused);
  refused.sent = false;
  refused.error = Error{ErrorCode::Upstream, "the model declined (bio)"};
  CHECK(note(refused) == "*Refused: the model declined (bio). " + unsent);

  Turn failed = ended(Status::Failed, "");
  failed.sent = false;
  failed.error =
      Error{ErrorCode::Offline, "sending the request:\r\nno route\n", {.hint = "Is the network up?"}};
  CHECK(note(failed) == "*Failed: Is the network up? Sending the request:  no route. " + unsent);

  failed.error->message = " \n";
  CHECK(note(failed) == "*Failed: Is the network up? " + unsent);

  Turn keyless = ended(Status::Failed, "");
  keyless.sent = false;
  keyless.error = Error{ErrorCode::Unauthorized, "no key is set", {.offer = "key"}};
  CHECK(note(keyless) ==
        "*Failed: no key is set. Asked again automatically when an API key is set in the editor.*");
  keyless.id = "k";
  CHECK(part(transcript({question("q", "why?"), keyless, question("q2", "and?"), ended(Status::Complete)}),
             "k", Kind::Note) == "*Failed: no key is set. " + unsent);
}
