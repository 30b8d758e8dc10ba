// The types of methods about what the user has set up for all conversations. protocol.md: "Instructions", "Named
// prompts", "Credential".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/message.h"

namespace aside {

struct AllowParams {
  std::string folder;  // a URI
  bool allow = false;
  static AllowParams from(const Fields& fields);
};
struct SetCredentialParams {
  std::string api_key;
  static SetCredentialParams from(const Fields& fields);
};

struct InstructionsResult {
  struct File {
    std::string uri, name, kind;
    std::string folder;  // a URI; left out if empty
    std::string state;
    std::string problem;  // left out if empty
  };
  std::vector<File> files;
  std::string text;
  std::string notice;    // left out if empty
  std::string own = {};  // the URI of the user's own file, which need not exist; left out if empty
};
struct PromptsResult {
  struct Row {
    std::string name, description, text;
    std::string problem;      // left out if empty
    bool needs_code = false;  // left out if false
  };
  std::vector<Row> prompts;
};
struct CredentialResult {
  struct Problem {
    std::string message, hint;
  };
  std::string state;           // "found", "missing", "notNeeded"
  std::string source, server;  // left out if empty
  std::optional<Problem> problem;
};

json to_json(const InstructionsResult& result);
json to_json(const PromptsResult& result);
json to_json(const CredentialResult& result);

}  // namespace aside
