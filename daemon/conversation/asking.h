// Asking: a question's way from the editor's request to its reply. Driven by the server; drives the store, Claude and
// RunningReplies. The way is the same for all: what goes along is made (`draft`), the user's consent is looked at, the
// question is committed to the store (`commit`), and only then its request is sent. RunningReplies writes the reply.
//
// `done` is called exactly once, perhaps before the call returns: with the reply when it has ended, or with the Error
// that kept the question from being asked. `cancel` works from the first moment: a question that isn't committed yet is
// neither kept nor sent, and `done` gets RequestCancelled; a reply that is being written ends, and what came is kept.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/events.h"
#include "daemon/conversation/followers.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/running_replies.h"
#include "daemon/conversation/threads.h"
#include "daemon/conversation/told_instructions.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/system/cancel.h"

namespace aside {

// What the user has agreed to when asked about a question: these reasons, or those that were told last.
struct Consent {
  bool to_all_told = false;
  std::vector<std::string> reasons = {};
};

// As the editor asks it.
struct Question {
  std::string uri;
  std::string text;                                  // as it was typed; it may begin with a named prompt
  std::string conversation = {};                     // one of the document's; empty: the one that it shows
  std::vector<Share> shares = {};                    // to be attached
  std::optional<std::string> parent = std::nullopt;  // a reply; "": a new root; nullopt: the head
  std::string model = {};                            // for this question only; empty: the conversation's
  std::string effort = {};
  bool current = true;  // with what has changed in what was shared before, if that is wanted at all
  Consent consent = {};
};

// What asking a question would do.
struct Preview {
  Thread thread;
  Turn question;      // as it would be stored
  int before = 0;     // exchanges that would be sent before it
  Forecast forecast;  // by the server's count, or `estimated`
  bool estimated = false;
  std::int64_t output_limit = 0;
  std::string model;
  std::optional<std::int64_t> window;  // of the model, where it is known
  std::string request;                 // JSON
  std::vector<std::string> reasons;    // why the user would be asked first

  bool fits() const { return !window || forecast.tokens < *window; }
};

// What goes along with a question by itself, beside what is attached to it.
struct Along {
  struct Update {
    Attachment attachment;
    std::vector<Reason> reasons;
  };
  std::vector<Update> updates;
  std::int64_t tokens = 0;     // with the attachments: an estimate
  std::optional<double> cost;  // USD, of these as new input
};

// What an editor wants to attach, one by one; and what would go along with it, if a document was named.
struct CheckedShares {
  std::vector<Sharing::Checked> shares;
  std::optional<Along> along;
};

class Asking {
 public:
  using Done = RunningReplies::Done;

  // Documents whose reasons are remembered until they are agreed to.
  static constexpr std::size_t max_told = 100;
  // A connection that was warmed up is not warmed up again within this time.
  static constexpr std::chrono::seconds warm_for{30};

  Asking(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing, Threads& threads,
         Followers& followers, RunningReplies& replies, Paths& paths, ToldInstructions& told,
         const Preferences& preferences, const ConversationEvents& events);

  // Errors: as `Store::begin` gives them; NeedsConsent with the reasons; InvalidParams for what can't be shared.
  void ask(Question question, const Cancel::Pointer& cancel, Done done);
  // Another reply to the question that `turn` is or answers; empty: the last.
  void retry(const std::string& conversation, const std::string& turn, const std::string& model,
             const std::string& effort, const Cancel::Pointer& cancel, Done done);
  // A question that quotes the end of the last reply, which must be partial, and asks for the rest.
  void continue_(const std::string& conversation, const Cancel::Pointer& cancel, Done done);
  // A summary of what the conversation sends, which stands for it from then on; with what is `wanted` of it.
  void compact(const std::string& conversation, const std::string& wanted, const Cancel::Pointer& cancel,
               Done done);

  // What `ask` would send. The server is only asked to count, and not before there is consent to what goes along.
  void preview(Question question, const Cancel::Pointer& cancel, std::function<void(Result<Preview>)> told);
  // What a prompt lists before anything is sent. With `uri`: also what would go along in the conversation that this
  // document shows.
  void check(std::string uri, std::vector<Share> shares, const Cancel::Pointer& cancel,
             std::function<void(Result<CheckedShares>)> told);

  // Ends what is being asked or answered in this conversation, by whichever process. What was shown is kept.
  Result<void> stop(const std::string& conversation);
  // Cancels all questions that are not committed yet.
  void cancel_uncommitted();
  // There is another key: asks again each question of this process that failed for want of one, where its reply is
  // still the last of its conversation.
  void ask_again();
  // The user is about to ask: finds the document's conversation and opens a connection.
  void prepare(const std::string& uri);

 private:
  // A question that has not been committed yet, in its conversation.
  struct Draft {
    NewExchange exchange;
    Prompt prompt;
    std::vector<Turn> path;  // root → the question
    Forecast forecast;
    std::vector<Reason> reasons;  // why the user is asked first
    Consent consent;
  };
  // A question whose attachments are being made.
  struct Uncommitted {
    std::string uri, conversation;  // as in Question
    Cancel::Pointer cancel;
  };

  void draft(Question question, const Cancel::Pointer& cancel, std::function<void(Result<Draft>)> drafted);
  Result<Draft> draft(Question question, std::string text, std::vector<Attachment> attachments);
  std::vector<Attachment> updates(const std::vector<Turn>& path,
                                  const std::vector<Attachment>& attachments) const;
  Result<Along> along(const std::string& uri, const std::vector<Attachment>& attachments);
  std::vector<std::string> not_agreed(const Draft& draft) const;
  void remember_told(Draft& draft);
  void commit(NewExchange exchange, Prompt prompt, std::vector<Turn> path, const Cancel::Pointer& cancel,
              Done done);
  Result<Prompt> fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path);

  asio::io_context& io_;
  Claude& claude_;
  Store& store_;
  const Sharing& sharing_;
  Threads& threads_;
  Followers& followers_;
  RunningReplies& replies_;
  Paths& paths_;
  ToldInstructions& instructions_;
  const Preferences& preferences_;
  const ConversationEvents& events_;
  std::list<Uncommitted> uncommitted_;
  std::map<std::string, std::vector<Reason>> told_;  // canonical document → why the user was asked last
  std::map<std::string, std::string>
      keyless_;  // conversation → its reply that failed for want of a usable key
  std::chrono::steady_clock::time_point warmed_{};
};

}  // namespace aside
