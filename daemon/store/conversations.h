// Threads and the documents that show them, as rows: the part of the store that finds a file again under its
// new name. All within a transaction of the caller. A thread's number is its row and its place in the lock
// file; its id is what the rest of the program knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/database.h"
#include "daemon/store/types.h"

namespace aside {

std::optional<std::int64_t> find_thread(Transaction& work, const std::string& id);
// Rejects the transaction where there is none.
std::int64_t thread_number(Transaction& work, const std::string& id);
Thread read_thread(Transaction& work, std::int64_t number);
// For a fork of a thread that is called so: "Why? (fork)", "Why? (fork 2)" … which no thread is called yet.
std::string fork_title(Transaction& work, const std::string& title);
std::int64_t insert_thread(Transaction& work, const Thread& proposal, const std::string& uri);
// Its documents show the living thread they were in last, and those without one none.
void hide_thread(Transaction& work, std::int64_t thread);
// The threads that were deleted, with all they hold; how many.
int drop_deleted(Transaction& work);

// A document under the name that the store has for it, and the thread it shows.
struct Known {
  std::string uri;
  std::int64_t thread = 0;
  bool by_content = false;  // nothing but its content says that it is this one
  bool by_link = false;     // it was a file where there is a link to the document now
  bool offered = false;     // may be it, and isn't taken for it
};
// The document itself, or those that are gone and may be it under an earlier name: a single one that isn't
// merely offered is it. The one changed last comes first, and no thread twice. Content alone tells only where
// it is long, no other document is known with it, the name is the same but for the folder, within the same
// repository (or one folder in the other), and the folder that it is gone from is there: two projects have
// the same licence, and a disk that isn't mounted takes nothing away.
std::vector<Known> find_documents(Transaction& work, const Document& document);
// The one that it is, or of several the one that shows the thread `chosen`, under the name that it had; the
// store now has it under its present name, identity and fingerprint.
std::optional<Known> settle(Transaction& work, const Document& document,
                            std::optional<std::int64_t> chosen = std::nullopt);
void show_thread(Transaction& work, const Document& document, std::int64_t thread);
// With all its threads; nothing for a document that isn't known.
void move_document(Transaction& work, const std::string& from, const Document& to);
// The documents below a folder, each to its place below the new one.
void move_folder(Transaction& work, const std::string& from, const Document& to);

}  // namespace aside
