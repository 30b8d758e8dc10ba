// The fenced code blocks of a Markdown text, as CommonMark has them, except that a fence may be indented by any width,
// since lists hold blocks. A fence may stand behind the marks of a list; those in block quotes are not counted. Pure,
// linear in the text. Everything in a block points into the text that it was found in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct CodeBlock {
  std::size_t start_line = 0;   // from 0, the fences included
  std::size_t end_line = 0;     // exclusive
  std::string_view fence;       // the opening one, without its indentation and its info string
  std::size_t indentation = 0;  // of the opening fence, in columns
  std::string_view language;
  // The file that the block names: in its info string (`c:src/main.c`, `c title="main.c"`, `src/main.c`), in a line above it
  // that consists of nothing but a path, or in a comment that is its first line.
  std::string_view name;
  std::string_view lines;  // between the fences, as they stand in the text
  bool closed = false;
  // A line in it looks like the opening fence of another block, whose end then was taken for the end of this one.
  bool doubtful = false;

  // The lines without the indentation of the fence.
  std::string text() const;
};

std::vector<CodeBlock> code_blocks(std::string_view markdown);

// The path in a line that is a comment with nothing else in it, as models write it above code; empty if there is none.
std::string_view path_in_comment(std::string_view line);

}  // namespace aside
