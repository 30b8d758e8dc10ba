#include "protocol/methods/lsp.h"

#include <string>
#include <vector>

#include "tests/support/params.h"

using namespace aside;
using test::check_refused;
using test::read;

TEST_CASE("the daemon reads the parts of initialize that it needs, and each of them may be absent") {
  const auto nothing = read<InitializeParams>(R"({"processId": null, "rootUri": null, "capabilities": {}})");
  CHECK(nothing.position_encodings.empty());
  CHECK(nothing.workspace_folders.empty());
  CHECK(nothing.client.empty());
  CHECK(nothing.options.is_null());

  const auto all = read<InitializeParams>(R"({
    "clientInfo": {"name": "Vim", "version": "9.0"}, "rootUri": "file:///r",
    "workspaceFolders": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b", "name": "b"}],
    "capabilities": {"general": {"positionEncodings": ["utf-8", "utf-16"]}, "window": {}},
    "initializationOptions": {"model": "m"}})");
  CHECK(all.position_encodings == std::vector<std::string>{"utf-8", "utf-16"});
  CHECK(all.workspace_folders == std::vector<std::string>{"file:///a", "file:///b"});
  CHECK(all.client == "Vim 9.0");
  CHECK(all.options["model"] == "m");

  CHECK(read<InitializeParams>(R"({"rootUri": "file:///r", "workspaceFolders": null})").workspace_folders ==
        std::vector<std::string>{"file:///r"});
  CHECK(read<InitializeParams>(R"({"rootUri": "file:///r", "workspaceFolders": []})")
            .workspace_folders.empty());
  CHECK(read<InitializeParams>(R"({"clientInfo": {"name": "Vim"}})").client == "Vim");

  check_refused<InitializeParams>({
      {R"({"capabilities": 1})", "params.capabilities must be an object, but is a number"},
      {R"({"capabilities": {"general": {"positionEncodings": [8]}}})",
       "params.capabilities.general.positionEncodings must hold strings only, but holds a number"},
      {R"({"workspaceFolders": [{"name": "a"}]})", "params.workspaceFolders[0].uri is missing"},
      {R"({"clientInfo": {}})", "params.clientInfo.name is missing"},
  });
}

TEST_CASE("text synchronisation is read as LSP defines it") {
  const auto opened = read<DidOpenParams>(
      R"({"textDocument": {"uri": "file:///a", "languageId": "c", "version": -3, "text": ""}})");
  CHECK(opened.uri == "file:///a");
  CHECK(opened.language == "c");
  CHECK(opened.version == -3);
  CHECK(opened.text.empty());

  const auto changed = read<DidChangeParams>(R"({
    "textDocument": {"uri": "file:///a", "version": 2},
    "contentChanges": [
      {"range": {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 2147483647}},
       "rangeLength": 4, "text": "x"},
      {"text": "whole"}]})");
  REQUIRE(changed.changes.size() == 2);
  CHECK(changed.version == 2);
  CHECK((changed.changes[0].range == Range{{1, 2}, {1, 2147483647}}));
  CHECK(!changed.changes[1].range);
  CHECK(changed.changes[1].text == "whole");

  CHECK(read<DocumentParams>(R"({"textDocument": {"uri": "untitled:1"}, "text": "x"})").uri == "untitled:1");
  const auto renamed =
      read<DidRenameFilesParams>(R"({"files": [{"oldUri": "file:///a", "newUri": "file:///b"}]})");
  REQUIRE(renamed.files.size() == 1);
  CHECK(renamed.files[0].from == "file:///a");
  CHECK(renamed.files[0].to == "file:///b");

  check_refused<DidOpenParams>({
      {"{}", "params.textDocument is missing"},
      {R"({"textDocument": "a"})", "params.textDocument must be an object, but is a string"},
      {R"({"textDocument": {"uri": 7}})", "params.textDocument.uri must be a string, but is a number"},
      {R"({"textDocument": {"uri": ""}})", "params.textDocument.uri must not be empty"},
      {R"({"textDocument": {"uri": "a", "languageId": "c", "text": null}})",
       "params.textDocument.text must be a string, but is null"},
      {R"({"textDocument": {"uri": "a", "languageId": "c", "text": "", "version": 2147483648}})",
       "params.textDocument.version must be an integer from -2147483648 to 2147483647, but is 2147483648"},
  });
  check_refused<DidChangeParams>({
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": {}})",
       "params.contentChanges must be an array, but is an object"},
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": ""}, {}]})",
       "params.contentChanges[1].text is missing"},
      {R"({"textDocument": {"uri": "a", "version": 1},
           "contentChanges": [{"range": {"start": {"line": 0, "character": -1}}}]})",
       "params.contentChanges[0].range.start.character must be an integer from 0 to 2147483647, but is -1"},
      {R"({"textDocument": {"uri": "a", "version": 1}, "contentChanges": [{"text": "", "range":
           {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 3}}}]})",
       "params.contentChanges[0].range.end must not be before its start"},
  });
  check_refused<DidRenameFilesParams>(
      {{R"({"files": [{"oldUri": "a"}]})", "params.files[0].newUri is missing"}});
}

TEST_CASE("settings are read from the section `aside`, if there is one") {
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": {"aside": {"model": "m"}, "x": 1}})").settings ==
        json{{"model", "m"}});
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": {"model": "m"}})").settings ==
        json{{"model", "m"}});
  CHECK(read<DidChangeConfigurationParams>(R"({"settings": null})").settings.is_null());
}

TEST_CASE("workspace folders are added and removed by their uri") {
  const auto params = read<DidChangeWorkspaceFoldersParams>(
      R"({"event": {"added": [{"uri": "file:///a", "name": "a"}], "removed": []}})");
  CHECK(params.added == std::vector<std::string>{"file:///a"});
  CHECK(params.removed.empty());
  check_refused<DidChangeWorkspaceFoldersParams>(
      {{R"({"event": {"added": []}})", "params.event.removed is missing"}});
}

TEST_CASE("a cancel has the same id as the request") {
  CHECK(read<CancelParams>(R"({"id": 7})").id == Id(std::int64_t{7}));
  CHECK(read<CancelParams>(R"({"id": "7"})").id == Id("7"));
  check_refused<CancelParams>({
      {R"({"id": null})", "params.id must be an integer of 64 bits or a string, but is null"},
      {R"({"id": 1.5})", "params.id must be an integer of 64 bits or a string, but is 1.5"},
  });
}

TEST_CASE("the answer to initialize announces what the daemon can do") {
  const auto reply = initialize_result(true, "1.2.3");
  CHECK(reply["serverInfo"] == json::parse(R"({"name": "asided", "version": "1.2.3"})"));
  const auto& capabilities = reply["capabilities"];
  CHECK(capabilities["positionEncoding"] == "utf-8");
  CHECK(initialize_result(false, "")["capabilities"]["positionEncoding"] == "utf-16");
  CHECK(capabilities["textDocumentSync"] == json::parse(R"({"openClose": true, "change": 2, "save": true})"));
  const auto& aside = capabilities["experimental"]["aside"];
  CHECK(aside["protocol"] == protocol_version);
  for (const char* present : {"ask",    "retry",        "continue", "stop",       "transcript", "threads",
                              "select", "configure",    "prepare",  "models",     "search",     "fork",
                              "delete", "export",       "import",   "preview",    "compact",    "attachments",
                              "usage",  "instructions", "prompts",  "credential", "side",       "rewrite",
                              "edits",  "wanted",       "marks",    "find",       "suggest",    "named"}) {
    CHECK(aside[present] == true);
  }
  for (const auto& filter : capabilities["workspace"]["fileOperations"]["didRename"]["filters"]) {
    CHECK(filter["pattern"]["glob"] == "**");
  }
}
