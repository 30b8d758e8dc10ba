#include "daemon/text/block_around.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "daemon/text/definition.h"
#include "daemon/text/indentation.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr std::size_t tab = 8;

std::size_t width(std::string_view line) {
  std::size_t width = 0;
  for (const char c : indentation_of(line)) width += c == '\t' ? tab - width % tab : 1;
  return width;
}

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.starts_with(word); });
}

bool closes(std::string_view line) {
  return starts_with_one_of(line, {"}", ")", "]"}) || line == "end" || line.starts_with("end ");
}

// Whether the line begins a block inside a function (`if`, `for`), or only closes a block.
bool controls(std::string_view line) {
  std::size_t letters = 0;
  while (letters < line.size() && ((line[letters] >= 'a' && line[letters] <= 'z') || line[letters] == '_'))
    ++letters;
  const std::string_view word = line.substr(0, letters);
  for (const std::string_view one :
       {"if",      "else",   "elif",   "elseif",  "for",  "foreach", "while",  "until",
        "unless",  "switch", "case",   "default", "do",   "try",     "catch",  "except",
        "finally", "with",   "return", "match",   "when", "loop",    "select", "begin"})
    if (word == one) return true;
  return closes(line);
}

// Whether a line that stands directly above the head of a block belongs to the block: a comment, a decorator, an
// attribute, parameters of a template.
bool leads(std::string_view line) {
  if (starts_with_one_of(line, {"#include", "#define", "#if", "#endif", "#else", "#pragma", "#import"}))
    return false;
  return starts_with_one_of(line, {"//", "/*", "*/", "* ", "#", "@", "[[", "#[", "--", "\"", "template"});
}

struct Block {
  std::size_t first = 0, end = 0;
  bool names = false;  // its first line names a function or class, or looks so
};

// The block whose body begins below this line. If the line is only a brace, the lines above it belong to the block,
// too.
std::optional<Block> block_below(const Lines& lines, std::size_t head) {
  const std::size_t end = definition_end(lines, head);
  if (end == 0) return std::nullopt;
  const bool brace = trimmed(lines[head]) == "{";
  const std::size_t own = width(lines[head]);
  std::size_t first = head;
  while (brace && first > 0) {
    const std::string_view above = trimmed(lines[first - 1]);
    if (above.empty() || width(lines[first - 1]) < own || above[0] == '#' || above.ends_with(';') ||
        above.ends_with('}') || above.ends_with('{') || leads(above))
      break;
    --first;
  }
  const std::string_view line = trimmed(lines[first]);
  const bool names = !controls(line) && line != "{" && !definition_name(lines[first]).empty();
  while (first > 0 && width(lines[first - 1]) == own && leads(trimmed(lines[first - 1]))) --first;
  return Block{first, end, names || (brace && first < head && !controls(line))};
}

// The lines that open the blocks around a line, the innermost first.
std::vector<std::size_t> heads(const Lines& lines, std::size_t line) {
  std::vector<std::size_t> heads;
  const std::string_view own = trimmed(lines[line]);
  std::size_t left = width(lines[line]);
  if (closes(own)) {
    ++left;  // the head is as far left as what closes it
  } else {
    std::size_t next = line + 1;
    while (next < lines.size() && blank(lines[next])) ++next;
    if (next < lines.size() && trimmed(lines[next]) == "{" && width(lines[next]) == left)
      heads.push_back(next);
    else if (next < lines.size() && (width(lines[next]) > left || own == "{"))
      heads.push_back(line);
  }
  for (std::size_t above = line; above-- > 0 && left > 0;) {
    if (blank(lines[above]) || width(lines[above]) >= left) continue;
    if (trimmed(lines[above])[0] == '#' && width(lines[above]) == 0) continue;  // a line for the preprocessor
    left = width(lines[above]);
    if (!closes(trimmed(lines[above])) || trimmed(lines[above]).ends_with('{')) heads.push_back(above);
  }
  return heads;
}

}  // namespace

std::optional<LineRange> block_around(const Lines& lines, std::size_t line) {
  if (lines.empty()) return std::nullopt;
  line = std::min(line, lines.size() - 1);
  while (line > 0 && blank(lines[line])) --line;
  if (blank(lines[line])) return std::nullopt;

  std::optional<Block> largest;
  for (const std::size_t head : heads(lines, line)) {
    const auto block = block_below(lines, head);
    if (!block || block->end <= line) continue;
    if (block->end - block->first > max_block_lines) break;
    largest = block;
    if (block->names) break;
  }
  if (largest) return LineRange{largest->first, largest->end - largest->first};
  std::size_t first = line, end = line + 1;
  while (first > 0 && !blank(lines[first - 1])) --first;
  while (end < lines.size() && !blank(lines[end])) ++end;
  if (end - first > max_block_lines) return std::nullopt;
  return LineRange{first, end - first};
}

}  // namespace aside
