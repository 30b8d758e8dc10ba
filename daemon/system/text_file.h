// Reads a text file that people write for the model: instructions, prompts. It is read as a whole or not at all:
// a file that is too large or not text gives an error. Never waits: pipes and devices are refused.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

// Returns UTF-8 without a byte order mark, with lines that end with "\n". If the last part of the path is a link,
// it is refused: resolve it before.
Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

}  // namespace aside
