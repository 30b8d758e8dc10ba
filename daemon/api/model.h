// Facts about models: names, context windows, thinking, efforts, prices, retirement. The built-in facts are those of
// daemon/models.json, as of its date; the API's list of models overrides them, and the user's setting `models`
// overrides both. An unknown model works, but its requests have no optional fields and no price: no figure is
// guessed.
//
// `Models` is a value. The copy in Config has the user's settings; the copy in Claude (`PromptOptions::models`)
// also has what the API has listed since then. All other code reads the facts from Claude's copy.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/turn.h"

namespace aside {

struct Price {  // USD per million tokens
  double input = 0, output = 0, write_5m = 0, write_1h = 0, read = 0;
};

// Some models charge a higher price for long prompts. This price then applies to the whole request.
struct LongPrompt {
  std::int64_t above = 0;  // tokens of input, cached ones included
  Price price;
};

struct Model {
  std::string id;
  std::string name;
  std::int64_t context_window = 0;  // tokens; 0: not known
  std::int64_t max_output = 0;
  std::int64_t cache_minimum = 0;         // tokens of the shortest prompt that is cached; 0: not known
  std::vector<std::string> efforts = {};  // empty: the model takes no effort
  bool adaptive_thinking = false;         // accepts thinking {type:"adaptive"}
  bool system = false;                    // takes messages of role "system" within a conversation
  bool compaction = false;                // its API can sum up a conversation
  std::optional<Price> price = std::nullopt;
  std::string price_as_of = {};  // date; empty: the user's own price
  std::optional<LongPrompt> long_prompt = std::nullopt;
  bool deprecated = false;
  std::string retires = {};    // date; empty: not known
  std::string successor = {};  // the model to choose instead
  bool built_in = false;

  // Whether the API caches a prompt of this size. A smaller prompt is neither written to the cache nor read from it.
  bool caches(std::int64_t tokens) const { return tokens >= cache_minimum; }
};

inline constexpr std::string_view default_model = "claude-opus-5-5";

class Models {
 public:
  Models();  // the built-in facts

  const std::vector<Model>& all() const { return models_; }
  // Finds a model by its id, with or without a date ("claude-haiku-4-5-20251001"); null if unknown. The pointer is
  // valid until the facts change.
  const Model* find(std::string_view id) const;
  // Whether a model takes instructions within a conversation, as messages of role "system". False for unknown models.
  bool takes_system_messages(std::string_view id) const;
  // Returns the cost in USD; nullopt if the price isn't known.
  std::optional<double> cost(std::string_view id, const Usage& usage) const;
  // Returns "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5."; empty if the model isn't known to
  // be retired.
  std::string retirement(std::string_view id, std::string_view today) const;

  // `learn` and `lay_over` take an object that maps ids of models to some of the fields of models.json. A new list
  // from the API replaces the earlier list; settings are added to earlier settings. Wrong fields are left out.
  // `lay_over` returns a sentence about each wrong field, which begins with the field's path: "claude-x.maxOutput
  // must be a number of tokens".
  void learn(const nlohmann::json& api_list);
  std::vector<std::string> lay_over(const nlohmann::json& settings);
  // Takes over what `other` has learned from the API.
  void learn_from(const Models& other);

 private:
  void build();

  std::vector<Model> models_;
  std::string api_layer_ = "{}", settings_layer_ = "{}";  // JSON
};

const std::string& built_in_as_of();  // date

}  // namespace aside
