// The bill: what requests to the stand-in would have cost at the prices of models.h. Tests compare the
// daemon's figures with the bill. The special prices of speed "fast", inference_geo and batches are left out,
// since no test uses these.
#pragma once

#include <cstdint>
#include <string_view>

namespace aside::test {

// The tokens of one request. `output` is 0 as long as only the input is known.
struct ApiUsage {
  std::int64_t input = 0, read = 0, written_5m = 0, written_1h = 0, output = 0;

  std::int64_t prompt() const { return input + read + written_5m + written_1h; }
};

// A running total. A reply is counted in full as soon as it begins to arrive, even if the client doesn't wait
// for its end. Refusals, scripted errors and token counts cost nothing.
struct ApiBill {
  std::int64_t requests = 0, input = 0, read = 0, written_5m = 0, written_1h = 0, output = 0;
  double spent = 0;           // USD
  double spent_uncached = 0;  // the same requests, if nothing were cached

  void add(std::string_view model, const ApiUsage& usage);

  // The price of a request; 0 if the model has no price.
  static double dollars(std::string_view model, const ApiUsage& usage);
};

}  // namespace aside::test
