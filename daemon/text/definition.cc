#include "daemon/text/definition.h"

#include <algorithm>
#include <initializer_list>

#include "daemon/text/indentation.h"
#include "daemon/text/locate.h"
#include "protocol/blank.h"

namespace aside {
namespace {

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.starts_with(word); });
}

bool closes(std::string_view line) {
  return starts_with_one_of(line, {"}", ")", "]", "end"});
}

// Whether the definition goes on at a line that has the indentation of its first line: a brace on its own line, a
// branch, a label.
bool goes_on(std::string_view line) {
  if (line == "{" || line.ends_with('{')) return line == "{" || closes(line);
  return starts_with_one_of(
      line, {"else", "elif", "except", "finally", "catch", "public:", "private:", "protected:"});
}

}  // namespace

std::size_t definition_end(const Lines& lines, std::size_t first) {
  const std::string_view indentation = indentation_of(lines[first]);
  std::size_t last = first;
  for (std::size_t i = first + 1; i < lines.size(); ++i) {
    if (blank(lines[i])) continue;
    const std::string_view own = indentation_of(lines[i]), line = trimmed(lines[i]);
    const bool further = own.size() > indentation.size() && own.starts_with(indentation);
    if (line[0] == '#' && !further) continue;  // a line for the preprocessor
    if (!further && own != indentation) break;
    if (!further && closes(line) && !goes_on(line)) return i + 1;
    if (!further && !goes_on(line)) break;
    last = i;
  }
  return last > first ? last + 1 : 0;
}

bool begins_definition(const Lines& lines, std::size_t first) {
  const std::string_view line = trimmed(lines[first]);
  if (line.empty() || std::string_view("-*+0123456789").find(line[0]) != std::string_view::npos)
    return false;  // an item of a list
  std::size_t next = first + 1;
  while (next < lines.size() && blank(lines[next])) ++next;
  return next < lines.size() && indentation_of(lines[next]).size() > indentation_of(lines[first]).size() &&
         !definition_name(lines[first]).empty();
}

std::string_view definition_name(std::string_view line) {
  line = trimmed(line);
  const std::size_t open = line.find('(');
  if (open == line.npos) return distinctive(line) && !closes(line) ? line : std::string_view();
  if (open + 1 >= line.size() || !distinctive(line.substr(0, open))) return {};
  if (const char quote = line[open + 1]; quote == '"' || quote == '\'' || quote == '`') {
    const std::size_t end = line.find(quote, open + 2);
    return end == line.npos ? std::string_view() : line.substr(0, end + 1);
  }
  const std::string_view before = trimmed(line.substr(0, open));
  const bool two_words = word_bytes(before) < before.size();
  return two_words ? line.substr(0, open + 1) : std::string_view();
}

std::optional<DefinitionHead> find_definition(std::string_view head, const Lines& lines) {
  head = trimmed(head);
  if (!distinctive(head)) return std::nullopt;
  const std::string_view name = definition_name(head);
  std::size_t same = 0, named = 0;
  DefinitionHead found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line == head && ++same == 1) found = {i, true};
    if (!name.empty() && line.starts_with(name) && ++named == 1 && same == 0) found = {i, false};
  }
  if (same + named == 0) return std::nullopt;
  found.twice = same > 1 || (same == 0 && named > 1);
  return found;
}

}  // namespace aside
