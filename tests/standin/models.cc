#include "tests/standin/models.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace aside::test {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view all = "low medium high xhigh max";
constexpr std::int64_t million = 1000000, k128 = 128000, k200 = 200000, k64 = 64000;
constexpr unsigned now = takes_compaction | sees_finely;
constexpr unsigned top = now | thinks_unasked | takes_system | binds_thinking;
constexpr unsigned old = shows_thinking | takes_forced_tool | takes_sampling;

// A request to Haiku 5.5 with more tokens of input than this costs five times the usual price for all its
// tokens.
constexpr std::int64_t long_prompt = 100000;

Json supported(bool yes) {
  return Json{{"supported", yes}};
}

// Returns the display name of a model: "Claude Opus 5.5" for "claude-opus-5-5".
std::string display_name(std::string_view id) {
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string name(id);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins = i == 0 || name[i - 1] == ' ';
    if (begins && name[i] >= 'a' && name[i] <= 'z') name[i] = static_cast<char>(name[i] - 'a' + 'A');
    if (name[i] != '-') continue;
    const bool decimal = digit(name[i - 1]) && i + 1 < name.size() && digit(name[i + 1]);
    name[i] = decimal ? '.' : ' ';
  }
  return name;
}

}  // namespace

const std::vector<ApiModel>& api_models() {
  // clang-format off
  static const std::vector<ApiModel> models = {
    {"claude-fable-5-2", "", "fable", "adaptive", "", all, million, k128, 512, top},
    {"claude-mythos-5-2", "", "mythos", "adaptive", "", all, million, k128, 512, top},
    {"claude-haiku-5-5", "", "haiku", "adaptive disabled", "disabled", all, million, k128, 512, top | takes_forced_tool | medium_effort},
    {"claude-sonnet-5-5", "", "sonnet", "adaptive between_tools", "between_tools", all, million, k128, 512, top},
    {"claude-opus-5-5", "", "opus", "adaptive", "", all, million, k128, 512, top | takes_fast | medium_effort},
    {"claude-fable-5-1", "", "fable", "adaptive", "", all, million, k128, 512, top},
    {"claude-mythos-5-1", "", "mythos", "adaptive", "", all, million, k128, 512, top},
    {"claude-opus-5", "", "opus", "adaptive disabled", "disabled", all, million, k128, 512, now | thinks_unasked | takes_system | takes_forced_tool},
    {"claude-sonnet-5", "", "sonnet", "adaptive disabled", "", all, million, k128, 1024, now | thinks_unasked | takes_forced_tool},
    {"claude-fable-5", "", "fable", "adaptive", "", all, million, k128, 512, now | thinks_unasked | takes_system | takes_forced_tool},
    {"claude-mythos-5", "", "mythos", "adaptive", "", all, million, k128, 512, now | thinks_unasked | takes_system | takes_forced_tool},
    {"claude-opus-4-8", "", "opus", "adaptive disabled", "", all, million, k128, 1024, now | takes_system | takes_forced_tool},
    {"claude-opus-4-7", "", "opus", "adaptive disabled", "", all, million, k128, 2048, now | takes_forced_tool},
    {"claude-mythos-preview", "", "mythos", "adaptive enabled", "", "", million, k128, 2048, thinks_unasked | sees_finely},
    {"claude-sonnet-4-6", "", "sonnet", "adaptive enabled disabled", "", "low medium high max", million, k128, 1024, old | takes_compaction},
    {"claude-opus-4-6", "", "opus", "adaptive enabled disabled", "", "low medium high max", million, k128, 4096, old | takes_compaction},
    {"claude-opus-4-5", "claude-opus-4-5-20251101", "opus", "enabled disabled", "", "low medium high", k200, k64, 4096, old | takes_prefill},
    {"claude-haiku-4-5", "claude-haiku-4-5-20251001", "haiku", "enabled disabled", "", "", k200, k64, 4096, old | takes_prefill},
    {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "sonnet", "enabled disabled", "", "", k200, k64, 1024, old | takes_prefill, "2026-11-30"},
  };
  // clang-format on
  return models;
}

const ApiModel* find_api_model(std::string_view id) {
  for (const ApiModel& model : api_models()) {
    if (id == model.id || (!model.dated.empty() && id == model.dated)) return &model;
  }
  return nullptr;
}

const ApiPrice* find_api_price(const ApiModel& model, std::int64_t prompt_tokens) {
  static constexpr ApiPrice prices[] = {
      {"claude-fable-5-2", 8, 40, 10, 16, 0.20},
      {"claude-mythos-5-2", 8, 40, 10, 16, 0.20},
      {"claude-fable-5-1", 10, 50, 12.50, 20, 0.25},
      {"claude-mythos-5-1", 10, 50, 12.50, 20, 0.25},
      {"claude-opus-5-5", 4, 20, 5, 8, 0.20},
      {"claude-sonnet-5-5", 2, 10, 2.50, 4, 0.10},
      {"claude-haiku-5-5", 0.10, 0.50, 0.125, 0.20, 0.01},
      {"claude-opus-5", 5, 25, 6.25, 10, 0.50},
      {"claude-sonnet-5", 2, 10, 2.50, 4, 0.20},
      {"claude-fable-5", 10, 50, 12.50, 20, 1.00},
      {"claude-mythos-5", 10, 50, 12.50, 20, 1.00},
      {"claude-opus-4-8", 5, 25, 6.25, 10, 0.50},
      {"claude-opus-4-7", 5, 25, 6.25, 10, 0.50},
      {"claude-opus-4-6", 5, 25, 6.25, 10, 0.50},
      {"claude-sonnet-4-6", 3, 15, 3.75, 6, 0.30},
      {"claude-opus-4-5", 5, 25, 6.25, 10, 0.50},
      {"claude-haiku-4-5", 1, 5, 1.25, 2, 0.10},
      {"claude-sonnet-4-5", 3, 15, 3.75, 6, 0.30},
  };
  static constexpr ApiPrice long_haiku = {"claude-haiku-5-5", 0.50, 2.50, 0.625, 1.00, 0.05};
  if (model.id == long_haiku.model && prompt_tokens > long_prompt) return &long_haiku;
  for (const ApiPrice& price : prices) {
    if (price.model == model.id) return &price;
  }
  return nullptr;  // the price of claude-mythos-preview is unknown
}

bool listed(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    std::string_view first = words.substr(0, words.find(' '));
    if (first == word) return true;
    words.remove_prefix(std::min(words.size(), first.size() + 1));
  }
  return false;
}

Json model_info(const ApiModel& model, bool compaction) {
  Json types, efforts = supported(!model.efforts.empty());
  for (const char* type : {"adaptive", "between_tools", "disabled", "enabled"}) {
    types[type] = supported(listed(model.thinking, type));
  }
  for (const char* effort : {"low", "medium", "high", "xhigh", "max"}) {
    efforts[effort] = supported(listed(model.efforts, effort));
  }
  Json thinking = supported(true);
  thinking["types"] = types;
  Json capabilities;
  for (const char* name :
       {"batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs"}) {
    capabilities[name] = supported(true);
  }
  capabilities["effort"] = efforts;
  capabilities["thinking"] = thinking;
  if (compaction) {
    Json summarizes = supported(model.is(takes_compaction));
    summarizes["summarize"] = supported(model.is(takes_compaction));
    capabilities["compaction"] = summarizes;
  }
  const std::string id(model.dated.empty() ? model.id : model.dated);
  const bool deprecated = !model.retires.empty() || model.id == "claude-mythos-preview";
  Json since, retires;
  if (deprecated) since = "2026-09-30T00:00:00Z";
  if (!model.retires.empty()) retires = std::string(model.retires) + "T00:00:00Z";
  return {{"type", "model"},
          {"id", id},
          {"display_name", display_name(model.id)},
          {"created_at", "2026-01-01T00:00:00Z"},
          {"lifecycle", deprecated ? "deprecated" : "active"},
          {"deprecated_at", since},
          {"retires_at", retires},
          {"line", model.line},
          {"max_input_tokens", model.window},
          {"max_tokens", model.max_output},
          {"capabilities", capabilities}};
}

Json model_page(std::size_t limit, std::string_view after_id, bool compaction) {
  const std::vector<ApiModel>& all_models = api_models();
  const ApiModel* after = find_api_model(after_id);
  std::size_t begin = after == nullptr ? 0 : static_cast<std::size_t>(after - all_models.data()) + 1;
  std::size_t end = std::min(all_models.size(), begin + std::clamp<std::size_t>(limit, 1, 1000));
  Json data = Json::array();
  for (std::size_t i = begin; i < end; ++i) data.push_back(model_info(all_models[i], compaction));
  Json none;
  return {{"data", data},
          {"has_more", end < all_models.size()},
          {"first_id", data.empty() ? none : data.front()["id"]},
          {"last_id", data.empty() ? none : data.back()["id"]}};
}

}  // namespace aside::test
