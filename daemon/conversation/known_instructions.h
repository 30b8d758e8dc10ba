// What a conversation has been told of the user's and the repository's instructions, and what its next question has to
// tell it. Instructions are part of the system text that a conversation's first question brings. What has changed since
// goes with the next question, as a message of its own, so that nothing that was sent is sent differently.
#pragma once

#include <string>
#include <vector>

#include "daemon/conversation/instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

// The instructions of a document, and what its conversation makes of them.
struct Guidance {
  std::vector<InstructionFile> files;
  std::string text;                // what is used now
  std::vector<std::string> names;  // of those that hold for the next question
  std::string notice;              // what the user should know of them, sentences; mostly empty
};

class ToldInstructions {
 public:
  ToldInstructions(Store& store, const Instructions& instructions, Paths& paths,
                   const Preferences& preferences)
      : store_(store), instructions_(instructions), paths_(paths), preferences_(preferences) {}

  // Gives the question the system text that holds for it, and what it has to tell. Errors: as `fits`.
  Result<void> instruct(NewExchange& exchange, const std::string& model);
  // InvalidParams where the conversation can't go on with this model: its current path holds a system message.
  Result<void> fits(const Thread& thread, const std::string& model);
  // `document`: canonical.
  Result<Guidance> guidance(const Thread& thread, const std::string& document);

 private:
  // What is known of instructions where a path ends.
  struct Told {
    std::string instructions;
    bool in_messages = false;
  };
  Result<Told> told(const Thread& thread, const std::string& leaf);

  Store& store_;
  const Instructions& instructions_;
  Paths& paths_;
  const Preferences& preferences_;
};

}  // namespace aside
