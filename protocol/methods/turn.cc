#include "protocol/methods/turn.h"

#include "protocol/methods/parts.h"
#include "protocol/plain_text.h"

namespace aside {

json to_json(const UsageResult& usage) {
  json object = {{"input", usage.input},
                 {"cacheRead", usage.cache_read},
                 {"cacheWrite", usage.cache_write},
                 {"output", usage.output}};
  put(object, "thinking", usage.thinking);
  if (usage.estimated) object["estimated"] = true;
  return object;
}

json to_json(const AttachmentResult& attachment) {
  json object = {{"uri", attachment.uri}, {"name", plain_line(attachment.name)}, {"text", attachment.text}};
  if (attachment.range) object["range"] = to_json(*attachment.range);
  put(object, "languageId", attachment.language);
  put(object, "kind", attachment.kind);
  put(object, "mediaType", attachment.media);
  if (attachment.bytes > 0) object["bytes"] = attachment.bytes;
  return object;
}

json to_json(const WantedResult& wanted) {
  json object = {{"uri", wanted.uri}, {"name", plain_line(wanted.name)}, {"line", wanted.line}};
  if (wanted.range) object["range"] = to_json(*wanted.range);
  return object;
}

static json to_json(const Error& error) {
  json object = {{"code", static_cast<int>(error.code)},
                 {"kind", kind(error.code)},
                 {"message", plain_line(error.message)}};
  put(object, "hint", plain_line(error.data.hint));
  put(object, "offer", error.data.offer);
  return object;
}

json to_json(const TurnResult& turn) {
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
  if (turn.error) object["error"] = to_json(*turn.error);
  put(object, "model", turn.model);
  if (turn.usage) object["usage"] = to_json(*turn.usage);
  put(object, "cost", turn.cost);
  return object;
}

}  // namespace aside
