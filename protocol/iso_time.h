// Times as they are written on the wire and in files: "2026-11-22T14:02:11.482Z", always UTC and always with
// milliseconds. In memory, a time is a number of milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

std::string iso_time(std::int64_t milliseconds);
// Reads this form, with or without milliseconds, or a date alone, which means the first moment of that day (UTC).
// Returns nullopt for any other text.
std::optional<std::int64_t> iso_milliseconds(std::string_view text);

}  // namespace aside
