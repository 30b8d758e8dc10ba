#include "daemon/api/model_catalog.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <cctype>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "daemon/system/file_bytes.h"
#include "protocol/iso_time.h"

namespace aside {
namespace {

using nlohmann::json;

constexpr std::size_t max_models = 5000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Returns the letters of an id, which are its family. The digits are its version: "claude-haiku-4-5-20251001" belongs
// to the family "claude-haiku" and has the version 4, 5.
std::string family(const std::string& id) {
  std::string letters;
  std::copy_if(id.begin(), id.end(), std::back_inserter(letters),
               [](unsigned char c) { return std::isalpha(c) != 0; });
  return letters;
}

std::vector<long> version(const std::string& id) {
  std::vector<long> numbers;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (!std::isdigit(static_cast<unsigned char>(id[i]))) continue;
    const std::size_t end = std::min(id.find_first_not_of("0123456789", i), id.size());
    constexpr std::size_t digits_of_a_date = 8;
    if (end - i < digits_of_a_date) numbers.push_back(std::stol(id.substr(i, end - i)));
    i = end;
  }
  return numbers;
}

json field(const json& object, const char* name) {
  return object.is_object() && object.contains(name) ? object[name] : json();
}

bool supported(const json& capability) {
  return field(capability, "supported") == true;
}

// Translates a ModelInfo of the API to the fields of models.json. Fields that are missing or have an unknown form
// are left out.
json facts_of(const json& info) {
  json facts = json::object();
  const auto put = [&facts](const char* name, json value) {
    if (!value.is_null()) facts[name] = std::move(value);
  };
  const json name = field(info, "display_name");
  if (name != field(info, "id")) put("name", name);
  put("contextWindow", field(info, "max_input_tokens"));
  put("maxOutput", field(info, "max_tokens"));
  const json capabilities = field(info, "capabilities");
  if (const json effort = field(capabilities, "effort"); effort.is_object()) {
    json efforts = json::array();
    for (const char* level : {"low", "medium", "high", "xhigh", "max"}) {
      if (supported(field(effort, level))) efforts.push_back(level);
    }
    put("efforts", efforts);
  }
  if (const json types = field(field(capabilities, "thinking"), "types"); types.is_object())
    put("adaptiveThinking", supported(field(types, "adaptive")));
  if (const json lifecycle = field(info, "lifecycle"); lifecycle.is_string())
    put("deprecated", lifecycle == "deprecated");
  if (const json end = field(info, "retires_at"); end.is_string())
    put("retires", end.get<std::string>().substr(0, std::string_view("2026-11-30").size()));
  return facts;
}

// Whether an id can be part of a URL without escaping.
bool is_plain(std::string_view id) {
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:") ==
         id.npos;
}

// Adds the models of a page. Returns the id after which the next page begins; empty at the end.
Result<std::string> read_page(const std::string& text, json& models) {
  const json page = json::parse(text, nullptr, false);
  const json data = field(page, "data");
  if (!data.is_array()) return Error{ErrorCode::Upstream, "the list of models can't be read"};
  for (const json& info : data) {
    const json id = field(info, "id");
    const bool gone = field(info, "lifecycle") == "retired";
    if (id.is_string() && !gone && models.size() < max_models) models[id.get<std::string>()] = facts_of(info);
  }
  const json last = field(page, "last_id");
  if (field(page, "has_more") != true || !last.is_string()) return std::string();
  return last.get<std::string>();
}

}  // namespace

ModelCatalog::ModelCatalog(asio::io_context& io, Claude& claude, std::string state_folder, Clock clock)
    : io_(io),
      claude_(claude),
      file_(std::move(state_folder) + "/models.json"),
      clock_(std::move(clock)),
      timer_(io) {}

void ModelCatalog::recall() {
  if (std::exchange(recalled_, true)) return;
  const json text = json::parse(read_file_bytes(file_, max_file_bytes).bytes, nullptr, false);
  const json server = field(text, "server"), as_of = field(text, "asOf"), models = field(text, "models");
  if (!server.is_string() || !as_of.is_string() || !(models.is_object() || models.is_null())) return;
  const auto moment = iso_milliseconds(as_of.get<std::string>());
  if (!moment || server != claude_.server()) return;
  kept_ = Kept{claude_.server(), *moment, models};
  claude_.learn_models(models);
}

Result<void> ModelCatalog::name(std::string& model) {
  if (model.empty() || claude_.models().find(model)) return {};
  recall();
  if (claude_.models().find(model)) return {};
  const ModelList list = known("");
  std::vector<std::string> ids;
  for (const Model& known : list.models) {
    if (lower(known.id).find(lower(model)) != std::string::npos ||
        lower(known.name).find(lower(model)) != std::string::npos)
      ids.push_back(known.id);
  }
  const auto is_version_of_first = [&ids](const std::string& id) {
    return family(id) == family(ids.front());
  };
  if (!ids.empty() && std::all_of(ids.begin(), ids.end(), is_version_of_first)) {
    model = *std::max_element(ids.begin(), ids.end(), [](const std::string& one, const std::string& other) {
      return version(one) < version(other);
    });
    return {};
  }
  if (ids.empty() && !list.from_api) return {};
  const std::string written = "the model \"" + model + "\" ";
  if (ids.empty())
    return Error{ErrorCode::InvalidParams,
                 written + "is not one of the models that " + claude_.server() + " lists",
                 {.hint = "Choose one from the editor's list of models."}};
  constexpr std::size_t most = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(ids.size(), most); ++i) names += (i == 0 ? "" : ", ") + ids[i];
  if (ids.size() > most) names += " …";
  return Error{ErrorCode::InvalidParams,
               written + "may be one of " + std::to_string(ids.size()) + " models: " + names,
               {.hint = "Write more of the name."}};
}

void ModelCatalog::list(std::string chosen, std::function<void(ModelList)> done) {
  recall();
  const std::int64_t now = clock_();
  const bool fresh =
      kept_ && kept_->as_of <= now && now - kept_->as_of < std::chrono::milliseconds(fresh_for).count();
  if (!fresh) refresh();
  if (kept_) return done(known(chosen));
  waiting_.push_back({std::move(chosen), std::move(done)});
  if (waiting_.size() > 1) return;
  timer_.expires_after(longest_wait);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) answer_all();
  });
}

void ModelCatalog::answer_all() {
  timer_.cancel();
  for (const Waiting& one : std::exchange(waiting_, {})) one.done(known(one.chosen));
}

ModelList ModelCatalog::known(const std::string& chosen) const {
  ModelList list;
  list.from_api = kept_ && kept_->models.is_object();
  list.as_of = list.from_api ? iso_time(kept_->as_of) : built_in_as_of();
  std::vector<const Model*> listed;
  if (list.from_api) {
    for (const auto& [id, facts] : kept_->models.items()) listed.push_back(claude_.models().find(id));
  }
  const Model* wanted = claude_.models().find(chosen);
  for (const Model& model : claude_.models().all()) {
    const bool can_be_used = !list.from_api || !model.built_in || &model == wanted ||
                             std::find(listed.begin(), listed.end(), &model) != listed.end();
    if (can_be_used) list.models.push_back(model);
  }
  if (!wanted && !chosen.empty()) list.models.push_back({.id = chosen, .name = chosen});
  return list;
}

// ---- asking the server

void ModelCatalog::refresh() {
  if (std::exchange(asking_, true)) return;
  asio::co_spawn(io_, refreshed(), [this](const std::exception_ptr& failure) {
    asking_ = false;
    answer_all();
    if (failure) std::rethrow_exception(failure);
  });
}

asio::awaitable<void> ModelCatalog::refreshed() {
  const std::string server = claude_.server();
  const auto models = co_await ask();
  if (models)
    keep({server, clock_(), *models});
  else
    spdlog::info("the list of models could not be read: {}", models.error().message);
}

asio::awaitable<Result<json>> ModelCatalog::ask() {
  json models = json::object();
  std::string after;
  for (int page = 0; page < max_pages; ++page) {
    std::string query = "limit=1000" + (after.empty() ? "" : "&after_id=" + after);
    const auto text = co_await claude_.list_models(std::move(query));
    if (!text) co_return text.error();
    if (!*text) co_return json();
    const auto next = read_page(**text, models);
    if (!next) co_return next.error();
    if (next->empty() || !is_plain(*next)) break;
    after = *next;
  }
  co_return models;
}

void ModelCatalog::keep(Kept kept) {
  kept_ = std::move(kept);
  claude_.learn_models(kept_->models);
  write();
}

// Writes a new file and renames it, since other daemons may be reading the old one.
void ModelCatalog::write() const {
  const json object = {
      {"server", kept_->server}, {"asOf", iso_time(kept_->as_of)}, {"models", kept_->models}};
  const std::string text = object.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  const std::string unfinished = file_ + "-" + std::to_string(::getpid());
  ::unlink(unfinished.c_str());  // left by a process that died, or a pipe that nobody reads
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (file >= 0) written = ::close(file) == 0 && written;
  if (written && std::rename(unfinished.c_str(), file_.c_str()) == 0) return;
  spdlog::warn("the list of models could not be kept in {}", file_);
  ::unlink(unfinished.c_str());
}

}  // namespace aside
