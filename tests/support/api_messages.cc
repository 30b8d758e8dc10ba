#include "tests/support/api_messages.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/support/api_fields.h"
#include "tests/support/api_rules.h"

namespace aside::test {

namespace {

constexpr Need required = Need::Required;

struct BlockRule {
  std::string_view type;
  std::string_view roles;  // that may hold it
  std::vector<Field> fields;
};

const std::vector<BlockRule>& block_rules() {
  static const std::vector<Field> server_result = {{"type", Kind::String, required},
                                                   {"tool_use_id", Kind::String, required},
                                                   {"content", Kind::StringOrArray},
                                                   {"caller", Kind::Object},
                                                   {"cache_control", Kind::Object}};
  static const std::vector<Field> tool_use = {
      {"type", Kind::String, required},  {"id", Kind::String, required}, {"name", Kind::String, required},
      {"input", Kind::Object, required}, {"caller", Kind::Object},       {"toolset_name", Kind::String},
      {"cache_control", Kind::Object}};
  static const std::vector<BlockRule> rules = {
      {"text",
       "user assistant system",
       {{"type", Kind::String, required},
        {"text", Kind::String, required},
        {"citations", Kind::Array},
        {"cache_control", Kind::Object}}},
      {"image",
       "user",
       {{"type", Kind::String, required},
        {"source", Kind::Object, required},
        {"transformations", Kind::Object},
        {"cache_control", Kind::Object}}},
      {"document",
       "user assistant",
       {{"type", Kind::String, required},
        {"source", Kind::Object, required},
        {"title", Kind::String},
        {"context", Kind::String},
        {"citations", Kind::Object},
        {"cache_control", Kind::Object}}},
      {"search_result",
       "user",
       {{"type", Kind::String, required},
        {"source", Kind::String, required},
        {"title", Kind::String, required},
        {"content", Kind::Array, required},
        {"citations", Kind::Object},
        {"cache_control", Kind::Object}}},
      {"thinking",
       "assistant",
       {{"type", Kind::String, required},
        {"thinking", Kind::String, required},
        {"signature", Kind::String, required}}},
      {"redacted_thinking",
       "assistant",
       {{"type", Kind::String, required}, {"data", Kind::String, required}}},
      {"tool_use", "assistant", tool_use},
      {"server_tool_use", "assistant", tool_use},
      {"tool_result",
       "user",
       {{"type", Kind::String, required},
        {"tool_use_id", Kind::String, required},
        {"content", Kind::StringOrArray},
        {"is_error", Kind::Bool},
        {"toolset_name", Kind::String},
        {"cache_control", Kind::Object}}},
      {"container_upload",
       "user",
       {{"type", Kind::String, required},
        {"file_id", Kind::String, required},
        {"cache_control", Kind::Object}}},
      // What no client knows, but we send when told to (api_answer.cc): the API takes back what it gave.
      {"hologram", "assistant", {{"type", Kind::String, required}, {"data", Kind::String, required}}},
      {"web_search_tool_result", "assistant", server_result},
      {"web_fetch_tool_result", "assistant", server_result},
      {"code_execution_tool_result", "assistant", server_result},
      {"bash_code_execution_tool_result", "assistant", server_result},
      {"text_editor_code_execution_tool_result", "assistant", server_result},
      {"tool_search_tool_result", "assistant", server_result},
  };
  return rules;
}

const BlockRule* rule_of(std::string_view type) {
  for (const BlockRule& rule : block_rules()) {
    if (rule.type == type) return &rule;
  }
  return nullptr;
}

std::string type_of(const Json& block) {
  return block.is_object() && block.contains("type") && block["type"].is_string() ? block["type"] : "";
}

void check_text(std::string_view text, std::string_view path) {
  if (text.empty()) refuse(path, "text content blocks must be non-empty");
  if (blank(text)) refuse(path, "text content blocks must contain non-whitespace text");
}

void check_source(const Json& block, std::string_view path) {
  const Json& source = block["source"];
  check_fields(source, path,
               {{"type", Kind::String, required},
                {"media_type", Kind::String},
                {"data", Kind::String},
                {"url", Kind::String},
                {"file_id", Kind::String},
                {"content", Kind::StringOrArray}});
  bool image = block["type"] == "image";
  check_word(source, path, "type", image ? "base64 url file" : "base64 text content url file");
  const std::string type = source["type"];
  if (type == "base64") {
    check_word(source, path, "media_type",
               image ? "image/jpeg image/png image/gif image/webp" : "application/pdf");
  }
  const char* needed = type == "url"       ? "url"
                       : type == "file"    ? "file_id"
                       : type == "content" ? "content"
                                           : "data";
  if (present(source, needed) == nullptr) refuse(join(path, needed), "Field required");
}

void check_result_content(const Json& result, std::string_view path) {
  const Json* content = present(result, "content");
  if (content == nullptr || content->is_string()) return;
  for (std::size_t i = 0; i < content->size(); ++i) {
    const Json& block = (*content)[i];
    std::string type = type_of(block);
    if (!listed("text image document search_result tool_reference browser_state", type)) {
      refuse(join(path, i), "Input tag '" + type + "' is not one that a tool result may hold");
    }
    if (block.contains("cache_control"))
      refuse(join(join(path, i), "cache_control"), "Extra inputs are not permitted");
    if (type == "text" && (present(block, "text") == nullptr || !block["text"].is_string())) {
      refuse(join(join(path, i), "text"), "Field required");
    }
  }
}

void check_block(const Json& block, std::string_view path, std::string_view role, std::string_view version) {
  if (!block.is_object()) refuse(path, "Input should be an object");
  const std::string type = type_of(block);
  if (type.empty()) refuse(join(path, "type"), "Field required");
  const BlockRule* rule = rule_of(type);
  if (rule == nullptr)
    refuse(path, "Input tag '" + type + "' found using 'type' does not match any of the expected tags");
  const std::string inside = join(path, type);
  check_fields(block, inside, rule->fields.data(), rule->fields.data() + rule->fields.size());
  const bool newest = version == "2026-10-21";
  if (!listed(rule->roles, role) || (newest && type == "document" && role == "assistant")) {
    refuse(path, "`" + type + "` blocks are not permitted in messages of role '" + std::string(role) + "'");
  }
  if (type == "text") check_text(block["text"].get_ref<const std::string&>(), join(path, "text"));
  if (type == "text" && newest && role == "user" && present(block, "citations") != nullptr) {
    refuse(join(inside, "citations"), "Extra inputs are not permitted");
  }
  if (type == "image" || type == "document") check_source(block, join(inside, "source"));
  if (type == "tool_result") check_result_content(block, join(inside, "content"));
  check_cache_control(block, inside);
}

// Blocks of a type in a message; none where its content is a string.
std::vector<const Json*> blocks_of(const Json& message, std::string_view type) {
  std::vector<const Json*> found;
  if (!message["content"].is_array()) return found;
  for (const Json& block : message["content"]) {
    if (block["type"] == type) found.push_back(&block);
  }
  return found;
}

bool ends_with(const Json& message, std::string_view ending) {
  if (!message["content"].is_array()) return false;
  const std::string type = message["content"].back()["type"];
  return type.size() >= ending.size() &&
         type.compare(type.size() - ending.size(), ending.size(), ending) == 0;
}

bool has_role(const Json& messages, std::size_t i, std::string_view role) {
  return i < messages.size() && messages[i]["role"] == role;
}

void check_tool_pairs(const Json& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::set<std::string> calls, results;
    if (i > 0) {
      for (const Json* call : blocks_of(messages[i - 1], "tool_use")) calls.insert((*call)["id"]);
    }
    const std::vector<const Json*> answers = blocks_of(messages[i], "tool_result");
    for (std::size_t j = 0; j < answers.size(); ++j) {
      const std::string id = (*answers[j])["tool_use_id"];
      if (calls.count(id) == 0) {
        refuse(join("messages", i), "unexpected `tool_use_id` found in `tool_result` blocks: " + id +
                                        ". Each `tool_result` block must have a corresponding `tool_use` "
                                        "block in the previous message.");
      }
      if (!results.insert(id).second)
        refuse(join("messages", i),
               "each tool_use must have a single result. Found multiple `tool_result` blocks with id: " + id);
      if (messages[i]["content"][j]["type"] != "tool_result")
        refuse(join("messages", i), "`tool_result` blocks must come first");
    }
    for (const std::string& id : calls) {
      if (results.count(id) == 0) {
        refuse(
            join("messages", i - 1),
            "`tool_use` ids were found without `tool_result` blocks immediately after: " + id +
                ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
      }
    }
  }
  if (!blocks_of(messages.back(), "tool_use").empty()) {
    refuse(join("messages", messages.size() - 1),
           "`tool_use` ids were found without `tool_result` blocks immediately after");
  }
}

void check_system_messages(const Json& messages, const ApiModel& model) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!has_role(messages, i, "system")) continue;
    const std::string path = join("messages", i);
    if (!model.is(takes_system)) refuse(path, "role 'system' is not supported on this model");
    if (i == 0) refuse(path, "role 'system' must not be the first message");
    bool placed = !has_role(messages, i - 1, "assistant") || ends_with(messages[i - 1], "_tool_result");
    if (!placed)
      refuse(path,
             "role 'system' must follow a user turn, or an assistant turn that ends in a server tool result");
    if (has_role(messages, i + 1, "user"))
      refuse(path, "role 'system' must be last or be followed by an assistant message");
  }
}

}  // namespace

void check_cache_control(const Json& object, std::string_view path) {
  const Json* mark = present(object, "cache_control");
  if (mark == nullptr) return;
  const std::string inside = join(path, "cache_control");
  check_fields(*mark, inside, {{"type", Kind::String, required}, {"ttl", Kind::String}});
  check_word(*mark, inside, "type", "ephemeral");
  check_word(*mark, inside, "ttl", "5m 1h");
}

void check_text_blocks(const Json& content, std::string_view path) {
  if (!content.is_array()) return;
  for (std::size_t i = 0; i < content.size(); ++i)
    check_block(content[i], join(path, i), "system", "2026-10-21");
}

void check_message_shapes(const Json& messages, std::string_view version) {
  if (messages.empty()) refuse("messages", "at least one message is required");
  if (messages.size() > ApiRules::max_messages) refuse("messages", "at most 100000 messages are permitted");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Json& message = messages[i];
    const std::string path = join("messages", i);
    check_fields(message, path,
                 {{"role", Kind::String, required}, {"content", Kind::StringOrArray, required}});
    check_word(message, path, "role", "user assistant system");
    const Json& content = message["content"];
    if (content.empty() || content == "") refuse(path, "all messages must have non-empty content");
    if (content.is_string()) {
      check_text(content.get_ref<const std::string&>(), join(path, "content"));
      continue;
    }
    const std::string role = message["role"];
    bool only_thinking = true;
    for (std::size_t j = 0; j < content.size(); ++j) {
      check_block(content[j], join(join(path, "content"), j), role, version);
      only_thinking = only_thinking && listed("thinking redacted_thinking", type_of(content[j]));
    }
    if (only_thinking) refuse(path, "The final block in an assistant message cannot be `thinking`.");
  }
}

void check_message_order(const Json& messages, const ApiModel& model) {
  if (!has_role(messages, 0, "user")) {
    if (has_role(messages, 0, "system")) check_system_messages(messages, model);
    refuse("messages", "first message must use the \"user\" role");
  }
  check_system_messages(messages, model);
  check_tool_pairs(messages);
  const Json& last = messages.back();
  if (last["role"] != "assistant") return;
  bool paused = !blocks_of(last, "server_tool_use").empty();
  if (!paused && !model.is(takes_prefill)) {
    refuse(
        "This model does not support assistant message prefill. The conversation must end with a user "
        "message.");
  }
}

}  // namespace aside::test
