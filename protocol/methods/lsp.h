// The types of methods that LSP defines. These begin a session, cancel a request, and keep the daemon's copy of the
// editor's documents, settings and workspace folders up to date. protocol.md: "Life cycle", "Documents".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/range.h"

namespace aside {

inline constexpr int protocol_version = 1;

struct InitializeParams {
  std::vector<std::string> position_encodings;  // capabilities.general.positionEncodings
  std::vector<std::string> workspace_folders;   // URIs; if none were sent, rootUri
  std::string client;                           // clientInfo.name and version; empty if absent
  json options;                                 // initializationOptions; null if absent
  static InitializeParams from(const Fields& fields);
};
struct NoParams {  // ignores all params that are sent
  static NoParams from(const Fields&) { return {}; }
};
struct CancelParams {
  Id id;
  static CancelParams from(const Fields& fields);
};
struct DidOpenParams {
  std::string uri, language, text;
  int version = 0;
  static DidOpenParams from(const Fields& fields);
};
struct DidChangeParams {
  struct Change {
    std::optional<Range> range;
    std::string text;
  };
  std::string uri;
  int version = 0;
  std::vector<Change> changes;
  static DidChangeParams from(const Fields& fields);
};
struct DocumentParams {  // {textDocument:{uri}}, for didSave, didClose, prepare, marks, instructions/list
  std::string uri;
  static DocumentParams from(const Fields& fields);
};
struct DidRenameFilesParams {
  struct File {
    std::string from, to;
  };
  std::vector<File> files;
  static DidRenameFilesParams from(const Fields& fields);
};
struct DidChangeConfigurationParams {
  json settings;  // the section settings.aside if there is one, else settings itself
  static DidChangeConfigurationParams from(const Fields& fields);
};
struct DidChangeWorkspaceFoldersParams {
  std::vector<std::string> added, removed;  // URIs
  static DidChangeWorkspaceFoldersParams from(const Fields& fields);
};

json initialize_result(bool utf8_positions, const std::string& version);

}  // namespace aside
