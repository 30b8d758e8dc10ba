// Settings for all conversations of an editor: the model and effort for conversations without their own, and when the
// user is asked before a question is sent. The server copies these settings from the configuration.
#pragma once

#include <string>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/store/types.h"

namespace aside {

struct Preferences {
  std::string model = std::string(default_model);
  std::string effort = {};
  std::string prompts_folder = {};  // the folder of named prompts; empty: only the built-in ones
  bool keep_current = true;         // shared text that has changed is sent again
  double confirm_above = 0;         // USD; the user is asked before a question that costs more; 0: never
};

// Returns the prompt of the conversation's next question, without messages. `model` and `effort` are for this
// question only. They override the conversation's model and effort, which override the preferred ones.
inline Prompt prompt_for(const Conversation& conversation, const Preferences& preferences,
                         const std::string& model = {}, const std::string& effort = {}) {
  Prompt prompt;
  prompt.model = !model.empty()                ? model
                 : !conversation.model.empty() ? conversation.model
                                               : preferences.model;
  prompt.effort = !effort.empty()                ? effort
                  : !conversation.effort.empty() ? conversation.effort
                                                 : preferences.effort;
  prompt.system = conversation.system.empty() ? system_text : conversation.system;
  return prompt;
}

}  // namespace aside
