#include "daemon/conversation/known_instructions.h"

#include <utility>

#include "daemon/api/prompt.h"
#include "daemon/conversation/instruction_text.h"

namespace aside {

namespace {

Error no_system_messages(const std::string& model) {
  return {
      ErrorCode::InvalidParams,
      model +
          " can't continue this conversation, whose instructions have changed: it takes no system messages in "
          "mid-conversation",
      {.hint = "Choose another model, start a new conversation, or go back to a reply before the change.",
       .offer = "model"}};
}

}  // namespace

Result<KnownInstructions::Known> KnownInstructions::known_at(const Conversation& conversation,
                                                             const std::string& leaf) {
  Known known{conversation.instructions};
  if (!conversation.stored || leaf.empty()) return known;
  auto turns = store_.instructed(conversation.id, leaf);
  if (!turns) return turns.error();
  paths_.complete(conversation.id, *turns);
  mark_sent(*turns, beginning(*turns));
  for (std::size_t i = 0; i < turns->size(); i += 2) {
    const Turn& question = (*turns)[i];
    const bool is_leaf = i + 1 == turns->size();  // true: this question is about to be sent
    if (question.system.empty() || (!question.sent && !is_leaf)) continue;
    known.in_messages = true;
    known.instructions = aside::instructions_in_message(question.system);
  }
  return known;
}

Result<void> KnownInstructions::fits(const Conversation& conversation, const std::string& model) {
  const auto known = known_at(conversation, conversation.head);
  if (!known) return known.error();
  if (known->in_messages && !claude_.models().takes_system_messages(model)) return no_system_messages(model);
  return {};
}

Result<void> KnownInstructions::instruct(NewExchange& exchange, const std::string& model) {
  const Conversation& conversation = exchange.conversation;
  const auto files =
      instructions_.files(exchange.document.uri.empty() ? conversation.uri : exchange.document.uri);
  if (!files) return files.error();
  const bool is_new = exchange.question.id.empty();
  const auto known =
      known_at(conversation, is_new ? exchange.parent.value_or(conversation.head) : exchange.question.id);
  if (!known) return known.error();
  const bool takes = claude_.models().takes_system_messages(model);
  if (known->in_messages && !takes) return no_system_messages(model);
  exchange.instructions = instruction_blocks(*files);
  exchange.system = with_instructions(system_text, exchange.instructions);
  const bool can_tell = is_new && takes && !conversation.system.empty() && !exchange.question.compaction;
  if (can_tell && known->instructions != exchange.instructions)
    exchange.question.system = changed_instructions(known->instructions, exchange.instructions);
  return {};
}

Result<Guidance> KnownInstructions::guidance(const Conversation& conversation, const std::string& document) {
  auto files = instructions_.files(document);
  if (!files) return files.error();
  const auto known = known_at(conversation, conversation.head);
  if (!known) return known.error();
  Guidance guidance{*std::move(files), {}, {}, {}};
  guidance.text = instruction_blocks(guidance.files);
  const bool changed = !conversation.system.empty() && known->instructions != guidance.text;
  const std::string& model = conversation.model.empty() ? preferences_.model : conversation.model;
  const bool waits = changed && !claude_.models().takes_system_messages(model);
  guidance.names = instruction_names(waits ? known->instructions : guidance.text);
  if (waits) {
    guidance.notice = "The instructions have changed. This applies from the next conversation on, since " +
                      model + " takes no system messages in the middle of a conversation.";
  } else if (changed) {
    guidance.notice = "The instructions have changed; the next question tells the model.";
  }
  for (const InstructionFile& file : guidance.files)
    if (!file.problem.empty()) guidance.notice += (guidance.notice.empty() ? "" : " ") + file.problem;
  return guidance;
}

}  // namespace aside
