// Conversations and turns in SQLite, shared by all daemons of a user. Only this folder has SQL (database: the
// connection; schema: the tables; conversations and turns: rows). The folder knows nothing of the API or the editor.
// Everything is read from the store when it is needed: there is no cache that another process could make stale. The
// file is opened at the first call, not at construction. As long as a store can't be used (damaged, written by a newer
// version, read-only, or without a write-ahead log), every call fails with the same clear error; the file is never
// replaced or repaired.
//
// `begin` stores a question and its empty reply before the request is sent. `append` stores the pieces of running
// replies a few times a second. These two don't wait for the disk. `finish` stores the whole reply when it has ended,
// and waits until it is on the disk. Turns are never rewritten or deleted. A conversation has at most one running reply
// to an ordinary question, and at most `max_sides` running replies to side questions. Each is written by one process:
// `begin` takes the reply's lease, which lives until the Exchange is destroyed.
//
// A side question follows a reply of the path, but it and its reply are not on the path: they don't move the head, and
// don't count as variants of other turns. `select`, or an ordinary question that follows them, makes them ordinary
// turns of the path.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/store/subscription.h"
#include "daemon/store/types.h"
#include "daemon/system/lock_file.h"
#include "daemon/system/watch.h"

namespace aside {

class Database;

class Store {
 public:
  static constexpr int schema_version = 4;
  static constexpr int max_sides = 4;  // the most side questions of a conversation that are answered at once
  // The longest wait of a call for another process's lock. `briefly` is for calls that are tried again later anyway.
  static constexpr std::chrono::milliseconds patience{2000}, briefly{100};

  // `owner` is the name of this process. The error Busy tells it to people.
  Store(std::string path, std::string owner);  // ":memory:" for tests
  // Sets the owner, since the editor gives its name only when it connects.
  void introduce(std::string owner) { owner_ = std::move(owner); }
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // A notice, returned once, that a new store was made although backups of an earlier store exist; otherwise empty.
  std::string take_notice();
  // Whether the last failed call failed for lack of memory.
  bool out_of_memory() const;
  Result<void> open();  // each call below also does this; repeated calls have no effect
  // Closes the connection until the next call. Leases are kept. Called before a fork, since processes can't share a
  // connection.
  void disconnect();

  // The conversation that a document shows. It is found by uri; else by identity, if exactly one document with this
  // identity no longer exists or now leads to this document; else by the name of a link that leads to this document;
  // else by fingerprint, if the match is almost certain (see find_documents). Only reads: the conversation has its
  // old uri until `begin`, `create`, `show` or `identify` is called with that document.
  Result<std::optional<Conversation>> current(const Document& document);
  // The conversations of documents that no longer exist and may be this document under an earlier name. Empty if
  // `current` finds a conversation. After `show` with one of these conversations, the document shows that conversation.
  Result<std::vector<Conversation>> candidates(const Document& document);
  // Returns this conversation if the document has shown it at any time. The document is found as in `current`.
  Result<std::optional<Conversation>> one_of(const Document& document, const std::string& conversation);
  Result<std::optional<Conversation>> conversation(const std::string& id);
  // Makes a new conversation the one that the document shows.
  Result<Conversation> create(const Document& document, const Conversation& proposal);
  // Makes the document show this conversation, which also stays with its other documents.
  Result<void> show(const Document& document, const std::string& conversation);
  // Records that the document (or all documents below a folder) has a new name. Conversations that `to` showed before
  // stay in the store.
  Result<void> rename(const std::string& from, const Document& to);
  // Records the name, identity and fingerprint of a document that `current` finds; does nothing for other documents.
  // If the document was found by its content alone, returns its earlier name.
  Result<std::optional<std::string>> identify(const Document& document);
  Result<Page> list(const ListFilter& filter);
  // The newest hits come first. If a turn has copies (forked or imported), only the original is a hit.
  Result<std::vector<Hit>> search(const SearchFilter& filter);
  // Adds up the replies whose usage is known, including those of deleted conversations. A reply that was exported and
  // imported again is in the store twice, but was paid only once; it counts once.
  Result<UsageReport> usage(const UsageFilter& filter);
  // The conversations changed last, the newest first, with what was asked in them; see past.h.
  Result<std::vector<AskedConversation>> past(const PastFilter& filter);

  // Hides a conversation in lists, in searches and in its documents. Each of these documents then shows another of
  // its conversations, the one that was changed last, or none. The conversation comes back when it is shown again or
  // gets a question. Errors: Busy as in `begin`.
  Result<void> remove(const std::string& conversation);
  // Erases deleted conversations for good, and returns their space to the disk. Returns how many were erased.
  Result<int> compact();
  // Copies the path to this reply into a new conversation, which the document then shows. The costs are not copied.
  // If the proposal has no title, the new conversation gets a title from the original's. Errors: Busy if that reply
  // is being written.
  Result<Conversation> fork(const Document& document, const std::string& conversation,
                            const std::string& reply, const Conversation& proposal);

  // Reads a whole conversation. A reply that is still `Streaming` has only what `path` gives.
  Result<Tree> tree(const std::string& conversation);
  // Makes a new conversation from the tree, with new ids; the document then shows it. All its replies must have
  // ended.
  Result<Conversation> import_tree(const Document& document, const Conversation& proposal, const Tree& tree);

  // The store's file; empty for a store in memory.
  std::string file_name() const;
  // The lock that a process holds while it makes a backup; nullopt if another process holds it. It must be released
  // before the store is destroyed.
  Result<std::optional<LockFile::Lock>> lock_for_backup();

  // The path from the root to `leaf` (a reply or a question), with variants, attachments and everything else. An
  // empty `leaf` is the root, and gives no turns. A reply that is still `Streaming` has only what `begin` stored; see
  // `pieces`.
  Result<std::vector<Turn>> path(const std::string& conversation, const std::string& leaf);
  Result<PathPart> path(const std::string& conversation, const std::string& leaf, const Window& window);
  // The side questions that follow these turns of a path, or one another, in the order question, reply, question,
  // reply … If a question has several replies, the newest that didn't fail is returned.
  Result<std::vector<Turn>> sides(const std::string& conversation, const std::vector<Turn>& path);
  Result<std::optional<Turn>> turn(const std::string& conversation, const std::string& id);
  // The exchanges whose question shared text, in the order of the path to `leaf`, a reply. The list starts at the
  // path's last summary. It is empty if there is no such reply.
  Result<std::vector<Turn>> sharing(const std::string& conversation, const std::string& leaf);
  // The questions that have shared some lines of a document (not only whole documents). These are the questions on the
  // path to `leaf`, a reply, and the side questions that follow this path. They are in the order in which they were
  // asked, without their replies.
  Result<std::vector<Turn>> about_lines(const std::string& conversation, const std::string& leaf);
  Result<Totals> totals(const std::string& conversation);  // over all turns, not only the path

  // The exchanges whose question has instructions appended, and the summaries, in the order of the path to `leaf`, a
  // reply or a question. The last exchange may be a question alone. The list is empty if there is no such turn.
  Result<std::vector<Turn>> instructed(const std::string& conversation, const std::string& leaf);

  // Moves the head. If `turn` is a reply, the head moves to it. If it is a question, the head moves to its reply that
  // was last visited, or else to its newest reply. If it is "", the head moves before the first question. Errors: Busy
  // as in `begin`; InvalidParams if there is no such turn.
  Result<Conversation> select(const std::string& conversation, const std::string& turn,
                              SelectMode mode = SelectMode::Exactly);
  Result<Conversation> configure(const std::string& conversation, const std::optional<std::string>& model,
                                 const std::optional<std::string>& effort,
                                 const std::optional<std::string>& title);
  // Requests leave out the thinking of these turns from now on.
  Result<void> omit_thinking(const std::vector<std::string>& turns);

  // Whether the user allows a folder's instructions; nullopt if the user hasn't answered yet. The folder is a
  // canonical path.
  Result<std::optional<bool>> allowed(const std::string& folder);
  Result<void> allow(const std::string& folder, bool allow);

  // Stores a question and its empty reply. Errors: Busy (with turn, owner, since) while a reply is being written in
  // that conversation, or if `max_sides` side questions are being answered; InvalidParams if the parent is not a
  // reply of the conversation; Storage.
  Result<Exchange> begin(NewExchange exchange);
  struct Grown {
    std::string reply;
    std::vector<Piece> pieces;
  };
  Result<void> append(const std::vector<Grown>& grown,
                      std::chrono::milliseconds wait = patience);  // one transaction
  // Stores the ended reply with this id, synced, and drops its pieces. A reply that is already finished stays as it
  // is.
  Result<void> finish(const Turn& reply) { return finish(std::vector{&reply}); }
  Result<void> finish(const std::vector<const Turn*>& replies,
                      std::chrono::milliseconds wait = patience);  // one transaction, one wait for the disk

  // Call this after `finish`, but only when the reply's lease has been given back, since a follower that learns of the
  // reply's end may ask the next question at once.
  void wake_followers(const std::string& conversation);

  // These functions follow what other processes write. While the Subscription lives, the loop calls `written` after a
  // commit that changes the conversation (`follow`), makes the document (canonical) show another conversation
  // (`follow_document`), or asks to stop the reply (`follow_stops`). Read the state after these functions return, so
  // that no commit is missed. nullopt if the conversation or the reply isn't stored, or if the store can't be used.
  using Written = std::function<void()>;
  std::optional<Subscription> follow(const std::string& conversation, Watch& watch, Written written);
  std::optional<Subscription> follow_document(const std::string& uri, Watch& watch, Written written);
  std::optional<Subscription> follow_stops(const std::string& reply, Watch& watch, Written written);
  Result<std::vector<PieceRow>> pieces(const std::string& reply, std::int64_t after);
  bool written(const std::string& reply);                // whether another process is writing it now
  bool followed(const std::string& conversation) const;  // whether another process follows it
  Result<void> request_stop(const std::string& reply);
  Result<bool> stop_requested(const std::string& reply);

 private:
  std::optional<std::int64_t> number(const std::string& conversation) const;
  Watch::File file(std::int64_t place, Watch& watch, Written written) const;
  std::unique_ptr<Database> database_;
  std::string owner_;
};

}  // namespace aside
