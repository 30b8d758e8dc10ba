#include "daemon/text/line_index.h"

#include <algorithm>

#include "daemon/text/locate.h"

namespace aside {
namespace {

constexpr std::size_t min_anchors = 2;
constexpr std::size_t max_compared = 1'000'000;  // so many lines are compared for one fragment

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

struct LineIndex::Fragment {
  struct Line {
    std::size_t number = none;  // the number of the equal lines in the text; `none` if there are none
    bool distinctive = false;
    bool anchor = false;
  };
  std::string_view text;
  std::vector<Line> lines;
  std::size_t distinctive = 0, kept = 0;  // how many lines are distinctive; how many of these the text has
  bool all_known = true;
};

LineIndex::LineIndex(std::string_view text) : text_(text) {
  lines_ = lines_of(text);
  if (lines_.size() > max_lines) lines_.clear();
  starts_.reserve(lines_.size() + 1);
  number_.reserve(lines_.size());
  next_.assign(lines_.size(), none);
  numbers_.reserve(lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    starts_.push_back(static_cast<std::size_t>(lines_[i].data() - text.data()));
    lines_[i] = without_end(lines_[i]);
    const std::size_t number = numbers_.try_emplace(lines_[i], equal_.size()).first->second;
    if (number == equal_.size()) equal_.emplace_back();
    Equal& equal = equal_[number];
    if (equal.times++ == 0)
      equal.first = i;
    else
      next_[equal.last] = i;
    equal.last = i;
    number_.push_back(number);
  }
  starts_.push_back(text.size());
}

std::string_view LineIndex::run_of_lines(std::size_t first, std::size_t count) const {
  return text_.substr(starts_[first], starts_[first + count] - starts_[first]);
}

LineIndex::Fragment LineIndex::read(std::string_view text) const {
  Fragment fragment{text};
  std::unordered_map<std::size_t, int> times;  // how often each line, by its number, occurs in the fragment
  for (const std::string_view with_end : lines_of(text)) {
    const std::string_view line = without_end(with_end);
    Fragment::Line& read = fragment.lines.emplace_back();
    const auto found = numbers_.find(line);
    read.distinctive = distinctive(line);
    fragment.distinctive += read.distinctive;
    if (found == numbers_.end()) {
      fragment.all_known = false;
      continue;
    }
    read.number = found->second;
    fragment.kept += read.distinctive;
    read.anchor = read.distinctive && equal_[read.number].times == 1;
    if (read.anchor) ++times[read.number];
  }
  for (Fragment::Line& line : fragment.lines)
    if (line.anchor) line.anchor = times[line.number] == 1;
  return fragment;
}

// Compares the fragment only with those places of the text that have the fragment's rarest line.
LineIndex::Found LineIndex::exact(const Fragment& fragment, LineRange& place) const {
  const auto& lines = fragment.lines;
  if (!fragment.all_known || lines.size() > lines_.size()) return Found::Nowhere;
  std::size_t rarest = 0;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (equal_[lines[i].number].times < equal_[lines[rarest].number].times) rarest = i;
  Found found = Found::Nowhere;
  std::size_t compared = 0;
  for (std::size_t at = equal_[lines[rarest].number].first; at != none; at = next_[at]) {
    if (at < rarest || at - rarest + lines.size() > lines_.size()) continue;
    const std::size_t first = at - rarest;
    std::size_t same = 0;
    while (same < lines.size() && number_[first + same] == lines[same].number) ++same;
    if ((compared += same) > max_compared) return Found::Often;
    if (same < lines.size()) continue;
    if (found == Found::Once) return Found::Often;
    found = Found::Once;
    place = {first, lines.size()};
  }
  return found;
}

std::optional<LineRange> LineIndex::changed(const Fragment& fragment, std::size_t hint) const {
  if (fragment.kept * 2 < fragment.distinctive) return std::nullopt;
  std::vector<std::size_t> anchors;  // lines of the text, in the order of the fragment
  for (const Fragment::Line& line : fragment.lines)
    if (line.anchor) anchors.push_back(equal_[line.number].first);
  if (anchors.size() < min_anchors) return std::nullopt;

  // Finds the part of the text with the most anchors. If several parts have as many, the first one is taken.
  std::vector<std::size_t> sorted = anchors;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t size = fragment.lines.size(), width = 2 * size + 64, room = size / 2 + 32;
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0, end = 0; i < sorted.size(); ++i) {
    while (end < sorted.size() && sorted[end] < sorted[i] + width) ++end;
    if (end - i > most) most = end - i, best = i;
  }
  const std::size_t first = sorted[best] < room ? 0 : sorted[best] - room;
  const std::size_t last = std::min(sorted[best + most - 1] + room + 1, lines_.size());
  if (most < min_anchors || (last - first) * size > max_cells) return std::nullopt;

  const auto found =
      locate(fragment.text, run_of_lines(first, last - first), hint < first ? 0 : hint - first);
  if (!found) return std::nullopt;
  const std::size_t begin = first + found->first_line, end = begin + found->lines;
  std::optional<LineRange> place;
  for (const std::size_t anchor : anchors) {
    if (anchor < begin || anchor >= end) continue;
    if (!place)
      place = LineRange{anchor, 1};
    else if (anchor >= place->first_line + place->lines)
      place->lines = anchor - place->first_line + 1;
    else
      return std::nullopt;  // the anchors have another order in the text than in the fragment
  }
  return place && place->lines > 1 ? place : std::nullopt;
}

std::optional<LineRange> LineIndex::find(std::string_view text, std::size_t hint) const {
  if (lines_.empty()) return std::nullopt;
  const Fragment fragment = read(text);
  if (fragment.distinctive == 0) return std::nullopt;
  LineRange place;
  switch (exact(fragment, place)) {
    case Found::Once:
      return place;
    case Found::Often:
      return std::nullopt;
    case Found::Nowhere:
      break;
  }
  return changed(fragment, hint);
}

std::optional<LineRange> LineIndex::find_part(std::string_view part) const {
  if (lines_.empty() || !distinctive(part)) return std::nullopt;
  const std::size_t at = text_.find(part);
  if (at == text_.npos || text_.find(part, at + 1) != text_.npos) return std::nullopt;
  const auto line = [this](std::size_t byte) {
    return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end() - 1, byte) -
                                    starts_.begin()) -
           1;
  };
  const std::size_t first = line(at);
  return LineRange{first, line(at + part.size() - 1) - first + 1};
}

}  // namespace aside
