#include "daemon/text/searched_text.h"

#include <algorithm>

namespace aside {
namespace {

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string_view line : lines) (text += line) += '\n';
  return text;
}

}  // namespace

SearchedText::SearchedText(std::string_view text) : split_(text), text_(text.substr(split_.mark.size())) {
  const bool known_ends = std::all_of(split_.ends.begin(), split_.ends.end(),
                                      [](std::string_view end) { return end.empty() || end.back() == '\n'; });
  if (!known_ends) text_ = joined_ = joined(split_.lines);
}

Lines SearchedText::lines(const LineRange& range) const {
  const auto begin = split_.lines.begin() + range.first_line;
  return {begin, begin + range.lines};
}

std::string_view SearchedText::part(std::size_t from, std::size_t to) const {
  if (from >= to) return {};
  if (joined_.empty()) {
    const char* const begin = split_.lines[from].data();
    const char* const end =
        split_.lines[to - 1].data() + split_.lines[to - 1].size() + split_.ends[to - 1].size();
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  std::size_t begin = 0, size = 0;
  for (std::size_t i = 0; i < to; ++i) (i < from ? begin : size) += split_.lines[i].size() + 1;
  return text_.substr(begin, size);
}

SearchedText::Found SearchedText::find(const Lines& lines, std::optional<std::size_t> hint_line,
                                       const std::function<bool(const LineRange&)>& counts) const {
  const std::string fragment = joined(lines);
  Found found{locate(fragment, text_, hint_line.value_or(0))};
  if (!found.place) return found;
  const Place& best = *found.place;
  const auto away = [&](const Place& place) {
    return std::max(place.first_line, *hint_line) - std::min(place.first_line, *hint_line);
  };
  const auto equal_right = [&](std::size_t from, std::size_t to) {
    auto other = locate(fragment, part(from, to), 0);
    if (!other) return false;
    other->first_line += from;
    if (counts && !counts({other->first_line, other->lines})) return false;
    return other->distance <= best.distance || (hint_line && away(*other) < away(best));
  };
  const std::size_t end = best.first_line + best.lines;
  found.twice = equal_right(0, best.first_line) || equal_right(end, split_.lines.size());
  // Unchanged lines may occur again at a place that overlaps this one.
  if (found.twice || best.distance > 0 || std::count(lines.begin(), lines.end(), lines.front()) == 1)
    return found;
  const auto unchanged = [&](std::size_t from, std::size_t to) {
    const auto other = locate(fragment, part(from, to), 0);
    return other && other->distance == 0;
  };
  found.twice = unchanged(0, end - 1) || unchanged(best.first_line + 1, split_.lines.size());
  return found;
}

}  // namespace aside
