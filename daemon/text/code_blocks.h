// Finds the fenced code blocks of a Markdown text, as CommonMark defines them, with two differences: a fence may be
// indented by any width, and may stand behind a list mark, since lists hold blocks. Blocks in block quotes are not
// counted. Pure, linear in the text. All views of a CodeBlock point into that text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aside {

struct CodeBlock {
  std::size_t start_line = 0;   // from 0; the fences are part of the block
  std::size_t end_line = 0;     // exclusive
  std::string_view fence;       // the opening fence, without its indentation and its info string
  std::size_t indentation = 0;  // the indentation of the opening fence, in columns
  std::string_view language;
  // The file that the block names: in its info string (`c:src/main.c`, `c title="main.c"`, `src/main.c`), in a line above it
  // that consists of nothing but a path, or in a comment that is its first line.
  std::string_view name;
  std::string_view lines;  // the lines between the fences, as they stand in the text
  bool closed = false;
  // A line in this block looks like the opening fence of a nested block, so the end of the nested block may have been
  // taken for the end of this one.
  bool doubtful = false;

  // Returns the lines without the indentation of the fence.
  std::string text() const;
};

std::vector<CodeBlock> code_blocks(std::string_view markdown);

// Returns the path in a line that holds only a comment with a path, as models write it above code. Empty if there is
// none.
std::string_view path_in_comment(std::string_view line);

// Whether a path or name ends with an extension such as ".c" or ".html5". Numbers ("2.5") and the words of prose mostly
// don't.
bool has_extension(std::string_view path);

}  // namespace aside
