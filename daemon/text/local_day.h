// Days in the time zone of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aside {

struct LocalDay {
  int year = 0, month = 0, day = 0;
  auto operator<=>(const LocalDay&) const = default;
};

LocalDay local_day(std::int64_t milliseconds);
std::string name(const LocalDay& day);  // "2026-11-22", or "2026-11" where `day` is 0
// Returns the first moment of a date in the time zone of this machine, or the moment of a time, which is in UTC.
// Returns nullopt for any other text.
std::optional<std::int64_t> local_milliseconds(std::string_view text);

}  // namespace aside
