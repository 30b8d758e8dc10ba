// What becomes of a question: its draft, with all that goes with it and what it will cost; its preview; its
// way into the thread and to Claude. And what a thread is told of its instructions and its model. The other
// half of conversation.cc, which reads and follows.
#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <iterator>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/api/reply.h"
#include "daemon/context/shared_text.h"
#include "daemon/conversation/conversation.h"
#include "daemon/conversation/instruction_text.h"
#include "daemon/text/figures.h"
#include "protocol/plain_text.h"

namespace aside {

namespace {

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Why a question is not sent before the user agrees.
Error needs_consent(const std::vector<std::string>& reasons) {
  std::string message;
  for (const std::string& reason : reasons) message += (message.empty() ? "" : "; ") + reason;
  Error error{
      ErrorCode::NeedsConsent, std::move(message), {.hint = "Send it all the same, or change the question."}};
  error.data.reasons = reasons;
  return error;
}

std::vector<std::string> texts(const std::vector<Reason>& reasons) {
  std::vector<std::string> texts;
  for (const Reason& reason : reasons) texts.push_back(reason.text);
  return texts;
}

Error no_system_messages(const std::string& model) {
  return invalid(
      model +
          " can't go on here: it takes no system messages in mid-conversation, and this conversation holds "
          "one, since its instructions have changed",
      "Choose another model, start a new conversation, or go back before that question.");
}

}  // namespace

Result<std::vector<Turn>> Conversations::path_to(const Thread& thread, const std::string& reply) {
  if (!thread.stored) return std::vector<Turn>();
  auto turns = store_.path(thread.id, reply);
  if (!turns) return turns;
  if (turns->size() % 2 != 0)
    return invalid("params.parent: '" + reply + "' is no reply", "Take a reply that conversation/get gave.");
  settle(thread.id, *turns);
  mark_sent(*turns, beginning(*turns));
  return turns;
}

Prompt Conversations::prompt_for(const Thread& thread, const std::string& model,
                                 const std::string& effort) const {
  Prompt prompt;
  prompt.model = !model.empty() ? model : !thread.model.empty() ? thread.model : preferences_.model;
  prompt.effort = !effort.empty() ? effort : !thread.effort.empty() ? thread.effort : preferences_.effort;
  prompt.system = thread.system.empty() ? system_text : thread.system;
  return prompt;
}

std::vector<Attachment> Conversations::updates(const std::vector<Turn>& path,
                                               const std::vector<Attachment>& attachments) const {
  if (!preferences_.keep_current) return {};
  SharedText shared(path);
  shared.take(attachments);
  return shared.updates([this](const std::string& uri) { return sharing_.present(uri); });
}

Result<Conversations::Draft> Conversations::draft(Question question) {
  auto thread = threads_.asked_in(question.uri, question.conversation);
  if (!thread) return thread.error();
  auto path = path_to(*thread, question.parent.value_or(thread->head));
  if (!path) return path.error();

  Draft draft;
  std::vector<Attachment> attachments = std::move(question.attachments);
  for (Attachment& attachment : attachments) attachment.agreed = sharing_.agreed(attachment);
  if (question.current) {
    auto updates = this->updates(*path, attachments);
    // They are right after these turns only.
    if (!updates.empty()) draft.exchange.parent = path->empty() ? "" : path->back().id;
    std::move(updates.begin(), updates.end(), std::back_inserter(attachments));
  }
  for (Attachment& attachment : attachments) {
    auto reasons = sharing_.reasons(attachment);
    std::move(reasons.begin(), reasons.end(), std::back_inserter(draft.reasons));
    attachment.agreed = sharing_.agreed(attachment);
  }
  draft.exchange.document = threads_.identified(question.uri);
  if (question.parent) draft.exchange.parent = question.parent;
  draft.exchange.question = Turn{.role = Role::User,
                                 .text = question.text,
                                 .attachments = std::move(attachments),
                                 .created = now_milliseconds()};
  Turn& asked = draft.exchange.question;
  const std::string content = question_content(asked.text, asked.attachments);
  asked.content = after_summary(*path, content);
  // With a summary it is right after these turns only.
  if (asked.content != content) draft.exchange.parent = path->back().id;
  draft.prompt = prompt_for(*thread, question.model, question.effort);
  draft.exchange.thread = *std::move(thread);
  draft.exchange.title = question.title;
  if (auto instructed = instruct(draft.exchange, draft.prompt.model); !instructed) return instructed.error();
  if (draft.exchange.thread.system.empty()) draft.prompt.system = draft.exchange.system;
  draft.path = *std::move(path);
  draft.path.push_back(asked);
  draft.forecast =
      forecast(draft.prompt, draft.path, claude_.options(), claude_.server(), now_milliseconds());
  if (preferences_.confirm_above > 0 && draft.forecast.cost.value_or(0) > preferences_.confirm_above)
    draft.reasons.push_back({"this question costs about " + dollars_text(*draft.forecast.cost) +
                             " before the reply, more than confirmAbove (" +
                             dollars_text(preferences_.confirm_above) + ")"});
  for (Reason& reason : draft.reasons)
    reason.text = plain_line(reason.text);  // as it is shown, and agreed to
  return draft;
}

// ---- consent

// Of these, what the user hasn't agreed to. The same sentence can have come to be about something else since
// it was told.
std::vector<std::string> Conversations::not_agreed(const std::string& document,
                                                   const std::vector<Reason>& reasons,
                                                   const Consent& consent) const {
  const auto entry = told_.find(document);
  std::vector<std::string> left;
  for (const Reason& reason : reasons) {
    const Reason* told = nullptr;
    if (entry != told_.end())
      for (const Reason& one : entry->second)
        if (one.text == reason.text) told = &one;
    const bool says_so = consent.to_all_told ? told != nullptr
                                             : std::find(consent.reasons.begin(), consent.reasons.end(),
                                                         reason.text) != consent.reasons.end();
    if (!says_so || (told && told->about != reason.about)) left.push_back(reason.text);
  }
  return left;
}

void Conversations::remember_told(const std::string& document, std::vector<Reason> reasons) {
  if (told_.size() >= max_told) told_.clear();
  told_[document] = std::move(reasons);
}

Result<std::string> Conversations::ask(Question question, Done done) {
  const std::string document = canonical(question.uri);
  const Consent consent = question.consent;
  auto draft = this->draft(std::move(question));
  if (!draft) return draft.error();
  if (const auto left = not_agreed(document, draft->reasons, consent); !left.empty()) {
    remember_told(document, std::move(draft->reasons));
    return needs_consent(left);
  }
  told_.erase(document);
  return write(std::move(draft->exchange), std::move(draft->prompt), std::move(draft->path), std::move(done));
}

void Conversations::preview(Question question, std::function<void(Result<Preview>)> told) {
  const std::string document = canonical(question.uri);
  const Consent consent = question.consent;
  auto draft = this->draft(std::move(question));
  if (!draft) return told(draft.error());
  Preview preview{draft->exchange.thread, draft->exchange.question};
  preview.before =
      static_cast<int>(std::count_if(draft->path.begin(), draft->path.end(), [](const Turn& turn) {
        return turn.role == Role::Assistant && turn.sent;
      }));
  preview.forecast = draft->forecast;
  preview.reasons = texts(draft->reasons);
  preview.model = draft->prompt.model;
  Prompt prompt = draft->prompt;
  const PromptOptions options = claude_.options();
  preview.output_limit = output_limit(prompt.model, options);
  const Model* model = find_model(prompt.model);
  if (model && model->context_window > 0) preview.window = model->context_window;
  fill_messages(prompt, std::move(draft->path), claude_.server(), options);
  preview.request = body(prompt, options);
  if (!not_agreed(document, draft->reasons, consent).empty()) {  // to count it is to send it
    remember_told(document, std::move(draft->reasons));
    preview.estimated = true;
    return told(std::move(preview));
  }
  auto counting = [](Claude& claude, Prompt prompt, Preview preview) -> asio::awaitable<Preview> {
    const auto count = co_await claude.count(prompt);
    preview.estimated = !count;
    if (count) preview.forecast = counted(preview.forecast, *count, prompt, claude.options());
    co_return preview;
  };
  auto counted = [told = std::move(told)](const std::exception_ptr& failure, Preview preview) {
    if (failure) return told(Error{ErrorCode::InternalError, "previewing a question: an unexpected failure"});
    told(std::move(preview));
  };
  asio::co_spawn(io_, counting(claude_, std::move(prompt), std::move(preview)), std::move(counted));
}

Result<Along> Conversations::along(const std::string& uri, const std::vector<Attachment>& attachments) {
  const auto thread = threads_.shown(uri);
  if (!thread) return thread.error();
  const auto path = path_to(*thread, thread->head);
  if (!path) return path.error();
  Along along;
  for (const Attachment& attachment : attachments) along.tokens += estimated_tokens(attachment);
  for (Attachment& update : updates(*path, attachments)) {
    along.tokens += estimated_tokens(update);
    auto reasons = sharing_.reasons(update);
    along.updates.push_back({std::move(update), std::move(reasons)});
  }
  along.cost = cost_as_new(along.tokens, prompt_for(*thread, {}, {}), claude_.options());
  return along;
}

Result<std::string> Conversations::retry(const std::string& conversation, const std::string& turn,
                                         const std::string& model, const std::string& effort, Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  const std::string id = turn.empty() ? thread->head : turn;
  auto found = id.empty() ? Result<std::optional<Turn>>(std::nullopt) : store_.turn(thread->id, id);
  if (!found) return found.error();
  if (!*found)
    return invalid(id.empty() ? "params.turn: nothing has been asked in this conversation"
                              : "params.turn: there is no turn " + id + " in this conversation",
                   "Ask a question first, or take a turn that conversation/get gave.");
  NewExchange exchange;
  exchange.thread = std::move(*thread);
  exchange.question.id = (*found)->role == Role::User ? (*found)->id : (*found)->parent;
  exchange.question.compaction = (*found)->compaction;
  Prompt prompt = prompt_for(exchange.thread, model, effort);
  return write(std::move(exchange), std::move(prompt), {}, std::move(done));
}

void Conversations::ask_again() {
  for (const auto& [conversation, reply] : std::exchange(keyless_, {})) {
    const auto thread = threads_.find({.conversation = conversation});
    const auto failed = store_.turn(conversation, reply);
    if (!thread || thread->head != reply || !failed || !*failed) continue;
    const auto asked = retry(conversation, reply, (*failed)->model, {}, [](const Result<Answer>&) {});
    if (!asked) {
      spdlog::warn("asking again with another key: {}", asked.error().message);
      continue;
    }
    events_.changed(conversation, thread->uri);
  }
}

Result<std::string> Conversations::resume(const std::string& conversation, Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto turns = store_.path(thread->id, thread->head);
  if (!turns) return turns.error();
  settle(thread->id, *turns);
  const Turn* last = turns->empty() ? nullptr : &turns->back();
  const bool running = last && last->status == Status::Streaming;  // then `begin` says who is at it
  const bool partial = last && (last->status == Status::Cut || last->status == Status::Cancelled ||
                                last->status == Status::Interrupted);
  if (!partial && !running)
    return invalid("the last reply is not partial: there is nothing to continue", "Ask a question.");
  if (partial && last->content.empty())
    return invalid("the last reply holds no text to continue from", "Retry its question.");
  const std::string text = continuation(last->text);
  mark_sent(*turns, beginning(*turns));
  NewExchange exchange;
  exchange.parent = last->id;
  exchange.question = Turn{.role = Role::User,
                           .text = text,
                           .content = after_summary(*turns, question_content(text, {})),
                           .created = now_milliseconds()};
  exchange.thread = std::move(*thread);
  Prompt prompt = prompt_for(exchange.thread, {}, {});
  return write(std::move(exchange), std::move(prompt), {}, std::move(done));
}

Result<std::string> Conversations::compact(const std::string& conversation, const std::string& wanted,
                                           Done done) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto path = path_to(*thread, thread->head);
  if (!path) return path.error();
  if (std::none_of(path->begin(), path->end(),
                   [](const Turn& turn) { return turn.sent && !turn.compaction; })) {
    const bool again =
        std::any_of(path->begin(), path->end(), [](const Turn& turn) { return turn.compaction; });
    return invalid(again ? "there is nothing to sum up: nothing was asked since the last summary"
                         : "there is nothing to sum up: the conversation sends nothing yet",
                   "Ask a question first.");
  }
  const std::string text = summary_request(wanted);
  NewExchange exchange;
  exchange.parent = thread->head;
  exchange.question = Turn{.role = Role::User,
                           .compaction = true,
                           .text = text,
                           .content = after_summary(*path, question_content(text, {})),
                           .created = now_milliseconds()};
  path->push_back(exchange.question);
  exchange.thread = std::move(*thread);
  Prompt prompt = prompt_for(exchange.thread, {}, {});
  return write(std::move(exchange), std::move(prompt), *std::move(path), std::move(done));
}

// `path`: root → the question, if it is known; it is read where it isn't, or no longer holds.
Result<std::string> Conversations::write(NewExchange exchange, Prompt prompt, std::vector<Turn> path,
                                         Done done) {
  if (exchange.system.empty()) {
    if (auto instructed = instruct(exchange, prompt.model); !instructed) return instructed.error();
  }
  exchange.reply = Turn{.role = Role::Assistant,
                        .compaction = exchange.question.compaction,
                        .status = Status::Streaming,
                        .server = claude_.server(),
                        .model = prompt.model,
                        .created = now_milliseconds()};
  Turn reply = exchange.reply;
  const std::string document = exchange.document.uri.empty() ? exchange.thread.uri : exchange.document.uri;
  const std::string proposed = exchange.thread.id;
  const bool was_stored = exchange.thread.stored;
  const auto known = exchange.document.uri.empty() ? shown_.end() : shown_.find(document);
  const std::string shown = known == shown_.end() ? "" : known->second;

  watch_document(document);
  auto begun = store_.begin(std::move(exchange));
  if (!begun) return begun.error();
  if (begun->thread.id == proposed) {
    threads_.settled(document);
  } else {  // another process was first with this document: its thread is the one
    following_.erase(proposed);
    events_.changed(proposed, document);
    path.clear();
  }
  if (was_stored) did(begun->thread);
  follow(begun->thread, document).told(begun->thread);
  if (!shown.empty() && shown != begun->thread.id) events_.changed(shown, document);

  std::string id = begun->reply;
  keyless_.erase(begun->thread.id);
  done = [this, done = std::move(done)](Result<Answer> answer) {
    if (!answer && answer.error().code == ErrorCode::Unauthorized)
      keyless_[answer.error().data.conversation] = answer.error().data.turn;
    done(std::move(answer));
  };
  auto filled = fill(std::move(prompt), *begun, std::move(path));
  running_.begin(std::move(*begun), std::move(reply), std::move(filled), std::move(done));
  return id;
}

// ---- instructions

Result<Conversations::Told> Conversations::told(const Thread& thread, const std::string& leaf) {
  Told told{thread.instructions};
  if (!thread.stored || leaf.empty()) return told;
  auto turns = store_.instructed(thread.id, leaf);
  if (!turns) return turns.error();
  settle(thread.id, *turns);
  mark_sent(*turns, beginning(*turns));
  for (std::size_t i = 0; i < turns->size(); i += 2) {
    const Turn& question = (*turns)[i];
    const bool is_leaf = i + 1 == turns->size();  // about to be sent
    if (question.system.empty() || (!question.sent && !is_leaf)) continue;
    told.in_messages = true;
    told.instructions = told_instructions(question.system);
  }
  return told;
}

// They are part of the system text that a thread's first question brings; what has changed since goes with
// the next one, as a message of its own, so that nothing that was sent is sent differently.
Result<void> Conversations::instruct(NewExchange& exchange, const std::string& model) {
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

Result<Guidance> Conversations::guidance(const Thread& thread, const std::string& document) {
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
    guidance.notice = "The instructions have changed; that waits for the next conversation, since " + model +
                      " takes no system messages in mid-conversation.";
  } else if (changed) {
    guidance.notice = "The instructions have changed; that goes with the next question.";
  }
  for (const InstructionFile& file : guidance.files)
    if (!file.problem.empty()) guidance.notice += (guidance.notice.empty() ? "" : " ") + file.problem;
  return guidance;
}

Result<Guidance> Conversations::guidance(const std::string& uri) {
  const auto thread = threads_.shown(uri);
  if (!thread) return thread.error();
  return guidance(*thread, canonical(uri));
}

Result<Prompt> Conversations::fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path) {
  const std::string parent = path.size() < 2 ? "" : path[path.size() - 2].id;
  if (path.empty() || parent != exchange.parent) {
    auto turns = store_.path(exchange.thread.id, exchange.question);
    if (!turns) return turns.error();
    path = *std::move(turns);
  }
  // With the lease in hand, what a process left unfinished when it died gets its final form.
  for (Turn& turn : path)
    if (turn.status == Status::Streaming) recover(turn);
  finish_recovered(path);
  prompt.system = exchange.thread.system;
  fill_messages(prompt, std::move(path), claude_.server(), claude_.options());
  return prompt;
}

Result<void> Conversations::stop(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (running_.write_to(thread->id)) {
    running_.cancel(thread->head);
    return {};
  }
  if (!thread->stored || thread->head.empty() || !store_.written(thread->id)) return {};
  return store_.request_stop(thread->head);
}

// ---- settings

Result<View> Conversations::configure(const std::string& conversation,
                                      const std::optional<std::string>& model,
                                      const std::optional<std::string>& effort,
                                      const std::optional<std::string>& title) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (const std::string to = model && model->empty() ? preferences_.model : model.value_or(""); !to.empty()) {
    const auto told = this->told(*thread, thread->head);
    if (!told) return told.error();
    if (told->in_messages && !takes_system_messages(to)) return no_system_messages(to);
  }
  thread = threads_.stored(std::move(*thread));
  if (!thread) return thread.error();
  const Prompt before = prompt_for(*thread, {}, {});
  auto configured = store_.configure(thread->id, model, effort, title);
  if (!configured) return configured.error();
  did(*configured);
  const std::string shown_by = configured->uri;
  const Prompt after = prompt_for(*configured, {}, {});
  auto view = this->view(std::move(*configured), shown_by);
  const bool other = after.model != before.model || after.effort != before.effort;
  if (view && other)
    view->notice =
        lost_cache(before, after, view->turns, claude_.options(), claude_.server(), now_milliseconds());
  return view;
}

}  // namespace aside
