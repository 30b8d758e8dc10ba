// Finds the conversation that a document shows. Conversations and Asking call this class with URIs as the editor
// writes them; the store knows documents by canonical URIs. The conversation of a renamed file is found by the file's
// identity or content. A document without a conversation gets an empty conversation with a proposed id; the first
// question, or the first change of its settings, stores this conversation.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace aside {

// Only one of the two is set: a document, for the conversation that it shows, or the id of a conversation.
struct Subject {
  std::string uri = {};
  std::string conversation = {};
};

class ShownConversations {
 public:
  // `taken_over` reports that a document was given the conversations of a document that no longer exists, because
  // both have the same content.
  using TakenOver = std::function<void(const std::string& uri, const std::string& former)>;

  ShownConversations(Store& store, TakenOver taken_over);

  // Returns the document under its canonical URI. Remembers the editor's spelling, since messages to the editor use
  // this spelling.
  Document document(const std::string& uri);
  // Like document(), with the data that identifies the file apart from its name. Reads the file, at most 4 MiB.
  Document with_identity(const std::string& uri);
  // Like with_identity(), but the store records the identity. If the file had conversations under another name, it
  // gets them.
  Document record_identity(const std::string& uri);
  std::string uri_for_editor(const std::string& canonical) const;

  Result<Conversation> of_document(const std::string& uri);
  // If of_document() is empty: the conversations of documents that no longer exist and may be this one under an
  // earlier name.
  std::vector<Conversation> candidates(const std::string& canonical) const;
  // Errors: InvalidParams for an id that is neither stored nor proposed; errors of the store.
  Result<Conversation> find(const Subject& subject);
  // Returns the conversation for a question: the one that the question names, or else the one that the document
  // shows. Errors: as in find(); also an error if the named conversation belongs to another document.
  Result<Conversation> for_question(const std::string& uri, const std::string& conversation);
  // Stores a new conversation, which the document then shows.
  Result<Conversation> create(const std::string& uri, const std::string& title);
  // Like create(), but the new conversation begins with the path to this reply of another conversation.
  Result<Conversation> fork(const std::string& uri, const Conversation& from, const std::string& reply,
                            const std::string& title);
  // Like create(), but the new conversation begins with all turns of this tree.
  Result<Conversation> import_tree(const std::string& uri, const Tree& tree);
  // Stores the conversation under its proposed id, unless it is already stored.
  Result<Conversation> ensure_stored(Conversation conversation);
  // Call this when the document has a conversation in the store.
  void forget_proposal(const std::string& canonical);
  Result<void> renamed(const std::string& from, const std::string& to);

  // This process had proposed a conversation for the document (canonical), and another process has stored another
  // conversation for it since.
  struct ReplacedProposal {
    std::string proposed;
    Conversation conversation;
  };
  std::optional<ReplacedProposal> replaced_proposal(const std::string& document);

 private:
  struct Proposal {
    Conversation conversation;
    std::vector<Conversation> candidates;
  };
  Store& store_;
  TakenOver on_taken_over_;
  std::map<std::string, Proposal> proposed_;     // by canonical URI
  std::map<std::string, std::string> spelling_;  // canonical URI → the editor's
};

}  // namespace aside
