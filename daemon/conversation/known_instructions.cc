#include "daemon/conversation/known_instructions.h"

#include <utility>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/conversation/instruction_text.h"

namespace aside {

namespace {

Error no_system_messages(const std::string& model) {
  return {
      ErrorCode::InvalidParams,
      model +
          " can't go on here: it takes no system messages in mid-conversation, and this conversation holds one, "
          "since its instructions have changed",
      {.hint = "Choose another model, start a new conversation, or go back before that question.", .offer = "model"}};
}

}  // namespace

Result<ToldInstructions::Told> ToldInstructions::told(const Thread& thread, const std::string& leaf) {
  Told told{thread.instructions};
  if (!thread.stored || leaf.empty()) return told;
  auto turns = store_.instructed(thread.id, leaf);
  if (!turns) return turns.error();
  paths_.complete(thread.id, *turns);
  mark_sent(*turns, beginning(*turns));
  for (std::size_t i = 0; i < turns->size(); i += 2) {
    const Turn& question = (*turns)[i];
    const bool is_leaf = i + 1 == turns->size();  // about to be sent
    if (question.system.empty() || (!question.sent && !is_leaf)) continue;
    told.in_messages = true;
    told.instructions = aside::told_instructions(question.system);
  }
  return told;
}

Result<void> ToldInstructions::fits(const Thread& thread, const std::string& model) {
  const auto told = this->told(thread, thread.head);
  if (!told) return told.error();
  if (told->in_messages && !takes_system_messages(model)) return no_system_messages(model);
  return {};
}

Result<void> ToldInstructions::instruct(NewExchange& exchange, const std::string& model) {
  const Thread& thread = exchange.thread;
  const auto files = instructions_.files(exchange.document.uri.empty() ? thread.uri : exchange.document.uri);
  if (!files) return files.error();
  const bool is_new = exchange.question.id.empty();
  const auto told = this->told(thread, is_new ? exchange.parent.value_or(thread.head) : exchange.question.id);
  if (!told) return told.error();
  const bool takes = takes_system_messages(model);
  if (told->in_messages && !takes) return no_system_messages(model);
  exchange.instructions = instruction_blocks(*files);
  exchange.system = with_instructions(system_text, exchange.instructions);
  const bool can_tell = is_new && takes && !thread.system.empty() && !exchange.question.compaction;
  if (can_tell && told->instructions != exchange.instructions)
    exchange.question.system = changed_instructions(told->instructions, exchange.instructions);
  return {};
}

Result<Guidance> ToldInstructions::guidance(const Thread& thread, const std::string& document) {
  auto files = instructions_.files(document);
  if (!files) return files.error();
  const auto told = this->told(thread, thread.head);
  if (!told) return told.error();
  Guidance guidance{*std::move(files), {}, {}, {}};
  guidance.text = instruction_blocks(guidance.files);
  const bool changed = !thread.system.empty() && told->instructions != guidance.text;
  const std::string& model = thread.model.empty() ? preferences_.model : thread.model;
  const bool waits = changed && !takes_system_messages(model);
  guidance.names = instruction_names(waits ? told->instructions : guidance.text);
  if (waits) {
    guidance.notice = "The instructions have changed. This applies from the next conversation on, since " +
                      model + " takes no system messages in the middle of a conversation.";
  } else if (changed) {
    guidance.notice = "The instructions have changed; that goes with the next question.";
  }
  for (const InstructionFile& file : guidance.files)
    if (!file.problem.empty()) guidance.notice += (guidance.notice.empty() ? "" : " ") + file.problem;
  return guidance;
}

}  // namespace aside
