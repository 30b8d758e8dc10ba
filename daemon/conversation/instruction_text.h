// Instructions as words: how they stand in a system text, in the message that tells the model of a change,
// and how they are read out of these again. Whatever a file holds, it can't end its block early or begin
// another. Wording and layout are stable, since what a thread was told is found again by them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aside {

// A block for each text that isn't blank; together they are what a thread knows and what is compared.
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
// What the model is told where `known` was true and `now` is.
std::string changed_instructions(std::string_view known, std::string_view now);
// The blocks of such a message; empty: they were withdrawn.
std::string told_instructions(std::string_view message);

}  // namespace aside
