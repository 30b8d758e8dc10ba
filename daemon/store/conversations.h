// Conversations and the documents that show them, as rows. This part of the store also finds the conversation of a
// file that has a new name. All functions work within a transaction of the caller. A conversation's number (`thread`)
// is the number of its row and of its place in the lock file; the rest of the program uses its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/transaction.h"
#include "daemon/store/types.h"

namespace aside {

std::optional<std::int64_t> find_conversation(Transaction& work, const std::string& id);
// Rejects the transaction if there is no such conversation.
std::int64_t conversation_number(Transaction& work, const std::string& id);
Conversation read_conversation(Transaction& work, std::int64_t number);
// Returns a title for a fork of a conversation with this title: "Why? (fork)", "Why? (fork 2)" … The result is a
// title that no conversation has yet.
std::string fork_title(Transaction& work, const std::string& title);
std::int64_t insert_conversation(Transaction& work, const Conversation& proposal, const std::string& uri);
// Hides a conversation. Each document that showed it then shows another of its conversations, the one that was
// changed last, or none. Deleted conversations don't count.
void hide_conversation(Transaction& work, std::int64_t thread);
// Erases the deleted conversations with all their rows. Returns how many were erased.
int drop_deleted(Transaction& work);

// A document under the name that the store has for it, and the conversation that it shows.
struct KnownDocument {
  std::string uri;
  std::int64_t thread = 0;
  bool by_content = false;  // only the content shows that it is this document
  bool by_link = false;     // its name is now a link to the document
  bool offered = false;     // it may be this document, but only the user can tell
};
// Finds the document in the store. If its name isn't known, finds documents that no longer exist and may be this one
// under an earlier name. A single result that isn't `offered` is this document. The document whose conversation was
// changed last comes first; each conversation appears once. The content alone decides only under these conditions:
// the content is long; no other document has it; the file has the same name in another folder of the same repository
// (or one folder is inside the other); and the old folder still exists. Reasons: two projects may have the same
// licence file, and on a disk that isn't mounted every file looks deleted.
std::vector<KnownDocument> find_documents(Transaction& work, const Document& document);
// Finds the document and records its present name, identity and fingerprint. If several documents may be it, finds
// the one that shows the conversation `chosen`. Returns the document under the name that it had before.
std::optional<KnownDocument> adopt_document(Transaction& work, const Document& document,
                                            std::optional<std::int64_t> chosen = std::nullopt);
void show_conversation(Transaction& work, const Document& document, std::int64_t thread);
// Renames a document with all its conversations. Does nothing for an unknown document.
void move_document(Transaction& work, const std::string& from, const Document& to);
// Moves the documents below a folder to the same places below the new folder.
void move_folder(Transaction& work, const std::string& from, const Document& to);

}  // namespace aside
