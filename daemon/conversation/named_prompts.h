// Named prompts: a longer text replaces `/review` at the beginning of a question. Some prompts are built in. A
// Markdown file in the user's folder `prompts` adds a prompt, or replaces a built-in one. The first line of the file
// is its description; if this line is a heading (`# …`), it isn't sent. Nothing is read from a workspace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct NamedPrompt {
  static constexpr std::size_t max_bytes = 64 * 1024;
  static constexpr std::size_t most = 1000;  // the most files of the folder that are read

  std::string name;         // letters, digits, - and _
  std::string description;  // one line
  std::string text;
  std::string problem;  // a sentence that says why it can't be used; empty if it can
};

// Whether code must be shared together with the prompt. True if its text says "this code", "this file" or "these
// lines" and has no `{{input}}`.
bool needs_code(const NamedPrompt& prompt);

// Returns the prompts, sorted by name. `folder` may be empty or missing.
std::vector<NamedPrompt> named_prompts(const std::string& folder);

// If the question begins with the name of one of these prompts (`/name`, as a whole word), returns the text of that
// prompt. The rest of the question replaces each `{{input}}` in that text, or is appended. Any other question is
// returned as it is. Errors: InvalidParams for a prompt that can't be used.
Result<std::string> expanded(std::string_view question, const std::vector<NamedPrompt>& prompts);
// Does the same with the prompts of a folder. The folder is read only if the question begins with "/".
Result<std::string> expanded(std::string_view question, const std::string& folder);

}  // namespace aside
