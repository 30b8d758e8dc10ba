// Writes instructions into a system text, and into the message that tells the model of a change; reads them back from
// both. A file's content can't end its block early or begin another block. Wording and layout must not change, since
// they are used to find instructions that were sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aside {

// Each text that isn't blank gets a block. All blocks together are compared with the blocks that the model knows.
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
// Returns the message for the model when `now` replaces the instructions `known`.
std::string changed_instructions(std::string_view known, std::string_view now);
// Returns the blocks in such a message; empty if it withdrew the instructions.
std::string instructions_in_message(std::string_view message);

}  // namespace aside
