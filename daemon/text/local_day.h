// Days as people count them: those of the time zone that this machine is set to.
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
std::string name(const LocalDay& day);  // "2026-11-22"; without a day, of a month: "2026-11"
// Of a date the day's first moment here; of a time with its zone that moment. nullopt for anything else.
std::optional<std::int64_t> local_milliseconds(std::string_view text);

}  // namespace aside
