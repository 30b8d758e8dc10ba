// A table of figures, printed in Markdown: what asided needed, what another program needed for the same task
// in the same round, and the ratio. The figures are medians of the rounds, with minimum and maximum.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace aside::bench {

using Samples = std::vector<double>;
double quantile(Samples samples, double part);  // `part` 0 gives the minimum, 0.5 the median, 1 the maximum

struct Figure {
  std::string what, unit, goal;
  std::string peer;  // the program with which asided is compared
  Samples aside, beside, sdk = {};
};

void print(std::ostream& out, const std::vector<Figure>& figures);

}  // namespace aside::bench
