#include "tests/standin/messages.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/standin/fields.h"
#include "tests/standin/media.h"
#include "tests/standin/rules.h"

namespace aside::test {

namespace {

constexpr Need required = Need::Required;

struct BlockRule {
  std::string_view type;
  std::string_view roles;  // the roles whose messages may hold this block
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
      {"compaction",
       "user assistant system",  // check_summaries has the rules for the place of a summary
       {{"type", Kind::String, required},
        {"content", Kind::String, required},
        {"encrypted_content", Kind::String},
        {"signature", Kind::String, required},
        {"tool_changes", Kind::Array},
        {"cache_control", Kind::Object}}},
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

// Checks that a base64 source holds data of its media type. An image without a readable size counts as
// broken.
void check_bytes(const Json& source, std::string_view path) {
  const std::string& data = source["data"].get_ref<const std::string&>();
  const bool image = source["media_type"] != "application/pdf";
  if (image && data.size() > ApiRules::max_image_bytes) {
    refuse(path, "image exceeds 10 MB maximum: " + std::to_string(data.size()) + " bytes > " +
                     std::to_string(ApiRules::max_image_bytes) + " bytes");
  }
  const auto bytes = decode_base64(data);
  if (!bytes) refuse(join(path, "data"), "Invalid base64 data");
  const Media media = look_at(*bytes);
  if (source["media_type"] != media.type) {
    if (!image) refuse(join(path, "data"), "The PDF specified was not valid.");
    refuse(join(path, "data"), media.type.empty() ? "Could not process image"
                                                  : "Image does not match the provided media type " +
                                                        source["media_type"].get<std::string>());
  }
  if (image && (media.width == 0 || media.height == 0)) refuse(join(path, "data"), "Could not process image");
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
  if (type == "base64" || type == "text") {
    if (present(source, "media_type") == nullptr) refuse(join(path, "media_type"), "Field required");
    check_word(source, path, "media_type",
               type == "text" ? "text/plain"
               : image        ? "image/jpeg image/png image/gif image/webp"
                              : "application/pdf");
  }
  const char* needed = type == "url"       ? "url"
                       : type == "file"    ? "file_id"
                       : type == "content" ? "content"
                                           : "data";
  if (present(source, needed) == nullptr) refuse(join(path, needed), "Field required");
  if (type == "base64") check_bytes(source, path);
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

void check_citations(const Json& block, std::string_view path) {
  const Json* citations = present(block, "citations");
  if (citations == nullptr) return;
  constexpr Field type{"type", Kind::String, required}, cited{"cited_text", Kind::String, required};
  constexpr Field document{"document_index", Kind::Integer, required}, title{"document_title", Kind::String};
  constexpr Field file{"file_id", Kind::String}, name{"title", Kind::String};
  const auto number = [](std::string_view field) { return Field{field, Kind::Integer, required}; };
  for (std::size_t i = 0; i < citations->size(); ++i) {
    const Json& citation = (*citations)[i];
    const std::string kind = type_of(citation), inside = join(path, i);
    if (kind == "char_location")
      check_fields(
          citation, inside,
          {type, cited, document, title, file, number("start_char_index"), number("end_char_index")});
    else if (kind == "page_location")
      check_fields(
          citation, inside,
          {type, cited, document, title, file, number("start_page_number"), number("end_page_number")});
    else if (kind == "content_block_location")
      check_fields(
          citation, inside,
          {type, cited, document, title, file, number("start_block_index"), number("end_block_index")});
    else if (kind == "search_result_location")
      check_fields(citation, inside,
                   {type,
                    cited,
                    name,
                    {"source", Kind::String, required},
                    number("search_result_index"),
                    number("start_block_index"),
                    number("end_block_index")});
    else if (kind == "web_search_result_location")
      check_fields(
          citation, inside,
          {type, cited, name, {"url", Kind::String, required}, {"encrypted_index", Kind::String, required}});
    else
      refuse(inside, "Input tag '" + kind + "' found using 'type' does not match any of the expected tags");
  }
}

void check_block(const Json& block, std::string_view path, std::string_view role, const Dialect& dialect) {
  if (!block.is_object()) refuse(path, "Input should be an object");
  const std::string type = type_of(block);
  if (type.empty()) refuse(join(path, "type"), "Field required");
  const BlockRule* rule = rule_of(type);
  if (rule == nullptr || (type == "compaction" && !dialect.compaction))
    refuse(path, "Input tag '" + type + "' found using 'type' does not match any of the expected tags");
  const std::string inside = join(path, type);
  check_fields(block, inside, rule->fields.data(), rule->fields.data() + rule->fields.size());
  const bool newest = dialect.version == "2026-10-21";
  if (!listed(rule->roles, role) || (newest && type == "document" && role == "assistant")) {
    refuse(path, "`" + type + "` blocks are not permitted in messages of role '" + std::string(role) + "'");
  }
  if (type == "text") check_text(block["text"].get_ref<const std::string&>(), join(path, "text"));
  if (type == "text" && newest && role == "user" && present(block, "citations") != nullptr) {
    refuse(join(inside, "citations"), "Extra inputs are not permitted");
  }
  if (type == "text" && role == "assistant") check_citations(block, join(inside, "citations"));
  if (type == "image" || type == "document") check_source(block, join(inside, "source"));
  if (type == "tool_result") check_result_content(block, join(inside, "content"));
  check_cache_control(block, inside);
}

// Returns the blocks of this type in a message; none if the message's content is a string.
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

// Checks the calls of server tools: each call must have its result in the same message. The result may be
// missing only if the turn has paused.
void check_server_tools(const Json& message, std::string_view path, bool last) {
  std::set<std::string> calls, results;
  for (const Json* call : blocks_of(message, "server_tool_use")) {
    if (!calls.insert((*call)["id"]).second) refuse(path, "`server_tool_use` ids must be unique");
  }
  if (message["content"].is_array()) {
    for (const Json& block : message["content"]) {
      const std::string type = block["type"];
      const bool is_result = block.contains("tool_use_id") && type != "tool_result";
      if (!is_result) continue;
      const std::string id = block["tool_use_id"];
      if (calls.count(id) == 0) refuse(path, "`" + type + "` without a `server_tool_use`: " + id);
      if (!results.insert(id).second) refuse(path, "a `server_tool_use` has a single result: " + id);
    }
  }
  if (!last && results.size() != calls.size()) refuse(path, "`server_tool_use` without its result");
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

// Returns whether there is a summary, and checks that it is in the only allowed place.
bool check_summaries(const Json& messages, const ApiModel& model) {
  bool found = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i]["content"].is_array()) continue;
    for (std::size_t j = 0; j < messages[i]["content"].size(); ++j) {
      if (messages[i]["content"][j]["type"] != "compaction") continue;
      const std::string path = join(join("messages", i) + ".content", j);
      if (!model.is(takes_compaction)) refuse(path, "compaction is not supported on this model");
      if (found)
        throw coded_refusal("compaction_block_ambiguous",
                            path + ": messages hold more than one compaction block");
      if (i > 0 || j > 0 || has_role(messages, 0, "system")) {
        throw coded_refusal("compaction_block_misplaced",
                            path + ": a compaction block must be the first block of the conversation");
      }
      found = true;
    }
  }
  return found;
}

void check_summarizable(const Json& messages, bool summarized) {
  std::size_t blocks = 0;
  for (const Json& message : messages) {
    if (message["role"] != "system") blocks += message["content"].is_array() ? message["content"].size() : 1;
  }
  if (blocks == (summarized ? 1 : 0))
    throw coded_refusal("compaction_nothing_to_summarize", "messages: there is nothing to summarize");
  const Json& last = messages.back();
  if (blocks_of(last, "tool_use").empty() && !ends_with(last, "server_tool_use")) return;
  throw coded_refusal("compaction_incomplete_turn", join("messages", messages.size() - 1) +
                                                        ": the last turn of the assistant is not finished");
}

}  // namespace

void check_media_limits(const Json& messages, const ApiModel& model) {
  const bool small = model.window <= ApiRules::small_window;
  const std::size_t max_images = small ? ApiRules::max_images_small : ApiRules::max_images;
  const auto max_pages = static_cast<std::int64_t>(small ? ApiRules::max_images_small : ApiRules::max_images);
  std::size_t images = 0;
  std::int64_t pages = 0, longest = 0;
  Json paths = Json::array();
  const auto each_media = [&messages](auto visit) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const Json& content = messages[i]["content"];
      for (std::size_t j = 0; content.is_array() && j < content.size(); ++j) {
        const std::string type = content[j]["type"];
        if (type != "image" && type != "document") continue;
        const Json& source = content[j]["source"];
        Media media;
        if (source["type"] == "base64")
          media = look_at(*decode_base64(source["data"].get_ref<const std::string&>()));
        visit(join(join("messages", i) + ".content", j), type, media);
      }
    }
  };
  each_media([&](const std::string&, const std::string& type, const Media& media) {
    images += type == "image" ? 1 : 0;
    pages += media.pages;
    longest = std::max({longest, media.width, media.height});
  });
  if (images > max_images)
    refuse("messages", "at most " + std::to_string(max_images) + " images are permitted in a request");
  if (pages > max_pages)
    refuse("messages", "A maximum of " + std::to_string(max_pages) + " PDF pages may be provided.");
  const std::int64_t side = images > ApiRules::many_images ? ApiRules::max_side_of_many : ApiRules::max_side;
  if (longest <= side) return;
  each_media([&](const std::string& path, const std::string&, const Media& media) {
    if (std::max(media.width, media.height) > side) paths.push_back(path);
  });
  Refusal refusal = coded_refusal("image_dimensions_too_large",
                                  paths[0].get<std::string>() +
                                      ": At least one of the image dimensions exceed max allowed size: " +
                                      std::to_string(side) + " pixels");
  refusal.details["max_side_length_pixels"] = side;
  refusal.details["paths"] = paths;
  throw refusal;
}

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
    check_block(content[i], join(path, i), "system", {"2026-10-21"});
}

void check_message_shapes(const Json& messages, const Dialect& dialect) {
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
      check_block(content[j], join(join(path, "content"), j), role, dialect);
      only_thinking = only_thinking && listed("thinking redacted_thinking", type_of(content[j]));
    }
    if (only_thinking) refuse(path, "The final block in an assistant message cannot be `thinking`.");
  }
}

void check_message_order(const Json& messages, const ApiModel& model, bool summarize) {
  const bool summarized = check_summaries(messages, model);
  if (summarize) check_summarizable(messages, summarized);
  if (!has_role(messages, 0, "user") && !summarized) {
    if (has_role(messages, 0, "system")) check_system_messages(messages, model);
    refuse("messages", "first message must use the \"user\" role");
  }
  check_system_messages(messages, model);
  check_tool_pairs(messages);
  for (std::size_t i = 0; i < messages.size(); ++i)
    check_server_tools(messages[i], join("messages", i), i + 1 == messages.size());
  const Json& last = messages.back();
  if (last["role"] != "assistant" || summarize) return;
  bool paused = !blocks_of(last, "server_tool_use").empty();
  if (!paused && !model.is(takes_prefill)) {
    refuse(
        "This model does not support assistant message prefill. The conversation must end with a user "
        "message.");
  }
}

}  // namespace aside::test
