#include "tests/support/api_models.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace aside::test {

using Json = nlohmann::ordered_json;

namespace {

constexpr std::string_view all = "low medium high xhigh max";
constexpr std::int64_t million = 1000000, k128 = 128000, k200 = 200000, k64 = 64000;
constexpr unsigned top = thinks_unasked | takes_system | binds_thinking;
constexpr unsigned old = shows_thinking | takes_forced_tool | takes_sampling;

Json supported(bool yes) {
  return Json{{"supported", yes}};
}

}  // namespace

const std::vector<ApiModel>& api_models() {
  // clang-format off
  static const std::vector<ApiModel> models = {
    {"claude-fable-5-2", "", "fable", "adaptive", "", all, million, k128, 512, top},
    {"claude-mythos-5-2", "", "mythos", "adaptive", "", all, million, k128, 512, top},
    {"claude-haiku-5-5", "", "haiku", "adaptive disabled", "disabled", all, million, k128, 512, top | takes_forced_tool},
    {"claude-sonnet-5-5", "", "sonnet", "adaptive between_tools", "between_tools", all, million, k128, 512, top},
    {"claude-opus-5-5", "", "opus", "adaptive", "", all, million, k128, 512, top | takes_fast},
    {"claude-fable-5-1", "", "fable", "adaptive", "", all, million, k128, 512, top},
    {"claude-mythos-5-1", "", "mythos", "adaptive", "", all, million, k128, 512, top},
    {"claude-opus-5", "", "opus", "adaptive disabled", "disabled", all, million, k128, 512, thinks_unasked | takes_system | takes_forced_tool},
    {"claude-sonnet-5", "", "sonnet", "adaptive disabled", "", all, million, k128, 1024, thinks_unasked | takes_forced_tool},
    {"claude-fable-5", "", "fable", "adaptive", "", all, million, k128, 512, thinks_unasked | takes_system | takes_forced_tool},
    {"claude-mythos-5", "", "mythos", "adaptive", "", all, million, k128, 512, thinks_unasked | takes_system | takes_forced_tool},
    {"claude-opus-4-8", "", "opus", "adaptive disabled", "", all, million, k128, 1024, takes_system | takes_forced_tool},
    {"claude-opus-4-7", "", "opus", "adaptive disabled", "", all, million, k128, 2048, takes_forced_tool},
    {"claude-mythos-preview", "", "mythos", "adaptive enabled", "", "", million, k128, 2048, thinks_unasked},
    {"claude-sonnet-4-6", "", "sonnet", "adaptive enabled disabled", "", "low medium high max", million, k128, 1024, old},
    {"claude-opus-4-6", "", "opus", "adaptive enabled disabled", "", "low medium high max", million, k128, 4096, old},
    {"claude-opus-4-5", "claude-opus-4-5-20251101", "opus", "enabled disabled", "", "low medium high", k200, k64, 4096, old | takes_prefill},
    {"claude-haiku-4-5", "claude-haiku-4-5-20251001", "haiku", "enabled disabled", "", "", k200, k64, 4096, old | takes_prefill},
    {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "sonnet", "enabled disabled", "", "", k200, k64, 1024, old | takes_prefill},
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

bool listed(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    std::string_view first = words.substr(0, words.find(' '));
    if (first == word) return true;
    words.remove_prefix(std::min(words.size(), first.size() + 1));
  }
  return false;
}

Json model_info(const ApiModel& model) {
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
  const std::string id(model.dated.empty() ? model.id : model.dated);
  bool deprecated = model.id == "claude-sonnet-4-5" || model.id == "claude-mythos-preview";
  return {{"type", "model"},
          {"id", id},
          {"display_name", id},
          {"created_at", "2026-01-01T00:00:00Z"},
          {"lifecycle", deprecated ? "deprecated" : "active"},
          {"deprecated_at", nullptr},
          {"retires_at", nullptr},
          {"line", model.line},
          {"max_input_tokens", model.window},
          {"max_tokens", model.max_output},
          {"capabilities", capabilities}};
}

Json model_page(std::size_t limit, std::string_view after_id) {
  const std::vector<ApiModel>& all_models = api_models();
  const ApiModel* after = find_api_model(after_id);
  std::size_t begin = after == nullptr ? 0 : static_cast<std::size_t>(after - all_models.data()) + 1;
  std::size_t end = std::min(all_models.size(), begin + std::clamp<std::size_t>(limit, 1, 1000));
  Json data = Json::array();
  for (std::size_t i = begin; i < end; ++i) data.push_back(model_info(all_models[i]));
  Json none;
  return {{"data", data},
          {"has_more", end < all_models.size()},
          {"first_id", data.empty() ? none : data.front()["id"]},
          {"last_id", data.empty() ? none : data.back()["id"]}};
}

}  // namespace aside::test
