// Recognises lines that stand for code which a model has left out: `// ...`, `# ... rest unchanged`, `/* existing
// code */`. If such a line replaced lines of a file, their code would be lost. Pure.
#pragma once

#include <string_view>

namespace aside {

// Whether the line is a lone ellipsis, or a comment that begins with an ellipsis or only says that code is left out.
// True for Python's statement `...`, too, so callers allow lines that the document already has.
bool leaves_out_code(std::string_view line);

}  // namespace aside
