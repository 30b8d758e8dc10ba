// Finds the words after an `@` in a question, and says what each may mean by its form: a file or lines of it
// (`@src/list.c:10-24`), a pattern (`@src/*.h`) or a folder (`@src/`). The caller, context/named_files, looks up which of
// them are files. Pure; takes time in proportion to the text. The returned views point into the given text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

inline constexpr std::size_t max_at_word = 4096;  // bytes; a longer word is left out
inline constexpr std::size_t max_marks = 16;      // at most so many punctuation marks are taken off a word

// Returns the words after an `@`, without the `@`, in the order of the text, each of them once. The `@` must be at the
// beginning of a line, or after white space, `(` or `"`. A word ends at white space; a backslash before the white space
// prevents that, except before a newline. Words with a null byte are left out.
std::vector<std::string_view> at_words(std::string_view text);

// Returns the word as it is, then without its last punctuation mark, without its last two, and so on, since these marks
// may belong to the sentence.
std::vector<std::string_view> readings(std::string_view word);

// Removes the backslashes; the character after a backslash stands for itself.
std::string unescaped(std::string_view word);

struct NameAndLines {
  std::string_view name;
  int first = 0, last = 0;  // counted from 1; `last` is not below `first`
};
// Splits `list.c:10-24` or `list.c:10`; nullopt if no lines are named.
std::optional<NameAndLines> name_and_lines(std::string_view name);

// Whether a name is absolute: it begins with `/` or `~/`.
bool is_absolute(std::string_view name);

// Whether the word may mean several files. A pattern must have a slash or a dot, and a folder must end in a slash, since
// people write much else with an `@`. A word with a punctuation mark at its end means none.
bool may_be_group(std::string_view word);

struct FolderAndPattern {
  std::string_view folder, pattern;  // with their backslashes; `folder` ends in a slash
};
// Splits an absolute pattern after the last slash before the first `*`, `?` or `[`. nullopt if it has none of these.
std::optional<FolderAndPattern> folder_and_pattern(std::string_view word);

}  // namespace aside
