#include "daemon/conversation/forecast.h"

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

constexpr std::int64_t now = 1'795'348'800'000, minute = 60'000;
constexpr const char* here = "https://api.anthropic.com";

Turn question(std::string content) {
  return Turn{.role = Role::User, .content = std::move(content), .sent = true};
}

// Makes a reply that is this many minutes old, with the server's token counts.
Turn reply(Usage usage, std::int64_t minutes_ago = 1) {
  return Turn{.role = Role::Assistant,
              .server = here,
              .model = "claude-opus-5-5",
              .usage = usage,
              .created = now - minutes_ago * minute,
              .sent = true};
}

Prompt prompt(std::string model = "claude-opus-5-5") {
  Prompt prompt;
  prompt.model = std::move(model);
  return prompt;
}

bool near(std::optional<double> dollars, double expected) {
  return dollars && std::abs(*dollars - expected) < 1e-9;
}

}  // namespace

TEST_CASE("a question's size is what the server has counted before it, and an estimate of what is new") {
  const std::vector<Turn> path = {
      question("old"), reply({.input = 10, .cache_write = 990, .cache_write_1h = 990, .output = 500}),
      question(std::string(3500, 'x'))};
  const Forecast expected = forecast(prompt(), path, {}, here, now);
  CHECK(expected.tokens == 1500 + 1001);
  CHECK(expected.cached == 990);
  // The tokens that aren't cached yet are written to the cache for an hour, at twice the price of input.
  CHECK(near(expected.cost, (990 * 0.2 + (1500 + 1001 - 990) * 8) / 1e6));

  const Forecast exact = counted(expected, 2000, prompt(), {});
  CHECK(exact.tokens == 2000);
  CHECK(exact.cached == 990);
  CHECK(counted(expected, 500, prompt(), {}).cached == 500);
}

TEST_CASE("the cache holds nothing for another model or server, after its time, or where it is off") {
  const std::vector<Turn> fresh = {question("old"), reply({.cache_write = 990, .cache_write_1h = 990}),
                                   question("new")};
  const std::vector<Turn> old = {question("old"), reply({.cache_write = 990, .cache_write_1h = 990}, 61),
                                 question("new")};
  PromptOptions short_lived, off;
  short_lived.cache = "5m";
  off.cache = "off";
  CHECK(forecast(prompt(), fresh, {}, here, now).cached == 990);
  CHECK(forecast(prompt(), fresh, short_lived, here, now).cached == 990);
  CHECK(forecast(prompt(), old, {}, here, now).cached == 0);
  CHECK(forecast(prompt(), {question("old"), reply({.cache_write = 990}, 6), question("new")}, short_lived,
                 here, now)
            .cached == 0);
  CHECK(forecast(prompt(), fresh, off, here, now).cached == 0);
  CHECK(forecast(prompt("claude-sonnet-5-5"), fresh, {}, here, now).cached == 0);
  CHECK(forecast(prompt(), fresh, {}, "http://localhost:1", now).cached == 0);
  CHECK_FALSE(forecast(prompt("llama"), fresh, {}, here, now).cost);
}

TEST_CASE("with `auto` the forecast is that of the choice, and of how long the last request was kept") {
  const auto path = [](std::int64_t written_1h, std::int64_t minutes_ago) {
    return std::vector<Turn>{
        question("old"), reply({.input = 10, .cache_write = 990, .cache_write_1h = written_1h}, minutes_ago),
        question(std::string(3500, 'x'))};
  };
  const auto expected = [](const std::string& kept, const std::vector<Turn>& path) {
    Prompt asked = prompt();
    asked.cache.kept = kept;
    return forecast(asked, path, {}, here, now);
  };
  const std::vector<Turn> an_hour = path(990, 1), five_minutes = path(0, 1);
  CHECK(near(expected("1h", an_hour).cost, (990 * 0.2 + 1011 * 8) / 1e6));
  CHECK(near(expected("5m", an_hour).cost, (990 * 0.2 + 1011 * 5) / 1e6));
  CHECK(near(expected("5m", five_minutes).cost, (990 * 0.2 + 1011 * 5) / 1e6));
  // If the request has a mark of an hour, but the cached entry lives for five minutes, everything is written again.
  // Without a mark, nothing is read from the cache.
  CHECK(near(expected("1h", five_minutes).cost, 2001 * 8 / 1e6));
  CHECK(near(expected("off", an_hour).cost, 2001 * 4 / 1e6));
  CHECK(expected("5m", path(990, 30)).cached == 990);
  CHECK(expected("5m", path(0, 6)).cached == 0);
  CHECK(expected("1h", path(990, 61)).cached == 0);
}

TEST_CASE("what the cache costs is what a request pays beyond the price of input") {
  const Forecast first{1000, 0, {}};
  PromptOptions short_lived, off;
  short_lived.cache = "5m";
  off.cache = "off";
  CHECK(near(cost_of_caching(first, prompt(), {}), 1000 * (8 - 4) / 1e6));
  CHECK(near(cost_of_caching(first, prompt(), short_lived), 1000 * (5 - 4) / 1e6));
  CHECK(near(cost_of_caching({1000, 900, {}}, prompt(), {}), 100 * (8 - 4) / 1e6));
  CHECK_FALSE(cost_of_caching(first, prompt(), off));
  CHECK_FALSE(cost_of_caching({1000, 1000, {}}, prompt(), {}));
  CHECK_FALSE(cost_of_caching(first, prompt("llama"), {}));
}

TEST_CASE("what is smaller than the model's minimum isn't cached, and costs what input costs") {
  const std::int64_t minimum = Models().find("claude-opus-5-5")->cache_minimum;
  REQUIRE(minimum > 100);
  const auto priced = [](std::int64_t tokens) { return counted({}, tokens, prompt(), {}); };
  CHECK(near(priced(minimum - 1).cost, static_cast<double>(minimum - 1) * 4 / 1e6));
  CHECK(near(priced(minimum).cost, static_cast<double>(minimum) * 8 / 1e6));
  CHECK_FALSE(cost_of_caching(priced(minimum - 1), prompt(), {}));
  CHECK(cost_of_caching(priced(minimum), prompt(), {}));
  // Of a part, the size of the whole request decides.
  CHECK(near(cost_as_new(100, minimum - 1, prompt(), {}), 100 * 4 / 1e6));
  CHECK(near(cost_as_new(100, minimum, prompt(), {}), 100 * 8 / 1e6));
}

TEST_CASE("changing the model shows the cost if the cache would be lost") {
  const std::vector<Turn> path = {question("old"),
                                  reply({.cache_write = 100'000, .cache_write_1h = 100'000, .output = 0})};
  CHECK(lost_cache(prompt(), prompt("claude-sonnet-5-5"), path, {}, here, now + 120 * minute).empty());
  const std::string notice = lost_cache(prompt(), prompt("claude-sonnet-5-5"), path, {}, here, now);
  CHECK(notice.starts_with("The cache is lost: the next question sends 100"));
  CHECK(notice.find(" instead of $0.02") != std::string::npos);
}

TEST_CASE("a reply that was stopped before it was counted has an estimate of its tokens and price") {
  Turn stopped = reply({.input = 100, .output = 1});
  stopped.status = Status::Cancelled;
  stopped.text = std::string(3500, 'x');
  stopped.cost = 0.0001;
  const Turn shown = estimated(stopped, Models());
  CHECK(shown.estimated);
  CHECK(shown.usage->output == 1001);
  CHECK(near(shown.cost, (100 * 4 + 1001 * 20) / 1e6));
  stopped.stop_reason = "end_turn";  // only a reply with a stop reason has the server's token counts
  CHECK_FALSE(estimated(stopped, Models()).estimated);
}
