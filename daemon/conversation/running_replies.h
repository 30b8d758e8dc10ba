// The replies that this process is writing: at most one on the paths of a conversation, and several to side
// questions. Asking commits question and reply before it calls this class. This class sends the request, and passes
// the reply to the editor and the store as it arrives. New parts are stored a few times a second, and the whole reply
// when it has ended for any reason. Until then, each reply has its lease: a lock by which other processes see that it
// is being written.
//
// Replies that end in the same pass of the loop are stored in one transaction, since each transaction waits for the
// disk. The store may be unable to take a reply now, because the disk is full or another program has locked the file.
// The reply then stays in memory. The editor shows the whole reply, and gets the state `storing`, which says why the
// reply is not stored yet. The end of the reply is sent when it is stored. Until then, other processes see it as a
// reply that is still being written.
#pragma once

#include <asio/awaitable.hpp>
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
#include "daemon/api/reply.h"
#include "daemon/conversation/events.h"
#include "daemon/core/turn.h"
#include "daemon/store/store.h"
#include "daemon/system/watch.h"

namespace aside {

struct Answer {
  std::string conversation;
  Turn reply;
};

class RunningReplies {
 public:
  // Gets the outcome of a question. Called exactly once, after the reply's last event.
  using Done = std::function<void(Result<Answer>)>;

  // New text is stored within `store_interval`. While another process follows the reply, new text is stored at
  // once, but not more often than every `followed_interval`.
  static constexpr std::chrono::milliseconds store_interval{250}, followed_interval{50};
  // The pause between two attempts to store the ended replies. Each pause is twice as long as the pause before it.
  static constexpr std::chrono::milliseconds first_pause{100}, longest_pause{5000};
  // The user gets a warning after this attempt, at 1.5 s. After that, if there is not enough memory for a reply, only
  // a part of the reply is kept.
  static constexpr int warned_at = 5;

  // `events` must outlive this object; its functions may be set later.
  RunningReplies(asio::io_context& io, Claude& claude, Store& store, Watch& watch,
                 const ConversationEvents& events);

  // Sends the request for an exchange that `Store::begin` has stored. If the prompt could not be made, the reply
  // fails with that error.
  void begin(Exchange exchange, Turn reply, Result<Prompt> prompt, Done done);
  bool empty() const { return running_.empty(); }
  // Whether a reply on a path of the conversation is being written here; side questions don't count.
  bool write_to(const std::string& conversation) const;
  // A reply with its text so far; null if this process isn't writing it.
  const Reply* find(const std::string& reply) const;

  // Ends a reply as cancelled, at once. If the reply has already ended and still waits in memory, tries
  // again to store it.
  void cancel(const std::string& reply);
  // Ends all replies as interrupted, since the process is about to end. A reply that the store can't take now
  // stays in memory, and storing it is tried again.
  void interrupt();
  // Like `interrupt`, but for a process that ends now. A reply that the store doesn't take is logged as lost, and
  // `done` gets it as it was shown.
  void give_up();
  // Ends the replies that are being written, since there is not enough memory to go on. Their text so far is kept.
  void out_of_memory();

  // Calls `none` from the loop when no reply is running any more. If none is running now, calls it at once.
  void when_none(std::function<void()> none);

  // Call these before and after a fork, since the copy of this process can't share its watches. In between, another
  // process's request to stop a reply isn't noticed.
  void stop_watching();
  void watch_again();

 private:
  struct Running;

  asio::awaitable<void> answer(std::shared_ptr<Running> running, Prompt prompt);
  void add_pieces(Running& running, std::vector<Piece> pieces);
  void state(Running& running, std::string_view state, const std::optional<Retry>& retry);
  void stop(const std::shared_ptr<Running>& running, Status status, std::optional<Error> why = std::nullopt);
  void end(const std::shared_ptr<Running>& running, Status status, std::optional<Error> error);
  void store_ended(std::chrono::milliseconds wait, bool last = false);
  void hold_ended(const Error& why);
  void send_end(Running& running, const Result<void>& stored);
  void store_soon(const Running& running);
  void keep_pieces(bool ended);
  void watch_stops(Running& running);
  void handle_stop_request(const std::string& reply);

  asio::io_context& io_;
  Claude& claude_;
  Store& store_;
  Watch& watch_;
  const ConversationEvents& events_;
  std::map<std::string, std::shared_ptr<Running>> running_;  // by the reply's turn
  std::vector<std::shared_ptr<Running>> ended_;              // ended, but not yet stored
  bool posted_ = false;                                      // storing them is posted to the loop
  asio::steady_timer retry_;
  int failed_ = 0;  // failed attempts to store, in a row
  asio::steady_timer soon_;
  bool armed_ = false;  // `soon_` is running
  std::chrono::steady_clock::time_point stored_{};
  bool pieces_wait_ = false;  // the store didn't take the last pieces
  std::function<void()> none_;
};

}  // namespace aside
