#include "daemon/text/at_words.h"

#include <algorithm>
#include <unordered_set>

namespace aside {
namespace {

bool white(char c) {
  return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
}

// Returns the place of the first character that is one of `of` and has no backslash before it; npos if there is none.
std::size_t first_plain(std::string_view word, std::string_view of) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\')
      ++i;
    else if (of.find(word[i]) != of.npos)
      return i;
  }
  return word.npos;
}

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !white(text[at])) {
    const bool escapes = text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n';
    at += escapes ? 2 : 1;
  }
  return at;
}

bool is_mark(char c) {
  return std::string_view(".,;:!?)\"'").find(c) != std::string_view::npos;
}

// Reads a line number: 1 to 9 digits. nullopt for anything else.
std::optional<int> number(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::vector<std::string_view> at_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::unordered_set<std::string_view> known;
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at)) {
    const bool begins = at == 0 || white(text[at - 1]) || text[at - 1] == '(' || text[at - 1] == '"';
    if (!begins) {
      ++at;
      continue;
    }
    const std::size_t end = word_end(text, at + 1);
    const std::string_view word = text.substr(at + 1, end - at - 1);
    const bool name = !word.empty() && word.size() <= max_at_word && word.find('\0') == word.npos;
    if (name && known.insert(word).second) words.push_back(word);
    at = end;
  }
  return words;
}

std::vector<std::string_view> readings(std::string_view word) {
  std::vector<std::string_view> all{word};
  while (all.size() <= max_marks && word.size() > 1 && is_mark(word.back())) {
    word.remove_suffix(1);
    all.push_back(word);
  }
  return all;
}

std::string unescaped(std::string_view word) {
  std::string name;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 1 < word.size()) ++i;
    name += word[i];
  }
  return name;
}

std::optional<NameAndLines> name_and_lines(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  if (colon == name.npos || colon == 0) return std::nullopt;
  const std::string_view lines = name.substr(colon + 1);
  const std::size_t dash = lines.find('-');
  const auto first = number(lines.substr(0, dash));
  const auto last = dash == lines.npos ? first : number(lines.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  const int from = std::max(1, *first);
  return NameAndLines{name.substr(0, colon), from, std::max(from, *last)};
}

bool is_absolute(std::string_view name) {
  return name.starts_with('/') || name.starts_with("~/");
}

bool may_be_group(std::string_view word) {
  if (word.find_first_of("/.") == word.npos || is_mark(word.back())) return false;
  return first_plain(word, "*?[") != word.npos || (word.size() > 1 && word.ends_with('/'));
}

std::optional<FolderAndPattern> folder_and_pattern(std::string_view word) {
  const std::size_t wildcard = first_plain(word, "*?[");
  if (wildcard == word.npos) return std::nullopt;
  std::size_t slash = 0;
  for (std::size_t i = 0; i < wildcard; ++i) {
    if (word[i] == '\\')
      ++i;
    else if (word[i] == '/')
      slash = i;
  }
  return FolderAndPattern{word.substr(0, slash + 1), word.substr(slash + 1)};
}

}  // namespace aside
