#include "daemon/text/alignment.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>

namespace aside {
namespace {

// After this many rounds, the search of a part stops looking for the shortest path. It splits the part at the furthest
// point that it has reached. The pairs are still good, and the time is linear in the number of lines.
constexpr int max_rounds = 128;

// Myers' search. Each line is a number. A path leads from (0, 0) to the ends of both texts. A step along
// diagonal d = at_old - at_new pairs two lines and costs nothing; any other step costs one. The middle of the shortest
// path is where the paths from its two ends meet. The parts before and after it are searched the same way.
class Search {
 public:
  Search(const std::vector<int>& old_ids, const std::vector<int>& new_ids)
      : paired_old(old_ids.size()),
        paired_new(new_ids.size()),
        old_(old_ids),
        new_(new_ids),
        origin_(static_cast<int>(new_ids.size()) + 1),
        forward_(old_ids.size() + new_ids.size() + 3),
        backward_(forward_.size()) {}

  void run() {
    std::vector<Part> parts = {{0, static_cast<int>(old_.size()), 0, static_cast<int>(new_.size())}};
    while (!parts.empty()) {
      Part part = parts.back();
      parts.pop_back();
      while (!part.empty() && old_[part.old_begin] == new_[part.new_begin])
        pair(part.old_begin++, part.new_begin++);
      while (!part.empty() && old_[part.old_end - 1] == new_[part.new_end - 1])
        pair(--part.old_end, --part.new_end);
      if (part.empty()) continue;
      const std::optional<Point> middle = middle_of(part);
      if (!middle) return;
      parts.push_back({middle->at_old, part.old_end, middle->at_new, part.new_end});
      parts.push_back({part.old_begin, middle->at_old, part.new_begin, middle->at_new});
    }
  }

  std::vector<bool> paired_old, paired_new;

 private:
  struct Part {
    int old_begin, old_end, new_begin, new_end;
    bool empty() const { return old_begin == old_end || new_begin == new_end; }
  };
  struct Point {
    int at_old, at_new;
  };
  // The diagonals that a search has reached: every second one from `low` to `high`.
  struct Reached {
    int low, high;

    // Grows by one diagonal at each side, or shrinks by one at a side where the part ends. Marks the diagonals next
    // to the range as not reached.
    void widen(int lowest, int highest, int* at, int nowhere) {
      if (low > lowest) {
        at[--low - 1] = nowhere;
      } else {
        ++low;
      }
      if (high < highest) {
        at[++high + 1] = nowhere;
      } else {
        --high;
      }
    }
    bool holds(int d) const { return d >= low && d <= high; }
  };

  void pair(int at_old, int at_new) { paired_old[at_old] = paired_new[at_new] = true; }

  // Returns a point on a good path through the part; nullopt when the steps are used up. The first lines of the part
  // must differ in the two texts, and so must its last lines.
  std::optional<Point> middle_of(const Part& part) {
    const int lowest = part.old_begin - part.new_end, highest = part.old_end - part.new_begin;
    const int first = part.old_begin - part.new_begin, last = part.old_end - part.new_end;
    const bool odd = (first - last) % 2 != 0;
    constexpr int nowhere = -1, beyond = std::numeric_limits<int>::max();
    int* forward = forward_.data() + origin_;
    int* backward = backward_.data() + origin_;
    Reached from_begin{first, first}, from_end{last, last};
    forward[first] = part.old_begin;
    backward[last] = part.old_end;

    for (int round = 1;; ++round) {
      from_begin.widen(lowest, highest, forward, nowhere);
      for (int d = from_begin.high; d >= from_begin.low; d -= 2) {
        int at = std::max(forward[d - 1] + 1, forward[d + 1]);
        const int start = at;
        while (at < part.old_end && at - d < part.new_end && old_[at] == new_[at - d]) ++at;
        forward[d] = at;
        if (odd && from_end.holds(d) && backward[d] <= at) return Point{at, at - d};
        if ((steps_ += at - start + 1) > Alignment::max_steps) return std::nullopt;
      }
      from_end.widen(lowest, highest, backward, beyond);
      for (int d = from_end.high; d >= from_end.low; d -= 2) {
        int at = std::min(backward[d - 1], backward[d + 1] - 1);
        const int start = at;
        while (at > part.old_begin && at - d > part.new_begin && old_[at - 1] == new_[at - d - 1]) --at;
        backward[d] = at;
        if (!odd && from_begin.holds(d) && at <= forward[d]) return Point{at, at - d};
        if ((steps_ += start - at + 1) > Alignment::max_steps) return std::nullopt;
      }
      if (round == max_rounds) return furthest(part, from_begin, from_end);
    }
  }

  // Returns the point with the most lines behind it, among all points that were reached.
  Point furthest(const Part& part, Reached from_begin, Reached from_end) const {
    const int* forward = forward_.data() + origin_;
    const int* backward = backward_.data() + origin_;
    Point best{part.old_begin, part.new_begin};
    int most = -1;
    for (int d = from_begin.low; d <= from_begin.high; d += 2) {
      const int at = std::min({forward[d], part.old_end, part.new_end + d});
      const int passed = at - part.old_begin + at - d - part.new_begin;
      if (passed > most) most = passed, best = {at, at - d};
    }
    for (int d = from_end.low; d <= from_end.high; d += 2) {
      const int at = std::max({backward[d], part.old_begin, part.new_begin + d});
      const int passed = part.old_end - at + part.new_end - (at - d);
      if (passed > most) most = passed, best = {at, at - d};
    }
    return best;
  }

  const std::vector<int>& old_;
  const std::vector<int>& new_;
  int origin_;  // the index of diagonal 0 in the two vectors (diagonals may be negative)
  std::vector<int> forward_, backward_;
  long steps_ = 0;
};

}  // namespace

Lines lines_of(std::string_view text) {
  Lines lines;
  for (std::size_t start = 0, end; start < text.size(); start = end) {
    end = text.find('\n', start);
    end = end == text.npos ? text.size() : end + 1;
    lines.push_back(text.substr(start, end - start));
  }
  return lines;
}

Alignment align(const Lines& old_lines, const Lines& new_lines) {
  // Equal lines get equal numbers. A line that the other text doesn't have can't be paired and is left out of
  // the search, so two texts without a common line cost nothing.
  std::unordered_map<std::string_view, int> numbers;
  numbers.reserve(old_lines.size());
  for (const std::string_view line : old_lines) numbers.emplace(line, static_cast<int>(numbers.size()));
  std::vector<bool> common(numbers.size());
  std::vector<int> old_ids, old_places, new_ids, new_places;
  for (std::size_t i = 0; i < new_lines.size(); ++i) {
    const auto found = numbers.find(new_lines[i]);
    if (found == numbers.end()) continue;
    common[found->second] = true;
    new_ids.push_back(found->second);
    new_places.push_back(static_cast<int>(i));
  }
  for (std::size_t i = 0; i < old_lines.size(); ++i) {
    const int number = numbers.find(old_lines[i])->second;
    if (!common[number]) continue;
    old_ids.push_back(number);
    old_places.push_back(static_cast<int>(i));
  }

  Search search(old_ids, new_ids);
  search.run();
  Alignment alignment{std::vector<bool>(old_lines.size()), std::vector<bool>(new_lines.size())};
  for (std::size_t i = 0; i < old_ids.size(); ++i) alignment.in_old[old_places[i]] = search.paired_old[i];
  for (std::size_t i = 0; i < new_ids.size(); ++i) alignment.in_new[new_places[i]] = search.paired_new[i];
  return alignment;
}

std::vector<Change> changes(const Alignment& paired) {
  std::vector<Change> all;
  const std::size_t old_size = paired.in_old.size(), new_size = paired.in_new.size();
  for (std::size_t i = 0, j = 0; i < old_size || j < new_size; ++i, ++j) {
    Change change{i, i, j, j};
    while (i < old_size && !paired.in_old[i]) change.old_end = ++i;
    while (j < new_size && !paired.in_new[j]) change.new_end = ++j;
    if (change.old_begin < i || change.new_begin < j) all.push_back(change);
  }
  return all;
}

}  // namespace aside
