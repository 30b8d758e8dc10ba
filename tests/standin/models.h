// The models that the stand-in serves: facts to refuse what each model refuses, and to compute the price of
// its tokens. These tables are separate from the daemon's, so that the tests find a mistake in the daemon's
// tables. Retired models are missing here, so the stand-in refuses them as unknown, as the API does.
// Deprecated models are served.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

namespace aside::test {

enum Trait : unsigned {
  thinks_unasked = 1,      // thinks if the request has no `thinking`
  shows_thinking = 2,      // the default display is "summarized", not "omitted"
  takes_system = 4,        // accepts role:"system" inside messages
  takes_prefill = 8,       // accepts a last message of the assistant
  takes_forced_tool = 16,  // accepts tool_choice any and tool
  binds_thinking = 32,     // thinking is valid only in its own conversation
  takes_sampling = 64,     // accepts temperature and the like, under version 2023-06-01
  takes_fast = 128,        // accepts speed:"fast"
  medium_effort = 256,     // the default effort is medium; other models have high
  takes_compaction = 512,  // accepts `compaction` and its blocks
  sees_finely = 1024,      // sees images with sides of up to 2576 pixels; other models, of up to 1568
};

struct ApiModel {
  std::string_view id;
  std::string_view dated;  // the snapshot for which `id` is an alias; empty if `id` is a snapshot itself
  std::string_view line;
  std::string_view thinking;  // the accepted types of thinking
  std::string_view limited;   // the type of thinking that is accepted only with an effort of at most "high"
  std::string_view efforts;   // the accepted efforts; empty if the parameter is not supported
  std::int64_t window = 0, max_output = 0;
  std::int64_t smallest_cached = 0;  // tokens of the shortest prefix that is cached
  unsigned traits = 0;
  std::string_view retires = {};  // the day on which a deprecated model retires

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

const std::vector<ApiModel>& api_models();
// Finds a model by its id or dated id; nullptr if unknown.
const ApiModel* find_api_model(std::string_view id);
// Whether `word` is one of `words`, which are separated by spaces.
bool listed(std::string_view words, std::string_view word);

// USD for a million tokens.
struct ApiPrice {
  std::string_view model;
  double input = 0, output = 0, write_5m = 0, write_1h = 0, read = 0;
};

// Returns the price for a request with this many tokens of input, cached ones included; nullptr if no price
// is known.
const ApiPrice* find_api_price(const ApiModel& model, std::int64_t prompt_tokens);

// These return the answers of GET /v1/models/{id} and /v1/models. `compaction`: whether the request has the
// header of the compaction beta.
nlohmann::ordered_json model_info(const ApiModel& model, bool compaction);
nlohmann::ordered_json model_page(std::size_t limit, std::string_view after_id, bool compaction);

}  // namespace aside::test
