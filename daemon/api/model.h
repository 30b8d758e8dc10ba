// What is known of the models: names, windows, what thinking and effort they take, what they cost, when they
// end. Built in are the facts of daemon/models.json, as of its date; over them lies what the API's own list
// says, and over that what the user's setting `models` says. A model that none of them knows works, but gets
// no optional fields and shows no price: no figure is ever made up.
//
// The facts are one table for the whole process, made when it is first asked for.
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

// Some models charge more for long prompts, and then for the whole request.
struct LongPrompt {
  std::int64_t above = 0;  // tokens of input, cached ones included
  Price price;
};

struct Model {
  std::string id;
  std::string name;
  std::int64_t context_window = 0;  // tokens; 0: not known
  std::int64_t max_output = 0;
  std::vector<std::string> efforts = {};  // empty: takes none
  bool adaptive_thinking = false;         // accepts thinking {type:"adaptive"}
  bool system = false;                    // takes messages of role "system" in mid-thread (messages-api §4)
  bool compaction = false;                // summarises a thread on demand (§13 B)
  std::optional<Price> price = std::nullopt;
  std::string price_as_of = {};  // date; empty: the user's own price
  std::optional<LongPrompt> long_prompt = std::nullopt;
  bool deprecated = false;
  std::string retires = {};    // date; empty: not known
  std::string successor = {};  // what to choose then
  bool built_in = false;
};

inline constexpr std::string_view default_model = "claude-opus-5-5";

const std::vector<Model>& models();
// By id, or by a dated form of it ("claude-haiku-4-5-20251001"); null where unknown. Good until facts change.
const Model* find_model(std::string_view id);
// Instructions in the middle of a thread, as messages of their own (messages-api §4). Unknown models: no.
bool takes_system_messages(std::string_view id);
std::optional<double> cost(std::string_view model, const Usage& usage);
// "claude-opus-4-1 was retired on 2026-08-05: choose claude-opus-5-5."; empty for one that isn't known to be.
std::string retirement(std::string_view id, std::string_view today);
const std::string& built_in_as_of();  // date

// Both are objects: id → some of the fields of models.json. What the API says takes the place of what it said
// before; settings add up. What of them is wrong is left out, and comes back in words that begin with its
// path: "claude-x.maxOutput must be a number of tokens".
void learn_models(const nlohmann::json& told);
std::vector<std::string> lay_over_models(const nlohmann::json& settings);

}  // namespace aside
