// The files whose instructions hold for a document: the user's own `instructions.md` beside config.json, and
// `AGENTS.md` or, without it, `CLAUDE.md` of the repository: that of the nearest folder above the document
// that has one, not above the innermost workspace folder or, outside of these, the folder that git knows as
// the root. What a repository brings along is not even read unless the user has allowed it for the folder in
// which it lies; that is kept in the store. A link in its place is followed only to another Markdown file
// below that folder, by Markdown files below it, none of which is named like a secret: it must not make us
// send a key under the name of AGENTS.md.
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
  std::string name;    // as the model is told: without a folder
  std::string folder;  // canonical path, whose permission it needs; empty: the user's own
  State state = State::Used;
  std::string text;     // only if it is used
  std::string problem;  // why it can't be used, a sentence; empty: it can
};

class Instructions {
 public:
  static constexpr std::size_t max_bytes = 64 * 1024;  // of one file

  explicit Instructions(Store& store) : store_(store) {}
  // Where config.json lies (empty: nowhere), the workspace folders' URIs, and patterns of names that may hold
  // secrets.
  void use(std::string config_folder, const std::vector<std::string>& workspace_folders,
           std::vector<std::string> secret_files = built_in_secret_files());

  // As they are now, the user's first; those that aren't there are left out.
  Result<std::vector<InstructionFile>> files(const std::string& document) const;
  // `folder` is a URI. Errors: InvalidParams for what is none of a file.
  Result<void> allow(const std::string& folder, bool allow);

 private:
  std::string top_for(const std::string& path) const;
  std::string followed(InstructionFile& file, const std::string& top) const;

  Store& store_;
  std::string config_folder_;
  std::vector<std::string> folders_;  // canonical paths
  std::vector<std::string> secret_files_ = built_in_secret_files();
};

// Of those that are used.
std::string instruction_blocks(const std::vector<InstructionFile>& files);

}  // namespace aside
