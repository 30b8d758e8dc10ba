#include "daemon/api/cache_policy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace aside {
namespace {

constexpr std::int64_t minute = 60'000;

struct Mode {
  std::string_view name;
  std::int64_t lifetime;  // milliseconds
};
// If two modes cost the same, the one that comes first here is chosen.
constexpr std::array<Mode, 3> modes = {{{"1h", 60 * minute}, {"5m", 5 * minute}, {"off", 0}}};
struct Way {
  // Indexes into `modes`: the mode of the first question, and the mode of the later ones.
  std::size_t first = 0, later = 0;
};

// The prices of a token for each mode, by the size of the prompt.
class Prices {
 public:
  explicit Prices(const Model& model)
      : model_(model),
        usual_(by_mode(*model.price)),
        for_long_(model.long_prompt ? by_mode(model.long_prompt->price) : usual_) {}

  struct Price {
    std::array<double, modes.size()> added;  // by mode: the price of a token that isn't read from the cache
    double read;                             // the price of a token that is read from the cache
    double input;                            // the price of a token without any cache
  };
  const Price& of(std::int64_t tokens) const {
    return model_.long_prompt && tokens > model_.long_prompt->above ? for_long_ : usual_;
  }
  bool cacheable(std::int64_t tokens) const { return model_.caches(tokens); }

 private:
  static Price by_mode(const aside::Price& price) {
    return {{price.write_1h, price.write_5m, price.input}, price.read, price.input};
  }
  const Model& model_;
  Price usual_, for_long_;
};

// What the prompts of a conversation cost if they are cached in this way. Whether a prompt that is kept for an hour can
// read an entry that is kept for five minutes is not documented. This assumes that it can't, so that everything is
// written again.
double cost(const PastConversation& conversation, const Way& way, const Prices& prices) {
  double sum = 0;
  std::int64_t cached = 0, lifetime = 0;
  for (const PastQuestion& question : conversation) {
    const std::size_t mode = &question == &conversation.front() ? way.first : way.later;
    const Prices::Price& price = prices.of(question.tokens);
    if (modes[mode].lifetime == 0 || !prices.cacheable(question.tokens)) {
      sum += static_cast<double>(question.tokens) * price.input;
      cached = lifetime = 0;
      continue;
    }
    const bool found = question.pause < lifetime && modes[mode].lifetime <= lifetime;
    const std::int64_t read = found ? std::min(cached, question.tokens) : 0;
    sum += static_cast<double>(read) * price.read +
           static_cast<double>(question.tokens - read) * price.added[mode];
    cached = question.tokens;
    lifetime = modes[mode].lifetime;
  }
  return sum;
}

double cost(const std::vector<PastConversation>& past, const Way& way, const Prices& prices) {
  double sum = 0;
  for (const PastConversation& conversation : past) sum += cost(conversation, way, prices);
  return sum;
}

// "1.4 times as much"
std::string times_as_much(double ratio) {
  const auto tenths = std::llround(ratio * 10);
  if (tenths <= 10) return "about as much";
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " times as much";
}

CacheChoice by_the_past(const std::vector<PastConversation>& past, bool first, const Model& model) {
  const Prices prices(model);
  Way best;
  const double hour = cost(past, best, prices);
  double least = hour;
  for (std::size_t i = 1; i < modes.size() * modes.size(); ++i) {
    const Way way{i / modes.size(), i % modes.size()};
    const double sum = cost(past, way, prices);
    if (sum < least) least = sum, best = way;
  }
  const Mode& chosen = modes[first ? best.first : best.later];
  // The reason compares the chosen way with an hour for all questions. If that is the chosen way, the reason compares
  // it with no cache.
  const bool is_hour = best.first == 0 && best.later == 0;
  const double other = is_hour ? cost(past, {2, 2}, prices) : hour;
  std::string reason =
      "that is the cheapest for how your last " + std::to_string(past.size()) + " conversations went";
  if (least > 0)
    reason += std::string(": with ") + (is_hour ? "no cache" : "a cache of an hour") +
              " they would have cost " + times_as_much(other / least);
  return {std::string(chosen.name), std::move(reason)};
}

}  // namespace

CacheChoice choose_cache(const std::vector<PastConversation>& past, bool first, std::int64_t tokens,
                         const Model* model) {
  const auto hour = [](std::string reason) { return CacheChoice{"1h", std::move(reason)}; };
  if (!model || !model->price) return hour("the model's price isn't known");
  if (!model->caches(tokens))
    return hour("it makes no difference: this model caches nothing that is shorter than " +
                std::to_string(model->cache_minimum) + " tokens");
  if (past.size() < enough_conversations)
    return hour("it takes " + std::to_string(enough_conversations) +
                " conversations to know how you ask, and so far there are " + std::to_string(past.size()));
  return by_the_past(past, first, *model);
}

}  // namespace aside
