// Writes tokens and money for people, in the same form everywhere.
#pragma once

#include <cstdint>
#include <string>

namespace aside {

std::string tokens_text(std::int64_t count);     // "214", "12.4k", "1.2M"
std::string counted_tokens(std::int64_t count);  // "1 token", "12.4k tokens"
std::string dollars_text(double dollars);        // "$0", "< $0.0001", "$0.0013", "$0.012", "$3.40"

}  // namespace aside
