#include "daemon/text/merge.h"

#include <algorithm>
#include <cstddef>

namespace aside {
namespace {

// Lines of `shared` that at least one side has changed, and the lines in their place in `yours` and in `proposed`.
struct Cluster {
  Change yours{}, proposed{};
  bool in_yours = false, in_proposed = false;
};

bool touch(const Change& a, const Change& b) {
  return a.old_begin <= b.old_end && b.old_begin <= a.old_end;
}

// Widens a change so that it reaches from `begin` to `end`. The lines that it gains must be unchanged.
Change widened(Change change, std::size_t begin, std::size_t end) {
  change.new_begin -= change.old_begin - begin, change.old_begin = begin;
  change.new_end += end - change.old_end, change.old_end = end;
  return change;
}

// Adds a change of one side to the cluster; all changes of that side become one change.
void add(Cluster& cluster, const Change& change, bool in_yours) {
  Change& side = in_yours ? cluster.yours : cluster.proposed;
  bool& in_side = in_yours ? cluster.in_yours : cluster.in_proposed;
  side = in_side ? Change{side.old_begin, change.old_end, side.new_begin, change.new_end} : change;
  in_side = true;
}

std::vector<Cluster> clusters(const std::vector<Change>& yours, const std::vector<Change>& proposed) {
  std::vector<Cluster> all;
  std::ptrdiff_t more_lines = 0;  // how many more lines `yours` has before the cluster than `shared`
  for (std::size_t i = 0, j = 0; i < yours.size() || j < proposed.size();) {
    const auto yours_is_next = [&] {
      if (i == yours.size() || j == proposed.size()) return j == proposed.size();
      return yours[i].old_begin <= proposed[j].old_begin;
    };
    Cluster cluster;
    Change whole = yours_is_next() ? yours[i] : proposed[j];
    while (i < yours.size() || j < proposed.size()) {
      const bool in_yours = yours_is_next();
      const Change& next = in_yours ? yours[i] : proposed[j];
      if (!touch(whole, next)) break;
      whole.old_end = std::max(whole.old_end, next.old_end);
      add(cluster, next, in_yours);
      ++(in_yours ? i : j);
    }
    const auto [begin, end, unused_begin, unused_end] = whole;
    if (!cluster.in_yours)
      cluster.yours = {begin, end, begin + more_lines, end + more_lines};
    else
      cluster.yours = widened(cluster.yours, begin, end);
    if (cluster.in_proposed) cluster.proposed = widened(cluster.proposed, begin, end);
    more_lines = static_cast<std::ptrdiff_t>(cluster.yours.new_end) - static_cast<std::ptrdiff_t>(end);
    all.push_back(cluster);
  }
  return all;
}

Lines lines_between(const Lines& lines, std::size_t begin, std::size_t end) {
  return {lines.begin() + begin, lines.begin() + end};
}

}  // namespace

Merge merge(const Lines& shared, const Form& yours, const Form& proposed) {
  Merge merged;
  for (const Cluster& cluster : clusters(yours.changes, proposed.changes)) {
    const auto& [old_begin, old_end, begin, end] = cluster.yours;
    const Lines wanted = lines_between(proposed.lines, cluster.proposed.new_begin, cluster.proposed.new_end);
    if (!cluster.in_proposed || wanted == lines_between(yours.lines, begin, end)) continue;
    Replacement& made = merged.replacements.emplace_back(Replacement{{begin, end - begin}, {}});
    if (!cluster.in_yours) {
      made.with = wanted;
      continue;
    }
    merged.conflict = made.keep = true;
    made.before = {conflict_yours};
    made.with = lines_between(shared, old_begin, old_end);
    made.with.insert(made.with.begin(), conflict_shared);
    made.with.push_back(conflict_middle);
    made.with.insert(made.with.end(), wanted.begin(), wanted.end());
    made.with.push_back(conflict_proposed);
  }
  return merged;
}

}  // namespace aside
