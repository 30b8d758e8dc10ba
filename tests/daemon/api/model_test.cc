#include "daemon/api/model.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/standin/models.h"
#include "tests/support/test.h"

using aside::Usage;
using nlohmann::json;

namespace {

const aside::Models models;  // the built-in facts

}  // namespace

TEST_CASE("models are found by id and by its dated form only") {
  for (const std::string id : {"claude-opus-5-5", "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"}) {
    CAPTURE(id);
    REQUIRE(models.find(id));
    CHECK(id.find(models.find(id)->id) == 0);
  }
  CHECK(models.find("claude-opus-5")->id == "claude-opus-5");
  CHECK(models.find("claude-opus-5-5")->id == "claude-opus-5-5");
  for (const std::string id :
       {"", "claude", "claude-opus-5-6", "claude-opus-5-5-fast", "claude-opus-5-5-2026",
        "claude-opus-5-5-2026092x", "anthropic/claude-opus-5-5"}) {
    CAPTURE(id);
    CHECK_FALSE(models.find(id));
  }
}

TEST_CASE("each model is as documented: its window, its prices, and the parameters that it accepts") {
  struct Row {
    std::string id;
    std::int64_t window, output;
    double in, out, write_5m, write_1h, read;
    bool system, compaction;
  };
  constexpr std::int64_t million = 1'000'000, k128 = 128'000, k200 = 200'000, k64 = 64'000;
  const std::vector<Row> documented = {
      // clang-format off
      {"claude-fable-5-2", million, k128, 8, 40, 10, 16, 0.20, true, true},
      {"claude-mythos-5-2", million, k128, 8, 40, 10, 16, 0.20, true, true},
      {"claude-fable-5-1", million, k128, 10, 50, 12.50, 20, 0.25, true, true},
      {"claude-mythos-5-1", million, k128, 10, 50, 12.50, 20, 0.25, true, true},
      {"claude-opus-5-5", million, k128, 4, 20, 5, 8, 0.20, true, true},
      {"claude-sonnet-5-5", million, k128, 2, 10, 2.50, 4, 0.10, true, true},
      {"claude-haiku-5-5", million, k128, 0.10, 0.50, 0.125, 0.20, 0.01, true, true},
      {"claude-opus-5", million, k128, 5, 25, 6.25, 10, 0.50, true, true},
      {"claude-sonnet-5", million, k128, 2, 10, 2.50, 4, 0.20, false, true},
      {"claude-fable-5", million, k128, 10, 50, 12.50, 20, 1.00, true, true},
      {"claude-mythos-5", million, k128, 10, 50, 12.50, 20, 1.00, true, true},
      {"claude-opus-4-8", million, k128, 5, 25, 6.25, 10, 0.50, true, true},
      {"claude-opus-4-7", million, k128, 5, 25, 6.25, 10, 0.50, false, true},
      {"claude-opus-4-6", million, k128, 5, 25, 6.25, 10, 0.50, false, true},
      {"claude-sonnet-4-6", million, k128, 3, 15, 3.75, 6, 0.30, false, true},
      {"claude-opus-4-5", k200, k64, 5, 25, 6.25, 10, 0.50, false, false},
      {"claude-haiku-4-5", k200, k64, 1, 5, 1.25, 2, 0.10, false, false},
      {"claude-sonnet-4-5", k200, k64, 3, 15, 3.75, 6, 0.30, false, false},
      // clang-format on
  };
  std::set<std::string> ids;
  for (const aside::Model& model : models.all()) {
    CAPTURE(model.id);
    CHECK(ids.insert(model.id).second);
    CHECK(model.name.starts_with("Claude "));
    CHECK(model.built_in);
    CHECK(model.long_prompt.has_value() == (model.id == "claude-haiku-5-5"));
    CHECK(model.deprecated == (model.id == "claude-sonnet-4-5" || model.id == "claude-mythos-preview"));
  }
  for (const Row& row : documented) {
    CAPTURE(row.id);
    const aside::Model* model = models.find(row.id);
    REQUIRE(model);
    REQUIRE(model->price);
    CHECK(model->context_window == row.window);
    CHECK(model->max_output == row.output);
    const aside::Price& price = *model->price;
    CHECK(std::vector{price.input, price.output, price.write_5m, price.write_1h, price.read} ==
          std::vector{row.in, row.out, row.write_5m, row.write_1h, row.read});
    CHECK(model->price_as_of == aside::built_in_as_of());
    CHECK(model->system == row.system);
    CHECK(model->compaction == row.compaction);
    ids.erase(row.id);
  }
  // The only model whose price isn't documented.
  CHECK(ids == std::set<std::string>{"claude-mythos-preview"});
  CHECK_FALSE(models.cost("claude-mythos-preview", {.input = 1}));
  CHECK(models.find(aside::default_model));
  CHECK(aside::built_in_as_of() == "2026-11-22");
}

TEST_CASE("a retired model is named with its successor, a deprecated one from the day it retires") {
  struct Row {
    std::string id, today, sentence;
  };
  const std::vector<Row> table = {
      {"claude-opus-4-1", "2026-11-22", "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5."},
      {"claude-opus-4-1-20250805", "2026-11-22",
       "claude-opus-4-1-20250805 was retired on 2026-08-05: choose claude-opus-5-5."},
      {"claude-opus-4-20250514", "2026-11-22",
       "claude-opus-4-20250514 was retired on 2026-06-15: choose claude-opus-5-5."},
      {"claude-sonnet-4-0", "2026-11-22",
       "claude-sonnet-4-0 was retired on 2026-06-15: choose claude-sonnet-5-5."},
      {"claude-3-haiku-20240307", "2026-11-22",
       "claude-3-haiku-20240307 was retired on 2026-04-20: choose claude-haiku-5-5."},
      {"claude-3-7-sonnet-20250219", "2026-11-22",
       "claude-3-7-sonnet-20250219 was retired on 2026-02-19: choose claude-sonnet-5-5."},
      {"claude-3-5-haiku", "2026-11-22",
       "claude-3-5-haiku was retired on 2026-02-19: choose claude-haiku-5-5."},
      {"claude-sonnet-4-5", "2026-11-29", ""},
      {"claude-sonnet-4-5-20250929", "2026-11-30",
       "claude-sonnet-4-5-20250929 was retired on 2026-11-30: choose claude-sonnet-5-5."},
      {"claude-opus-4-5", "2030-01-01", ""},
      {"llama", "2030-01-01", ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.id);
    CHECK(models.retirement(row.id, row.today) == row.sentence);
    if (!row.sentence.empty() && row.id.find("4-5") == row.id.npos) CHECK_FALSE(models.find(row.id));
  }
}

TEST_CASE("the parameters that models accept are as documented") {
  const auto takes = [](std::string_view id, std::string_view effort) {
    for (const auto& known : models.find(id)->efforts) {
      if (known == effort) return true;
    }
    return false;
  };
  CHECK(takes("claude-opus-5-5", "xhigh"));
  CHECK_FALSE(takes("claude-opus-4-6", "xhigh"));
  CHECK(takes("claude-opus-4-6", "max"));
  CHECK_FALSE(takes("claude-opus-4-5", "max"));
  CHECK(models.find("claude-haiku-4-5")->efforts.empty());
  CHECK(models.find("claude-sonnet-4-6")->adaptive_thinking);
  CHECK_FALSE(models.find("claude-opus-4-5")->adaptive_thinking);
  CHECK(models.find("claude-opus-4-5")->context_window == 200'000);
}

TEST_CASE(
    "the models that take system messages in mid-conversation are those of the API, and no unknown one") {
  for (const auto& known : aside::test::api_models()) {
    CAPTURE(known.id);
    CHECK(models.takes_system_messages(known.id) == known.is(aside::test::takes_system));
  }
  CHECK(models.takes_system_messages("claude-opus-4-8-20260501"));
  for (const char* unknown : {"", "llama", "claude-opus-9", "anthropic/claude-opus-5-5"})
    CHECK_FALSE(models.takes_system_messages(unknown));
}

TEST_CASE("a reply costs what each kind of token costs") {
  struct Row {
    std::string model;
    Usage usage;
    double dollars;
  };
  const std::vector<Row> table = {
      {"claude-opus-5-5", {.input = 1'000'000}, 4},
      {"claude-opus-5-5", {.cache_read = 1'000'000}, 0.2},
      {"claude-opus-5-5", {.cache_write = 1'000'000}, 5},
      {"claude-opus-5-5", {.cache_write = 1'000'000, .cache_write_1h = 1'000'000}, 8},
      {"claude-opus-5-5", {.cache_write = 1'000'000, .cache_write_1h = 500'000}, 6.5},
      {"claude-opus-5-5", {.cache_write = 1'000'000, .cache_write_1h = 9'000'000}, 8},
      {"claude-opus-5-5", {.output = 1'000'000, .thinking = 900'000}, 20},
      {"claude-opus-5-5", {.input = 12, .cache_read = 5000, .cache_write = 300, .output = 340}, 0.009348},
      {"claude-haiku-4-5-20251001", {.input = 1'000'000}, 1},
      // Haiku 5.5: if the prompt has more than 100,000 tokens, cached ones included, the whole request costs
      // more.
      {"claude-haiku-5-5", {.input = 100'000, .output = 1'000'000}, 0.51},
      {"claude-haiku-5-5", {.input = 100'001, .output = 1'000'000}, 2.5500005},
      {"claude-haiku-5-5", {.input = 1, .cache_read = 100'000}, 0.0050005},
      {"claude-haiku-5-5", {.input = 0, .cache_read = 100'000}, 0.001},
  };
  for (const Row& row : table) {
    CAPTURE(row.model, row.dollars);
    const auto dollars = models.cost(row.model, row.usage);
    REQUIRE(dollars);
    CHECK(std::abs(*dollars - row.dollars) < 1e-12);
  }
  CHECK_FALSE(models.cost("llama", {.input = 1}));
}

TEST_CASE(
    "in each field, a setting overrides the API's fact, and the API's fact overrides the built-in one") {
  aside::Models models;
  const auto complaints = models.lay_over(json::parse(R"({
    "claude-haiku-4-5-20251001": {"price": {"output": 6}},
    "llama": {"name": "Llama", "contextWindow": 8192, "efforts": ["low"], "retires": "2027-01-01",
              "price": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite5m": 0, "cacheWrite1h": 0}},
    "claude-haiku-5-5": {"price": {"input": 1}}, "bare": {}, "unset": null})"));
  CHECK(complaints.empty());
  models.learn(json::parse(R"({
    "claude-haiku-4-5-20251001": {"contextWindow": 300000, "price": {"output": 7}},
    "claude-next": {"name": "Claude Next", "efforts": ["max"], "maxOutput": "many"}, "llama": {"name": "L"}})"));

  const aside::Model haiku = *models.find("claude-haiku-4-5");
  CHECK(haiku.price->output == 6);
  CHECK(haiku.price->input == 1);
  CHECK(haiku.price_as_of.empty());
  CHECK(haiku.context_window == 300'000);
  CHECK(haiku.name == "Claude Haiku 4.5");
  CHECK(models.find("llama")->name == "Llama");
  CHECK(models.find("llama")->context_window == 8192);
  CHECK_FALSE(models.find("llama")->built_in);
  CHECK(models.cost("llama", {.input = 5, .output = 5}) == 0.0);
  CHECK(models.find("bare")->name == "bare");
  CHECK_FALSE(models.find("unset"));
  CHECK_FALSE(models.cost("bare", {.input = 1}));
  CHECK(models.find("claude-next")->name == "Claude Next");
  CHECK(models.find("claude-next")->max_output == 0);
  CHECK_FALSE(models.cost("claude-next", {.input = 1}));
  // A price from the settings applies to long prompts, too.
  CHECK(models.cost("claude-haiku-5-5", {.input = 1'000'000}) == 1.0);

  models.learn(nullptr);
  CHECK(models.find("claude-haiku-4-5")->context_window == 200'000);
  CHECK_FALSE(models.find("claude-next"));
  CHECK(models.find("llama"));
  CHECK(models.lay_over(json::parse(R"({"llama": {"price": {"input": 2}}})")).empty());
  CHECK(models.cost("llama", {.input = 1'000'000, .output = 1}) == 2.0);
}

TEST_CASE("a wrong field of a setting is named with its path, and the other fields are used") {
  aside::Models models;
  const auto complaints = models.lay_over(json::parse(R"({
    "a": {"name": 1, "contextWindow": 0, "maxOutput": 1.5, "efforts": ["huge"], "system": "yes", "colour": "red",
          "price": {"input": 1, "output": 2}, "longPrompt": {"above": 5}, "retires": "soon", "successor": "b"},
    "b": {"price": {"input": -1, "output": 1, "cacheRead": 1, "cacheWrite5m": 1, "cacheWrite1h": 1}},
    "claude-opus-5": {"price": {"inptu": 1}},
    "c": 7})"));
  const std::string price =
      ".price must have input, output, cacheWrite5m, cacheWrite1h and cacheRead, in USD for a million tokens";
  CHECK(complaints == std::vector<std::string>{
                          "a.colour is not a known field of a model",
                          "a.contextWindow must be a number of tokens",
                          "a.efforts must be an array of low, medium, high, xhigh, max",
                          "a.longPrompt must have above, a number of tokens, and a price",
                          "a.maxOutput must be a number of tokens", "a.name must be a string", "a" + price,
                          "a.retires must be a date like 2026-11-30", "a.system must be true or false",
                          "b" + price, "c must be an object", "claude-opus-5" + price});
  CHECK(models.find("a")->successor == "b");
  CHECK(models.find("b"));
  CHECK_FALSE(models.find("c"));
}
