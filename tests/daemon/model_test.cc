#include "daemon/model.h"

#include <cmath>
#include <set>
#include <string>

#include "tests/support/test.h"

using aside::Usage;

TEST_CASE("models are found by id and by its dated form only") {
  for (const std::string id : {"claude-opus-5-5", "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"}) {
    CAPTURE(id);
    REQUIRE(aside::find_model(id));
    CHECK(id.find(aside::find_model(id)->id) == 0);
  }
  CHECK(aside::find_model("claude-opus-5")->id == "claude-opus-5");
  CHECK(aside::find_model("claude-opus-5-5")->id == "claude-opus-5-5");
  for (const std::string id :
       {"", "claude", "claude-opus-5-6", "claude-opus-5-5-fast", "claude-opus-5-5-2026",
        "claude-opus-5-5-2026092x", "anthropic/claude-opus-5-5"}) {
    CAPTURE(id);
    CHECK_FALSE(aside::find_model(id));
  }
}

TEST_CASE("the table is whole: each model has a name, a window and prices in their usual order") {
  std::set<std::string_view> ids;
  for (const aside::Model& model : aside::models()) {
    CAPTURE(model.id);
    CHECK(ids.insert(model.id).second);
    CHECK_FALSE(model.name.empty());
    CHECK(model.context_window >= 200'000);
    CHECK(model.max_output >= 64'000);
    CHECK(model.price.read < model.price.input);
    CHECK(model.price.input < model.price.write_5m);
    CHECK(model.price.write_5m < model.price.write_1h);
    CHECK(model.price.write_1h < model.price.output);
  }
  CHECK(ids.count(aside::default_model) == 1);
}

TEST_CASE("what models take is as documented") {
  const auto takes = [](std::string_view id, std::string_view effort) {
    for (const auto& known : aside::find_model(id)->efforts) {
      if (known == effort) return true;
    }
    return false;
  };
  CHECK(takes("claude-opus-5-5", "xhigh"));
  CHECK_FALSE(takes("claude-opus-4-6", "xhigh"));
  CHECK(takes("claude-opus-4-6", "max"));
  CHECK_FALSE(takes("claude-opus-4-5", "max"));
  CHECK(aside::find_model("claude-haiku-4-5")->efforts.empty());
  CHECK(aside::find_model("claude-sonnet-4-6")->adaptive_thinking);
  CHECK_FALSE(aside::find_model("claude-opus-4-5")->adaptive_thinking);
  CHECK(aside::find_model("claude-opus-4-5")->context_window == 200'000);
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
      // Haiku 5.5: above 100,000 tokens of prompt the whole request costs more, cached tokens count.
      {"claude-haiku-5-5", {.input = 100'000, .output = 1'000'000}, 0.51},
      {"claude-haiku-5-5", {.input = 100'001, .output = 1'000'000}, 2.5500005},
      {"claude-haiku-5-5", {.input = 1, .cache_read = 100'000}, 0.0050005},
      {"claude-haiku-5-5", {.input = 0, .cache_read = 100'000}, 0.001},
  };
  for (const Row& row : table) {
    CAPTURE(row.model, row.dollars);
    const auto dollars = aside::cost(row.model, row.usage);
    REQUIRE(dollars);
    CHECK(std::abs(*dollars - row.dollars) < 1e-12);
  }
  CHECK_FALSE(aside::cost("llama", {.input = 1}));
}
