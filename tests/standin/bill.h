// What requests to the stand-in would have cost, by its own prices (models.h): the figure to compare the
// daemon's with. Speed "fast", inference_geo and batches have prices of their own, which nobody here asks
// for.
#pragma once

#include <cstdint>
#include <string_view>

namespace aside::test {

// Tokens of one request; `output` is 0 as long as only the input is known.
struct ApiUsage {
  std::int64_t input = 0, read = 0, written_5m = 0, written_1h = 0, output = 0;

  std::int64_t prompt() const { return input + read + written_5m + written_1h; }
};

// A running total. A reply counts from the moment it begins to arrive, and whole: the model has written it by
// then, whether or not the client waits for it. Refusals, scripted errors and token counts cost nothing.
struct ApiBill {
  std::int64_t requests = 0, input = 0, read = 0, written_5m = 0, written_1h = 0, output = 0;
  double spent = 0;           // USD
  double spent_uncached = 0;  // on the same requests if nothing were ever cached

  void add(std::string_view model, const ApiUsage& usage);

  // 0 where the model has no price.
  static double dollars(std::string_view model, const ApiUsage& usage);
};

}  // namespace aside::test
