// Finds the files that a reply asks to see. The system text (api/prompt) tells the model how to ask: each of the
// reply's last lines is only `@src/main.c`, or `@src/main.c:10-40` for some lines of the file. The file may not exist,
// and the user may not want to share it: both are for the caller to find out. Used by conversation/wanted. Pure, linear
// in the text.
//
// Other forms that can't mean anything else are accepted, too: the mark of a list before the `@`; backticks or `**`
// around it; a comma, semicolon or full stop after it; `:10` for one line; `:L10-L40`; blank lines. A path with white
// space needs quotes or backticks. `@media`, `@types/node` and `@ann` are not files. A path is accepted if one of these
// is true:
//  - Its last part has an extension, begins with a dot, or is a name like `Makefile`.
//  - It has line numbers.
//  - It begins with `./`, `../`, `/` or `~/`.
// Lines in a code block don't count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct WantedFile {
  std::string path;      // as the reply has it
  int first = 0;         // the first wanted line, counted from 1; 0 if the whole file is wanted
  int last = 0;          // the last wanted line
  std::size_t line = 0;  // the line of the reply, counted from 0, that asks for the file
};

// If a reply names more files, only the last ones are taken.
inline constexpr std::size_t max_wanted_files = 10;

// Returns the files in the order of the reply, each of them once.
std::vector<WantedFile> wanted_files(std::string_view reply);

}  // namespace aside
