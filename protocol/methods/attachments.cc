#include "protocol/methods/attachments.h"

#include "protocol/methods/parts.h"
#include "protocol/plain_text.h"

namespace aside {

ShareParams ShareParams::from(const Fields& fields) {
  ShareParams params{fields.filled("uri"), read_range(fields), fields.optional_string("text"),
                     read_string(fields, "languageId"), read_string(fields, "kind")};
  // An editor may send back an attachment as it is listed in a turn. The kind of an image or a document isn't needed
  // then, since these are recognised by their content.
  if (params.kind == "image" || params.kind == "document") params.kind.clear();
  if (!params.kind.empty() && params.kind != "diagnostics" && params.kind != "gitDiff")
    fields.refuse("kind", "must be diagnostics or gitDiff, or absent");
  return params;
}

CheckParams CheckParams::from(const Fields& fields) {
  CheckParams params;
  for (const Fields& attachment : fields.list("attachments"))
    params.attachments.push_back(ShareParams::from(attachment));
  if (fields.has("textDocument")) params.uri = read_document(fields);
  params.parent = fields.nullable("parent");
  params.current = fields.optional_boolean("current").value_or(true);
  return params;
}

FindParams FindParams::from(const Fields& fields) {
  FindParams params{read_document(fields), read_string(fields, "folder"), fields.string("query")};
  if (fields.has("limit")) params.limit = fields.integer("limit", 1, 100);
  return params;
}

NamedParams NamedParams::from(const Fields& fields) {
  return {fields.string("text"), fields.optional_strings("folders")};
}

ExpandParams ExpandParams::from(const Fields& fields) {
  ExpandParams params{read_document(fields), read_string(fields, "folder"), read_string(fields, "pattern")};
  if (params.folder.empty() && params.pattern.empty())
    fields.refuse("pattern", "is missing (or give a folder)");
  return params;
}

SuggestParams SuggestParams::from(const Fields& fields) {
  SuggestParams params;
  params.uri = read_document(fields);
  if (const auto position = fields.optional_object("position")) params.position = read_position(*position);
  params.selection = read_range(fields, "selection");
  params.block = read_range(fields, "block");
  if (const auto problems = fields.optional_object("problems"))
    params.problems = Problems{problems->filled("text"), read_range(*problems)};
  for (const Fields& attachment : fields.optional_list("attachments"))
    params.attachments.push_back(ShareParams::from(attachment));
  return params;
}

static json to_json(const CheckResult::Row& row) {
  json object = {
      {"name", plain_line(row.name)}, {"kind", row.kind}, {"bytes", row.bytes}, {"tokens", row.tokens}};
  put(object, "lines", row.lines);
  put(object, "refused", plain_line(row.refused));
  for (const std::string& reason : row.reasons) object["reasons"].push_back(plain_line(reason));
  put(object, "guessedEncoding", row.guessed);
  put(object, "uri", row.uri);
  put(object, "cost", row.cost);
  put(object, "remark", plain_line(row.remark));
  return object;
}

static json to_json(const CheckResult::Known& known) {
  json object = {{"uri", known.uri}, {"name", plain_line(known.name)}};
  put(object, "lines", known.lines);
  if (known.range) object["range"] = to_json(*known.range);
  return object;
}

static json to_json(const CheckResult::Texts& texts) {
  json object = json::object();
  put(object, "known", plain_line(texts.known));
  put(object, "updates", plain_line(texts.updates));
  put(object, "size", texts.size);
  put(object, "price", texts.price);
  put(object, "brief", texts.brief);
  put(object, "next", texts.next);
  return object;
}

json to_json(const CheckResult& result) {
  json object = json::object({{"attachments", list(result.attachments)}});
  if (!result.along) return object;
  object["updates"] = list(result.along->updates);
  object["known"] = list(result.along->known);
  object["tokens"] = result.along->tokens;
  put(object, "cost", result.along->cost);
  json& next =
      object["next"] = {{"tokens", result.along->next_tokens}, {"cached", result.along->next_cached}};
  put(next, "cost", result.along->next_cost);
  put(next, "cacheCost", result.along->next_cache_cost);
  object["texts"] = to_json(result.along->texts);
  return object;
}

static json to_json(const FindResult::File& file) {
  return {{"uri", file.uri}, {"name", plain_line(file.name)}};
}

json to_json(const FindResult& result) {
  json object = json::object({{"files", list(result.files)}});
  if (result.incomplete) object["incomplete"] = true;
  return object;
}

static json to_json(const NamedResult::Name& name) {
  json object = {{"word", name.word}};
  if (name.group) {
    json& group = object["group"] = {{"folder", name.group->folder}};
    put(group, "pattern", name.group->pattern);
    return object;
  }
  object["name"] = plain_line(name.name);
  json& attachment = object["attachment"] = {{"uri", name.uri}};
  if (name.range) attachment["range"] = to_json(*name.range);
  return object;
}

json to_json(const NamedResult& result) {
  return json::object({{"names", list(result.names)}});
}

static json to_json(const ExpandResult::File& file) {
  json object = to_json(file.row);
  object["attachment"] = {{"uri", file.uri}};
  return object;
}

json to_json(const ExpandResult& result) {
  json object = {{"files", list(result.files)}, {"bytes", result.bytes}, {"tokens", result.tokens}};
  put(object, "cost", result.cost);
  json& texts = object["texts"] = json::object();
  put(texts, "size", result.size);
  put(texts, "price", result.price);
  return object;
}

static json to_json(const SuggestResult::Suggestion& suggestion) {
  json object = to_json(suggestion.row);
  object["reason"] = suggestion.reason;
  put(object, "offer", plain_line(suggestion.offer));
  json& attachment = object["attachment"] = {{"uri", suggestion.uri}};
  if (suggestion.range) attachment["range"] = to_json(*suggestion.range);
  put(attachment, "kind", suggestion.kind);
  put(attachment, "text", suggestion.text);
  return object;
}

json to_json(const SuggestResult& result) {
  return json::object({{"suggestions", list(result.suggestions)}});
}

}  // namespace aside
