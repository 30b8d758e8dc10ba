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

class Threads {
 public:
  // `taken_over`: a document has been given the conversations of one that is gone, because its content was the
  // same.
  using TakenOver = std::function<void(const std::string& uri, const std::string& former)>;

  Threads(Store& store, TakenOver taken_over);

  // By its canonical URI. The spelling is kept: that is how the editor is told of this document.
  Document document(const std::string& uri);
  // Also what it is, beside its name: two file system calls and the beginning of its content.
  Document identified(const std::string& uri);
  // Also that the store knows it by this from now on: what it had under another name is its own.
  Document recognised(const std::string& uri);
  std::string uri_for_editor(const std::string& canonical) const;

  Result<Thread> shown(const std::string& uri);
  // Where that is an empty one: the conversations of documents that are gone and may have been this one.
  std::vector<Thread> candidates(const std::string& canonical) const;
  // Errors: InvalidParams for an id that is neither stored nor proposed; what the store says.
  Result<Thread> find(const Subject& subject);
  // The conversation that a question goes to: the one that it names, which must be one of the document's, or where
  // it names none the one that is shown. Errors: as `find`, for another document's, too.
  Result<Thread> asked_in(const std::string& uri, const std::string& conversation);
  // A new one in the store; the document shows it from now on.
  Result<Thread> create(const std::string& uri, const std::string& title);
  // The same, holding the path to this reply of another.
  Result<Thread> fork(const std::string& uri, const Thread& from, const std::string& reply,
                      const std::string& title);
  // The same, holding all of this tree.
  Result<Thread> plant(const std::string& uri, const Tree& tree);
  // The conversation itself if it is in the store, else put there under its proposed id.
  Result<Thread> stored(Thread thread);
  // The document has a conversation in the store now.
  void settled(const std::string& canonical);
  Result<void> renamed(const std::string& from, const std::string& to);

  // The document (canonical) was given an empty conversation here, and a real one by another process since.
  struct Overtaken {
    std::string proposed;
    Thread thread;
  };
  std::optional<Overtaken> overtaken(const std::string& document);

 private:
  struct Proposal {
    Thread thread;
    std::vector<Thread> candidates;
  };
  Store& store_;
  TakenOver taken_over_;
  std::map<std::string, Proposal> proposed_;     // by canonical URI
  std::map<std::string, std::string> spelling_;  // canonical URI → the editor's
};

}  // namespace aside
