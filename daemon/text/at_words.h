// Reads what a word after an `@` in a question may mean, by its letters alone: `@src/list.c:10-24`, `@src/*.h`, `@src/`.
// Which files there are is for the caller to find out (context/named_files). Pure; linear in the text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

inline constexpr std::size_t max_at_word = 4096;  // bytes; a longer word is no name
inline constexpr std::size_t max_marks = 16;      // so many punctuation marks are taken off the end of a word

// Returns the words after an `@`, without the `@`, in the order of the text, each of them once. The `@` must be at the
// beginning of a line, or after white space, `(` or `"`. A word ends at white space that has no backslash before it.
std::vector<std::string_view> at_words(std::string_view text);

// Returns the word as it is, and then with one punctuation mark less at its end each time: a mark may belong to the
// sentence.
std::vector<std::string_view> readings(std::string_view word);

// Returns the word without its backslashes; the character after a backslash stands for itself.
std::string unescaped(std::string_view word);

struct NameAndLines {
  std::string_view name;
  int first = 0, last = 0;  // counted from 1; `last` is not below `first`
};
// Splits `list.c:10-24` or `list.c:10`; nullopt if no lines are named.
std::optional<NameAndLines> name_and_lines(std::string_view name);

// Whether a name is absolute: it begins with `/` or `~/`.
bool is_absolute(std::string_view name);

// Whether the word may mean several files. Since people write much else with an `@`, a pattern must have a slash or a
// dot, and a folder must end in a slash.
bool may_be_group(std::string_view word);

// Splits an absolute pattern, with its backslashes, after the last slash before the first `*`, `?` or `[`. nullopt if it
// has none of these.
struct FolderAndPattern {
  std::string_view folder, pattern;
};
std::optional<FolderAndPattern> folder_and_pattern(std::string_view word);

}  // namespace aside
