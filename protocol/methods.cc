#include "protocol/methods.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "protocol/blank.h"
#include "protocol/iso_time.h"
#include "protocol/plain_text.h"

namespace aside {
namespace {

constexpr int any_least = std::numeric_limits<int>::min();
constexpr int any_most = std::numeric_limits<int>::max();

std::string read_document(const Fields& fields) {
  return fields.object("textDocument").filled("uri");
}

std::string read_string(const Fields& fields, const char* name) {
  return fields.optional_string(name).value_or("");
}

Position read_position(const Fields& fields) {
  return {fields.integer("line", 0, any_most), fields.integer("character", 0, any_most)};
}

std::vector<std::string> read_uris(const std::vector<Fields>& folders) {
  std::vector<std::string> uris;
  for (const Fields& folder : folders) uris.push_back(folder.filled("uri"));
  return uris;
}

std::optional<std::int64_t> read_moment(const Fields& fields, const char* name) {
  const auto text = fields.optional_string(name);
  if (!text) return std::nullopt;
  const auto moment = iso_milliseconds(*text);
  if (!moment) fields.refuse(name, "must be a date or a time like 2026-11-22T14:02:11Z");
  return moment;
}

// The field `effort`; "" means the default.
std::optional<std::string> optional_effort(const Fields& fields) {
  constexpr std::array<std::string_view, 6> known{"", "low", "medium", "high", "xhigh", "max"};
  auto effort = fields.optional_string("effort");
  if (effort && std::find(known.begin(), known.end(), *effort) == known.end()) {
    fields.refuse("effort", "must be one of low, medium, high, xhigh, max");
  }
  return effort;
}

json null_if_empty(const std::string& text) {
  return text.empty() ? json() : json(text);
}

void put(json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

template <class T>
void put(json& object, const char* name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

template <class T>
json list(const std::vector<T>& values);

json wire(const Position& position) {
  return {{"line", position.line}, {"character", position.character}};
}

json wire(const UsageResult& usage) {
  json object = {{"input", usage.input},
                 {"cacheRead", usage.cache_read},
                 {"cacheWrite", usage.cache_write},
                 {"output", usage.output}};
  put(object, "thinking", usage.thinking);
  if (usage.estimated) object["estimated"] = true;
  return object;
}

json wire(const AttachmentResult& attachment) {
  json object = {{"uri", attachment.uri}, {"name", plain_line(attachment.name)}, {"text", attachment.text}};
  if (attachment.range) object["range"] = to_json(*attachment.range);
  put(object, "languageId", attachment.language);
  put(object, "kind", attachment.kind);
  put(object, "mediaType", attachment.media);
  if (attachment.bytes > 0) object["bytes"] = attachment.bytes;
  return object;
}

json wire(const Error& error) {
  json object = {{"code", static_cast<int>(error.code)},
                 {"kind", kind(error.code)},
                 {"message", plain_line(error.message)}};
  put(object, "hint", plain_line(error.data.hint));
  put(object, "offer", error.data.offer);
  return object;
}

json wire(const CheckResult::Row& row) {
  json object = {
      {"name", plain_line(row.name)}, {"kind", row.kind}, {"bytes", row.bytes}, {"tokens", row.tokens}};
  put(object, "lines", row.lines);
  put(object, "refused", plain_line(row.refused));
  for (const std::string& reason : row.reasons) object["reasons"].push_back(plain_line(reason));
  put(object, "guessedEncoding", row.guessed);
  put(object, "uri", row.uri);
  put(object, "cost", row.cost);
  return object;
}

json wire(const CheckResult::Known& known) {
  json object = {{"uri", known.uri}, {"name", plain_line(known.name)}};
  put(object, "lines", known.lines);
  if (known.range) object["range"] = to_json(*known.range);
  return object;
}

json wire(const WantedResult& wanted) {
  json object = {{"uri", wanted.uri}, {"name", plain_line(wanted.name)}, {"line", wanted.line}};
  if (wanted.range) object["range"] = to_json(*wanted.range);
  return object;
}

json wire(const MarksResult::Mark& mark) {
  json object = {{"turn", mark.turn}, {"text", plain_line(mark.text)}, {"range", to_json(mark.range)}};
  if (mark.side) object["side"] = true;
  return object;
}

json wire(const FindResult::File& file) {
  return {{"uri", file.uri}, {"name", plain_line(file.name)}};
}

json wire(const ExpandResult::File& file) {
  json object = wire(file.row);
  object["attachment"] = {{"uri", file.uri}};
  return object;
}

json wire(const SuggestResult::Suggestion& suggestion) {
  json object = wire(suggestion.row);
  object["reason"] = suggestion.reason;
  json& attachment = object["attachment"] = {{"uri", suggestion.uri}};
  if (suggestion.range) attachment["range"] = to_json(*suggestion.range);
  put(attachment, "kind", suggestion.kind);
  put(attachment, "text", suggestion.text);
  return object;
}

json wire(const TurnResult& turn) {
  json object = {{"turn", turn.id},
                 {"parent", null_if_empty(turn.parent)},
                 {"role", turn.role},
                 {"text", turn.text},
                 {"attachments", list(turn.attachments)},
                 {"status", turn.status},
                 {"sent", turn.sent},
                 {"created", turn.created},
                 {"variants", turn.variants}};
  put(object, "kind", turn.kind);
  if (turn.side) object["side"] = true;
  if (turn.rewrite) object["rewrite"] = {{"uri", turn.rewrite->uri}, {"range", to_json(turn.rewrite->range)}};
  if (!turn.wanted.empty()) object["wanted"] = list(turn.wanted);
  if (turn.summed_up) object["summedUp"] = true;
  put(object, "thinking", turn.thinking);
  put(object, "system", turn.system);
  put(object, "stopReason", turn.stop_reason);
  if (turn.error) object["error"] = wire(*turn.error);
  put(object, "model", turn.model);
  if (turn.usage) object["usage"] = wire(*turn.usage);
  put(object, "cost", turn.cost);
  return object;
}

json wire(const SectionResult& section) {
  json object = {{"turn", section.turn},
                 {"kind", section.kind},
                 {"startLine", section.start_line},
                 {"endLine", section.end_line}};
  if (section.side) object["side"] = true;
  if (!section.wanted.empty()) object["wanted"] = list(section.wanted);
  return object;
}

json wire(const EditsResult::Proposal& proposal) {
  json object = {{"block", proposal.block},
                 {"startLine", proposal.start_line},
                 {"endLine", proposal.end_line},
                 {"state", proposal.state}};
  put(object, "reason", plain_line(proposal.reason));
  if (proposal.uri.empty()) return object;
  object["name"] = plain_line(proposal.name);
  if (proposal.state == "unplaced") return object;
  object["textDocument"] = {{"uri", proposal.uri}, {"version", nullptr}};
  if (proposal.version) object["textDocument"]["version"] = *proposal.version;
  object["edits"] = json::array();
  for (const auto& [range, text] : proposal.edits)
    object["edits"].push_back({{"range", to_json(range)}, {"newText", text}});
  return object;
}

json wire(const ListResult::Row& row) {
  json object = {{"conversation", row.conversation},
                 {"title", plain_line(row.title)},
                 {"uri", row.uri},
                 {"updated", row.updated},
                 {"turns", row.turns}};
  put(object, "cost", row.cost);
  return object;
}

json wire(const SearchResult::Row& hit) {
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

json wire(const PriceResult& price) {
  return {{"input", price.input},
          {"output", price.output},
          {"cacheRead", price.cache_read},
          {"cacheWrite5m", price.cache_write_5m},
          {"cacheWrite1h", price.cache_write_1h}};
}

json wire(const ModelsResult::Row& model) {
  json object = {{"id", model.id},
                 {"name", model.name},
                 {"efforts", model.efforts},
                 {"system", model.system},
                 {"compaction", model.compaction}};
  if (model.context_window > 0) object["contextWindow"] = model.context_window;
  if (model.max_output > 0) object["maxOutput"] = model.max_output;
  if (model.price) object["price"] = wire(*model.price);
  put(object, "pricesAsOf", model.prices_as_of);
  if (model.long_above > 0)
    object["longPrompt"] = {{"above", model.long_above}, {"price", wire(model.long_price)}};
  if (model.deprecated) object["deprecated"] = true;
  put(object, "retires", model.retires);
  put(object, "successor", model.successor);
  return object;
}

json wire(const ContextResult& context) {
  json object = {{"tokens", context.tokens}, {"cached", context.cached}};
  if (context.window > 0) object["window"] = context.window;
  if (context.full) object["full"] = true;
  return object;
}

json wire(const UsageReportResult::Row& row) {
  json object = {{"replies", row.replies}, {"usage", wire(row.usage)}};
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

json wire(const GetResult::Candidate& candidate) {
  return {{"conversation", candidate.conversation},
          {"title", plain_line(candidate.title)},
          {"uri", candidate.uri}};
}

json wire(const GuidanceResult& guidance) {
  json object = {{"files", guidance.files}};
  if (guidance.offer)
    object["offer"] = {{"name", plain_line(guidance.offer->name)}, {"folder", guidance.offer->folder}};
  put(object, "notice", plain_line(guidance.notice));
  return object;
}

json wire(const InstructionsResult::File& file) {
  json object = {
      {"uri", file.uri}, {"name", plain_line(file.name)}, {"kind", file.kind}, {"state", file.state}};
  put(object, "folder", file.folder);
  put(object, "problem", plain_line(file.problem));
  return object;
}

json wire(const PromptsResult::Row& prompt) {
  json object = {{"name", prompt.name}, {"description", prompt.description}, {"text", prompt.text}};
  put(object, "problem", plain_line(prompt.problem));
  if (prompt.needs_code) object["needsCode"] = true;
  return object;
}

template <class T>
json list(const std::vector<T>& values) {
  auto array = json::array();
  for (const T& value : values) array.push_back(wire(value));
  return array;
}

// The fields of a conversation, without its turns.
json about(const GetResult& result) {
  json totals = {{"usage", wire(result.total_usage)}};
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
  if (result.instructions) object["instructions"] = wire(*result.instructions);
  if (result.context) object["context"] = wire(*result.context);
  return object;
}

}  // namespace

std::optional<Range> read_range(const Fields& fields, const char* name) {
  const auto found = fields.optional_object(name);
  if (!found) return std::nullopt;
  const Range range{read_position(found->object("start")), read_position(found->object("end"))};
  const auto place = [](const Position& p) { return std::pair(p.line, p.character); };
  if (place(range.end) < place(range.start)) found->refuse("end", "must not be before its start");
  return range;
}

std::string read_effort(const Fields& fields) {
  return optional_effort(fields).value_or("");
}

json to_json(const Range& range) {
  return {{"start", wire(range.start)}, {"end", wire(range.end)}};
}

InitializeParams InitializeParams::from(const Fields& fields) {
  InitializeParams params;
  if (const auto capabilities = fields.optional_object("capabilities")) {
    if (const auto general = capabilities->optional_object("general")) {
      params.position_encodings = general->optional_strings("positionEncodings");
    }
  }
  if (fields.has("workspaceFolders")) {
    params.workspace_folders = read_uris(fields.list("workspaceFolders"));
  } else if (const auto root = fields.optional_string("rootUri"); root && !root->empty()) {
    params.workspace_folders = {*root};
  }
  if (const auto client = fields.optional_object("clientInfo")) {
    const auto version = client->optional_string("version").value_or("");
    params.client = client->string("name") + (version.empty() ? "" : " " + version);
  }
  params.options = fields.raw("initializationOptions");
  return params;
}

CancelParams CancelParams::from(const Fields& fields) {
  return {fields.id("id")};
}

DidOpenParams DidOpenParams::from(const Fields& fields) {
  const auto item = fields.object("textDocument");
  return {item.filled("uri"), item.string("languageId"), item.string("text"),
          item.integer("version", any_least, any_most)};
}

DidChangeParams DidChangeParams::from(const Fields& fields) {
  const auto identifier = fields.object("textDocument");
  DidChangeParams params{identifier.filled("uri"), identifier.integer("version", any_least, any_most), {}};
  for (const Fields& change : fields.list("contentChanges")) {
    params.changes.push_back({read_range(change), change.string("text")});
  }
  return params;
}

DocumentParams DocumentParams::from(const Fields& fields) {
  return {read_document(fields)};
}

DidRenameFilesParams DidRenameFilesParams::from(const Fields& fields) {
  DidRenameFilesParams params;
  for (const Fields& file : fields.list("files")) {
    params.files.push_back({file.filled("oldUri"), file.filled("newUri")});
  }
  return params;
}

DidChangeConfigurationParams DidChangeConfigurationParams::from(const Fields& fields) {
  const json& settings = fields.raw("settings");
  if (!settings.is_object() || !settings.contains("aside")) return {settings};
  return {settings["aside"]};
}

DidChangeWorkspaceFoldersParams DidChangeWorkspaceFoldersParams::from(const Fields& fields) {
  const auto event = fields.object("event");
  return {read_uris(event.list("added")), read_uris(event.list("removed"))};
}

ShareParams ShareParams::from(const Fields& fields) {
  ShareParams params{fields.filled("uri"), read_range(fields), fields.optional_string("text"),
                     read_string(fields, "languageId"), read_string(fields, "kind")};
  // An editor may send back an attachment as it is listed in a turn. Images and documents are recognised by their
  // content.
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

AskParams AskParams::from(const Fields& fields) {
  AskParams params;
  params.uri = read_document(fields);
  if (fields.has("conversation")) params.conversation = fields.filled("conversation");
  params.question = fields.string("question");
  if (blank(params.question)) fields.refuse("question", "must not be blank");
  for (const Fields& attachment : fields.optional_list("attachments")) {
    params.attachments.push_back(ShareParams::from(attachment));
  }
  if (const auto rewrite = fields.optional_object("rewrite")) {
    params.rewrite = ShareParams::from(*rewrite);
    if (!params.rewrite->range) rewrite->refuse("range", "is missing");
    if (!params.rewrite->kind.empty())
      rewrite->refuse("kind", "must be absent: only a text can be rewritten");
  }
  params.side = fields.optional_boolean("side").value_or(false);
  params.parent = fields.nullable("parent");
  params.model = read_string(fields, "model");
  params.effort = read_effort(fields);
  params.current = fields.optional_boolean("current").value_or(true);
  const bool is_list = fields.has("consent") && fields.raw("consent").is_array();
  if (is_list) params.consent = fields.optional_strings("consent");
  if (!is_list) params.consents = fields.optional_boolean("consent").value_or(false);
  return params;
}

RetryParams RetryParams::from(const Fields& fields) {
  return {fields.filled("conversation"), fields.has("turn") ? fields.filled("turn") : "",
          read_string(fields, "model"), read_effort(fields)};
}

ConversationParams ConversationParams::from(const Fields& fields) {
  return {fields.filled("conversation")};
}

ReplyParams ReplyParams::from(const Fields& fields) {
  return {fields.filled("conversation"), fields.has("turn") ? fields.filled("turn") : ""};
}

EditsParams EditsParams::from(const Fields& fields) {
  EditsParams params{fields.filled("conversation"), fields.filled("turn")};
  if (fields.has("block")) params.block = fields.integer("block", 0, any_most);
  return params;
}

CompactParams CompactParams::from(const Fields& fields) {
  return {fields.filled("conversation"), read_string(fields, "instructions")};
}

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

NewParams NewParams::from(const Fields& fields) {
  return {read_document(fields), read_string(fields, "title")};
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

ForkParams ForkParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("conversation"), read_string(fields, "turn"),
          read_string(fields, "title")};
}

ExportParams ExportParams::from(const Fields& fields) {
  ExportParams params{fields.filled("conversation"), fields.string("format")};
  if (params.format != "markdown" && params.format != "json")
    fields.refuse("format", "must be markdown or json");
  return params;
}

ImportParams ImportParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("text")};
}

OpenParams OpenParams::from(const Fields& fields) {
  return {read_document(fields), fields.filled("conversation")};
}

SelectParams SelectParams::from(const Fields& fields) {
  const auto turn = fields.nullable("turn");
  if (!turn) fields.refuse("turn", "is missing (null is before the first question)");
  return {fields.filled("conversation"), *turn, fields.optional_boolean("onward").value_or(false)};
}

ConfigureParams ConfigureParams::from(const Fields& fields) {
  ConfigureParams params{fields.filled("conversation"), fields.optional_string("model"),
                         optional_effort(fields), fields.optional_string("title")};
  if (params.title && blank(*params.title)) fields.refuse("title", "must not be blank");
  return params;
}

AllowParams AllowParams::from(const Fields& fields) {
  return {fields.filled("folder"), fields.boolean("allow")};
}

SetCredentialParams SetCredentialParams::from(const Fields& fields) {
  return {fields.filled("apiKey")};
}

json to_json(const AskResult& result) {
  json object = {{"conversation", result.conversation},
                 {"turn", result.turn},
                 {"status", result.status},
                 {"text", result.text}};
  put(object, "stopReason", result.stop_reason);
  if (result.usage) object["usage"] = wire(*result.usage);
  put(object, "cost", result.cost);
  return object;
}

json to_json(const GetResult& result) {
  json object = about(result);
  object["turns"] = list(result.turns);
  if (!result.sides.empty()) object["sides"] = list(result.sides);
  return object;
}

json to_json(const EditsResult& result) {
  return {{"proposals", list(result.proposals)}};
}

json to_json(const MarksResult& result) {
  json object = {{"conversation", result.conversation}, {"version", nullptr}, {"marks", list(result.marks)}};
  if (result.version) object["version"] = *result.version;
  return object;
}

json to_json(const TranscriptResult& result) {
  json object = about(result.about);
  object["text"] = result.text;
  object["sections"] = list(result.sections);
  return object;
}

json to_json(const PreviewResult& result) {
  json object = {{"inputTokens", result.input_tokens},
                 {"estimate", result.estimate},
                 {"cachedTokens", result.cached_tokens},
                 {"outputLimit", result.output_limit},
                 {"fits", result.fits},
                 {"cache", result.cache},
                 {"cacheReason", result.cache_reason},
                 {"attachments", list(result.attachments)},
                 {"request", result.request},
                 {"text", result.text}};
  put(object, "contextWindow", result.context_window);
  put(object, "cost", result.cost);
  for (const std::string& reason : result.reasons) object["reasons"].push_back(plain_line(reason));
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
  return object;
}

json to_json(const FindResult& result) {
  json object = json::object({{"files", list(result.files)}});
  if (result.incomplete) object["incomplete"] = true;
  return object;
}

json to_json(const ExpandResult& result) {
  json object = {{"files", list(result.files)}, {"bytes", result.bytes}, {"tokens", result.tokens}};
  put(object, "cost", result.cost);
  return object;
}

json to_json(const SuggestResult& result) {
  return json::object({{"suggestions", list(result.suggestions)}});
}

json to_json(const NewResult& result) {
  return json::object({{"conversation", result.conversation}});
}

json to_json(const ListResult& result) {
  json object = json::object({{"conversations", list(result.conversations)}});
  put(object, "next", result.next);
  return object;
}

json to_json(const SearchResult& result) {
  return json::object({{"hits", list(result.hits)}});
}

json to_json(const ExportResult& result) {
  return json::object({{"text", result.text}});
}

json to_json(const ModelsResult& result) {
  return {{"models", list(result.models)},
          {"default", result.default_model},
          {"source", result.from_api ? "api" : "builtIn"},
          {"asOf", result.as_of}};
}

json to_json(const UsageReportResult& result) {
  json object = {{"rows", list(result.rows)}, {"total", wire(result.total)}, {"text", result.text}};
  if (result.omitted > 0) object["omitted"] = result.omitted;
  return object;
}

json to_json(const InstructionsResult& result) {
  json object = {{"files", list(result.files)}, {"text", result.text}};
  put(object, "own", result.own);
  put(object, "notice", plain_line(result.notice));
  return object;
}

json to_json(const CredentialResult& result) {
  json object = {{"state", result.state}};
  put(object, "source", result.source);
  put(object, "server", result.server);
  if (result.problem)
    object["problem"] = {{"message", result.problem->message}, {"hint", result.problem->hint}};
  return object;
}

json to_json(const PromptsResult& result) {
  return json::object({{"prompts", list(result.prompts)}});
}

json to_json(const DeltaParams& params) {
  return {{"conversation", params.conversation},
          {"turn", params.turn},
          {"kind", params.kind},
          {"text", params.text}};
}

json to_json(const StatusParams& params) {
  json object = {{"conversation", params.conversation}, {"turn", params.turn}, {"state", params.state}};
  if (params.retry) {
    json retry = {{"attempt", params.retry->attempt},
                  {"delaySeconds", params.retry->delay_seconds},
                  {"reason", plain_line(params.retry->reason)}};
    if (params.retry->of > 0) retry["of"] = params.retry->of;
    object["retry"] = std::move(retry);
  }
  return object;
}

json to_json(const ChangedParams& params) {
  return {{"conversation", params.conversation}, {"uri", params.uri}};
}

json initialize_result(bool utf8_positions, const std::string& version) {
  auto reply = json::parse(R"({
    "capabilities": {
      "textDocumentSync": {"openClose": true, "change": 2, "save": true},
      "workspace": {
        "workspaceFolders": {"supported": true, "changeNotifications": true},
        "fileOperations": {"didRename": {"filters": [
          {"scheme": "file", "pattern": {"glob": "**"}},
          {"scheme": "untitled", "pattern": {"glob": "**"}}
        ]}}
      },
      "experimental": {"aside": {
        "ask": true, "retry": true, "continue": true, "stop": true, "transcript": true, "threads": true,
        "select": true, "configure": true, "prepare": true, "models": true, "search": true, "fork": true,
        "delete": true, "export": true, "import": true, "preview": true, "compact": true, "attachments": true,
        "usage": true, "instructions": true, "prompts": true, "credential": true, "side": true,
        "rewrite": true, "edits": true, "wanted": true, "marks": true, "find": true,
        "suggest": true
      }}
    },
    "serverInfo": {"name": "asided"}
  })");
  reply["serverInfo"]["version"] = version;
  json& capabilities = reply["capabilities"];
  capabilities["positionEncoding"] = utf8_positions ? "utf-8" : "utf-16";
  capabilities["experimental"]["aside"]["protocol"] = protocol_version;
  return reply;
}

}  // namespace aside
