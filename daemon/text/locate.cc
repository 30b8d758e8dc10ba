#include "daemon/text/locate.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/text/alignment.h"

namespace aside {
namespace {

constexpr int none = -1;  // the number for a line that the fragment doesn't have
constexpr int distinctive_characters = 4;
constexpr std::size_t enough_distinctive_lines = 4;

// The costs of the edits that lead from the fragment to the text. In a block of added lines, only the first line
// costs much: a function that gets a long loop in its middle is still the same function. Losing a closing brace costs
// less than skipping five added lines to reach it.
constexpr std::uint64_t distinctive_line_lost = 16, line_lost = 8, block_added = 4, line_added = 1;

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_indent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

// Whether the common beginning and the common end of two lines make up at least half of the longer line.
bool much_alike(std::string_view a, std::string_view b) {
  a = without_indent(a), b = without_indent(b);
  if (a.size() > b.size()) std::swap(a, b);
  const auto head = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
  const auto rest = a.rend() - head;
  const auto tail = std::mismatch(a.rbegin(), rest, b.rbegin()).first - a.rbegin();
  return distinctive(a) && static_cast<std::size_t>(head + tail) * 2 >= b.size();
}

std::size_t apart(std::size_t a, std::size_t b) {
  return a < b ? b - a : a - b;
}

// Two numbers of lines for a fragment of this size: the width of the part of the text where it is expected, and the
// room that is added at both ends.
std::size_t window_width(std::size_t size) {
  return 2 * size + 64;
}
std::size_t window_room(std::size_t size) {
  return size / 2 + 32;
}

class Finder {
 public:
  Finder(Lines fragment, Lines text, std::size_t hint)
      : fragment_(std::move(fragment)), text_(std::move(text)), hint_(std::min(hint, text_.size())) {
    std::unordered_map<std::string_view, int> numbers;
    for (std::string_view& line : fragment_) {
      line = without_end(line);
      fragment_ids_.push_back(numbers.emplace(line, static_cast<int>(numbers.size())).first->second);
    }
    times_.resize(numbers.size());
    for (std::string_view& line : text_) {
      line = without_end(line);
      const auto found = numbers.find(line);
      text_ids_.push_back(found == numbers.end() ? none : found->second);
      if (found != numbers.end()) ++times_[found->second];
    }
    distinctive_.resize(numbers.size());
    for (std::size_t i = 0; i < fragment_.size(); ++i)
      distinctive_[fragment_ids_[i]] = distinctive(fragment_[i]);
  }

  // Uses the algorithm of Knuth, Morris and Pratt, since both texts may be a thousand blank lines.
  std::optional<Place> exact() const {
    const std::vector<int>& f = fragment_ids_;
    std::vector<std::size_t> shorter(f.size());  // the longest beginning of f that f[0..i] ends with
    for (std::size_t i = 1, same = 0; i < f.size(); ++i) {
      while (same > 0 && f[i] != f[same]) same = shorter[same - 1];
      shorter[i] = same += f[i] == f[same];
    }
    std::optional<Place> nearest;
    for (std::size_t i = 0, same = 0; i < text_ids_.size(); ++i) {
      while (same > 0 && (same == f.size() || text_ids_[i] != f[same])) same = shorter[same - 1];
      same += text_ids_[i] == f[same];
      if (same < f.size()) continue;
      const Place place{i + 1 - f.size(), f.size(), 0};
      if (!nearest || apart(place.first_line, hint_) < apart(nearest->first_line, hint_)) nearest = place;
    }
    return nearest;
  }

  std::optional<Place> nearest() const {
    const auto [begin, end] = window();
    if ((end - begin) * fragment_ids_.size() > max_located_cells) return std::nullopt;
    Place place = closest_run(begin, end);
    const Lines run(text_.begin() + place.first_line, text_.begin() + place.first_line + place.lines);
    const Alignment paired = align(fragment_, run);
    if (!trusted(paired)) return std::nullopt;
    place.distance = std::count(paired.in_old.begin(), paired.in_old.end(), false) +
                     std::count(paired.in_new.begin(), paired.in_new.end(), false);
    take_changed_edges(paired, place);
    return place;
  }

 private:
  // Returns the part of the text with the most distinctive lines of the fragment, and some lines around it. Aligning
  // only this part keeps the work small in a long text.
  std::pair<std::size_t, std::size_t> window() const {
    const std::size_t size = fragment_ids_.size(), width = window_width(size), room = window_room(size);
    std::vector<int> held(times_.size());
    std::size_t best = 0, distinctive_lines = 0, most = 0;
    for (std::size_t end = 0; end < text_ids_.size(); ++end) {
      if (const int id = text_ids_[end]; id != none && distinctive_[id]) distinctive_lines += held[id]++ == 0;
      if (end >= width)
        if (const int id = text_ids_[end - width]; id != none && distinctive_[id])
          distinctive_lines -= --held[id] == 0;
      const std::size_t begin = end < width ? 0 : end + 1 - width;
      const auto from_hint = [&](std::size_t b) { return apart(b + width / 2, hint_ + size / 2); };
      if (distinctive_lines > most || (distinctive_lines == most && from_hint(begin) < from_hint(best)))
        most = distinctive_lines, best = begin;
    }
    return {best < room ? 0 : best - room, std::min(best + width + room, text_ids_.size())};
  }

  // Finds the run of lines in [begin, end) that is cheapest to align with the whole fragment. The upper half of a
  // cell is the cost of the cheapest way to it. The lower half is the distance of the run's beginning from the hint,
  // so that the smaller number is the better way.
  Place closest_run(std::size_t begin, std::size_t end) const {
    constexpr int half = 32;
    constexpr std::uint64_t far = std::numeric_limits<std::uint64_t>::max() >> 1;
    const std::size_t width = end - begin;
    std::vector<std::uint64_t> above(width + 1), row(width + 1);
    for (std::size_t j = 0; j <= width; ++j) above[j] = 2 * apart(begin + j, hint_) + (begin + j > hint_);
    for (const int id : fragment_ids_) {
      const std::uint64_t lost = (distinctive_[id] ? distinctive_line_lost : line_lost) << half;
      std::uint64_t added = far;
      row[0] = above[0] + lost;
      for (std::size_t j = 1; j <= width; ++j) {
        added = std::min(added + (line_added << half), row[j - 1] + (block_added << half));
        const std::uint64_t paired = text_ids_[begin + j - 1] == id ? above[j - 1] : far;
        row[j] = std::min({paired, above[j] + lost, added});
      }
      std::swap(above, row);
    }
    const std::size_t run_end = begin + (std::min_element(above.begin(), above.end()) - above.begin());
    const std::uint64_t key = above[run_end - begin] & 0xFFFF'FFFF;
    const std::size_t first = key % 2 == 0 ? hint_ - key / 2 : hint_ + key / 2;
    return {first, run_end - first, 0};
  }

  bool trusted(const Alignment& paired) const {
    std::size_t all = 0, kept = 0;
    bool unmistakable = false;
    for (std::size_t i = 0; i < fragment_ids_.size(); ++i) {
      const int id = fragment_ids_[i];
      if (!distinctive_[id]) continue;
      ++all;
      if (!paired.in_old[i]) continue;
      ++kept;
      unmistakable = unmistakable || times_[id] == 1;
    }
    return kept * 2 >= all && (unmistakable || kept >= enough_distinctive_lines);
  }

  // Takes changed edges into the run: if the first or last line of the fragment was changed, its new form lies just
  // outside of the run.
  void take_changed_edges(const Alignment& paired, Place& place) const {
    const auto changed = [this](std::size_t of_fragment, std::size_t of_text) {
      return text_ids_[of_text] == none && much_alike(fragment_[of_fragment], text_[of_text]);
    };
    const auto& in = paired.in_old;
    std::size_t before = std::find(in.begin(), in.end(), true) - in.begin();
    std::size_t after = in.size() - (std::find(in.rbegin(), in.rend(), true) - in.rbegin());
    while (before > 0 && place.first_line > 0 && changed(before - 1, place.first_line - 1))
      --before, --place.first_line, ++place.lines, ++place.distance;
    while (after < in.size() && place.first_line + place.lines < text_.size() &&
           changed(after, place.first_line + place.lines))
      ++after, ++place.lines, ++place.distance;
  }

  Lines fragment_, text_;  // without line ends
  std::size_t hint_;
  std::vector<int> fragment_ids_, text_ids_;
  std::vector<std::size_t> times_;  // how often the text has each line, by its number
  std::vector<bool> distinctive_;
};

}  // namespace

bool distinctive(std::string_view line) {
  return distinctive_characters <= std::count_if(line.begin(), line.end(), [](unsigned char c) {
           return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
         });
}

bool too_large_to_locate(std::size_t fragment_lines, std::size_t text_lines) {
  return std::min(window_width(fragment_lines) + 2 * window_room(fragment_lines), text_lines) *
             fragment_lines >
         max_located_cells;
}

std::optional<Place> locate(std::string_view fragment, std::string_view text, std::size_t hint_line) {
  const auto line_ends = [](std::string_view of) {
    return static_cast<std::size_t>(std::count(of.begin(), of.end(), '\n'));
  };
  if (fragment.empty() || text.empty()) return std::nullopt;
  if (std::max(line_ends(fragment), line_ends(text)) > max_located_lines) return std::nullopt;
  const Finder finder(lines_of(fragment), lines_of(text), hint_line);
  if (const auto place = finder.exact()) return place;
  return finder.nearest();
}

}  // namespace aside
