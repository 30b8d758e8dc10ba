// Figures side by side: what asided needed, what another program needed for the same in the same round, and
// the ratio. They are medians of the rounds with minimum and maximum, printed as a table in Markdown.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace aside::bench {

using Samples = std::vector<double>;
double quantile(Samples samples, double part);  // 0: the minimum, 0.5: the median, 1: the maximum

struct Figure {
  std::string what, unit, goal;
  std::string peer;  // the program that it is compared with
  Samples aside, beside, sdk = {};
};

void print(std::ostream& out, const std::vector<Figure>& figures);

}  // namespace aside::bench
