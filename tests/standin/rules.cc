#include "tests/standin/rules.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include "tests/standin/messages.h"

namespace aside::test {

namespace {

constexpr Need required = Need::Required;
constexpr std::string_view versions = "2026-10-21 2023-06-01";
constexpr std::string_view betas =
    "oauth-2025-04-20 context-management-2025-06-27 compact-2026-01-12 compact-2026-09-04 "
    "message-threads-2026-08-12 mcp-client-2025-11-20 server-side-fallback-2026-07-01 "
    "task-budgets-2026-03-13 thinking-binding-controls-2026-08-01 prompt-caching-2024-07-31 "
    "extended-cache-ttl-2025-04-11 pdfs-2024-09-25 token-counting-2024-11-01 "
    "token-efficient-tools-2025-02-19 cache-diagnosis-2026-04-07 files-api-2025-04-14 skills-2025-10-02 "
    "fast-mode-2026-02-01 mid-conversation-system-clear-at-2026-08-21 "
    "mid-conversation-tool-changes-2026-07-01 inline-tools-2026-09-15 "
    "mid-conversation-output-config-2026-07-01 thinking-display-updates-2026-08-18 "
    "thinking-token-count-2026-05-13 output-300k-2026-03-24 fine-grained-tool-streaming-2025-05-14 "
    "oidc-federation-2026-04-01";

std::string header(const ApiHeaders& headers, const char* name) {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::vector<std::string> beta_names(const ApiHeaders& headers) {
  std::string names = header(headers, "anthropic-beta");
  std::vector<std::string> found;
  while (!names.empty()) {
    found.push_back(trimmed(names.substr(0, names.find(','))));
    names.erase(0, std::min(names.find(','), names.size() - 1) + 1);
  }
  return found;
}

void check_depth(std::string_view body) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > ApiRules::max_depth) refuse("The request body is not valid JSON: nested too deeply");
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
}

Json parsed(std::string_view body) {
  check_depth(body);
  try {
    return Json::parse(body);
  } catch (const nlohmann::json::exception& error) {
    refuse(std::string("The request body is not valid JSON: ") + error.what());
  }
}

void check_top_fields(const Json& body, ApiCall call, bool compaction) {
  std::vector<Field> fields = {{"model", Kind::String, required},
                               {"messages", Kind::Array, required},
                               {"system", Kind::StringOrArray},
                               {"tools", Kind::Array},
                               {"tool_choice", Kind::Object},
                               {"thinking", Kind::Object},
                               {"output_config", Kind::Object},
                               {"cache_control", Kind::Object},
                               {"speed", Kind::String}};
  if (compaction) fields.push_back({"compaction", Kind::Object});
  if (call == ApiCall::Create) {
    const std::vector<Field> more = {{"max_tokens", Kind::Integer, required},
                                     {"stream", Kind::Bool},
                                     {"stop_sequences", Kind::Array},
                                     {"diagnostics", Kind::Object},
                                     {"metadata", Kind::Object},
                                     {"service_tier", Kind::String},
                                     {"inference_geo", Kind::String},
                                     {"container", Kind::StringOrObject},
                                     {"temperature", Kind::Number},
                                     {"top_p", Kind::Number},
                                     {"top_k", Kind::Integer}};
    fields.insert(fields.end(), more.begin(), more.end());
  }
  check_fields(body, "", fields.data(), fields.data() + fields.size());
}

void check_parts(const Json& body) {
  if (const Json* part = present(body, "stop_sequences")) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      const Json& text = (*part)[i];
      if (!text.is_string()) refuse(join("stop_sequences", i), "Input should be a valid string");
      if (blank(text.get_ref<const std::string&>()))
        refuse(join("stop_sequences", i), "each stop sequence must contain non-whitespace");
    }
  }
  if (const Json* part = present(body, "diagnostics"))
    check_fields(*part, "diagnostics", {{"previous_message_id", Kind::String}});
  if (const Json* part = present(body, "metadata"))
    check_fields(*part, "metadata", {{"user_id", Kind::String}});
  if (const Json* part = present(body, "output_config")) {
    check_fields(*part, "output_config", {{"effort", Kind::String}, {"format", Kind::Object}});
    if (const Json* format = present(*part, "format")) {
      check_fields(*format, "output_config.format",
                   {{"type", Kind::String, required}, {"schema", Kind::Object, required}});
      check_word(*format, "output_config.format", "type", "json_schema");
    }
  }
  check_word(body, "", "service_tier", "auto standard_only");
  check_word(body, "", "speed", "standard fast");
  check_cache_control(body, "");
  if (const Json* part = present(body, "system")) check_text_blocks(*part, "system");
}

bool is_tool_name(std::string_view name) {
  auto allowed = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_' || c == '-'); };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), allowed);
}

void check_tools(const Json& body, const ApiModel& model) {
  std::set<std::string> names;
  if (const Json* tools = present(body, "tools")) {
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const Json& tool = (*tools)[i];
      const std::string path = join("tools", i);
      if (!tool.is_object()) refuse(path, "Input should be an object");
      check_word(tool, path, "type", "custom");
      check_fields(tool, join(path, "custom"),
                   {{"name", Kind::String, required},
                    {"input_schema", Kind::Object, required},
                    {"description", Kind::String},
                    {"type", Kind::String},
                    {"strict", Kind::Bool},
                    {"defer_loading", Kind::Bool},
                    {"eager_input_streaming", Kind::Bool},
                    {"input_examples", Kind::Array},
                    {"allowed_callers", Kind::Array},
                    {"cache_control", Kind::Object}});
      const std::string name = tool["name"];
      if (!is_tool_name(name))
        refuse(join(path, "custom.name"), "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
      if (!names.insert(name).second) refuse("tools", "Tool names must be unique.");
      if (tool["input_schema"].value("type", Json()) != "object")
        refuse(join(path, "custom.input_schema.type"), "Input should be 'object'");
      check_cache_control(tool, path);
    }
  }
  const Json* choice = present(body, "tool_choice");
  if (choice == nullptr) return;
  check_fields(
      *choice, "tool_choice",
      {{"type", Kind::String, required}, {"name", Kind::String}, {"disable_parallel_tool_use", Kind::Bool}});
  check_word(*choice, "tool_choice", "type", "auto any tool none");
  const std::string type = (*choice)["type"];
  if (type == "none" || type == "auto") return;
  if (names.empty()) refuse("tool_choice", "may only be specified while providing tools");
  const Json* thinking = present(body, "thinking");
  bool by_hand = thinking != nullptr && thinking->value("type", Json()) == "enabled";
  if (!model.is(takes_forced_tool) || by_hand)
    refuse("tool_choice", "forced tool use is not supported with thinking on this model");
  const Json* named = present(*choice, "name");
  if (type == "tool" && (named == nullptr || names.count(named->get<std::string>()) == 0))
    refuse("tool_choice.name", "Tool not found in provided tools");
}

void check_thinking(const Json& body, const ApiModel& model) {
  const Json* config = present(body, "output_config");
  const Json* chosen = config == nullptr ? nullptr : present(*config, "effort");
  const std::string effort = chosen == nullptr ? "" : chosen->get<std::string>();
  if (!effort.empty()) {
    check_word(*config, "output_config", "effort", "low medium high xhigh max");
    if (model.efforts.empty())
      refuse("output_config.effort", "This model does not support the effort parameter.");
    if (!listed(model.efforts, effort))
      refuse("output_config.effort", "Input '" + effort + "' is not supported on this model");
  }
  const Json* thinking = present(body, "thinking");
  if (thinking == nullptr) return;
  check_fields(
      *thinking, "thinking",
      {{"type", Kind::String, required}, {"display", Kind::String}, {"budget_tokens", Kind::Integer}});
  check_word(*thinking, "thinking", "type", "adaptive between_tools disabled enabled");
  const std::string type = (*thinking)["type"], inside = join("thinking", type);
  if (!listed(model.thinking, type))
    refuse("thinking.type", "\"" + type + "\" is not supported for this model.");
  if (type == model.limited && listed("xhigh max", effort)) {
    refuse("thinking.type", "\"" + type + "\" is not supported with an effort above \"high\".");
  }
  bool shows = type == "adaptive" || type == "enabled";
  if (!shows && thinking->contains("display"))
    refuse(join(inside, "display"), "Extra inputs are not permitted");
  check_word(*thinking, inside, "display", "summarized omitted");
  const Json* budget = present(*thinking, "budget_tokens");
  if (type != "enabled") {
    if (budget != nullptr) refuse(join(inside, "budget_tokens"), "Extra inputs are not permitted");
    return;
  }
  if (budget == nullptr) refuse(join(inside, "budget_tokens"), "Field required");
  if (*budget < 1024) refuse(join(inside, "budget_tokens"), "Input should be greater than or equal to 1024");
  const Json* limit = present(body, "max_tokens");
  if (limit != nullptr && *budget >= *limit)
    refuse("`max_tokens` must be greater than `thinking.budget_tokens`.");
}

void check_sampling(const Json& body, const ApiModel& model, std::string_view version) {
  for (const char* name : {"temperature", "top_p", "top_k"}) {
    const Json* value = present(body, name);
    if (value == nullptr && !body.contains(name)) continue;
    if (version == "2026-10-21") refuse(name, "Extra inputs are not permitted");
    if (value == nullptr || model.is(takes_sampling)) continue;
    bool harmless = (std::string_view(name) == "temperature" && *value == 1.0) ||
                    (std::string_view(name) == "top_p" && *value >= 0.99);
    if (!harmless) refuse(name, "is not supported on this model");
  }
}

// Checks `compaction`, and returns whether the request asks for a summary.
bool check_compaction(const Json& body, const ApiModel& model) {
  const Json* compaction = present(body, "compaction");
  if (compaction == nullptr) return false;
  if (!model.is(takes_compaction)) refuse("compaction", "is not supported on this model");
  check_fields(*compaction, "compaction", {{"type", Kind::String, required}, {"instructions", Kind::String}});
  check_word(*compaction, "compaction", "type", "summarize");
  const Json *config = present(body, "output_config"), *choice = present(body, "tool_choice");
  const char* beside = present(body, "stop_sequences") != nullptr                   ? "stop_sequences"
                       : config != nullptr && present(*config, "format") != nullptr ? "output_config.format"
                       : choice != nullptr && !listed("auto none", choice->value("type", "")) ? "tool_choice"
                                                                                              : nullptr;
  if (beside != nullptr) refuse(beside, "cannot be combined with `compaction`");
  return true;
}

// Refuses two messages of the user in a row, as servers do that build the prompt with a strict chat template.
void check_alternation(const Json& messages) {
  for (std::size_t i = 1; i < messages.size(); ++i) {
    if (messages[i]["role"] == "user" && messages[i - 1]["role"] == "user")
      refuse(
          join("messages", i),
          "roles must alternate between \"user\" and \"assistant\", but found multiple \"user\" roles in a "
          "row");
  }
}

void check_max_tokens(const Json& body, const ApiModel& model) {
  const Json& limit = body["max_tokens"];
  if (limit < 0) refuse("max_tokens", "Input should be greater than or equal to 0");
  if (limit > model.max_output) {
    refuse("max_tokens", limit.dump() + " > " + std::to_string(model.max_output) +
                             ", which is the maximum allowed number of output tokens for " +
                             std::string(model.id));
  }
  if (limit == 0 && body.contains("stream") && body["stream"] == true)
    refuse("max_tokens", "0 is not supported with `stream`");
}

void check_cache_marks(const ApiPrompt& prompt) {
  if (prompt.marks_disagree) {
    refuse("cache_control",
           "the automatic breakpoint and the explicit one on the same block must have the same ttl");
  }
  std::size_t count = 0;
  bool short_lived = false;
  for (const PromptBlock& block : prompt.blocks) {
    if (block.mark.empty()) continue;
    ++count;
    if (block.mark == "1h" && short_lived) {
      refuse(block.path + ".cache_control.ttl",
             "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that "
             "blocks are processed in the following order: `tools`, `system`, `messages`.");
    }
    short_lived = short_lived || block.mark == "5m";
  }
  if (count > ApiRules::max_cache_marks) {
    refuse("A maximum of 4 blocks with cache_control may be provided. Found " + std::to_string(count) + ".");
  }
}

CheckedRequest checked(ApiCall call, const ApiHeaders& headers, std::string_view bytes,
                       const ApiRules& rules) {
  const std::string version = header(headers, "anthropic-version");
  if (bytes.size() > ApiRules::max_body_bytes)
    throw Refusal{413, "request_too_large", "Request exceeds the maximum size"};
  if (header(headers, "content-type").rfind("application/json", 0) != 0)
    refuse("content-type", "must be application/json");
  CheckedRequest request;
  request.body = parsed(bytes);
  const Json& body = request.body;
  if (!body.is_object()) refuse("Input should be an object");
  request.compaction = speaks_compaction(headers);
  check_top_fields(body, call, request.compaction);
  check_parts(body);
  check_message_shapes(body["messages"], {version, request.compaction});
  const std::string name = body["model"];
  request.model = find_api_model(name);
  if (request.model == nullptr) throw Refusal{404, "not_found_error", "model: " + name};
  const ApiModel& model = *request.model;
  if (call == ApiCall::Create) check_max_tokens(body, model);
  check_sampling(body, model, version);
  check_thinking(body, model);
  check_tools(body, model);
  if (body.value("speed", Json()) == "fast" && !model.is(takes_fast))
    refuse("speed", "\"fast\" is not supported on this model");
  const bool summarize = check_compaction(body, model);
  // A token count counts the messages, even if a summary is asked for.
  request.summarize = summarize && call == ApiCall::Create;
  check_message_order(body["messages"], model, summarize);
  if (rules.alternating) check_alternation(body["messages"]);
  check_media_limits(body["messages"], model);
  request.prompt = read_prompt(body);
  check_cache_marks(request.prompt);
  if (auto broken = rules.seal.broken_summary(request.prompt)) throw *broken;
  if (auto broken = rules.seal.broken(request.prompt, model.is(binds_thinking))) refuse(*broken);
  const std::int64_t window = rules.window > 0 ? rules.window : model.window, size = tokens(request.prompt);
  if (call == ApiCall::Create && size > window) {
    refuse("prompt is too long: " + std::to_string(size) + " tokens > " + std::to_string(window) +
           " maximum");
  }
  return request;
}

}  // namespace

std::optional<Refusal> refuse_headers(const ApiHeaders& headers, const ApiRules& rules) {
  const std::string key = header(headers, "x-api-key"), authorization = header(headers, "authorization");
  auto unauthorized = [](std::string message) {
    return Refusal{401, "authentication_error", std::move(message)};
  };
  if (key.empty() && authorization.empty()) return unauthorized("x-api-key header is required");
  if (!key.empty() && !authorization.empty())
    return unauthorized("send either x-api-key or Authorization, not both");
  const bool bearer = authorization.rfind("Bearer ", 0) == 0;
  if (key.empty() && !bearer) return unauthorized("Invalid Authorization header");
  const std::string credential = trimmed(bearer ? authorization.substr(7) : key);
  if (credential.empty() || (!rules.key.empty() && credential != rules.key)) {
    return unauthorized(bearer ? "Invalid bearer token" : "invalid x-api-key");
  }
  const std::string version = header(headers, "anthropic-version");
  if (version.empty()) return Refusal{400, "invalid_request_error", "anthropic-version: header is required"};
  if (!listed(versions, version)) {
    return Refusal{400, "invalid_request_error",
                   "anthropic-version: \"" + version + "\" is not a valid version"};
  }
  for (const std::string& name : beta_names(headers)) {
    if (!name.empty() && !listed(betas, name)) {
      return Refusal{400, "invalid_request_error",
                     "Unexpected value(s) `" + name + "` for the `anthropic-beta` header."};
    }
  }
  return std::nullopt;
}

bool speaks_compaction(const ApiHeaders& headers) {
  const std::vector<std::string> names = beta_names(headers);
  return std::find(names.begin(), names.end(), "compact-2026-09-04") != names.end();
}

std::variant<CheckedRequest, Refusal> check_request(ApiCall call, const ApiHeaders& headers,
                                                    std::string_view body, const ApiRules& rules) {
  try {
    return checked(call, headers, body, rules);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

}  // namespace aside::test
