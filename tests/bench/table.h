// Figures side by side: what asided needed, what somebody else needed for the same in the same round, and the
// ratio. Medians of the rounds with their extremes; printed as a table in Markdown.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace aside::bench {

using Samples = std::vector<double>;
double quantile(Samples samples, double part);  // 0: the least, 0.5: the median, 1: the most

struct Figure {
  std::string what, unit, goal;
  std::string peer;  // who is beside it
  Samples aside, beside, sdk = {};
};

void print(std::ostream& out, const std::vector<Figure>& figures);

}  // namespace aside::bench
