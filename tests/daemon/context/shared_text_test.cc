// Tests of the text that a conversation has shared, and of the changes in this text since: first single
// cases, then random edits.
#include "daemon/context/shared_text.h"

#include <map>
#include <random>

#include "tests/support/apply_diff.h"
#include "tests/support/test.h"

using namespace aside;
using Texts = std::map<std::string, std::optional<std::string>>;

namespace {

constexpr const char* file = "file:///w/main.c";

std::string numbered(int first, int last) {
  std::string text;
  for (int line = first; line <= last; ++line) text += "line number " + std::to_string(line) + "\n";
  return text;
}

Range lines(int first, int last) {
  return {{first - 1, 0}, {last, 0}};
}

Attachment shared(std::optional<Range> range, std::string text) {
  Attachment attachment{file, "main.c", range, "c", std::move(text)};
  attachment.agreed = Agreed{file};
  return attachment;
}

Turn question(std::vector<Attachment> attachments, bool sent = true) {
  return {.role = Role::User, .attachments = std::move(attachments), .sent = sent};
}

SharedText::Present in(const Texts& texts) {
  return [&texts](const std::string& uri) -> Result<std::optional<DecodedText>> {
    const auto found = texts.find(uri);
    if (found == texts.end()) return Error{ErrorCode::InvalidParams, "not open"};
    if (!found->second) return std::optional<DecodedText>();
    return std::optional(DecodedText{*found->second});
  };
}

// Returns the updates that are sent with the next question if that question has no attachments.
std::vector<Attachment> next(const std::vector<Turn>& path, const Texts& texts) {
  SharedText known(path);
  known.add_question({});
  return known.updates(in(texts));
}

}  // namespace

TEST_CASE("a change since the text was shared is sent as a diff, and nothing else is sent") {
  struct Row {
    const char* what;
    std::optional<Range> range;
    std::string then;
    std::optional<std::string> now;  // the whole document
    std::string update;              // the expected update; empty: none
    std::string lines;               // the range of the update, "first-last"; empty: no range
  };
  const std::string text = numbered(1, 60);
  std::string edited = text;
  edited.replace(edited.find("line number 30"), 14, "changed");
  const std::string hunk =
      "@@ -27,7 +27,7 @@\n line number 27\n line number 28\n line number 29\n-line number 30\n+changed\n"
      " line number 31\n line number 32\n line number 33\n";
  const std::string part_hunk =
      "@@ -27,7 +29,7 @@\n line number 27\n line number 28\n line number 29\n-line number 30\n+changed\n"
      " line number 31\n line number 32\n line number 33\n";
  const std::vector<Row> table = {
      {"nothing", std::nullopt, text, text, "", ""},
      {"its last line has lost its end", std::nullopt, "a\nb\n", "a\nb", "", ""},
      {"its last line has got an end", std::nullopt, "a\nb", "a\nb\n", "", ""},
      {"an end that is all there is", std::nullopt, "\n", "", "", ""},
      {"its line ends are DOS's", std::nullopt, "a\nb\n", "a\r\nb\r\n", "", ""},
      {"its line ends are old ones, and were told so", std::nullopt, "a\rb\r", "a\nb\n", "", ""},
      {"the last lines, without an end on the disk", lines(2, 3), "b\nc\n", "a\nb\nc", "", ""},
      {"another number of broken characters", std::nullopt, "x \uFFFD\n", "x \uFFFD\uFFFD\uFFFD\n", "", ""},
      {"a line of the whole, and the end of the last", std::nullopt, text,
       edited.substr(0, edited.size() - 1), hunk, ""},
      {"a line of the whole", std::nullopt, text, edited, hunk, ""},
      {"the whole is gone", std::nullopt, text, std::nullopt, "(no longer there)", ""},
      {"the whole is empty", std::nullopt, "a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n", ""},
      {"a diff would be longer than the text", std::nullopt, "one\n", "two\n", "two\n", ""},
      {"lines that only moved", lines(20, 40), numbered(20, 40), "new\n\n" + text, "", ""},
      {"lines that moved and changed", lines(20, 40), numbered(20, 40), "new\n\n" + edited, part_hunk,
       "22-42"},
      {"lines around the shared ones", lines(20, 22), numbered(20, 22), edited, "", ""},
      {"one of a few lines, in place", lines(2, 4), "a\nb\nc\n", "x\na\nother\n  c\ny\n", "a\nother\n  c\n",
       "2-4"},
      {"too many of a few lines", lines(2, 4), "a\nb\nc\n", "x\na\nother\nthing\ny\n",
       "(these lines are not found in it any more)", "2-4"},
      {"the lines are gone", lines(20, 40), numbered(20, 40), "quite another text\n",
       "(these lines are not found in it any more)", "20-40"},
      {"their file is gone", lines(20, 40), numbered(20, 40), std::nullopt, "(no longer there)", "20-40"},
      {"a part of a line, in place", Range{{9, 5}, {9, 11}}, "number", text, "", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.what);
    const auto updates = next({question({shared(row.range, row.then)})}, {{file, row.now}});
    REQUIRE(updates.size() == (row.update.empty() ? 0 : 1));
    if (row.update.empty()) continue;
    CHECK(updates[0].kind == Attachment::Kind::Update);
    CHECK(updates[0].name == "main.c");
    CHECK(updates[0].text == row.update);
    CHECK((updates[0].language == "diff") == (row.update[0] == '@'));
    CHECK(updates[0].range.has_value() == !row.lines.empty());
    if (!updates[0].range) continue;
    const Range& range = *updates[0].range;
    CHECK(std::to_string(range.start.line + 1) + "-" + std::to_string(range.end.line) == row.lines);
  }
}

TEST_CASE("an update is a diff against the text that the model has got last, and is not sent twice") {
  Texts texts = {{file, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n"}};
  std::vector<Turn> path = {question({shared(std::nullopt, *texts[file])})};
  *texts[file] += "o\n";
  const auto first = next(path, texts);
  REQUIRE(first.size() == 1);
  SECTION("told") {
    path.push_back(question(first));
    CHECK(next(path, texts).empty());
    *texts[file] += "p\n";
    const auto second = next(path, texts);
    REQUIRE(second.size() == 1);
    CHECK(apply_diff(*first[0].seen, second[0].text) == texts[file]);
  }
  SECTION("in a question that is not sent, so the update is sent again") {
    path.push_back(question(first, false));
    CHECK(next(path, texts).size() == 1);
  }
  SECTION("gone, and back") {
    texts[file] = std::nullopt;
    const auto gone = next(path, texts);
    REQUIRE(gone.size() == 1);
    path.push_back(question(gone));
    CHECK(next(path, texts).empty());
    texts[file] = "back\n";
    REQUIRE(next(path, texts).size() == 1);
    CHECK(next(path, texts)[0].text == "back\n");
  }
  SECTION("a document that can't be read now waits") {
    texts.clear();
    CHECK(next(path, texts).empty());
  }
}

TEST_CASE("each shared piece gets updates of its own, unless the whole document was shared") {
  const std::string text = numbered(1, 60);
  std::string edited = text;
  edited.replace(edited.find("line number 12\n"), 15, "twelve\n");
  edited.replace(edited.find("line number 52\n"), 15, "fifty-two\n");
  const std::vector<Turn> parts = {question({shared(lines(5, 25), numbered(5, 25))}),
                                   question({shared(lines(45, 60), numbered(45, 60))})};
  auto updates = next(parts, {{file, edited}});
  REQUIRE(updates.size() == 2);
  CHECK(updates[0].piece == 0);
  CHECK(updates[1].piece == 1);
  CHECK(updates[1].text.find("+fifty-two\n") != std::string::npos);

  auto with_whole = parts;
  with_whole.push_back(question({shared(std::nullopt, text)}));
  updates = next(with_whole, {{file, edited}});
  REQUIRE(updates.size() == 1);
  CHECK_FALSE(updates[0].range);

  SECTION("a document that the question itself shares gets no update") {
    SharedText known(parts);
    known.add_question({shared(std::nullopt, edited)});
    CHECK(known.updates(in({{file, edited}})).empty());
  }
}

TEST_CASE("problems, differences and pictures get no updates") {
  Attachment picture{file, "a.png"};
  picture.kind = Attachment::Kind::Image;
  Attachment problems = shared(lines(1, 2), "1:1 error\n");
  problems.kind = Attachment::Kind::Diagnostics;
  CHECK(next({question({picture, problems})}, {{file, "other\n"}}).empty());
}

TEST_CASE("diffs, applied one after the other, give the editor's text, whatever was typed") {
  const unsigned seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  std::minstd_rand random(seed);
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  Texts texts = {{file, numbered(1, 200)}};
  std::string& text = *texts[file];
  std::vector<Turn> path = {question({shared(std::nullopt, text)})};
  std::string model = text;
  for (int step = 0; step < 25; ++step) {
    for (std::size_t edits = below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size() + 1);
      const std::size_t removed = std::min(text.size() - at, below(below(10) == 0 ? 2000 : 60));
      const char* typed[] = {"", "x", "\n", "new line\n", "\n\n}\n", "line number 7\n", "no end"};
      text.replace(at, removed, typed[below(std::size(typed))]);
    }
    const auto updates = next(path, texts);
    // A missing line end in the last line doesn't count as a change.
    const auto ended = [](std::string text) { return text.ends_with('\n') ? text : text + "\n"; };
    if (ended(model) == ended(text)) {
      CHECK(updates.empty());
      continue;
    }
    REQUIRE(updates.size() == 1);
    const Attachment& update = updates[0];
    CHECK(update.text.size() <= std::max<std::size_t>(text.size() + 1, 200));
    if (update.language == "diff") {
      model = apply_diff(model, update.text);
    } else {
      model = update.text;
    }
    CHECK(ended(model) == ended(text));
    path.push_back(question(updates));
  }
}

TEST_CASE("an imported conversation can't make the daemon send a file") {
  Attachment imported = shared(std::nullopt, "x\n");
  imported.agreed.reset();
  const Texts texts = {{file, "a secret\n"}};
  CHECK(next({question({imported})}, texts).empty());
  SECTION("until the user shares that file here") {
    const auto updates = next({question({imported}), question({shared(lines(1, 1), "y\n")})}, texts);
    CHECK(updates.size() == 1);
  }
  SECTION("nor by an update that was imported with it") {
    Attachment update = imported;
    update.kind = Attachment::Kind::Update;
    update.seen = "x\n";
    CHECK(next({question({imported}), question({update})}, texts).empty());
  }
}

TEST_CASE("a file in another encoding doesn't count as changed, and its characters are sent right") {
  // Text in Cyrillic with a line of ASCII, as the editor showed it.
  const std::string known = "Привет, мир\nint a;\nПока\n";
  const std::string cp1251 = "\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0\nint a;\n\xCF\xEE\xEA\xE0\n";
  const std::string koi8 = "\xF0\xD2\xC9\xD7\xC5\xD4, \xCD\xC9\xD2\nint a;\n\xF0\xCF\xCB\xC1\n";
  const auto updates = [&known](const std::string& bytes, std::optional<Range> range = {}) {
    std::string text = known;
    if (range) text = "Пока\n";
    SharedText shown({question({shared(range, text)})});
    shown.add_question({});
    return shown.updates(
        [&bytes](const std::string&) -> Result<std::optional<DecodedText>> { return decode_text(bytes); });
  };
  for (const std::string& bytes : {cp1251, koi8}) {
    CHECK(updates(bytes).empty());
    CHECK(updates(bytes.substr(0, bytes.size() - 1)).empty());
    CHECK(updates(bytes, lines(3, 3)).empty());
    std::string changed = bytes;
    changed.replace(changed.find("int a"), 5, "int b");
    const auto told = updates(changed);
    REQUIRE(told.size() == 1);
    CHECK(told[0].seen == "Привет, мир\nint b;\nПока\n");
  }
  // The file has none of the known lines, so any encoding would be a guess.
  CHECK(updates("\xE4\xF6\xFC\n").empty());
  CHECK(updates("Привет, мир\nint a;\nПока!\n").size() == 1);
}
