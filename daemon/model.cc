#include "daemon/model.h"

#include <algorithm>

namespace aside {
namespace {

using Efforts = std::vector<std::string_view>;

std::vector<Model> table() {
  constexpr std::int64_t large = 1'000'000;
  constexpr std::int64_t large_out = 128'000;
  constexpr std::int64_t small = 200'000;
  constexpr std::int64_t small_out = 64'000;
  const Efforts all = {"low", "medium", "high", "xhigh", "max"};
  const Efforts no_xhigh = {"low", "medium", "high", "max"};
  const Efforts up_to_high = {"low", "medium", "high"};
  const LongPrompt haiku_long = {100'000, {0.50, 2.50, 0.625, 1.00, 0.05}};

  // As of 2026-11. Price: input, output, cache write 5 min, cache write 1 h, cache read.
  // clang-format off
  return {
      {"claude-opus-5-5",   "Claude Opus 5.5",   large, large_out, true,  all,        {4, 20, 5, 8, 0.20}},
      {"claude-sonnet-5-5", "Claude Sonnet 5.5", large, large_out, true,  all,        {2, 10, 2.50, 4, 0.10}},
      {"claude-haiku-5-5",  "Claude Haiku 5.5",  large, large_out, true,  all,        {0.10, 0.50, 0.125, 0.20, 0.01}, haiku_long},
      {"claude-fable-5-2",  "Claude Fable 5.2",  large, large_out, true,  all,        {8, 40, 10, 16, 0.20}},
      {"claude-mythos-5-2", "Claude Mythos 5.2", large, large_out, true,  all,        {8, 40, 10, 16, 0.20}},
      {"claude-fable-5-1",  "Claude Fable 5.1",  large, large_out, true,  all,        {10, 50, 12.50, 20, 0.25}},
      {"claude-mythos-5-1", "Claude Mythos 5.1", large, large_out, true,  all,        {10, 50, 12.50, 20, 0.25}},
      {"claude-opus-5",     "Claude Opus 5",     large, large_out, true,  all,        {5, 25, 6.25, 10, 0.50}},
      {"claude-sonnet-5",   "Claude Sonnet 5",   large, large_out, true,  all,        {2, 10, 2.50, 4, 0.20}},
      {"claude-fable-5",    "Claude Fable 5",    large, large_out, true,  all,        {10, 50, 12.50, 20, 1.00}},
      {"claude-mythos-5",   "Claude Mythos 5",   large, large_out, true,  all,        {10, 50, 12.50, 20, 1.00}},
      {"claude-opus-4-8",   "Claude Opus 4.8",   large, large_out, true,  all,        {5, 25, 6.25, 10, 0.50}},
      {"claude-opus-4-7",   "Claude Opus 4.7",   large, large_out, true,  all,        {5, 25, 6.25, 10, 0.50}},
      {"claude-opus-4-6",   "Claude Opus 4.6",   large, large_out, true,  no_xhigh,   {5, 25, 6.25, 10, 0.50}},
      {"claude-sonnet-4-6", "Claude Sonnet 4.6", large, large_out, true,  no_xhigh,   {3, 15, 3.75, 6, 0.30}},
      {"claude-opus-4-5",   "Claude Opus 4.5",   small, small_out, false, up_to_high, {5, 25, 6.25, 10, 0.50}},
      {"claude-haiku-4-5",  "Claude Haiku 4.5",  small, small_out, false, {},         {1, 5, 1.25, 2, 0.10}},
      {"claude-sonnet-4-5", "Claude Sonnet 4.5", small, small_out, false, {},         {3, 15, 3.75, 6, 0.30}},
  };
  // clang-format on
}

// "-20251001": the ids of older models come with the date of the snapshot.
bool is_date_suffix(std::string_view text) {
  return text.size() == 9 && text[0] == '-' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const std::vector<Model>& models() {
  static const std::vector<Model> known = table();
  return known;
}

const Model* find_model(std::string_view id) {
  for (const Model& model : models()) {
    if (id.substr(0, model.id.size()) != model.id) continue;
    const std::string_view rest = id.substr(model.id.size());
    if (rest.empty() || is_date_suffix(rest)) return &model;
  }
  return nullptr;
}

std::optional<double> cost(std::string_view model, const Usage& usage) {
  const Model* known = find_model(model);
  if (!known) return std::nullopt;
  const std::int64_t prompt = usage.input + usage.cache_read + usage.cache_write;
  const bool is_long = known->long_prompt && prompt > known->long_prompt->above;
  const Price& price = is_long ? known->long_prompt->price : known->price;
  const auto dollars = [](std::int64_t tokens, double per_million) {
    return static_cast<double>(tokens) * per_million / 1e6;
  };
  const std::int64_t hour = std::min(usage.cache_write_1h, usage.cache_write);
  return dollars(usage.input, price.input) + dollars(usage.cache_write - hour, price.write_5m) +
         dollars(hour, price.write_1h) + dollars(usage.cache_read, price.read) +
         dollars(usage.output, price.output);
}

}  // namespace aside
