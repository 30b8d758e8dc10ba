#include "tests/bench/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace aside::bench {
namespace {

std::string number(double value) {
  const double size = std::abs(value);
  const int decimals = size >= 100 || value == std::round(value) ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string cell(const Samples& samples, const std::string& unit) {
  if (samples.empty()) return "–";
  const std::string least = number(quantile(samples, 0)), most = number(quantile(samples, 1));
  std::string text = number(quantile(samples, 0.5)) + (unit.empty() ? "" : " " + unit);
  if (least != most) text += " (" + least + "–" + most + ")";
  return text;
}

// Returns the median of the rounds' ratios. Ratios are computed within a round, since the machine's load
// changes more between rounds than the measured differences.
std::string ratio(const Samples& aside, const Samples& beside) {
  Samples ratios;
  for (std::size_t i = 0; i < std::min(aside.size(), beside.size()); ++i) {
    if (beside[i] > 0) ratios.push_back(aside[i] / beside[i]);
  }
  return ratios.empty() ? "–" : number(quantile(ratios, 0.5));
}

}  // namespace

double quantile(Samples samples, double part) {
  std::sort(samples.begin(), samples.end());
  return samples.at(static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1)));
}

void print(std::ostream& out, const std::vector<Figure>& figures) {
  out << "| | asided | beside it | ratio | official SDK | goal |\n|---|---|---|---|---|---|\n";
  for (const Figure& figure : figures) {
    out << "| " << figure.what << " | " << cell(figure.aside, figure.unit) << " | "
        << cell(figure.beside, figure.unit) << ", " << figure.peer << " | "
        << ratio(figure.aside, figure.beside) << " | " << cell(figure.sdk, figure.unit) << " | "
        << figure.goal << " |\n";
  }
}

}  // namespace aside::bench
