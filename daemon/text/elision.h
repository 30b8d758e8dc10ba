// Recognises lines that stand for code which a model has left out: `// ...`, `# ... rest unchanged`, `/* existing
// code */`. If such a line replaced lines of a file, their code would be lost. Pure.
#pragma once

#include <string_view>

namespace aside {

// Whether the line is a lone ellipsis, or a comment that begins with an ellipsis or only says that code is left out.
// Python's statement `...` looks the same, so callers should allow such a line if the document already has it.
bool leaves_out_code(std::string_view line);

}  // namespace aside
