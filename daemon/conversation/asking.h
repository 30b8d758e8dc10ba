// Asks questions. Called by the server. The steps are the same for all questions: `draft` makes the question with
// its attachments and updates, the user's consent is checked, `commit` stores the question, and only then
// RunningReplies sends the request and writes the reply.
//
// `done` is called exactly once, perhaps before the call returns: with the reply when it has ended, or with the Error
// that prevented the question. `cancel` works from the first moment. If the question isn't committed yet, it is
// neither stored nor sent, and `done` gets RequestCancelled. If the reply is running, it ends, and its text so far is
// kept.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/cache_habits.h"
#include "daemon/conversation/events.h"
#include "daemon/conversation/followers.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/known_instructions.h"
#include "daemon/conversation/paths.h"
#include "daemon/conversation/preferences.h"
#include "daemon/conversation/running_replies.h"
#include "daemon/conversation/shown_conversations.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/system/cancel.h"

namespace aside {

// What the user has agreed to for a question: these `reasons`, or with `to_all_asked` everything that the user was last
// asked about.
struct Consent {
  bool to_all_asked = false;
  std::vector<std::string> reasons = {};
};

// A question as the editor asks it.
struct Question {
  std::string uri;
  std::string text;                // as it was typed; it may begin with a named prompt
  std::string conversation = {};   // one of this document's conversations; empty: the one that it shows
  std::vector<Share> shares = {};  // to be attached
  std::optional<Share> rewrite = std::nullopt;  // a range whose new text the reply should give
  // The reply that the question follows. "": none, so the question is a new root; nullopt: the conversation's head.
  std::optional<std::string> parent = std::nullopt;
  bool side = false;       // a side question: it and its reply are not on the path
  std::string model = {};  // for this question only; empty: the conversation's model
  std::string effort = {};
  bool current = true;  // send updates of shared text, unless the setting keepCurrent is off
  Consent consent = {};
};

// What asking a question would do.
struct Preview {
  Conversation conversation;
  Turn question;      // as it would be stored
  int before = 0;     // how many exchanges would be sent before it
  Forecast forecast;  // from the server's count, or an estimate if `estimated`
  bool estimated = false;
  std::int64_t output_limit = 0;
  std::string model;
  CacheChoice cache;
  std::optional<std::int64_t> window;  // the model's context window, if known
  std::string request;                 // JSON
  std::vector<std::string> reasons;    // why the user would be asked before the question is sent

  bool fits() const { return !window || forecast.tokens < *window; }
};

class Asking {
 public:
  using Done = RunningReplies::Done;

  // The largest number of documents for which it is remembered why the user was asked, until the user agrees.
  static constexpr std::size_t max_asked_reasons = 100;
  // A connection that was warmed up is not warmed up again within this time.
  static constexpr std::chrono::seconds warm_for{30};

  Asking(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing, Documents& documents,
         ShownConversations& shown, Followers& followers, RunningReplies& replies, Paths& paths,
         KnownInstructions& instructions, CacheHabits& cache_habits, const Preferences& preferences,
         const ConversationEvents& events);

  // Errors: those of `Store::begin`; NeedsConsent with the reasons; InvalidParams if something can't be shared.
  void ask(Question question, const Cancel::Pointer& cancel, Done done);
  // Asks for another reply. `turn` is the question or one of its replies; empty: the last question.
  void retry(const std::string& id, const std::string& turn, const std::string& model,
             const std::string& effort, const Cancel::Pointer& cancel, Done done);
  // Asks for the rest of a partial reply, with a question that quotes the reply's end. `turn` is the reply; empty:
  // the last one.
  void continue_(const std::string& id, const std::string& turn, const Cancel::Pointer& cancel, Done done);
  // Asks for a summary of the conversation. Later requests send the summary instead of the conversation. `wanted`
  // says what the summary should keep.
  void compact(const std::string& id, const std::string& wanted, const Cancel::Pointer& cancel, Done done);

  // Returns what `ask` would send. The server counts the tokens only if the user has agreed to all reasons.
  void preview(Question question, const Cancel::Pointer& cancel, std::function<void(Result<Preview>)> done);

  // Cancels the questions of this process that are not committed yet, and ends the running reply, whichever process
  // writes it. The text so far is kept. `turn` is the reply to end; empty: the reply on the path, not a reply to a
  // side question.
  Result<void> stop(const std::string& id, const std::string& turn);
  // Cancels all questions that are not committed yet.
  void cancel_uncommitted();
  // Call this when there is a new API key. Looks at each conversation that the editor shows. If its last reply failed
  // because there was no usable key (in this process or an earlier one), its question is asked again.
  void ask_again();
  // Call this when the user is about to ask. Finds the document's conversation, reads how the user has asked before,
  // and opens a connection.
  void prepare(const std::string& uri);

 private:
  // A question that has not been committed yet, in its conversation.
  struct Draft {
    NewExchange exchange;
    Prompt prompt;
    std::vector<Turn> path;  // root → the question
    Forecast forecast;
    std::vector<Reason> reasons;  // why the user is asked before the question is sent
    Consent consent;
  };
  // A question whose attachments are being made.
  struct Uncommitted {
    std::string uri, conversation;  // as in Question
    bool side;
    Cancel::Pointer cancel;
  };

  void draft(Question question, const Cancel::Pointer& cancel, std::function<void(Result<Draft>)> drafted);
  Result<Draft> draft(Question question, std::string text, std::vector<Attachment> attachments);
  Result<void> stop_reply(const Conversation& conversation, const std::string& reply);
  std::vector<std::string> not_agreed(const Draft& draft) const;
  void remember_asked_reasons(Draft& draft);
  void commit(NewExchange exchange, Prompt prompt, std::vector<Turn> path, const Cancel::Pointer& cancel,
              Done done);
  Result<Prompt> fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path);

  asio::io_context& io_;
  Claude& claude_;
  Store& store_;
  const Sharing& sharing_;
  Documents& documents_;
  ShownConversations& shown_conversations_;
  Followers& followers_;
  RunningReplies& replies_;
  Paths& paths_;
  KnownInstructions& instructions_;
  CacheHabits& cache_habits_;
  const Preferences& preferences_;
  const ConversationEvents& events_;
  std::list<Uncommitted> uncommitted_;
  std::map<std::string, std::vector<Reason>>
      asked_reasons_;  // canonical document → why the user was asked last
  std::chrono::steady_clock::time_point warmed_{};
};

}  // namespace aside
