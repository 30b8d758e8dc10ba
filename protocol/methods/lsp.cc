#include "protocol/methods/lsp.h"

#include "protocol/methods/parts.h"

namespace aside {
namespace {

std::vector<std::string> read_uris(const std::vector<Fields>& folders) {
  std::vector<std::string> uris;
  for (const Fields& folder : folders) uris.push_back(folder.filled("uri"));
  return uris;
}

}  // namespace

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
        "suggest": true, "named": true
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
