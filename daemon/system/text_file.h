// A text that people write for the model and keep in a file: instructions, prompts. Read whole or not at all:
// what is too large, no text or no file is an error that says so, never a part of it. Never waits: pipes and
// devices are no files.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/error.h"

namespace aside {

// UTF-8 without a byte order mark, lines end with "\n". The last part of the path is not followed if it is a
// link: resolve it before.
Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

}  // namespace aside
