#include "daemon/text/local_day.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "protocol/iso_time.h"

namespace aside {

LocalDay local_day(std::int64_t milliseconds) {
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts = {};
  ::localtime_r(&seconds, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday};
}

std::string name(const LocalDay& day) {
  std::array<char, 40> text;
  if (day.day == 0)
    std::snprintf(text.data(), text.size(), "%04d-%02d", day.year, day.month);
  else
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", day.year, day.month, day.day);
  return text.data();
}

std::optional<std::int64_t> local_milliseconds(std::string_view text) {
  const auto moment = iso_milliseconds(text);
  if (!moment || text.size() != std::string_view("2026-11-22").size()) return moment;
  const auto seconds = static_cast<std::time_t>(*moment / 1000);
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  parts.tm_isdst = -1;  // mktime finds out whether summer time holds on that day
  return static_cast<std::int64_t>(std::mktime(&parts)) * 1000;
}

}  // namespace aside
