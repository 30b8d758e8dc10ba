// Tries the placing of code blocks with real changes from the history of this repository. Each block is the
// new text of one function, as a reply would hold it; the file still has the old function. A placement is
// right if only the lines of this function change, and become exactly the new text. A function that is new in
// a commit, or that belongs to another file, has no place, and must be refused.
//
//   properties_placing_corpus REPOSITORY [--show wrong|refused|strangers]
//
// If git or the history is missing, the program says so and ends with status 77.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/text/alignment.h"
#include "daemon/text/place.h"
#include "tests/support/apply_edits.h"

using namespace aside;

namespace {

// The last commit that is used. It is fixed, so that the figures don't change with each new commit.
constexpr const char* last_commit = "21a53ecc96b830ccc5137919ac940b83907e45f9";
constexpr std::size_t least_changes = 2000;
constexpr std::size_t least_strangers = 1000;
constexpr double least_right = 0.80, most_wrong = 0.007;
constexpr std::size_t least_lines = 3;  // shorter functions are skipped

const std::map<std::string_view, const char*> languages = {
    {"cc", "C++"},         {"h", "C++"},          {"ts", "TypeScript"}, {"mjs", "JavaScript"},
    {"cjs", "JavaScript"}, {"vim", "Vim script"}, {"md", "Markdown"},   {"lua", "Lua"},
};

std::string output_of(const std::string& command) {
  std::string output;
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 1 << 16> buffer;
  while (const std::size_t size = pipe ? std::fread(buffer.data(), 1, buffer.size(), pipe) : 0)
    output.append(buffer.data(), size);
  if (!pipe || ::pclose(pipe) != 0) output.clear();
  return output;
}

struct ChangedFile {
  std::string old_id, new_id, path;
  const char* language;
};

// Reads the lines of `git log --raw`: ":100644 100644 OLD NEW M<tab>PATH".
std::vector<ChangedFile> changed_files(std::string_view log) {
  std::vector<ChangedFile> files;
  for (std::string_view line : lines_of(log)) {
    const std::size_t tab = line.find('\t');
    if (line[0] != ':' || tab == line.npos || line.size() < 97) continue;
    const std::string_view path = line.substr(tab + 1, line.size() - tab - 2);
    const auto language = languages.find(path.substr(path.rfind('.') + 1));
    if (language == languages.end()) continue;
    files.push_back({std::string(line.substr(15, 40)), std::string(line.substr(56, 40)), std::string(path),
                     language->second});
  }
  return files;
}

// Reads the output of `git cat-file --batch`: for each blob "ID blob SIZE", the bytes, a line end.
std::unordered_map<std::string, std::string> blobs(std::string_view batch) {
  std::unordered_map<std::string, std::string> all;
  while (!batch.empty()) {
    const std::string_view heading = batch.substr(0, batch.find('\n'));
    const std::size_t size = std::stoul(std::string(heading.substr(heading.rfind(' ') + 1)));
    all.emplace(heading.substr(0, heading.find(' ')), batch.substr(heading.size() + 1, size));
    batch.remove_prefix(std::min(heading.size() + size + 2, batch.size()));
  }
  return all;
}

std::string_view trimmed_line(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r\n"), line.size());
  return line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
}

std::size_t indent(std::string_view line) {
  return line.size() - line.substr(std::min(line.find_first_not_of(" \t"), line.size())).size();
}

bool starts_with_one_of(std::string_view line, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return line.starts_with(word); });
}

struct Unit {
  std::size_t begin = 0, end = 0;
};

// The units of a text: functions, classes, tables, tests. A unit begins with a line that doesn't continue
// another unit (as `else` would), goes on with lines that are indented further, and ends with a closing line
// that is indented like the first one. In Markdown, a unit is the text under one heading.
class Units {
 public:
  Units(const Lines& lines, bool markdown) : lines_(lines), markdown_(markdown) {}

  // Returns the smallest unit that contains these lines, or this place between two lines; an empty unit if
  // there is none.
  Unit around(std::size_t begin, std::size_t end) const {
    if (markdown_) return section(begin, end);
    std::size_t most = std::string_view::npos;
    for (std::size_t first = begin + (begin < end); first-- > 0;) {
      const std::string_view line = trimmed_line(lines_[first]);
      if (line.empty() || indent(lines_[first]) >= most) continue;
      most = indent(lines_[first]);
      if (no_head(line)) continue;
      const std::size_t last = closing(first);
      if (last == 0 || last + 1 < std::max(end, begin + 1) || last < begin) continue;
      if (last + 1 - first >= least_lines) return {first, last + 1};
    }
    return {};
  }

 private:
  static bool no_head(std::string_view line) {
    return starts_with_one_of(line, {"if",  "for ", "while",   "switch", "else",    "try",       "catch",
                                     "do ", "case", "default", "}",      ")",       "]",         "#",
                                     "//",  "*",    "end",     "public", "private", "protected", "const {"});
  }
  std::size_t closing(std::size_t first) const {
    for (std::size_t i = first + 1; i < lines_.size(); ++i) {
      const std::string_view line = trimmed_line(lines_[i]);
      if (line.empty() || line[0] == '#' || indent(lines_[i]) > indent(lines_[first])) continue;
      if (indent(lines_[i]) < indent(lines_[first])) return 0;
      const bool closes = starts_with_one_of(line, {"}", ")", "]", "end"});
      if (closes && !line.ends_with('{')) return i;
      if (!closes && !starts_with_one_of(line, {"else", "catch", "public:", "private:", "protected:"}))
        return 0;
    }
    return 0;
  }
  Unit section(std::size_t begin, std::size_t end) const {
    Unit unit;
    bool in_code = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (trimmed_line(lines_[i]).starts_with("```")) in_code = !in_code;
      if (in_code || !lines_[i].starts_with('#')) continue;
      if (i <= begin && !(i == begin && begin == end)) unit.begin = i;
      if (i > begin || (i == begin && begin == end)) {
        unit.end = i;
        break;
      }
    }
    if (unit.end == 0) unit.end = lines_.size();
    while (unit.end > unit.begin && trimmed_line(lines_[unit.end - 1]).empty()) --unit.end;
    return unit.end >= std::max(end, begin + 1) && lines_[unit.begin].starts_with('#') ? unit : Unit{};
  }

  const Lines& lines_;
  bool markdown_;
};

// Whether the two units correspond: no line of one unit is paired with a line outside of the other unit.
bool correspond(const Alignment& paired, const Unit& old_unit, const Unit& new_unit) {
  const auto pairs = [](const std::vector<bool>& in, std::size_t begin, std::size_t end) {
    return std::count(in.begin() + begin, in.begin() + end, true);
  };
  return pairs(paired.in_old, 0, old_unit.begin) == pairs(paired.in_new, 0, new_unit.begin) &&
         pairs(paired.in_old, 0, old_unit.end) == pairs(paired.in_new, 0, new_unit.end);
}

// Whether both functions begin with about the same line. If they don't, one function has replaced the other,
// and isn't its new text.
bool same_function(std::string_view old_head, std::string_view new_head) {
  old_head = trimmed_line(old_head), new_head = trimmed_line(new_head);
  const std::size_t shorter = std::min(old_head.size(), new_head.size()),
                    longer = std::max(old_head.size(), new_head.size());
  std::size_t head = 0, tail = 0;
  while (head < shorter && old_head[head] == new_head[head]) ++head;
  while (head + tail < shorter &&
         old_head[old_head.size() - 1 - tail] == new_head[new_head.size() - 1 - tail])
    ++tail;
  return (head + tail) * 2 >= longer;
}

std::string text_of(const Lines& lines, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += lines[i];
  return text;
}

struct Tally {
  std::size_t right = 0, refused = 0, wrong = 0;
  std::size_t all() const { return right + refused + wrong; }
};

struct Corpus {
  std::string show;
  std::map<std::string, Tally> by_language;
  std::map<std::string, std::size_t> reasons;
  Tally total, added, elsewhere;
  std::chrono::duration<double, std::milli> longest{}, spent{};
  ChangedFile other;  // the file that was used before this one
  std::string other_text;

  void look_at(const ChangedFile& file, const std::string& old_text, const std::string& new_text) {
    const Lines old_lines = lines_of(old_text), new_lines = lines_of(new_text);
    const bool markdown = file.path.ends_with(".md");
    const Units old_units(old_lines, markdown), new_units(new_lines, markdown);
    const Alignment paired = align(old_lines, new_lines);
    std::set<std::size_t> seen;
    for (const Change& change : changes(paired)) {
      look_at_additions(file, old_text, new_lines, new_units, change);
      const Unit old_unit = old_units.around(change.old_begin, change.old_end);
      const Unit new_unit = new_units.around(change.new_begin, change.new_end);
      if (old_unit.end == 0 || new_unit.end == 0 || !correspond(paired, old_unit, new_unit)) continue;
      if (!same_function(old_lines[old_unit.begin], new_lines[new_unit.begin])) continue;
      if (!seen.insert(old_unit.begin).second) continue;
      const std::string reply = text_of(new_lines, new_unit.begin, new_unit.end);
      const std::string wanted =
          text_of(old_lines, 0, old_unit.begin) + reply + text_of(old_lines, old_unit.end, old_lines.size());
      if (wanted != old_text)
        judge(file, old_text, reply, wanted, text_of(old_lines, old_unit.begin, old_unit.end));
      if (other.path != file.path) judge_stranger(file, other_text, reply, elsewhere);
    }
    other = file, other_text = old_text;
  }

  // Tries the functions that are new in a commit. The old file has no place for them.
  void look_at_additions(const ChangedFile& file, const std::string& old_text, const Lines& new_lines,
                         const Units& new_units, const Change& change) {
    if (change.old_begin != change.old_end) return;
    for (std::size_t line = change.new_begin; line < change.new_end; ++line) {
      const Unit unit = new_units.around(line, line + 1);
      if (unit.end == 0 || unit.begin != line || unit.end > change.new_end) continue;
      judge_stranger(file, old_text, text_of(new_lines, unit.begin, unit.end), added);
      line = unit.end - 1;
    }
  }

  void judge_stranger(const ChangedFile& file, const std::string& text, const std::string& reply,
                      Tally& tally) {
    std::string_view head = trimmed_line(std::string_view(reply).substr(0, reply.find('\n')));
    if (const std::string_view name = head.substr(0, head.find('(')); name.find(' ') != name.npos)
      head = name;
    if (text.find(head) != text.npos || trimmed_line(text).empty())
      return;  // the file has such a function, or is empty
    const Placement made = place(reply, text, SharedLines{text});
    const bool refused = made.state == Placement::State::Unplaced;
    ++(refused ? tally.refused : tally.wrong);
    if (!refused && show == "strangers")
      std::cout << "==== " << file.path << " " << file.old_id << " line " << made.place.first_line + 1 << "\n"
                << reply;
  }

  void judge(const ChangedFile& file, const std::string& old_text, const std::string& reply,
             const std::string& wanted, const std::string& old_unit) {
    const auto started = std::chrono::steady_clock::now();
    const Placement made = place(reply, old_text, SharedLines{old_text});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
    spent += took;
    longest = std::max(longest, took);
    std::size_t Tally::*outcome = &Tally::right;
    if (made.state == Placement::State::Unplaced) {
      outcome = &Tally::refused;
      ++reasons[made.reason];
    } else if (apply_edits(old_text, made.edits) != wanted) {
      outcome = &Tally::wrong;
    }
    ++(by_language[file.language].*outcome);
    ++(total.*outcome);
    if ((outcome == &Tally::wrong && show == "wrong") || (outcome == &Tally::refused && show == "refused")) {
      std::cout << "==== " << file.path << " " << file.old_id << " line " << made.place.first_line + 1 << ": "
                << made.reason << "\n---- old\n"
                << old_unit << "---- new\n"
                << reply;
      for (const LineEdit& edit : made.edits)
        std::cout << "---- lines " << edit.first_line + 1 << ", " << edit.lines << "\n" << edit.text;
    }
  }

  void print(const std::string& name, const Tally& tally) const {
    const double all = static_cast<double>(std::max<std::size_t>(tally.all(), 1));
    std::printf("%-12s %6zu changes: %5zu right (%.1f %%), %4zu refused (%.1f %%), %3zu wrong (%.2f %%)\n",
                name.c_str(), tally.all(), tally.right, 100 * tally.right / all, tally.refused,
                100 * tally.refused / all, tally.wrong, 100 * tally.wrong / all);
  }
};

}  // namespace

int main(int count, char** arguments) {
  const std::string git = "git -C '" + std::string(count > 1 ? arguments[1] : ".") + "' ";
  const std::string log =
      git + "log --no-merges --no-renames --diff-filter=M --raw --no-abbrev --format= " + last_commit;
  if (output_of(git + "rev-parse --is-shallow-repository 2>&1") != "false\n" ||
      output_of(git + "cat-file -t " + last_commit + " 2>&1") != "commit\n") {
    std::cout << "skipped: there is no git here, or not the history up to " << last_commit << "\n";
    return 77;
  }
  Corpus corpus;
  if (count > 3) corpus.show = arguments[3];
  const auto files = changed_files(output_of(log));
  const auto texts =
      blobs(output_of(log + " | awk '/^:/ { print $3; print $4 }' | sort -u | " + git + "cat-file --batch"));
  for (const ChangedFile& file : files) corpus.look_at(file, texts.at(file.old_id), texts.at(file.new_id));

  for (const auto& [language, tally] : corpus.by_language) corpus.print(language, tally);
  corpus.print("all", corpus.total);
  corpus.print("new", corpus.added);
  corpus.print("elsewhere", corpus.elsewhere);
  for (const auto& [reason, times] : corpus.reasons) std::printf("%6zu refused: %s\n", times, reason.c_str());
  std::printf("%.2f ms a change, %.1f ms at most\n",
              corpus.spent.count() / std::max<std::size_t>(corpus.total.all(), 1), corpus.longest.count());
  const double all = static_cast<double>(corpus.total.all());
  const bool good = corpus.total.all() >= least_changes && corpus.total.right >= least_right * all &&
                    corpus.total.wrong <= most_wrong * all && corpus.added.refused >= least_strangers &&
                    corpus.elsewhere.refused >= least_strangers &&
                    corpus.added.wrong + corpus.elsewhere.wrong == 0;
  if (!good)
    std::printf(
        "failed: at least %zu changes, %.0f %% right, at most %.1f %% wrong; of new functions and those of other "
        "files at least %zu each, all refused\n",
        least_changes, 100 * least_right, 100 * most_wrong, least_strangers);
  return good ? 0 : 1;
}
