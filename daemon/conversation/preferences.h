// Settings for all conversations of an editor: what one uses that has no model or effort of its own, and when the user
// is asked before a question goes out. The server fills them in from the configuration.
#pragma once

#include <string>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/store/types.h"

namespace aside {

struct Preferences {
  std::string model = std::string(default_model);
  std::string effort = {};
  std::string prompts_folder = {};  // of named prompts; empty: only the built-in ones
  bool keep_current = true;         // what was shared before is sent again where it has changed
  double confirm_above = 0;         // USD, for a question; 0: never
};

// The prompt of the conversation's next question, without messages. A model or effort for this question only comes
// before those of the conversation, which come before the preferred ones.
inline Prompt prompt_for(const Thread& thread, const Preferences& preferences, const std::string& model = {},
                         const std::string& effort = {}) {
  Prompt prompt;
  prompt.model = !model.empty() ? model : !thread.model.empty() ? thread.model : preferences.model;
  prompt.effort = !effort.empty() ? effort : !thread.effort.empty() ? thread.effort : preferences.effort;
  prompt.system = thread.system.empty() ? system_text : thread.system;
  return prompt;
}

}  // namespace aside
