// Writes instructions into a system text and into the message that tells the model of a change, and reads them
// back from both. A file's content can't end its block early or begin another one. Wording and layout must not
// change: instructions that were sent are found again by wording and layout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aside {

// There is a block for each text that isn't blank. The blocks together are compared with those that the model knows.
//
//   <instructions from="AGENTS.md">
//   …
//   </instructions>
struct Instruction {
  std::string name;
  std::string text;
};
std::string instruction_blocks(const std::vector<Instruction>& instructions);
std::vector<std::string> instruction_names(std::string_view blocks);

std::string with_instructions(std::string_view system, std::string_view blocks);
// The message for the model when `known` has been replaced by `now`.
std::string changed_instructions(std::string_view known, std::string_view now);
// The blocks in such a message; empty: the instructions were withdrawn.
std::string instructions_in_message(std::string_view message);

}  // namespace aside
