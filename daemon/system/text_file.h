// Reads a text file that people write for the model: instructions, prompts. A file is read as a whole or not at all:
// a file that is too large or not text gives an error. Reading never waits: pipes and devices are refused.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

// Returns UTF-8 without a byte order mark, with "\n" at the end of each line. Refuses a path whose last part is a
// link, so the caller must resolve links first.
Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

}  // namespace aside
