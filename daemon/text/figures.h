// Writes tokens, money and sizes for people, in the same form everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace aside {

std::string tokens_text(std::int64_t count);     // "214", "12.4k", "1.2M"
std::string counted_tokens(std::int64_t count);  // "1 token", "12.4k tokens"
std::string dollars_text(double dollars);        // "$0", "< $0.0001", "$0.0013", "$0.012", "$3.40"
// "16 MiB", "16.1 MiB". Rounds up, so that a size above a limit never looks equal to the limit.
std::string mebibytes_text(std::size_t bytes);

}  // namespace aside
