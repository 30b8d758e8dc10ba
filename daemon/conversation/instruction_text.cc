#include "daemon/conversation/instruction_text.h"

#include <algorithm>

#include "daemon/text/json.h"
#include "daemon/text/safe.h"

namespace aside {
namespace {

constexpr std::string_view opening = "<instructions from=\"";
constexpr std::string_view opened = "\">\n";
constexpr std::string_view closing = "</instructions";

// Replaces control characters by blanks. This must not change, since instructions that were sent are found by their
// bytes.
std::string on_one_line(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return name;
}

std::string without_closings(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(closing, at), text.size());
    out += text.substr(at, found - at);
    if (found < text.size()) out.append("<\\").append(closing.substr(1));
    at = found + closing.size();
  }
  return out;
}

}  // namespace

std::string instruction_blocks(const std::vector<Instruction>& instructions) {
  std::string blocks;
  for (const Instruction& instruction : instructions) {
    if (json_text::blank(instruction.text)) continue;
    if (!blocks.empty()) blocks += "\n\n";
    blocks.append(opening).append(attribute_text(on_one_line(instruction.name))).append(opened);
    blocks += without_closings(instruction.text);
    if (blocks.back() != '\n') blocks += '\n';
    blocks.append(closing).append(">");
  }
  return blocks;
}

std::vector<std::string> instruction_names(std::string_view blocks) {
  std::vector<std::string> names;
  for (std::size_t at = blocks.find(opening); at != blocks.npos; at = blocks.find(opening, at)) {
    at += opening.size();
    names.emplace_back(blocks.substr(at, blocks.find(opened, at) - at));
    at = std::min(blocks.find(closing, at), blocks.size());
  }
  return names;
}

std::string with_instructions(std::string_view system, std::string_view blocks) {
  std::string text(system);
  if (!blocks.empty())
    text.append("\n\nThe user has chosen to give you these instructions:\n\n").append(blocks);
  return text;
}

std::string changed_instructions(std::string_view known, std::string_view now) {
  if (now.empty()) return "The instructions that the user gave you earlier no longer hold.";
  std::string text = known.empty()
                         ? "From now on these instructions of the user hold:"
                         : "The user's instructions have changed. From now on these hold, and the earlier "
                           "ones no longer:";
  return text.append("\n\n").append(now);
}

std::string instructions_in_message(std::string_view message) {
  return std::string(message.substr(std::min(message.find(opening), message.size())));
}

}  // namespace aside
