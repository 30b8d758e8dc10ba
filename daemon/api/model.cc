#include "daemon/api/model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace aside {

extern const char* const models_json;  // the text of models.json, which CMake turns into a source file

namespace {

using nlohmann::json;

struct Retired {
  std::string id, date, successor;
};

// Whether the text is a date such as "-20251001": ids of older models end with the date of a snapshot.
bool is_date_suffix(std::string_view text) {
  return text.size() == 9 && text[0] == '-' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool names(std::string_view id, std::string_view model) {
  if (id.substr(0, model.size()) != model) return false;
  const std::string_view rest = id.substr(model.size());
  return rest.empty() || is_date_suffix(rest);
}

template <class Rows>
auto find_in(Rows& models, std::string_view id) -> decltype(models.data()) {
  const auto found =
      std::find_if(models.begin(), models.end(), [id](const Model& model) { return names(id, model.id); });
  return found == models.end() ? nullptr : &*found;
}

// ---- reading facts from JSON; each function returns false for a wrong value

bool apply(std::string& text, const json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return false;
  text = value.get<std::string>();
  return true;
}

bool apply(bool& flag, const json& value) {
  if (!value.is_boolean()) return false;
  flag = value.get<bool>();
  return true;
}

bool apply(std::int64_t& tokens, const json& value) {
  if (!value.is_number_integer() || value < 1 || value > 1'000'000'000'000) return false;
  tokens = value.get<std::int64_t>();
  return true;
}

bool apply(double& dollars, const json& value) {
  if (!value.is_number() || value < 0 || value > 1e9) return false;
  dollars = value.get<double>();
  return true;
}

bool apply(std::vector<std::string>& efforts, const json& value) {
  constexpr std::string_view known[] = {"low", "medium", "high", "xhigh", "max"};
  const auto is_effort = [&known](const json& word) {
    return word.is_string() && std::find(std::begin(known), std::end(known),
                                         word.get_ref<const std::string&>()) != std::end(known);
  };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_effort)) return false;
  efforts = value.get<std::vector<std::string>>();
  return true;
}

// A part of the price may be missing only if the model already has a price.
bool apply(std::optional<Price>& price, const json& value) {
  constexpr std::pair<const char*, double Price::*> parts[] = {{"input", &Price::input},
                                                               {"output", &Price::output},
                                                               {"cacheWrite5m", &Price::write_5m},
                                                               {"cacheWrite1h", &Price::write_1h},
                                                               {"cacheRead", &Price::read}};
  if (!value.is_object()) return false;
  Price taken = price.value_or(Price{});
  std::size_t found = 0;
  for (const auto& [name, part] : parts) {
    const auto field = value.find(name);
    if (field == value.end()) continue;
    if (!apply(taken.*part, *field)) return false;
    ++found;
  }
  if (found != value.size() || (!price && found != std::size(parts))) return false;
  price = taken;
  return true;
}

bool apply(std::optional<LongPrompt>& prompt, const json& value) {
  std::optional<Price> price = prompt ? std::optional(prompt->price) : std::nullopt;
  LongPrompt taken = prompt.value_or(LongPrompt{});
  if (!value.is_object() || value.size() != 2 || !value.contains("above") || !value.contains("price"))
    return false;
  if (!apply(taken.above, value["above"]) || !apply(price, value["price"])) return false;
  taken.price = *price;
  prompt = taken;
  return true;
}

bool take_date(std::string& date, const json& value) {
  constexpr std::string_view form = "0000-00-00";
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto fits = [](char c, char wanted) { return wanted == '-' ? c == '-' : c >= '0' && c <= '9'; };
  if (!std::equal(text.begin(), text.end(), form.begin(), form.end(), fits)) return false;
  date = text;
  return true;
}

struct Fact {
  const char* name;
  const char* wanted;
  bool (*apply)(Model& model, const json& value);
};

const Fact facts[] = {
    // clang-format off
    {"name", "must be a string", [](Model& m, const json& v) { return apply(m.name, v); }},
    {"contextWindow", "must be a number of tokens", [](Model& m, const json& v) { return apply(m.context_window, v); }},
    {"maxOutput", "must be a number of tokens", [](Model& m, const json& v) { return apply(m.max_output, v); }},
    {"cacheMinimum", "must be a number of tokens", [](Model& m, const json& v) { return apply(m.cache_minimum, v); }},
    {"efforts", "must be an array of low, medium, high, xhigh, max", [](Model& m, const json& v) { return apply(m.efforts, v); }},
    {"adaptiveThinking", "must be true or false", [](Model& m, const json& v) { return apply(m.adaptive_thinking, v); }},
    {"system", "must be true or false", [](Model& m, const json& v) { return apply(m.system, v); }},
    {"compaction", "must be true or false", [](Model& m, const json& v) { return apply(m.compaction, v); }},
    {"price", "must have input, output, cacheWrite5m, cacheWrite1h and cacheRead, in USD for a million tokens",
     [](Model& m, const json& v) { return apply(m.price, v); }},
    {"longPrompt", "must have above, a number of tokens, and a price", [](Model& m, const json& v) { return apply(m.long_prompt, v); }},
    {"deprecated", "must be true or false", [](Model& m, const json& v) { return apply(m.deprecated, v); }},
    {"retires", "must be a date like 2026-11-30", [](Model& m, const json& v) { return take_date(m.retires, v); }},
    {"successor", "must be a string", [](Model& m, const json& v) { return apply(m.successor, v); }},
    // clang-format on
};

const Fact* find_fact(std::string_view name) {
  const auto found = std::find_if(std::begin(facts), std::end(facts),
                                  [name](const Fact& fact) { return fact.name == name; });
  return found == std::end(facts) ? nullptr : &*found;
}

// ---- the table

struct Table {
  std::vector<Model> models;
  std::vector<Retired> retired;
  std::string as_of;
};

Table read_table() {
  const json text = json::parse(models_json);
  Table table;
  table.as_of = text.at("asOf").get<std::string>();
  for (const json& row : text.at("models")) {
    Model model{
        .id = row.at("id").get<std::string>(), .name = {}, .price_as_of = table.as_of, .built_in = true};
    for (const Fact& fact : facts) {
      if (row.contains(fact.name)) fact.apply(model, row[fact.name]);
    }
    table.models.push_back(std::move(model));
  }
  for (const json& row : text.at("retired"))
    table.retired.push_back({row.at("id"), row.at("retires"), row.at("successor")});
  return table;
}

const Table& built_in() {
  static const Table table = read_table();
  return table;
}

void lay_over(std::vector<Model>& models, const json& layer) {
  for (const auto& [id, changes] : layer.items()) {
    Model* model = find_in(models, id);
    if (!model) model = &models.emplace_back(Model{.id = id, .name = id});
    if (changes.contains("price")) {
      model->price_as_of.clear();
      model->long_prompt.reset();  // the long-prompt price belongs to the replaced price
    }
    for (const auto& [name, value] : changes.items()) {
      if (const Fact* fact = find_fact(name)) fact->apply(*model, value);
    }
  }
}

}  // namespace

Models::Models() : models_(built_in().models) {}

const Model* Models::find(std::string_view id) const {
  return find_in(models_, id);
}

const std::string& built_in_as_of() {
  return built_in().as_of;
}

bool Models::takes_system_messages(std::string_view id) const {
  const Model* model = find(id);
  return model && model->system;
}

std::optional<double> Models::cost(std::string_view id, const Usage& usage) const {
  const Model* known = find(id);
  if (!known || !known->price) return std::nullopt;
  const std::int64_t prompt = usage.prompt();
  const bool is_long = known->long_prompt && prompt > known->long_prompt->above;
  const Price& price = is_long ? known->long_prompt->price : *known->price;
  const auto dollars = [](std::int64_t tokens, double per_million) {
    return static_cast<double>(tokens) * per_million / 1e6;
  };
  const std::int64_t hour = std::min(usage.cache_write_1h, usage.cache_write);
  return dollars(usage.input, price.input) + dollars(usage.cache_write - hour, price.write_5m) +
         dollars(hour, price.write_1h) + dollars(usage.cache_read, price.read) +
         dollars(usage.output, price.output);
}

std::string Models::retirement(std::string_view id, std::string_view today) const {
  const auto sentence = [id](const std::string& date, const std::string& successor) {
    const std::string choice = successor.empty() ? "another model" : successor;
    return std::string(id) + " was retired on " + date + ": choose " + choice + ".";
  };
  for (const Retired& retired : built_in().retired) {
    if (names(id, retired.id)) return sentence(retired.date, retired.successor);
  }
  const Model* model = find(id);
  const bool gone = model && !model->retires.empty() && model->retires <= today;
  return gone ? sentence(model->retires, model->successor) : "";
}

void Models::learn(const json& api_list) {
  api_layer_ = api_list.is_object() ? api_list.dump(-1, ' ', false, json::error_handler_t::replace) : "{}";
  build();
}

void Models::learn_from(const Models& other) {
  api_layer_ = other.api_layer_;
  build();
}

void Models::build() {
  models_ = built_in().models;
  aside::lay_over(models_, json::parse(api_layer_));
  aside::lay_over(models_, json::parse(settings_layer_));
}

std::vector<std::string> Models::lay_over(const json& settings) {
  std::vector<std::string> complaints;
  json layer = json::parse(settings_layer_);
  for (const auto& [id, changes] : settings.items()) {
    if (changes.is_null()) continue;
    if (!changes.is_object() || id.empty()) {
      complaints.push_back(id + " must be an object");
      continue;
    }
    const Model* known = find(id);
    Model trial = known ? *known : Model{.id = id, .name = id};
    for (const auto& [name, value] : changes.items()) {
      if (value.is_null()) continue;
      const Fact* fact = find_fact(name);
      if (!fact) {
        complaints.push_back(id + "." + name + " is not a known field of a model");
      } else if (!fact->apply(trial, value)) {
        complaints.push_back(id + "." + name + " " + fact->wanted);
      } else if (value.is_object()) {
        layer[id][name].update(value);
      } else {
        layer[id][name] = value;
      }
    }
    // A model is listed even if none of its fields is valid.
    if (!layer.contains(id)) layer[id] = json::object();
  }
  settings_layer_ = layer.dump(-1, ' ', false, json::error_handler_t::replace);
  build();
  return complaints;
}

}  // namespace aside
