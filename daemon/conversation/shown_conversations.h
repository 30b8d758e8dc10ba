// Which conversation a document shows. Conversations and Asking call it with URIs as the editor writes them; the
// store knows documents by canonical URIs. The conversation of a renamed file is found by the file's identity or
// content. A document without a conversation gets an empty one with a proposed id, which is stored at the first
// question or the first change of its settings.
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
  // `taken_over`: a document has been given the conversations of one that is gone, because its content was the
  // same.
  using TakenOver = std::function<void(const std::string& uri, const std::string& former)>;

  ShownConversations(Store& store, TakenOver taken_over);

  // The document under its canonical URI. The editor's spelling is remembered, since messages to the editor name
  // the document by it.
  Document document(const std::string& uri);
  // Like document(), with what identifies the file besides its name. Reads the file, up to 4 MiB of it.
  Document with_identity(const std::string& uri);
  // Like with_identity(), and the store remembers it: if the file had conversations under another name, it gets them.
  Document record_identity(const std::string& uri);
  std::string uri_for_editor(const std::string& canonical) const;

  Result<Conversation> of_document(const std::string& uri);
  // If of_document() is empty: conversations of documents that no longer exist and that may be this one, renamed.
  std::vector<Conversation> candidates(const std::string& canonical) const;
  // Errors: InvalidParams for an id that is neither stored nor proposed; those of the store.
  Result<Conversation> find(const Subject& subject);
  // The conversation that a question goes to: the one that it names or, if it names none, the one that the document
  // shows. Errors: those of find(), also for a conversation of another document.
  Result<Conversation> for_question(const std::string& uri, const std::string& conversation);
  // Stores a new conversation, which the document shows from now on.
  Result<Conversation> create(const std::string& uri, const std::string& title);
  // Like create(), but the new conversation begins with the path to this reply of another one.
  Result<Conversation> fork(const std::string& uri, const Conversation& from, const std::string& reply,
                            const std::string& title);
  // Like create(), but the new conversation begins with all turns of this tree.
  Result<Conversation> import_tree(const std::string& uri, const Tree& tree);
  // Stores the conversation under its proposed id unless it is in the store already.
  Result<Conversation> ensure_stored(Conversation conversation);
  // Call it when the document has a conversation in the store.
  void forget_proposal(const std::string& canonical);
  Result<void> renamed(const std::string& from, const std::string& to);

  // This process has proposed a conversation for the document (canonical), and another process has stored one for
  // it since.
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
