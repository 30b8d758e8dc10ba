// What is known of the models: names, windows, what thinking and effort they take, what they cost. A table in
// the source (no request is made for it); an unknown model works, but gets no optional fields and shows no
// price.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/turn.h"

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
  std::string_view id;
  std::string_view name;
  std::int64_t context_window = 0;  // tokens
  std::int64_t max_output = 0;
  bool adaptive_thinking = false;         // accepts thinking {type:"adaptive"}
  std::vector<std::string_view> efforts;  // empty: takes none
  Price price;
  std::optional<LongPrompt> long_prompt = std::nullopt;
};

inline constexpr std::string_view default_model = "claude-opus-5-5";

const std::vector<Model>& models();
// By id, or by a dated form of it ("claude-haiku-4-5-20251001"); null where unknown.
const Model* find_model(std::string_view id);
std::optional<double> cost(std::string_view model, const Usage& usage);

}  // namespace aside
