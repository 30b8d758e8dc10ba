// The files that a reply asks to see, in the form that the system text (api/prompt) gives the model: the reply's last lines, of
// which each is `@src/main.c`, or `@src/main.c:10-40` for some lines, and nothing else. Used by conversation/wanted. Pure,
// linear in the text. That a reply names a file says neither that it exists nor that it may be shared.
//
// What can't mean anything else is taken, too: the mark of a list before it; backticks or `**` around it; a comma, semicolon or
// full stop after it; `:10` for one line; `:L10-L40`; blank lines. A path with white space needs quotes or backticks.
// `@media`, `@types/node` and `@ann` aren't taken: the last part of a path has an extension or begins with a dot, or has
// lines, or is a name like `Makefile`, or the path begins with `./`, `../`, `/` or `~/`. No line in a code block counts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct WantedFile {
  std::string path;      // as the reply has it
  int first = 0;         // line, from 1; 0: the whole file
  int last = 0;          // included
  std::size_t line = 0;  // of the reply, from 0, that asks for it
};

// Of more, the last are taken.
inline constexpr std::size_t max_wanted_files = 10;

// In their order, each once.
std::vector<WantedFile> wanted_files(std::string_view reply);

}  // namespace aside
