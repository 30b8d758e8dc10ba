// Recognises lines that stand for code which a model has left out: `// ...`, `# ... rest unchanged`, `/* existing code */`.
// Put into a file, they would delete that code. Pure.
#pragma once

#include <string_view>

namespace aside {

// An ellipsis that stands alone, or a comment that begins with one or says nothing but that code is left out. Python's `...` is
// one, too: callers compare with the lines that are there.
bool leaves_out_code(std::string_view line);

}  // namespace aside
