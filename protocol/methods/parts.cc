#include "protocol/methods/parts.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocol/iso_time.h"

namespace aside {

std::string read_document(const Fields& fields) {
  return fields.object("textDocument").filled("uri");
}

std::string read_string(const Fields& fields, const char* name) {
  return fields.optional_string(name).value_or("");
}

std::string read_effort(const Fields& fields) {
  return optional_effort(fields).value_or("");
}

std::optional<std::string> optional_effort(const Fields& fields) {
  constexpr std::array<std::string_view, 6> known{"", "low", "medium", "high", "xhigh", "max"};
  auto effort = fields.optional_string("effort");
  if (effort && std::find(known.begin(), known.end(), *effort) == known.end()) {
    fields.refuse("effort", "must be one of low, medium, high, xhigh, max");
  }
  return effort;
}

Position read_position(const Fields& fields) {
  // The line after it must be a number, too. No document has so many lines, so it is still a place after the end.
  const int line = std::min(fields.integer("line", 0, any_most), any_most - 1);
  return {line, fields.integer("character", 0, any_most)};
}

std::optional<Range> read_range(const Fields& fields, const char* name) {
  const auto found = fields.optional_object(name);
  if (!found) return std::nullopt;
  const Range range{read_position(found->object("start")), read_position(found->object("end"))};
  const auto place = [](const Position& p) { return std::pair(p.line, p.character); };
  if (place(range.end) < place(range.start)) found->refuse("end", "must not be before its start");
  return range;
}

std::optional<std::int64_t> read_moment(const Fields& fields, const char* name) {
  const auto text = fields.optional_string(name);
  if (!text) return std::nullopt;
  const auto moment = iso_milliseconds(*text);
  if (!moment) fields.refuse(name, "must be a date or a time like 2026-11-22T14:02:11Z");
  return moment;
}

json to_json(const Range& range) {
  const auto place = [](const Position& p) { return json{{"line", p.line}, {"character", p.character}}; };
  return {{"start", place(range.start)}, {"end", place(range.end)}};
}

json null_if_empty(const std::string& text) {
  return text.empty() ? json() : json(text);
}

}  // namespace aside
