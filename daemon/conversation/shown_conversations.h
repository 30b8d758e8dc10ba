// Which conversation a document shows. Driven by Conversations with URIs as the editor writes them; asks the store,
// which knows documents by canonical URIs, and finds a renamed file's conversation by what the file is. A document
// without a conversation is given an empty one, whose id becomes real when something is first asked in it or said
// about it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace aside {

// One or the other: the conversation that a document shows, or a conversation by its id.
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

  // The document under its canonical URI. The spelling is kept: messages to the editor name the document by it.
  Document document(const std::string& uri);
  // Like document(), with what identifies the file besides its name. Costs two file system calls, and reads the
  // beginning of the content.
  Document with_identity(const std::string& uri);
  // Like with_identity(), and the store remembers it: if the file had conversations under another name, it gets them.
  Document record_identity(const std::string& uri);
  std::string uri_for_editor(const std::string& canonical) const;

  Result<Conversation> of_document(const std::string& uri);
  // If of_document() is empty: conversations of documents that no longer exist and that may be this one, renamed.
  std::vector<Conversation> candidates(const std::string& canonical) const;
  // Errors: InvalidParams for an id that is neither stored nor proposed; what the store says.
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
  // The document has a conversation in the store now.
  void forget_proposal(const std::string& canonical);
  Result<void> renamed(const std::string& from, const std::string& to);

  // The document (canonical) was given an empty conversation here, and a real one by another process since.
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
