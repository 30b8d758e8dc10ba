// What the stand-in knows of the models: enough to refuse what each of them
// refuses, and to tell what their tokens cost. Tables of its own, so that a mistake in the daemon's tables is
// found by the tests instead of being shared with them. Retired models are in none of them, and so are as
// unknown as to the API; deprecated ones are served.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

namespace aside::test {

enum Trait : unsigned {
  thinks_unasked = 1,      // thinks where the request has no `thinking`
  shows_thinking = 2,      // default display is "summarized", not "omitted"
  takes_system = 4,        // role:"system" inside messages
  takes_prefill = 8,       // a last message of the assistant
  takes_forced_tool = 16,  // tool_choice any, tool
  binds_thinking = 32,     // signatures cover the conversation
  takes_sampling = 64,     // temperature and the like, under 2023-06-01
  takes_fast = 128,        // speed:"fast"
  medium_effort = 256,     // the effort where none is given; high on the others
  takes_compaction = 512,  // `compaction` and its blocks
  sees_finely = 1024,      // images of up to 2576 pixels, not 1568
};

struct ApiModel {
  std::string_view id;
  std::string_view dated;  // the snapshot that `id` is an alias of; empty: `id` is itself one
  std::string_view line;
  std::string_view thinking;  // accepted types
  std::string_view limited;   // of these, the type that goes with an effort of at most "high"
  std::string_view efforts;   // accepted; empty: the parameter is not supported
  std::int64_t window = 0, max_output = 0;
  std::int64_t smallest_cached = 0;  // tokens of the shortest prefix that is cached
  unsigned traits = 0;
  std::string_view retires = {};  // the day; of a deprecated model only

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

const std::vector<ApiModel>& api_models();
const ApiModel* find_api_model(std::string_view id);  // by id or dated id; null where unknown
bool listed(std::string_view words,
            std::string_view word);  // is it one of these, which stand between spaces?

// USD for a million tokens.
struct ApiPrice {
  std::string_view model;
  double input = 0, output = 0, write_5m = 0, write_1h = 0, read = 0;
};

// For a request of so many tokens of input, cached ones included; null where no price is known.
const ApiPrice* find_api_price(const ApiModel& model, std::int64_t prompt_tokens);

// The answers of GET /v1/models and /v1/models/{id}; `compaction`: with the header of that beta.
nlohmann::ordered_json model_info(const ApiModel& model, bool compaction);
nlohmann::ordered_json model_page(std::size_t limit, std::string_view after_id, bool compaction);

}  // namespace aside::test
