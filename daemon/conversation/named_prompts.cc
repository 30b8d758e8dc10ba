#include "daemon/conversation/named_prompts.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "daemon/system/text_file.h"
#include "daemon/text/json.h"
#include "protocol/blank.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view input = "{{input}}";

const NamedPrompt built_in[] = {
    {"blocks", "The same change once more, in a form that fits exactly",
     "Give the changes of your last reply once more, in a form that can be put into the files exactly: for each "
     "change a fenced code block, with the file's name in the line above it and nothing else in it but\n\n"
     "<<<<<<< SEARCH\nthe old text, copied exactly from the file as you know it, so much that it occurs only "
     "once\n=======\nthe new text\n>>>>>>> REPLACE\n\nWhole lines, one pair in each block, and nothing left out.",
     ""},
    {"commit", "A commit message for a diff",
     "Write the commit message for these changes. The first line says what changes, in the imperative, in at most "
     "72 characters and without a full stop. If the reason isn't plain from that, an empty line follows, and then a "
     "short text, with lines of at most 72 characters, that says why. Answer with the message and nothing else: no "
     "code fence, no quotes, no heading, no word before or after it, and ask to see no files.",
     ""},
    {"explain", "What this code does, and why it is made this way",
     "Explain what this code does and why it is made this way. Begin with its purpose in one sentence; then "
     "go through what isn't obvious, and name what it takes for granted, its side effects and its pitfalls.",
     ""},
    {"fix", "What is wrong, and the smallest change that mends it",
     "Find what is wrong with this code and mend it. Say in a sentence or two what the cause is; then give "
     "the smallest change that mends it, as a code block that can take the place of the old lines. Where "
     "there may be more than one cause, say how to tell them apart.",
     ""},
    {"here", "The answer goes on, with what the last reply asked to see",
     "Here is what you asked to see. Go on with your answer, and take it into account.", ""},
    {"review", "What a careful colleague would say",
     "Review this code as a careful colleague would: mistakes first, then errors and edge cases that it "
     "doesn't handle, security, needless complexity. What weighs most comes first, each point with its line, "
     "why it matters and the smallest change that mends it. Leave out matters of taste, and say so if "
     "nothing needs to change.",
     ""},
    {"tests", "Tests for this code",
     "Write tests for this code, in its language and with the test framework that it uses; where that can't "
     "be seen, say which one you take. Cover the ordinary case, the edges and what can fail, and name each "
     "test after what it promises. Put them into one code block.",
     ""},
};

bool names(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

NamedPrompt read(const fs::path& path) {
  NamedPrompt prompt{path.stem().string(), {}, {}, {}};
  std::error_code failed;
  const std::string real = fs::canonical(path, failed).string();  // the user's own files may be links
  auto text = read_text_file(failed ? path.string() : real, NamedPrompt::max_bytes);
  if (!text) {
    prompt.problem = text.error().message + ".";
    return prompt;
  }
  const std::string_view whole = trimmed(*text);
  const std::string_view first = trimmed(whole.substr(0, whole.find('\n')));
  const bool heading = first.starts_with("# ");
  const std::string_view rest = trimmed(whole.substr(std::min(whole.find('\n'), whole.size())));
  prompt.description = heading ? trimmed(first.substr(2)) : first;
  prompt.text = !heading ? whole : rest.empty() ? prompt.description : rest;
  if (blank(prompt.text)) prompt.problem = path.string() + " is empty.";
  return prompt;
}

std::string filled(std::string_view text, std::string_view with) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = text.find(input); found != text.npos; found = text.find(input, at)) {
    out.append(text.substr(at, found - at)).append(with);
    at = found + input.size();
  }
  return out.append(text.substr(at));
}

}  // namespace

bool needs_code(const NamedPrompt& prompt) {
  constexpr std::string_view words[] = {"this code", "this file", "these lines"};
  const auto holds = [&](std::string_view text) { return prompt.text.find(text) != prompt.text.npos; };
  return !holds(input) && std::any_of(std::begin(words), std::end(words), holds);
}

std::vector<NamedPrompt> named_prompts(const std::string& folder) {
  std::map<std::string, NamedPrompt> by_name;
  for (const NamedPrompt& prompt : built_in) by_name[prompt.name] = prompt;
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (std::size_t seen = 0; !failed && entry != fs::directory_iterator() && seen < NamedPrompt::most;
       entry.increment(failed), ++seen) {
    const fs::path& path = entry->path();
    if (path.extension() == ".md" && names(path.stem().string())) by_name[path.stem().string()] = read(path);
  }
  std::vector<NamedPrompt> prompts;
  for (auto& [name, prompt] : by_name) prompts.push_back(std::move(prompt));
  return prompts;
}

Result<std::string> expanded(std::string_view question, const std::vector<NamedPrompt>& prompts) {
  const std::string as_it_is(question);
  if (!question.starts_with('/')) return as_it_is;
  const std::size_t end = word_bytes(question);
  const std::string_view name = question.substr(1, end - 1);
  const auto prompt = std::find_if(prompts.begin(), prompts.end(),
                                   [name](const NamedPrompt& prompt) { return prompt.name == name; });
  if (prompt == prompts.end()) return as_it_is;
  if (!prompt->problem.empty())
    return Error{ErrorCode::InvalidParams,
                 "params.question: /" + prompt->name + " can't be used: " + prompt->problem,
                 {.hint = "Correct or remove that file."}};
  const std::string_view rest = trimmed(question.substr(end));
  if (prompt->text.find(input) != std::string::npos) {
    std::string whole = filled(prompt->text, rest);
    if (!blank(whole)) return whole;
    return Error{ErrorCode::InvalidParams,
                 "params.question must not be blank: /" + prompt->name + " needs some text after it",
                 {.hint = "Write the text after the name of the prompt."}};
  }
  return rest.empty() ? prompt->text : prompt->text + "\n\n" + std::string(rest);
}

Result<std::string> expanded(std::string_view question, const std::string& folder) {
  if (!question.starts_with('/')) return std::string(question);
  return expanded(question, named_prompts(folder));
}

}  // namespace aside
