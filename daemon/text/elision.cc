#include "daemon/text/elision.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::string_view dots = "...", ellipsis = "\u2026";
constexpr std::size_t max_comment = 200;

// Words for what is left out (`fill`), and words that say that it is left out (`tell`). A comment that consists only
// of such words, at least one of them from `tell`, stands for code that was left out.
constexpr std::array<std::string_view, 9> tell = {"existing", "unchanged", "omitted", "rest",  "remaining",
                                                  "remains",  "previous",  "brevity", "elided"};
constexpr std::array<std::string_view, 50> fill = {
    "the",     "of",      "your",     "code",    "file",     "function", "functions", "method",
    "methods", "class",   "body",     "content", "contents", "lines",    "is",        "are",
    "as",      "before",  "above",    "below",   "same",     "stays",    "stay",      "keep",
    "here",    "for",     "other",    "all",     "and",      "in",       "this",      "no",
    "changes", "imports", "includes", "logic",   "setup",    "tests",    "cases",     "implementation",
    "stuff",   "section", "sections", "part",    "goes",     "left",     "out",       "like",
    "it",      "was"};

bool starts_with_ellipsis(std::string_view text) {
  return text.starts_with(dots) || text.starts_with(ellipsis);
}

bool in(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool says_nothing_else(std::string_view comment) {
  if (comment.size() > max_comment) return false;
  std::string word;
  bool found = false;
  const auto known = [&] {
    found = found || in(tell, word);
    const bool is_known = word.empty() || in(tell, word) || in(fill, word);
    word.clear();
    return is_known;
  };
  for (std::size_t i = 0; i < comment.size(); ++i) {
    const char c = static_cast<char>(comment[i] | 0x20);
    if (c >= 'a' && c <= 'z') {
      word += c;
    } else {
      if (comment.substr(i).starts_with(ellipsis))
        i += ellipsis.size() - 1;
      else if (std::string_view(" .,:;()[]-").find(comment[i]) == std::string_view::npos)
        return false;
      if (!known()) return false;
    }
  }
  return known() && found;
}

bool tells(std::string_view comment) {
  comment = trimmed(comment);
  for (const char* const wrap : {"(", "[", "{", "<"})  // "[...]", "{ ... }"
    if (comment.starts_with(wrap) && starts_with_ellipsis(trimmed(comment.substr(1)))) return true;
  return starts_with_ellipsis(comment) || says_nothing_else(comment);
}

struct Comment {
  std::string_view begin, end;
  bool after_code;  // the mark is clear enough to be looked for behind code, too
};
constexpr std::array<Comment, 10> comments = {{{"<!--", "-->", true},
                                               {"/*", "*/", true},
                                               {"//", "", true},
                                               {"(*", "*)", false},
                                               {"--", "", false},
                                               {"#", "", false},
                                               {";", "", false},
                                               {"%", "", false},
                                               {"\" ", "", false},
                                               {"*", "", false}}};

std::string_view without_marks(std::string_view text, std::string_view mark) {
  while (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

// Whether the line is only "...": alone, in brackets, or with a comma or semicolon behind it. With other text, "..."
// is code: a spread, a range, variadic arguments.
bool bare_ellipsis(std::string_view line) {
  if (line.find_first_not_of(" .,;()[]{}<>\xE2\x80\xA6") != line.npos) return false;
  return line.find(ellipsis) != line.npos || line == dots || line == "...," || line == "...;" ||
         line == "[...]" || line == "{...}" || line == "(...)" || line == "{ ... }" || line == "<...>" ||
         line == "....";
}

}  // namespace

bool leaves_out_code(std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return false;
  if (bare_ellipsis(line)) return true;
  if (line.starts_with('{') && line.ends_with('}'))
    line = trimmed(line.substr(1, line.size() - 2));  // a comment in JSX
  for (const Comment& comment : comments) {
    const std::size_t at = comment.after_code ? line.rfind(comment.begin) : 0;
    if (at == line.npos || !line.substr(at).starts_with(comment.begin)) continue;
    if (at > 0 && line[at - 1] == ':') continue;  // an address
    std::string_view text = without_marks(line.substr(at), comment.begin);
    if (!comment.end.empty()) text = text.substr(0, text.find(comment.end));
    if (tells(text)) return true;
  }
  return false;
}

}  // namespace aside
