// The conversations of this process: what is appended to a thread, what of it is sent, one reply at a time in
// each. Driven by the server with documents by URI or threads by id; drives Claude and the store. The store
// is the truth: a thread is read when it is needed, so that other processes may write to it too. What lives
// here is only what is in motion: replies that this process writes, and how far the editor has been told of
// those that others write.
//
// A question is committed before its request is sent. Text goes to the editor as it comes, to the store a few
// times a second, and whole when the reply ends, however it ends. `done` is called exactly once for each
// question that was taken.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/claude.h"
#include "daemon/api/prompt.h"
#include "daemon/context/documents.h"
#include "daemon/context/sharing.h"
#include "daemon/conversation/following.h"
#include "daemon/conversation/forecast.h"
#include "daemon/conversation/instructions.h"
#include "daemon/conversation/running_replies.h"
#include "daemon/conversation/threads.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/store/subscription.h"
#include "daemon/system/watch.h"

namespace aside {

// What the user has agreed to when asked about a question: these reasons, or those that were told last.
struct Consent {
  bool to_all_told = false;
  std::vector<std::string> reasons = {};
};

struct Question {
  std::string uri;
  std::string text;
  std::string conversation = {};  // one of the document's; empty: the one that it shows
  std::vector<Attachment> attachments = {};
  std::optional<std::string> parent = std::nullopt;  // a reply; "": a new root; nullopt: the head
  std::string model = {};                            // for this question only; empty: the thread's
  std::string effort = {};
  bool current = true;  // with what has changed in what was shared before, if that is wanted at all
  Consent consent = {};
  std::string title = {};  // of a thread that has none; empty: the question's
};

// Settings: what a thread without its own uses, and when the user is asked.
struct Preferences {
  std::string model;
  std::string effort = {};
  bool keep_current = true;
  double confirm_above = 0;  // USD, for a question; 0: never
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

// The instructions of a document, and what its thread makes of them.
struct Guidance {
  std::vector<InstructionFile> files;
  std::string text;                // what is used now
  std::vector<std::string> names;  // of those that hold for the next question
  std::string notice;              // what the user should know of them, sentences; mostly empty
};

// How much of the model's window a thread fills, as its last reply told.
struct Context {
  static constexpr double full_from = 0.8;  // of the window
  std::int64_t tokens = 0;                  // input and output
  std::int64_t cached = 0;                  // of the input, read from the cache
  std::int64_t window = 0;                  // of the model that comes next; 0: not known
  bool full() const {
    return window > 0 && static_cast<double>(tokens) >= full_from * static_cast<double>(window);
  }
};

struct View {
  Thread thread;            // model as the next question would use it
  std::string uri;          // as the editor wrote it last
  std::vector<Turn> turns;  // root → head, or the part of it that was wanted
  Totals totals;
  int earlier = 0;                       // turns of the path before these
  std::vector<std::string> shared = {};  // documents that the thread has shared, as the editor wrote them
  std::vector<Thread> candidates = {};   // of documents that are gone and may have been this one
  std::string notice = {};               // what changing the model or effort costs; empty: nothing
  std::optional<Context> context = std::nullopt;
  Guidance guidance = {};
};

class Conversations {
 public:
  using Done = RunningReplies::Done;

  // How often it is asked whether another process that writes a followed reply still lives.
  static constexpr std::chrono::milliseconds writer_interval{250};
  static constexpr std::size_t max_told =
      100;  // documents whose reasons are remembered until they are agreed to
  static constexpr std::chrono::seconds warm_for{
      30};  // a connection that was warmed up is not warmed up again within

  Conversations(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing);
  void start(ConversationEvents events);
  void use(Preferences preferences, ClaudeOptions claude);
  // Opens the store now; else the first call that needs it does. `owner` is who we are to others who find a
  // thread busy.
  void open_store(const std::string& owner);

  // The id of the reply that is being written now; `done` gets its end. Errors are as `Store::begin` gives
  // them, or NeedsConsent, and then `done` is not called.
  Result<std::string> ask(Question question, Done done);
  // What `ask` would send; the server is only asked to count, and not before there is consent to what goes
  // along. `told` may be called before this returns.
  void preview(Question question, std::function<void(Result<Preview>)> told);
  // What would go along with these in the thread that the document shows.
  Result<Along> along(const std::string& uri, const std::vector<Attachment>& attachments);
  // Another reply to the question that `turn` is or answers; empty: the last.
  Result<std::string> retry(const std::string& conversation, const std::string& turn,
                            const std::string& model, const std::string& effort, Done done);
  // A question that quotes the end of the last reply, which must be partial, and asks for the rest.
  Result<std::string> resume(const std::string& conversation, Done done);
  // A summary of what the thread sends, which stands for it from then on; with what is `wanted` of it.
  Result<std::string> compact(const std::string& conversation, const std::string& wanted, Done done);
  // Ends the reply that is being written in this thread, by whichever process. What was shown is kept.
  Result<void> stop(const std::string& conversation);
  // Replies of this process; see there.
  void cancel(const std::string& reply) { running_.cancel(reply); }
  void interrupt() { running_.interrupt(); }
  void give_up() { running_.give_up(); }
  void out_of_memory() { running_.out_of_memory(); }
  bool writing() const { return !running_.empty(); }
  void when_written(std::function<void()> written) { running_.when_none(std::move(written)); }
  // No editor follows any more. `detach` may make a copy of this process: the store is closed meanwhile.
  void leave_editor(const std::function<void()>& detach);

  // There is another key: asks again each question of this process that failed for want of one, where its
  // reply is still the last of its conversation.
  void ask_again();

  // Reading; the thread's deltas and statuses are sent from here on, until `closed`.
  Result<View> get(const Subject& subject, const Window& window = {});
  Result<View> open(const std::string& uri, const std::string& conversation);
  Result<View> select(const std::string& conversation, const std::string& turn, Going going);
  Result<View> configure(const std::string& conversation, const std::optional<std::string>& model,
                         const std::optional<std::string>& effort, const std::optional<std::string>& title);
  Result<std::string> create(const std::string& uri, const std::string& title);
  // Another thread of the document, with the path to this reply (empty: the head); the document shows it.
  Result<View> fork(const std::string& uri, const std::string& conversation, const std::string& reply,
                    const std::string& title);
  Result<void> remove(const std::string& conversation);
  // To be taken away: the path, and all of a thread. A reply that is being written is as far as the store has
  // it, and interrupted there. Nothing is followed.
  Result<View> path(const std::string& conversation);
  Result<Tree> tree(const std::string& conversation);
  // Another thread of the document, with all of this tree; the document shows it.
  Result<View> plant(const std::string& uri, const Tree& tree);
  // URIs as the editor writes them, in and out.
  Result<Page> list(ListFilter filter);
  Result<std::vector<Hit>> search(SearchFilter filter);
  Result<UsageReport> usage(UsageFilter filter);

  // Of the thread that the document shows.
  Result<Guidance> guidance(const std::string& uri);
  Instructions& instructions() { return instructions_; }

  void prepare(const std::string& uri);
  void saved(const std::string& uri);
  void closed(const std::string& uri);
  Result<void> renamed(const std::string& from, const std::string& to);

 private:
  Result<View> view(Thread thread, const std::string& shown_by, const Window& window = {});
  void settle(const std::string& conversation, std::vector<Turn>& turns);
  void as_told(const std::string& conversation, std::vector<Turn>& turns) const;
  void take_over(const std::string& conversation, Turn& turn);
  void recover(Turn& turn);
  void finish_recovered(const std::vector<Turn>& path);

  // A question that has not been asked yet, in its thread.
  struct Draft {
    NewExchange exchange;
    Prompt prompt;
    std::vector<Turn> path;  // root → the question
    Forecast forecast;
    std::vector<Reason> reasons;  // why the user is asked first
  };
  Result<Draft> draft(Question question);
  std::vector<Attachment> updates(const std::vector<Turn>& path,
                                  const std::vector<Attachment>& attachments) const;
  std::vector<std::string> not_agreed(const std::string& document, const std::vector<Reason>& reasons,
                                      const Consent& consent) const;
  void remember_told(const std::string& document, std::vector<Reason> reasons);
  Result<std::vector<Turn>> path_to(const Thread& thread, const std::string& reply);
  Prompt prompt_for(const Thread& thread, const std::string& model, const std::string& effort) const;

  // What is known of instructions where a path ends.
  struct Told {
    std::string instructions;
    bool in_messages = false;
  };
  Result<Told> told(const Thread& thread, const std::string& leaf);
  Result<Guidance> guidance(const Thread& thread, const std::string& document);
  Result<void> instruct(NewExchange& exchange, const std::string& model);

  Result<std::string> write(NewExchange exchange, Prompt prompt, std::vector<Turn> path, Done done);
  Result<Prompt> fill(Prompt prompt, const Exchange& exchange, std::vector<Turn> path);

  Following& follow(const Thread& thread, const std::string& document);
  void watch_document(const std::string& document);
  void did(const Thread& thread);
  void on_written(const std::string& conversation);
  void on_document(const std::string& document);
  void look_after_writers();
  void adopt(const std::string& document);
  void tell_of_others(const std::string& document);

  asio::io_context& io_;
  Claude& claude_;
  Store& store_;
  const Sharing& sharing_;
  Threads threads_;
  Instructions instructions_;
  ConversationEvents events_;
  Watch watch_;
  RunningReplies running_;
  Preferences preferences_;
  std::map<std::string, std::string>
      keyless_;  // conversation → its reply that failed for want of a usable key
  std::map<std::string, Following> following_;  // by conversation
  std::map<std::string, std::string> shown_;    // canonical document → its thread, as the editor knows it
  std::map<std::string, Subscription> documents_;    // canonical; told of when they show another thread
  std::map<std::string, std::vector<Reason>> told_;  // canonical document → why the user was asked last
  asio::steady_timer writers_;
  bool looking_ = false;  // after them
  std::chrono::steady_clock::time_point warmed_{};
};

}  // namespace aside
