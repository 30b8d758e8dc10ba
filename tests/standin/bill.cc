#include "tests/standin/bill.h"

#include "tests/standin/models.h"

namespace aside::test {

void ApiBill::add(std::string_view model, const ApiUsage& usage) {
  ++requests;
  input += usage.input;
  read += usage.read;
  written_5m += usage.written_5m;
  written_1h += usage.written_1h;
  output += usage.output;
  spent += dollars(model, usage);
  spent_uncached += dollars(model, {.input = usage.prompt(), .output = usage.output});
}

double ApiBill::dollars(std::string_view model, const ApiUsage& usage) {
  const ApiModel* known = find_api_model(model);
  const ApiPrice* price = known == nullptr ? nullptr : find_api_price(*known, usage.prompt());
  if (price == nullptr) return 0;
  auto cost = [](std::int64_t tokens, double per_million) {
    return static_cast<double>(tokens) * per_million / 1e6;
  };
  return cost(usage.input, price->input) + cost(usage.read, price->read) +
         cost(usage.written_5m, price->write_5m) + cost(usage.written_1h, price->write_1h) +
         cost(usage.output, price->output);
}

}  // namespace aside::test
