#include "protocol/methods/setup.h"

#include "protocol/methods/parts.h"
#include "protocol/plain_text.h"

namespace aside {

AllowParams AllowParams::from(const Fields& fields) {
  return {fields.filled("folder"), fields.boolean("allow")};
}

SetCredentialParams SetCredentialParams::from(const Fields& fields) {
  return {fields.filled("apiKey")};
}

static json to_json(const InstructionsResult::File& file) {
  json object = {
      {"uri", file.uri}, {"name", plain_line(file.name)}, {"kind", file.kind}, {"state", file.state}};
  put(object, "folder", file.folder);
  put(object, "problem", plain_line(file.problem));
  return object;
}

json to_json(const InstructionsResult& result) {
  json object = {{"files", list(result.files)}, {"text", result.text}};
  put(object, "own", result.own);
  put(object, "notice", plain_line(result.notice));
  return object;
}

static json to_json(const PromptsResult::Row& prompt) {
  json object = {{"name", prompt.name}, {"description", prompt.description}, {"text", prompt.text}};
  put(object, "problem", plain_line(prompt.problem));
  if (prompt.needs_code) object["needsCode"] = true;
  return object;
}

json to_json(const PromptsResult& result) {
  return json::object({{"prompts", list(result.prompts)}});
}

json to_json(const CredentialResult& result) {
  json object = {{"state", result.state}};
  put(object, "source", result.source);
  put(object, "server", result.server);
  if (result.problem)
    object["problem"] = {{"message", result.problem->message}, {"hint", result.problem->hint}};
  return object;
}

}  // namespace aside
