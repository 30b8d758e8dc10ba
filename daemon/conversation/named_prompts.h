// Prompts with a name: `/review` at the beginning of a question stands for a text that is asked often. Some
// are built in; a Markdown file in the user's folder `prompts` makes another, or takes the place of one. Its
// first line says what it is for; as a heading (`# …`) that line is for people alone. Nothing is read from a
// workspace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"

namespace aside {

struct NamedPrompt {
  static constexpr std::size_t max_bytes = 64 * 1024;
  static constexpr std::size_t most = 1000;  // files that are looked at

  std::string name;         // letters, digits, - and _
  std::string description;  // one line
  std::string text;
  std::string problem;  // why it can't be used, a sentence; empty: it can
};

// By name. `folder` may be empty, or not be there.
std::vector<NamedPrompt> named_prompts(const std::string& folder);

// The question in full: where it begins with `/name`, as a whole word, of one of these, with that text; what
// follows the name takes the place of each `{{input}}` in it, or else its end. Any other question as it is.
// Errors: InvalidParams for a prompt that can't be used.
Result<std::string> expanded(std::string_view question, const std::vector<NamedPrompt>& prompts);
// The same; the folder is looked into only if the question may name one.
Result<std::string> expanded(std::string_view question, const std::string& folder);

}  // namespace aside
