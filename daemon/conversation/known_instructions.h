// Finds out which instructions of the user and the repository the model knows in a conversation, and what the next
// question must tell it. Instructions are part of the system text, which is fixed at the first question. A later
// change is sent with the next question, as a separate message, so that everything that was sent before stays the
// same.
#pragma once

#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/conversation/instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/store/store.h"
#include "protocol/error.h"

namespace aside {

// The instructions for a document, and which of them its conversation uses.
struct Guidance {
  std::vector<InstructionFile> files;
  std::string text;                // what the files say now
  std::vector<std::string> names;  // the names of the instructions that apply to the next question
  std::string notice;              // sentences for the user about the instructions; usually empty
};

class KnownInstructions {
 public:
  KnownInstructions(const Claude& claude, Store& store, const Instructions& instructions, Paths& paths,
                    const Preferences& preferences)
      : claude_(claude),
        store_(store),
        instructions_(instructions),
        paths_(paths),
        preferences_(preferences) {}

  // Sets the question's system text and the message about changed instructions. Returns the same errors as `fits`.
  Result<void> instruct(NewExchange& exchange, const std::string& model);
  // Returns InvalidParams if this model can't continue the conversation: the current path holds a system message, and
  // the model takes none.
  Result<void> fits(const Conversation& conversation, const std::string& model);
  // `document` is a canonical URI.
  Result<Guidance> guidance(const Conversation& conversation, const std::string& document);

 private:
  // What the model knows at the end of a path.
  struct Known {
    std::string instructions;
    bool in_messages = false;
  };
  Result<Known> known_at(const Conversation& conversation, const std::string& leaf);

  const Claude& claude_;
  Store& store_;
  const Instructions& instructions_;
  Paths& paths_;
  const Preferences& preferences_;
};

}  // namespace aside
