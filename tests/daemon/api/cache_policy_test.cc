// Tests of the setting `cache: auto`. Users who ask in ten different ways are simulated, and what they pay with the
// choices of the daemon is compared with what the best fixed setting would have cost them. The bill is made here, not
// by the code that is tested.
#include "daemon/api/cache_policy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "tests/support/test.h"

using namespace aside;

namespace {

constexpr double minute = 60'000;

// The gaps between questions are log-normal; the number of questions is geometric.
struct Habit {
  double median, sigma;  // the median in minutes; the standard deviation of the logarithm
  double mean_length;    // in questions
};
constexpr std::array<Habit, 10> habits = {{{1, .8, 2},
                                           {1, .8, 6},
                                           {4, 1.2, 2},
                                           {4, 1.2, 6},
                                           {10, 1, 2},
                                           {10, 1, 6},
                                           {25, .7, 2},
                                           {25, .7, 6},
                                           {25, .7, 15},
                                           {120, 1, 3}}};

std::vector<PastConversation> conversations(const Habit& habit, std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  const auto share = [&random] { return (static_cast<double>(random()) + .5) / 4294967296.0; };
  const auto gauss = [&share] {
    const double radius = std::sqrt(-2 * std::log(share()));
    return radius * std::cos(2 * 3.14159265358979 * share());
  };
  constexpr std::array<std::int64_t, 3> sizes = {300, 3000, 8000};
  std::vector<PastConversation> all(count);
  for (PastConversation& conversation : all) {
    conversation.push_back({0, sizes[random() % sizes.size()]});
    while (share() < 1 - 1 / habit.mean_length) {
      const double gap = std::exp(std::log(habit.median) + habit.sigma * gauss());
      conversation.push_back({static_cast<std::int64_t>(gap * minute), conversation.back().tokens + 600});
    }
  }
  return all;
}

// Returns what the input of a conversation costs with these choices, at the prices of Opus 5.5, in millionths of a
// dollar.
double bill(const PastConversation& conversation, const std::string& first, const std::string& later) {
  double sum = 0;
  std::int64_t there = 0, until = 0, lifetime = 0, now = 0;
  for (std::size_t i = 0; i < conversation.size(); ++i) {
    const std::string& kept = i == 0 ? first : later;
    const auto tokens = conversation[i].tokens;
    now += conversation[i].pause;
    if (kept == "off" || tokens < 512) {
      sum += 4.0 * static_cast<double>(tokens);
      there = 0;
      continue;
    }
    const bool hour = kept == "1h";
    const std::int64_t read = now < until && !(hour && lifetime < 60) ? there : 0;
    sum += 0.2 * static_cast<double>(read) + (hour ? 8.0 : 5.0) * static_cast<double>(tokens - read);
    there = tokens;
    lifetime = hour ? 60 : 5;
    until = now + lifetime * static_cast<std::int64_t>(minute);
  }
  return sum;
}

// What some of the conversations cost, with the daemon's choices and with each fixed setting.
struct Bills {
  double chosen = 0, hour = 0, five_minutes = 0, off = 0;
  void add(const PastConversation& conversation, const std::string& first, const std::string& later) {
    chosen += bill(conversation, first, later);
    hour += bill(conversation, "1h", "1h");
    five_minutes += bill(conversation, "5m", "5m");
    off += bill(conversation, "off", "off");
  }
  double cheapest() const { return std::min({hour, five_minutes, off}); }
};

const Model& opus() {
  static const Models models;
  return *models.find("claude-opus-5-5");
}

PastConversation twice(std::int64_t pause) {
  return {{0, 5000}, {pause, 5600}};
}

}  // namespace

TEST_CASE(
    "however a user asks, the choices cost hardly more than the fixed setting that is best for this user") {
  constexpr std::size_t all = 1200, kept = 300;
  constexpr std::size_t step = 10;  // to save time, a new choice is made only at each tenth conversation
  std::puts(
      "gaps: median, sigma; mean length   none   5m    1h    auto, from 50 | from 300 | before, to the hour");
  for (const Habit& habit : habits) {
    Bills before, after, later_on;
    for (const unsigned seed : {1u, 2u}) {
      const auto asked = conversations(habit, all, seed);
      std::string first, later;
      for (std::size_t i = 0; i < all; ++i) {
        if (i % step == 0 || i == enough_conversations) {
          const std::vector<PastConversation> past(
              asked.begin() + static_cast<std::ptrdiff_t>(i - std::min(i, kept)),
              asked.begin() + static_cast<std::ptrdiff_t>(i));
          first = choose_cache(past, true, 3000, &opus()).kept;
          later = choose_cache(past, false, 3000, &opus()).kept;
        }
        (i < enough_conversations ? before : after).add(asked[i], first, later);
        if (i >= kept) later_on.add(asked[i], first, later);
      }
    }
    CAPTURE(habit.median, habit.sigma, habit.mean_length);
    const double best = after.cheapest();
    std::printf("%5.0f min, %.1f; %2.0f %20.2f %5.2f %5.2f %5.2f %21.2f %10.2f\n", habit.median, habit.sigma,
                habit.mean_length, after.off / best, after.five_minutes / best, after.hour / best,
                after.chosen / best, later_on.chosen / later_on.cheapest(), before.chosen / before.hour);
    CHECK(before.chosen <= 1.05 * before.hour);
    CHECK(after.chosen <= 1.1 * best);
    CHECK(later_on.chosen <= 1.03 * later_on.cheapest());
  }
}

TEST_CASE("an hour is chosen while too little is known, and the reason says so") {
  const std::vector<PastConversation> quick(enough_conversations, twice(60'000));
  const CacheChoice chosen = choose_cache(quick, true, 5000, &opus());
  CHECK(chosen.kept == "5m");
  CHECK(
      chosen.reason ==
      "that is the cheapest for how your last 50 conversations went: with a cache of an hour they would have cost "
      "1.6 times as much");

  const std::vector<PastConversation> few(enough_conversations - 1, twice(60'000));
  CHECK(choose_cache(few, true, 5000, &opus()).kept == "1h");
  CHECK(choose_cache(few, true, 5000, &opus()).reason ==
        "it takes 50 conversations to know how you ask, and so far there are 49");
  CHECK(choose_cache(quick, true, 5000, nullptr).kept == "1h");
  const Model unpriced{.id = "llama", .name = "llama"};
  CHECK(choose_cache(quick, true, 5000, &unpriced).kept == "1h");
  CHECK(choose_cache(quick, true, 5000, &unpriced).reason == "the model's price isn't known");
  CHECK(choose_cache(quick, true, 511, &opus()).reason ==
        "it makes no difference: this model caches nothing that is shorter than 512 tokens");
}

TEST_CASE(
    "the choice is the cheapest for the rest of the conversation, for first questions and for later ones") {
  const auto choices = [](const PastConversation& conversation) {
    const std::vector<PastConversation> past(60, conversation);
    return choose_cache(past, true, 5000, &opus()).kept + " " + choose_cache(past, false, 5000, &opus()).kept;
  };
  constexpr std::int64_t a_minute = 60'000, half_an_hour = 30 * a_minute, an_hour = 60 * a_minute,
                         day = 24 * an_hour;
  const auto after = [](std::int64_t pause, std::int64_t next) {
    return PastConversation{{0, 5000}, {pause, 5600}, {next, 6200}};
  };
  CHECK(choices({{0, 5000}}).starts_with("off "));  // no further question follows
  CHECK(choices(twice(day)) == "off off");
  CHECK(choices(twice(a_minute)) == "5m 5m");
  CHECK(choices(after(a_minute, a_minute)) == "5m 5m");
  CHECK(choices(after(half_an_hour, half_an_hour)) == "1h 1h");
  CHECK(choices(after(half_an_hour, a_minute)) ==
        "1h 5m");           // five minutes are enough to read an hour's entry
  PastConversation edited;  // the conversation of tests/bench/cost.cc
  for (std::int64_t i = 0; i < 20; ++i) edited.push_back({(2 + i * 7 % 19) * a_minute, 7000 + 370 * i});
  CHECK(choices(edited) == "1h 1h");
  // For one more question, a cache entry of an hour costs more than it saves. For two, it pays.
  CHECK(choices(twice(half_an_hour)) == "off off");
  // After a pause of an hour, the entry has expired. After a slightly shorter pause, all of it is read.
  CHECK(choices(after(an_hour, an_hour)) == "off off");
  CHECK(choices(after(an_hour - 1, an_hour - 1)) == "1h 1h");
}

TEST_CASE(
    "the choice depends on the model's prices, also for long prompts, and on what the model doesn't cache") {
  Model model = opus();
  const std::vector<PastConversation> slow(60, {{0, 5000}, {1'800'000, 5600}, {1'800'000, 6200}});
  REQUIRE(choose_cache(slow, true, 9000, &model).kept == "1h");
  SECTION("a cache that costs more than it saves") {
    model.price->write_1h = 40;
    CHECK(choose_cache(slow, true, 9000, &model).kept == "off");
  }
  SECTION("such a price for long prompts only") {
    model.long_prompt = LongPrompt{4000, *model.price};
    model.long_prompt->price.write_1h = 40;
    CHECK(choose_cache(slow, true, 9000, &model).kept == "off");
    model.long_prompt->above = 10'000;
    CHECK(choose_cache(slow, true, 9000, &model).kept == "1h");
  }
  SECTION("prompts that are too short to be cached cost the same with and without a mark") {
    model.cache_minimum = 8000;
    const CacheChoice chosen = choose_cache(slow, true, 9000, &model);
    CHECK(chosen.kept == "1h");
    CHECK(chosen.reason.ends_with("with no cache they would have cost about as much"));
  }
}
