// Named prompts: `/review` at the beginning of a question is replaced by a longer text. Some are built in; a
// Markdown file in the user's folder `prompts` adds one, or replaces a built-in one. Its first line describes it; if
// that is a heading (`# …`), it isn't sent. Nothing is read from a workspace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct NamedPrompt {
  static constexpr std::size_t max_bytes = 64 * 1024;
  static constexpr std::size_t most = 1000;  // files of the folder that are read

  std::string name;         // letters, digits, - and _
  std::string description;  // one line
  std::string text;
  std::string problem;  // why it can't be used, a sentence; empty: it can
};

// Whether code must be shared with the prompt: its text says "this code", "this file" or "these lines" and has no
// `{{input}}`.
bool needs_code(const NamedPrompt& prompt);

// Sorted by name. `folder` may be empty or missing.
std::vector<NamedPrompt> named_prompts(const std::string& folder);

// If the question begins with `/name`, as a whole word, of one of these prompts, returns the text of that prompt;
// what the question has after the name replaces each `{{input}}` in that text, or is appended. Any other question
// is returned as it is. Errors: InvalidParams for a prompt that can't be used.
Result<std::string> expanded(std::string_view question, const std::vector<NamedPrompt>& prompts);
// The same; the folder is read only if the question begins with "/".
Result<std::string> expanded(std::string_view question, const std::string& folder);

}  // namespace aside
