#include "protocol/iso_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace aside {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::sys_days;

// Removes a number with exactly `digits` digits from the front, and then the character `after` (nothing if it is 0).
// Returns the number; nullopt if the text doesn't begin so.
std::optional<int> take(std::string_view& text, std::size_t digits, char after) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  if (after == 0) return value;
  if (text.empty() || text.front() != after) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

std::string iso_time(std::int64_t since_1970) {
  const auto day = std::chrono::floor<days>(std::chrono::sys_time<milliseconds>(milliseconds(since_1970)));
  const std::chrono::year_month_day date(day);
  const auto rest = static_cast<int>(since_1970 - milliseconds(day.time_since_epoch()).count());
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), rest / 3600000, rest / 60000 % 60, rest / 1000 % 60,
                rest % 1000);
  return text.data();
}

std::optional<std::int64_t> iso_milliseconds(std::string_view text) {
  const bool date_only = text.size() == 10;
  const auto year = take(text, 4, '-'), month = take(text, 2, '-'),
             day = take(text, 2, date_only ? '\0' : 'T');
  if (!year || !month || !day) return std::nullopt;
  const auto date = std::chrono::year(*year) / *month / *day;
  if (!date.ok()) return std::nullopt;
  const std::int64_t start = milliseconds(sys_days(date).time_since_epoch()).count();
  if (date_only) return start;
  const bool whole_seconds = text.size() == 9;
  const auto hour = take(text, 2, ':'), minute = take(text, 2, ':'),
             second = take(text, 2, whole_seconds ? 'Z' : '.');
  const auto fraction = whole_seconds ? std::optional(0) : take(text, 3, 'Z');
  if (!hour || !minute || !second || !fraction || !text.empty()) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return start + ((*hour * 60 + *minute) * 60 + *second) * std::int64_t{1000} + *fraction;
}

}  // namespace aside
