#include "protocol/methods/reading.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "protocol/methods/parts.h"
#include "protocol/plain_text.h"

namespace aside {

SubjectParams SubjectParams::from(const Fields& fields) {
  const bool by_document = fields.has("textDocument");
  const bool by_conversation = fields.has("conversation");
  if (!by_document && !by_conversation) fields.refuse("textDocument", "is missing (or give a conversation)");
  if (by_document && by_conversation)
    fields.refuse("conversation", "must be absent if there is a textDocument");
  SubjectParams params;
  if (by_document) params.uri = read_document(fields);
  if (by_conversation) params.conversation = fields.filled("conversation");
  if (fields.has("limit")) params.limit = fields.integer("limit", 1, 1000);
  if (fields.has("before")) params.before = fields.filled("before");
  return params;
}

ListParams ListParams::from(const Fields& fields) {
  ListParams params;
  if (fields.has("textDocument")) params.uri = read_document(fields);
  params.folder = read_string(fields, "folder");
  params.deleted = fields.optional_boolean("deleted").value_or(false);
  params.query = read_string(fields, "query");
  params.cursor = read_string(fields, "cursor");
  if (fields.has("limit")) params.limit = fields.integer("limit", 1, 500);
  params.since = read_moment(fields, "since");
  params.before = read_moment(fields, "before");
  return params;
}

SearchParams SearchParams::from(const Fields& fields) {
  SearchParams params;
  params.query = fields.string("query");
  if (fields.has("textDocument")) params.uri = read_document(fields);
  params.folder = read_string(fields, "folder");
  if (fields.has("limit")) params.limit = fields.integer("limit", 1, 500);
  return params;
}

ExportParams ExportParams::from(const Fields& fields) {
  ExportParams params{fields.filled("conversation"), fields.string("format")};
  if (params.format != "markdown" && params.format != "json")
    fields.refuse("format", "must be markdown or json");
  return params;
}

UsageParams UsageParams::from(const Fields& fields) {
  constexpr std::array<std::string_view, 5> known{"day", "month", "file", "model", "conversation"};
  UsageParams params;
  if (fields.has("by")) params.by = fields.optional_strings("by");
  for (const std::string& word : params.by) {
    if (std::find(known.begin(), known.end(), word) == known.end())
      fields.refuse("by", "must hold nothing but day, month, file, model, conversation");
  }
  // A date means a day in the machine's time zone, so only the daemon can turn it into a time.
  if (read_moment(fields, "since")) params.since = fields.string("since");
  if (read_moment(fields, "before")) params.before = fields.string("before");
  if (fields.has("textDocument")) params.uri = read_document(fields);
  params.conversation = read_string(fields, "conversation");
  if (const auto format = fields.optional_string("format")) {
    if (*format != "csv") fields.refuse("format", "must be csv, or absent");
    params.csv = true;
  }
  return params;
}

static json to_json(const GuidanceResult& guidance) {
  json object = {{"files", guidance.files}};
  if (guidance.offer)
    object["offer"] = {{"name", plain_line(guidance.offer->name)}, {"folder", guidance.offer->folder}};
  put(object, "notice", plain_line(guidance.notice));
  return object;
}

static json to_json(const ContextResult& context) {
  json object = {{"tokens", context.tokens}, {"cached", context.cached}};
  if (context.window > 0) object["window"] = context.window;
  if (context.full) object["full"] = true;
  return object;
}

static json to_json(const GetResult::Candidate& candidate) {
  return {{"conversation", candidate.conversation},
          {"title", plain_line(candidate.title)},
          {"uri", candidate.uri}};
}

// The fields of a conversation, without its turns.
static json about(const GetResult& result) {
  json totals = {{"usage", to_json(result.total_usage)}};
  put(totals, "cost", result.total_cost);
  json object = {{"conversation", result.conversation},
                 {"title", plain_line(result.title)},
                 {"uri", result.uri},
                 {"model", result.model},
                 {"effort", null_if_empty(result.effort)},
                 {"head", null_if_empty(result.head)},
                 {"totals", std::move(totals)}};
  put(object, "redo", result.redo);
  if (result.earlier > 0) object["earlier"] = result.earlier;
  if (!result.shared.empty()) object["shared"] = result.shared;
  put(object, "notice", plain_line(result.notice));
  if (!result.candidates.empty()) object["candidates"] = list(result.candidates);
  if (result.instructions) object["instructions"] = to_json(*result.instructions);
  if (result.context) object["context"] = to_json(*result.context);
  return object;
}

json to_json(const GetResult& result) {
  json object = about(result);
  object["turns"] = list(result.turns);
  if (!result.sides.empty()) object["sides"] = list(result.sides);
  return object;
}

static json to_json(const SectionResult& section) {
  json object = {{"turn", section.turn},
                 {"kind", section.kind},
                 {"startLine", section.start_line},
                 {"endLine", section.end_line}};
  if (section.side) object["side"] = true;
  if (!section.wanted.empty()) object["wanted"] = list(section.wanted);
  return object;
}

static json to_json(const FoldResult& fold) {
  return {{"startLine", fold.start_line}, {"endLine", fold.end_line}, {"text", plain_line(fold.text)}};
}

json to_json(const TranscriptResult& result) {
  json object = about(result.about);
  object["text"] = result.text;
  object["sections"] = list(result.sections);
  object["folds"] = list(result.folds);
  if (const auto& growing = result.growing)
    object["growing"] = {{"turn", growing->turn}, {"kind", growing->kind}};
  object["figures"] = json::array();
  for (const std::string& figure : result.figures) object["figures"].push_back(plain_line(figure));
  return object;
}

static json to_json(const ListResult::Row& row) {
  json object = {{"conversation", row.conversation},
                 {"title", plain_line(row.title)},
                 {"uri", row.uri},
                 {"updated", row.updated},
                 {"turns", row.turns}};
  put(object, "cost", row.cost);
  put(object, "price", row.price);
  return object;
}

json to_json(const ListResult& result) {
  json object = json::object({{"conversations", list(result.conversations)}});
  put(object, "next", result.next);
  return object;
}

static json to_json(const SearchResult::Row& hit) {
  json object = {{"conversation", hit.conversation},
                 {"turn", hit.turn},
                 {"reply", hit.reply},
                 {"uri", hit.uri},
                 {"title", plain_line(hit.title)},
                 {"snippet", plain_line(hit.snippet)},
                 {"created", hit.created}};
  if (hit.side) object["side"] = true;
  return object;
}

json to_json(const SearchResult& result) {
  return json::object({{"hits", list(result.hits)}});
}

json to_json(const ExportResult& result) {
  return json::object({{"text", result.text}});
}

static json to_json(const PriceResult& price) {
  return {{"input", price.input},
          {"output", price.output},
          {"cacheRead", price.cache_read},
          {"cacheWrite5m", price.cache_write_5m},
          {"cacheWrite1h", price.cache_write_1h}};
}

static json to_json(const ModelsResult::Row& model) {
  json object = {{"id", model.id},
                 {"name", model.name},
                 {"efforts", model.efforts},
                 {"system", model.system},
                 {"compaction", model.compaction}};
  if (model.context_window > 0) object["contextWindow"] = model.context_window;
  if (model.max_output > 0) object["maxOutput"] = model.max_output;
  if (model.price) object["price"] = to_json(*model.price);
  put(object, "pricesAsOf", model.prices_as_of);
  if (model.long_above > 0)
    object["longPrompt"] = {{"above", model.long_above}, {"price", to_json(model.long_price)}};
  if (model.deprecated) object["deprecated"] = true;
  put(object, "retires", model.retires);
  put(object, "successor", model.successor);
  return object;
}

json to_json(const ModelsResult& result) {
  return {{"models", list(result.models)},
          {"default", result.default_model},
          {"source", result.from_api ? "api" : "builtIn"},
          {"asOf", result.as_of}};
}

static json to_json(const UsageReportResult::Row& row) {
  json object = {{"replies", row.replies}, {"usage", to_json(row.usage)}};
  put(object, "day", row.day);
  put(object, "month", row.month);
  put(object, "uri", row.uri);
  put(object, "name", plain_line(row.name));
  put(object, "model", row.model);
  put(object, "conversation", row.conversation);
  if (row.title) object["title"] = plain_line(*row.title);
  put(object, "cost", row.cost);
  if (row.unpriced > 0) object["unpriced"] = row.unpriced;
  return object;
}

json to_json(const UsageReportResult& result) {
  json object = {{"rows", list(result.rows)}, {"total", to_json(result.total)}, {"text", result.text}};
  if (result.omitted > 0) object["omitted"] = result.omitted;
  return object;
}

}  // namespace aside
