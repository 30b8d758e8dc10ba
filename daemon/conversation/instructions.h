// Finds the files with instructions for a document. There are at most two:
//  - The user's own file: `instructions.md` in the folder of config.json.
//  - A repository's file: `AGENTS.md` or, where there is none, `CLAUDE.md`. It is looked for in the folders above the
//    document, from the nearest one up to the innermost workspace folder. Outside of workspace folders, it is looked
//    for up to the root of the repository.
// A repository's file is not even read unless the user has allowed it for the folder in which it lies; the store
// remembers the user's answer. If the file is a link, the link and its target must be Markdown files below that
// folder, and must not have names of secret files: AGENTS.md must not make us send a key.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/context/secrecy.h"
#include "daemon/conversation/instruction_text.h"
#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

struct InstructionFile {
  enum class State { Used, Unanswered, Refused };
  std::string path;
  std::string name;    // the name for the model, without a folder
  std::string folder;  // canonical path of the folder that must be allowed; empty: the user's own file
  State state = State::Used;
  std::string text;     // empty unless it is used
  std::string problem;  // a sentence that says why it can't be used; empty if it can
};

class Instructions {
 public:
  static constexpr std::size_t max_bytes = 64 * 1024;  // the largest size of one file

  explicit Instructions(Store& store) : store_(store) {}
  // Sets the folder of config.json (empty: none), the URIs of the workspace folders, and patterns for names of files
  // that may hold secrets.
  void use(std::string config_folder, const std::vector<std::string>& workspace_folders,
           std::vector<std::string> secret_files = built_in_secret_files());

  // The path of the file for the user's own instructions, even if there is no such file. Empty if there is no folder
  // for it.
  std::string own_file() const;
  // The existing files, with the user's own file first.
  Result<std::vector<InstructionFile>> files(const std::string& document) const;
  // `folder` is a URI. Errors: InvalidParams if it is no `file:` URI of this machine.
  Result<void> allow(const std::string& folder, bool allow);

 private:
  std::string top_for(const std::string& path) const;
  std::string followed(InstructionFile& file, const std::string& top) const;

  Store& store_;
  std::string config_folder_;
  std::vector<std::string> folders_;  // canonical paths
  std::vector<std::string> secret_files_ = built_in_secret_files();
};

// Returns the blocks of the files that are used.
std::string instruction_blocks(const std::vector<InstructionFile>& files);

}  // namespace aside
