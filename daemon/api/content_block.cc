#include "daemon/api/content_block.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "daemon/text/json.h"

namespace aside::content_block {
namespace {

using json_text::member;
using json_text::unquoted;

enum class Kind { String, Filled, Object, Structure, Citations, Any };

struct Field {
  std::string_view name;
  Kind kind = Kind::Any;
  bool required = false;
};

struct Rule {
  std::string_view type;
  std::vector<Field> fields;
};

// For each type of block, the fields that the API documents. The value of an optional field may also be null.
const std::vector<Rule>& rules() {
  static const std::vector<Field> server_result = {{"type"},
                                                   {"tool_use_id", Kind::Filled, true},
                                                   {"content", Kind::Structure, true},
                                                   {"caller", Kind::Object}};
  static const std::vector<Rule> rules = {
      {"text", {{"type"}, {"text", Kind::Filled, true}, {"citations", Kind::Citations}}},
      {"thinking", {{"type"}, {"thinking", Kind::String, true}, {"signature", Kind::Filled, true}}},
      {"redacted_thinking", {{"type"}, {"data", Kind::Filled, true}}},
      {"server_tool_use",
       {{"type"},
        {"id", Kind::Filled, true},
        {"name", Kind::Filled, true},
        {"input", Kind::Object, true},
        {"caller", Kind::Object}}},
      {"compaction",
       {{"type"},
        {"content"},
        {"encrypted_content", Kind::String},
        {"signature", Kind::Filled, true},
        {"tool_changes", Kind::Structure}}},
      {"web_search_tool_result", server_result},
      {"web_fetch_tool_result", server_result},
      {"code_execution_tool_result", server_result},
      {"bash_code_execution_tool_result", server_result},
      {"text_editor_code_execution_tool_result", server_result},
      {"tool_search_tool_result", server_result},
  };
  return rules;
}

// The fields of each type of citation; the first element is the type.
const std::vector<std::vector<std::string_view>>& citation_rules() {
  static const std::vector<std::vector<std::string_view>> rules = {
      {"char_location", "start_char_index", "end_char_index", "document_index", "document_title", "file_id"},
      {"page_location", "start_page_number", "end_page_number", "document_index", "document_title",
       "file_id"},
      {"content_block_location", "start_block_index", "end_block_index", "document_index", "document_title",
       "file_id"},
      {"search_result_location", "search_result_index", "source", "title", "start_block_index",
       "end_block_index"},
      {"web_search_result_location", "url", "title", "encrypted_index"},
  };
  return rules;
}

bool is_citation(std::string_view citation) {
  const std::string type = unquoted(member(citation, "type"));
  const auto rule = std::find_if(citation_rules().begin(), citation_rules().end(),
                                 [&type](const auto& fields) { return fields.front() == type; });
  if (rule == citation_rules().end()) return false;
  const auto members = json_text::members(citation);
  return std::all_of(members.begin(), members.end(), [rule](const auto& present) {
    return present.first == "type" || present.first == "cited_text" ||
           std::find(rule->begin() + 1, rule->end(), present.first) != rule->end();
  });
}

// Whether a raw JSON string is blank. Most strings have a visible first character; these are not copied.
bool blank_string(std::string_view raw) {
  const std::size_t first = raw.find_first_not_of(" \"");
  const auto c = static_cast<unsigned char>(first == raw.npos ? '"' : raw[first]);
  const bool graphic = c > ' ' && c < 0x7F && c != '\\' && c != '"';
  return !graphic && json_text::blank(unquoted(raw));
}

bool fits(std::string_view value, Kind kind) {
  const char first = value.empty() ? ' ' : value.front();
  switch (kind) {
    case Kind::String:
      return first == '"';
    case Kind::Filled:
      return first == '"' && !blank_string(value);
    case Kind::Object:
      return first == '{';
    case Kind::Structure:
      return first == '{' || first == '[';
    case Kind::Citations: {
      const auto citations = json_text::elements(value);
      return first == '[' && std::all_of(citations.begin(), citations.end(), is_citation);
    }
    case Kind::Any:
      return true;
  }
  return false;
}

const Rule* rule_of(std::string_view type) {
  const auto found =
      std::find_if(rules().begin(), rules().end(), [type](const Rule& rule) { return rule.type == type; });
  return found == rules().end() ? nullptr : &*found;
}

// Returns the block with only the fields that its rule lists; nullopt if a required field is missing.
std::optional<std::string> documented(std::string_view block, const Rule& rule) {
  std::string kept;
  std::set<std::string_view> names;
  const auto members = json_text::members(block);
  for (const auto& [name, value] : members) {
    const auto field = std::find_if(rule.fields.begin(), rule.fields.end(),
                                    [wanted = name](const Field& known) { return known.name == wanted; });
    if (field == rule.fields.end()) continue;
    const bool right = fits(value, field->kind) || (!field->required && value == "null");
    if (!right || !names.insert(name).second) continue;
    kept += kept.empty() ? '{' : ',';
    kept.append("\"").append(name).append("\":").append(value);
  }
  const bool whole = std::all_of(rule.fields.begin(), rule.fields.end(), [&names](const Field& field) {
    return !field.required || names.count(field.name) != 0;
  });
  if (!whole) return std::nullopt;
  return names.size() == members.size() ? std::string(block) : kept + "}";
}

struct Candidate {
  std::string json;
  std::string_view type;
  std::string tool;  // the call's id, if the block is a server's tool call or its result
};

// Returns the ids of calls that are followed by their result.
std::set<std::string> answered(const std::vector<Candidate>& candidates) {
  std::set<std::string> called;
  std::set<std::string> answered;
  for (const Candidate& candidate : candidates) {
    if (candidate.tool.empty()) continue;
    if (candidate.type == "server_tool_use")
      called.insert(candidate.tool);
    else if (called.count(candidate.tool) != 0)
      answered.insert(candidate.tool);
  }
  return answered;
}

}  // namespace

std::string sendable(const std::vector<std::string_view>& blocks) {
  std::vector<Candidate> candidates;
  for (const std::string_view block : blocks) {
    const Rule* rule = rule_of(unquoted(member(block, "type")));
    if (!rule || json_text::nested_deeper(block, max_depth)) continue;
    auto json = documented(block, *rule);
    if (!json) continue;
    const bool call = rule->type == "server_tool_use";
    std::string tool = unquoted(member(*json, call ? "id" : "tool_use_id"));
    candidates.push_back({*std::move(json), rule->type, std::move(tool)});
  }
  const auto pairs = answered(candidates);
  std::set<std::pair<bool, std::string>> used;  // whether it is a call, and the id
  std::string array;
  bool has_text = false;
  for (const Candidate& candidate : candidates) {
    if (!candidate.tool.empty()) {
      const bool call = candidate.type == "server_tool_use";
      const bool in_turn = call || used.count({true, candidate.tool}) != 0;
      if (!in_turn || pairs.count(candidate.tool) == 0 || !used.insert({call, candidate.tool}).second)
        continue;
    }
    has_text =
        has_text || candidate.type == "text" ||
        (candidate.type == "compaction" && !json_text::blank(unquoted(member(candidate.json, "content"))));
    array += array.empty() ? '[' : ',';
    array += candidate.json;
  }
  return has_text ? array + "]" : "";
}

std::string flattened(std::string_view block) {
  if (!json_text::nested_deeper(block, max_depth)) return std::string(block);
  std::string kept;
  for (const auto& [name, value] : json_text::members(block)) {
    if (json_text::nested_deeper(value, max_depth - 1)) continue;
    kept += kept.empty() ? '{' : ',';
    kept.append("\"").append(name).append("\":").append(value);
  }
  return kept.empty() ? "{}" : kept + "}";
}

}  // namespace aside::content_block
