// What the user has set up for all conversations. protocol.md: "Instructions", "Named prompts", "Credential".
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
    std::string folder;  // a URI; empty: left out
    std::string state;
    std::string problem;  // empty: left out
  };
  std::vector<File> files;
  std::string text;
  std::string notice;    // empty: left out
  std::string own = {};  // URI of the user's file, which need not exist; empty: left out
};
struct PromptsResult {
  struct Row {
    std::string name, description, text;
    std::string problem;      // empty: left out
    bool needs_code = false;  // false: left out
  };
  std::vector<Row> prompts;
};
struct CredentialResult {
  struct Problem {
    std::string message, hint;
  };
  std::string state;           // "found", "missing", "notNeeded"
  std::string source, server;  // empty: left out
  std::optional<Problem> problem;
};

json to_json(const InstructionsResult& result);
json to_json(const PromptsResult& result);
json to_json(const CredentialResult& result);

}  // namespace aside
