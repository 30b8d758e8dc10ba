#include "daemon/conversation/asking.h"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <iterator>
#include <memory>
#include <utility>

#include "daemon/api/model.h"
#include "daemon/conversation/checking.h"
#include "daemon/conversation/named_prompts.h"
#include "daemon/text/figures.h"
#include "protocol/plain_text.h"

namespace aside {

namespace {

Error invalid(std::string message, std::string hint) {
  return Error{ErrorCode::InvalidParams, std::move(message), {.hint = std::move(hint)}};
}

// Makes the error for a question that needs the user's consent before it is sent.
Error needs_consent(const std::vector<std::string>& reasons) {
  std::string message;
  for (const std::string& reason : reasons) message += (message.empty() ? "" : "; ") + reason;
  Error error{
      ErrorCode::NeedsConsent, std::move(message), {.hint = "Send the question anyway, or change it."}};
  error.data.reasons = reasons;
  return error;
}

std::vector<std::string> texts(const std::vector<Reason>& reasons) {
  std::vector<std::string> texts;
  for (const Reason& reason : reasons) texts.push_back(reason.text);
  return texts;
}

// Widens the range to whole lines. If it ends at the first character of a line, that line is left out.
Range whole_lines(const Range& range) {
  const bool ends_before_line = range.end.character == 0 && range.end.line > range.start.line;
  return {{range.start.line, 0}, {ends_before_line ? range.end.line : range.end.line + 1, 0}};
}

Error cancelled() {
  return {ErrorCode::RequestCancelled, "cancelled before anything was sent", {.hint = "Nothing was kept."}};
}

}  // namespace

Asking::Asking(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing,
               Documents& documents, ShownConversations& shown, Followers& followers, RunningReplies& replies,
               Paths& paths, KnownInstructions& instructions, CacheHabits& cache_habits,
               const Preferences& preferences, const ConversationEvents& events)
    : io_(io),
      claude_(claude),
      store_(store),
      sharing_(sharing),
      documents_(documents),
      shown_conversations_(shown),
      followers_(followers),
      replies_(replies),
      paths_(paths),
      instructions_(instructions),
      cache_habits_(cache_habits),
      preferences_(preferences),
      events_(events) {}

// ---- asking a question

void Asking::ask(Question question, const Cancel::Pointer& cancel, Done done) {
  const auto uncommitted =
      uncommitted_.insert(uncommitted_.end(), {question.uri, question.conversation, question.side, cancel});
  auto drafted = [this, uncommitted, cancel, done = std::move(done)](Result<Draft> draft) {
    uncommitted_.erase(uncommitted);
    if (!draft) return done(draft.error());
    if (const auto left = not_agreed(*draft); !left.empty()) {
      remember_asked_reasons(*draft);
      return done(needs_consent(left));
    }
    asked_reasons_.erase(draft->exchange.document.uri);
    commit(std::move(draft->exchange), std::move(draft->prompt), std::move(draft->path), cancel, done);
  };
  draft(std::move(question), cancel, std::move(drafted));
}

void Asking::draft(Question question, const Cancel::Pointer& cancel,
                   std::function<void(Result<Draft>)> drafted) {
  auto text = expanded(question.text, preferences_.prompts_folder);
  if (!text) return drafted(text.error());
  std::vector<Share> shares = std::exchange(question.shares, {});
  if (question.rewrite) {
    question.rewrite->range = whole_lines(*question.rewrite->range);
    shares.insert(shares.begin(), *question.rewrite);
  }
  auto attached = [this, question = std::move(question), text = *std::move(text), cancel,
                   drafted = std::move(drafted)](Result<std::vector<Attachment>> attachments) {
    if (cancel->requested()) return drafted(cancelled());
    if (!attachments) return drafted(attachments.error());
    drafted(draft(question, text, *std::move(attachments)));
  };
  sharing_.attach(std::move(shares), cancel->slot(), std::move(attached));
}

Result<Asking::Draft> Asking::draft(Question question, std::string text,
                                    std::vector<Attachment> attachments) {
  auto conversation = shown_conversations_.for_question(question.uri, question.conversation);
  if (!conversation) return conversation.error();
  auto path = paths_.to_reply(*conversation, question.parent.value_or(conversation->head));
  if (!path) return path.error();

  Draft draft;
  // The first question of an empty conversation is an ordinary one, even if it was asked as a side question.
  const bool side = question.side && !(path->empty() && conversation->head.empty());
  if (side) {
    if (!path->empty() && path->back().status == Status::Streaming) path->resize(path->size() - 2);
    draft.exchange.parent = path->empty() ? "" : path->back().id;
  }
  if (question.rewrite) {
    Attachment& lines = attachments.front();
    if (lines.kind != Attachment::Kind::Text)
      return invalid("params.rewrite: " + lines.name + " is not a text",
                     "Only lines of a text can be rewritten.");
    lines.rewrite = true;
    text += "\n\n" + rewrite_rule(lines);
  }
  draft.consent = std::move(question.consent);
  for (Attachment& attachment : attachments) attachment.agreed = sharing_.agreed(attachment);
  if (question.current) {
    auto updates = compare(*path, attachments, sharing_, preferences_).updates;
    // The updates are right only after the turns of this path, so the question must follow the path's last turn.
    if (!updates.empty()) draft.exchange.parent = path->empty() ? "" : path->back().id;
    std::move(updates.begin(), updates.end(), std::back_inserter(attachments));
  }
  for (Attachment& attachment : attachments) {
    auto reasons = sharing_.reasons(attachment);
    std::move(reasons.begin(), reasons.end(), std::back_inserter(draft.reasons));
    attachment.agreed = sharing_.agreed(attachment);
  }
  draft.exchange.document = shown_conversations_.with_identity(question.uri);
  if (question.parent && !side) draft.exchange.parent = question.parent;
  draft.exchange.question = Turn{.role = Role::User,
                                 .side = side,
                                 .text = std::move(text),
                                 .attachments = std::move(attachments),
                                 .created = now_milliseconds()};
  Turn& asked = draft.exchange.question;
  const std::string content = question_content(asked.text, asked.attachments);
  asked.content = after_summary(*path, content);
  // The summary at the beginning of the question's content replaces the turns of this path, so the question must follow
  // the path's last turn.
  if (asked.content != content) draft.exchange.parent = path->back().id;
  draft.prompt = prompt_for(*conversation, preferences_, question.model, question.effort);
  draft.prompt.side = side;
  draft.exchange.conversation = *std::move(conversation);
  draft.exchange.title = std::move(question.text);
  if (auto instructed = instructions_.instruct(draft.exchange, draft.prompt.model); !instructed)
    return instructed.error();
  if (draft.exchange.conversation.system.empty()) draft.prompt.system = draft.exchange.system;
  draft.path = *std::move(path);
  draft.path.push_back(asked);
  cache_habits_.choose(draft.prompt, draft.path);
  draft.forecast =
      forecast(draft.prompt, draft.path, claude_.options(), claude_.server(), now_milliseconds());
  if (preferences_.confirm_above > 0 && draft.forecast.cost.value_or(0) > preferences_.confirm_above)
    draft.reasons.push_back({"this question costs about " + dollars_text(*draft.forecast.cost) +
                             " without the reply, more than confirmAbove (" +
                             dollars_text(preferences_.confirm_above) + ")"});
  for (Reason& reason : draft.reasons)
    reason.text = plain_line(reason.text);  // as the user sees it and agrees to it
  return draft;
}

// `path` leads from the root to the question. If it is empty, or another process has added turns, the path is read
// again.
void Asking::commit(NewExchange exchange, Prompt prompt, std::vector<Turn> path,
                    const Cancel::Pointer& cancel, Done done) {
  if (exchange.system.empty()) {
    if (auto instructed = instructions_.instruct(exchange, prompt.model); !instructed)
      return done(instructed.error());
  }
  exchange.reply = Turn{.role = Role::Assistant,
                        .side = exchange.question.side,
                        .compaction = exchange.question.compaction,
                        .status = Status::Streaming,
                        .server = claude_.server(),
                        .model = prompt.model,
                        .created = now_milliseconds()};
  Turn reply = exchange.reply;
  const Attachment* rewritten = rewritten_lines(exchange.question);
  const auto lines = rewritten ? std::optional(*rewritten) : std::nullopt;
  const std::string asked_from = exchange.document.uri;  // empty: the request named only the conversation
  const std::string document = asked_from.empty() ? exchange.conversation.uri : asked_from;
  const std::string proposed = exchange.conversation.stored ? "" : exchange.conversation.id;

  followers_.watch_document(document);
  auto begun = store_.begin(std::move(exchange));
  if (!begun) return done(begun.error());
  if (lines) documents_.follow(lines->uri, begun->question, *lines->range, lines->text);
  const bool replaced_proposal = !proposed.empty() && proposed != begun->conversation.id;
  if (replaced_proposal)  // another process has stored a conversation for this document: that one is used
    path.clear();
  else
    shown_conversations_.forget_proposal(document);
  if (!begun->side) {
    if (asked_from.empty())
      followers_.record_asked(begun->conversation);
    else
      followers_.record_asked(begun->conversation, document, proposed);
  }
  reply.side = prompt.side = begun->side;
  auto ended = [this, side = begun->side, done = std::move(done)](Result<Answer> answer) {
    if (side) {
      const std::string& id = answer ? answer->conversation : answer.error().data.conversation;
      if (const auto now = store_.conversation(id); now && *now) followers_.record_own_change(**now);
    }
    done(std::move(answer));
  };
  cancel->when_requested([this, id = begun->reply] { replies_.cancel(id); });
  auto filled = fill(std::move(prompt), *begun, std::move(path));
  replies_.begin(std::move(*begun), std::move(reply), std::move(filled), std::move(ended));
}

Result<Prompt> Asking::fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path) {
  const std::string parent = path.size() < 2 ? "" : path[path.size() - 2].id;
  if (path.empty() || parent != exchange.parent) {
    auto turns = store_.path(exchange.conversation.id, exchange.question);
    if (!turns) return turns.error();
    path = *std::move(turns);
  }
  // This process now has the lease (the right to write the conversation), so it completes the replies whose processes
  // died.
  paths_.recover(path);
  paths_.finish_recovered(path);
  prompt.system = exchange.conversation.system;
  if (prompt.cache.kept.empty()) {
    mark_sent(path, beginning(path));
    cache_habits_.choose(prompt, path);
  }
  spdlog::info("{}: cache {}: {}", exchange.reply, prompt.cache.kept, prompt.cache.reason);
  fill_messages(prompt, std::move(path), claude_.server(), claude_.options());
  return prompt;
}

// ---- consent

// Returns the draft's reasons to which the user hasn't agreed. If the user has agreed to the same sentence when it was
// about something else (`Reason::about`), this doesn't count.
std::vector<std::string> Asking::not_agreed(const Draft& draft) const {
  const Consent& consent = draft.consent;
  const auto entry = asked_reasons_.find(draft.exchange.document.uri);
  std::vector<std::string> left;
  for (const Reason& reason : draft.reasons) {
    const Reason* asked = nullptr;
    if (entry != asked_reasons_.end())
      for (const Reason& one : entry->second)
        if (one.text == reason.text) asked = &one;
    const bool says_so = consent.to_all_asked ? asked != nullptr
                                              : std::find(consent.reasons.begin(), consent.reasons.end(),
                                                          reason.text) != consent.reasons.end();
    if (!says_so || (asked && asked->about != reason.about)) left.push_back(reason.text);
  }
  return left;
}

void Asking::remember_asked_reasons(Draft& draft) {
  if (asked_reasons_.size() >= max_asked_reasons) asked_reasons_.clear();
  asked_reasons_[draft.exchange.document.uri] = std::move(draft.reasons);
}

// ---- what would be sent

void Asking::preview(Question question, const Cancel::Pointer& cancel,
                     std::function<void(Result<Preview>)> done) {
  auto drafted = [this, cancel, done = std::move(done)](Result<Draft> draft) {
    if (!draft) return done(draft.error());
    Preview preview{draft->exchange.conversation, draft->exchange.question};
    preview.before =
        static_cast<int>(std::count_if(draft->path.begin(), draft->path.end(), [](const Turn& turn) {
          return turn.role == Role::Assistant && turn.sent;
        }));
    preview.forecast = draft->forecast;
    preview.reasons = texts(draft->reasons);
    preview.model = draft->prompt.model;
    preview.cache = draft->prompt.cache;
    Prompt prompt = draft->prompt;
    const PromptOptions options = claude_.options();
    preview.output_limit = output_limit(prompt.model, options);
    const Model* model = claude_.models().find(prompt.model);
    if (model && model->context_window > 0) preview.window = model->context_window;
    fill_messages(prompt, std::move(draft->path), claude_.server(), options);
    preview.request = body(prompt, options);
    if (!not_agreed(*draft).empty()) {  // counting the tokens would send the text to the server
      remember_asked_reasons(*draft);
      preview.estimated = true;
      return done(std::move(preview));
    }
    auto counting = [](Claude& claude, Prompt prompt, Preview preview) -> asio::awaitable<Preview> {
      const auto count = co_await claude.count(prompt);
      preview.estimated = !count;
      if (count) preview.forecast = counted(preview.forecast, *count, prompt, claude.options());
      co_return preview;
    };
    auto counted = [done, cancel](const std::exception_ptr& failure, Preview preview) {
      if (cancel->requested()) return done(cancelled());
      if (failure)
        return done(Error{ErrorCode::InternalError, "previewing a question: an unexpected failure"});
      done(std::move(preview));
    };
    asio::co_spawn(io_, counting(claude_, std::move(prompt), std::move(preview)),
                   asio::bind_cancellation_slot(cancel->slot(), std::move(counted)));
  };
  draft(std::move(question), cancel, std::move(drafted));
}

// ---- asking without a new question

void Asking::retry(const std::string& id, const std::string& turn, const std::string& model,
                   const std::string& effort, const Cancel::Pointer& cancel, Done done) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return done(conversation.error());
  const std::string asked = turn.empty() ? conversation->head : turn;
  auto found =
      asked.empty() ? Result<std::optional<Turn>>(std::nullopt) : store_.turn(conversation->id, asked);
  if (!found) return done(found.error());
  if (asked.empty()) return done(invalid("nothing has been asked in this conversation", "Ask a question."));
  if (!*found)
    return done(invalid("params.turn: there is no turn " + asked + " in this conversation",
                        "Use the id of a turn from conversation/get."));
  NewExchange exchange;
  exchange.conversation = std::move(*conversation);
  exchange.question.id = (*found)->role == Role::User ? (*found)->id : (*found)->parent;
  exchange.question.side = (*found)->side;
  exchange.question.compaction = (*found)->compaction;
  Prompt prompt = prompt_for(exchange.conversation, preferences_, model, effort);
  commit(std::move(exchange), std::move(prompt), {}, cancel, std::move(done));
}

void Asking::continue_(const std::string& id, const std::string& turn, const Cancel::Pointer& cancel,
                       Done done) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return done(conversation.error());
  auto turns = store_.path(conversation->id, turn.empty() ? conversation->head : turn);
  if (!turns) return done(turns.error());
  if (!turns->empty() && turns->back().role == Role::User)
    return done(invalid("params.turn: '" + turn + "' is not a reply",
                        "Use the id of a reply from conversation/get."));
  paths_.complete(conversation->id, *turns);
  const Turn* last = turns->empty() ? nullptr : &turns->back();
  const bool running = last && last->status == Status::Streaming;  // if so, `begin` returns Busy
  const bool partial = last && (last->status == Status::Cut || last->status == Status::Cancelled ||
                                last->status == Status::Interrupted);
  if (!last) return done(invalid("nothing has been asked in this conversation", "Ask a question."));
  if (!partial && !running)
    return done(invalid("the reply is not partial: there is nothing to continue", "Ask a question."));
  if (partial && last->content.empty())
    return done(invalid("the reply holds no text to continue from", "Retry its question."));
  const std::string text = continuation(last->text);
  mark_sent(*turns, beginning(*turns));
  NewExchange exchange;
  exchange.parent = last->id;
  exchange.question = Turn{.role = Role::User,
                           .side = last->side,
                           .text = text,
                           .content = after_summary(*turns, question_content(text, {})),
                           .created = now_milliseconds()};
  exchange.conversation = std::move(*conversation);
  Prompt prompt = prompt_for(exchange.conversation, preferences_);
  commit(std::move(exchange), std::move(prompt), {}, cancel, std::move(done));
}

void Asking::compact(const std::string& id, const std::string& wanted, const Cancel::Pointer& cancel,
                     Done done) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return done(conversation.error());
  auto path = paths_.to_reply(*conversation, conversation->head);
  if (!path) return done(path.error());
  if (std::none_of(path->begin(), path->end(),
                   [](const Turn& turn) { return turn.sent && !turn.compaction; })) {
    const bool again =
        std::any_of(path->begin(), path->end(), [](const Turn& turn) { return turn.compaction; });
    return done(invalid(again ? "there is nothing to sum up: nothing was asked since the last summary"
                              : "there is nothing to sum up: the conversation has no answer yet",
                        "Ask a question first."));
  }
  const std::string text = summary_request(wanted);
  NewExchange exchange;
  exchange.parent = conversation->head;
  exchange.question = Turn{.role = Role::User,
                           .compaction = true,
                           .text = text,
                           .content = after_summary(*path, question_content(text, {})),
                           .created = now_milliseconds()};
  path->push_back(exchange.question);
  exchange.conversation = std::move(*conversation);
  Prompt prompt = prompt_for(exchange.conversation, preferences_);
  commit(std::move(exchange), std::move(prompt), *std::move(path), cancel, std::move(done));
}

Result<void> Asking::stop(const std::string& id, const std::string& turn) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  if (!turn.empty()) return stop_reply(*conversation, turn);
  const std::list<Uncommitted> uncommitted = uncommitted_;
  for (const Uncommitted& question : uncommitted) {
    if (question.side) continue;
    const auto target = shown_conversations_.for_question(question.uri, question.conversation);
    if (target && target->id == conversation->id) question.cancel->request();
  }
  if (!conversation->stored || conversation->head.empty()) return {};
  return stop_reply(*conversation, conversation->head);
}

Result<void> Asking::stop_reply(const Conversation& conversation, const std::string& reply) {
  const auto found = store_.turn(conversation.id, reply);
  if (!found) return found.error();
  if (!*found)
    return invalid("params.turn: there is no turn " + reply + " in this conversation",
                   "Use the id of a reply from conversation/get.");
  if (replies_.find(reply)) {
    replies_.cancel(reply);
    return {};
  }
  return store_.written(reply) ? store_.request_stop(reply) : Result<void>();
}

void Asking::cancel_uncommitted() {
  const std::list<Uncommitted> uncommitted = uncommitted_;
  for (const Uncommitted& question : uncommitted) question.cancel->request();
}

void Asking::ask_again() {
  for (const std::string& id : followers_.shown_conversations()) {
    const auto conversation = shown_conversations_.find({.conversation = id});
    if (!conversation) continue;
    const auto failed = store_.turn(id, conversation->head);
    if (!failed || !*failed || (*failed)->status != Status::Failed || !(*failed)->error) continue;
    if ((*failed)->error->code != ErrorCode::Unauthorized) continue;
    const auto done = [](const Result<Answer>& answer) {
      if (!answer) spdlog::warn("asking again with another key: {}", answer.error().message);
    };
    retry(id, conversation->head, (*failed)->model, {}, std::make_shared<Cancel>(), done);
    events_.changed(id, conversation->uri);
  }
}

void Asking::prepare(const std::string& uri) {
  if (auto conversation = shown_conversations_.of_document(uri); !conversation)
    spdlog::warn("preparing: {}", conversation.error().message);
  cache_habits_.prepare();
  const auto time = std::chrono::steady_clock::now();
  if (warmed_.time_since_epoch().count() != 0 && time - warmed_ < warm_for) return;
  warmed_ = time;
  asio::co_spawn(io_, claude_.warm_up(), asio::detached);
}

}  // namespace aside
