// Conversations and the documents that show them, as rows: the part of the store that finds a file again under
// its new name. All functions work within a transaction of the caller. A conversation's number (`thread`) is its
// row and its place in the lock file; the rest of the program uses its id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

std::optional<std::int64_t> find_conversation(Transaction& work, const std::string& id);
// Rejects the transaction if there is no such conversation.
std::int64_t conversation_number(Transaction& work, const std::string& id);
Conversation read_conversation(Transaction& work, std::int64_t number);
// A title for a fork of a conversation with this title, which no conversation has yet: "Why? (fork)", "Why? (fork 2)" …
std::string fork_title(Transaction& work, const std::string& title);
std::int64_t insert_conversation(Transaction& work, const Conversation& proposal, const std::string& uri);
// Hides a conversation. Its documents then show the last changed of their conversations that are not deleted, or
// none.
void hide_conversation(Transaction& work, std::int64_t thread);
// Erases the deleted conversations with all their rows; returns how many.
int drop_deleted(Transaction& work);

// A document under the name that the store has for it, and the conversation it shows.
struct KnownDocument {
  std::string uri;
  std::int64_t thread = 0;
  bool by_content = false;  // only its content shows that it is this document
  bool by_link = false;     // its name is now a link to the document
  bool offered = false;     // it may be this document, but isn't taken for it
};
// Finds the document, or gone documents that may be this one under an earlier name; a single result that isn't
// `offered` is this document. The document whose conversation changed last comes first; each conversation appears
// once. Content alone decides only if it is long, no other document has it, the file name is the same in another
// folder of the same repository (or one folder is inside the other), and the old folder still exists. Reasons:
// two projects may have the same licence file, and on a disk that isn't mounted every file looks deleted.
std::vector<KnownDocument> find_documents(Transaction& work, const Document& document);
// Finds the document, or, if several may be it, the one that shows the conversation `chosen`, and records its
// present name, identity and fingerprint. Returns it with the name that it had before.
std::optional<KnownDocument> adopt_document(Transaction& work, const Document& document,
                                            std::optional<std::int64_t> chosen = std::nullopt);
void show_conversation(Transaction& work, const Document& document, std::int64_t thread);
// Renames a document with all its conversations; does nothing if it isn't known.
void move_document(Transaction& work, const std::string& from, const Document& to);
// Moves the documents below a folder to their places below the new one.
void move_folder(Transaction& work, const std::string& from, const Document& to);

}  // namespace aside
