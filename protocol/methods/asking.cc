#include "protocol/methods/asking.h"

#include <utility>

#include "protocol/blank.h"
#include "protocol/methods/parts.h"
#include "protocol/plain_text.h"

namespace aside {

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

ReplyParams ReplyParams::from(const Fields& fields) {
  return {fields.filled("conversation"), fields.has("turn") ? fields.filled("turn") : ""};
}

CompactParams CompactParams::from(const Fields& fields) {
  return {fields.filled("conversation"), read_string(fields, "instructions")};
}

EditsParams EditsParams::from(const Fields& fields) {
  EditsParams params{fields.filled("conversation"), fields.filled("turn")};
  if (fields.has("block")) params.block = fields.integer("block", 0, any_most);
  return params;
}

json to_json(const AskResult& result) {
  json object = {{"conversation", result.conversation},
                 {"turn", result.turn},
                 {"status", result.status},
                 {"text", result.text}};
  put(object, "stopReason", result.stop_reason);
  if (result.usage) object["usage"] = to_json(*result.usage);
  put(object, "cost", result.cost);
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

static json to_json(const EditsResult::Proposal& proposal) {
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

json to_json(const EditsResult& result) {
  return {{"proposals", list(result.proposals)}};
}

static json to_json(const MarksResult::Mark& mark) {
  json object = {{"turn", mark.turn}, {"text", plain_line(mark.text)}, {"range", to_json(mark.range)}};
  if (mark.side) object["side"] = true;
  return object;
}

json to_json(const MarksResult& result) {
  json object = {{"conversation", result.conversation}, {"version", nullptr}, {"marks", list(result.marks)}};
  if (result.version) object["version"] = *result.version;
  return object;
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

}  // namespace aside
