// The replies that this process is writing, at most one in a thread. Driven by Conversations, which has
// committed question and reply before; asks Claude, tells the editor what comes, and stores it: a few times a
// second what has come so far, and once, whole, when a reply ends, however it ends. Each reply holds its
// thread's lease until it is in the store.
//
// Replies that end in the same turn of the loop are stored in one transaction, since each waits for the disk.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/claude.h"
#include "daemon/following.h"
#include "daemon/prompt.h"
#include "daemon/reply.h"
#include "daemon/store.h"
#include "daemon/turn.h"

namespace aside {

struct Answer {
  std::string conversation;
  Turn reply;
};

class RunningReplies {
 public:
  // What a question that was taken came to; called exactly once, after the reply's last event.
  using Done = std::function<void(Result<Answer>)>;

  // Text reaches the store at least this often; sooner while another process follows it.
  static constexpr std::chrono::milliseconds store_interval{250};

  // `events` outlives this, and may be filled in later.
  RunningReplies(asio::io_context& io, Claude& claude, Store& store, const ConversationEvents& events);

  // Asks for the reply to an exchange that the store has begun. A prompt that could not be made is how the
  // reply ends.
  void begin(Exchange exchange, Turn reply, Result<Prompt> prompt, Done done);
  bool empty() const { return running_.empty(); }
  bool write_to(const std::string& conversation) const { return running_.count(conversation) != 0; }
  // What a reply has come to so far; null: it is not being written here.
  const Reply* find(const std::string& reply) const;

  // Ends a reply as cancelled, at once; nothing if it has ended. The other: all of them, as interrupted,
  // since the process is about to end.
  void cancel(const std::string& reply);
  void interrupt();

  // To be called, from the loop, when none is left that was running; at once if there is none now.
  void when_none(std::function<void()> none);

  // To be called every so often, `slack` apart at most: stores what has come since.
  void store_pieces(std::chrono::milliseconds slack);
  // Ends the replies that another process wants stopped.
  void obey_stops();

 private:
  struct Running;

  asio::awaitable<void> answer(std::shared_ptr<Running> running, Prompt prompt);
  void took(Running& running, std::vector<Piece> pieces);
  void state(Running& running, std::string_view state, const std::optional<Retry>& retry);
  void stop(const std::shared_ptr<Running>& running, Status status);
  void end(const std::shared_ptr<Running>& running, Status status, std::optional<Error> error);
  void store_ended();

  asio::io_context& io_;
  Claude& claude_;
  Store& store_;
  const ConversationEvents& events_;
  std::map<std::string, std::shared_ptr<Running>> running_;  // by conversation
  std::vector<std::shared_ptr<Running>> ended_;              // of them: not yet stored
  std::chrono::steady_clock::time_point stored_{};
  std::function<void()> none_;
};

}  // namespace aside
