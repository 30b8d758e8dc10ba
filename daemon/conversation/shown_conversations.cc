#include "daemon/conversation/shown_conversations.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <sstream>
#include <system_error>

#include "daemon/context/documents.h"
#include "daemon/context/file_identity.h"
#include "daemon/context/file_name.h"

namespace aside {

namespace {

std::string new_id() {
  std::array<std::uint32_t, 2> random = {};  // std::random_device would make the program need glibc 2.36
  if (::getentropy(random.data(), sizeof random) != 0)
    throw std::system_error(errno, std::generic_category(), "making an id");
  std::ostringstream id;
  id << 'c' << std::hex << random[0] << random[1];
  return id.str();
}

void identify(Document& document) {
  document.identity = file_identity(document.path);
  document.fingerprint = file_fingerprint(document.path);
}

}  // namespace

ShownConversations::ShownConversations(Store& store, TakenOver taken_over)
    : store_(store), on_taken_over_(std::move(taken_over)) {}

Document ShownConversations::document(const std::string& uri) {
  Document document{.uri = canonical(uri)};
  document.path = file_path(document.uri);
  if (const std::string given = file_path(uri); !given.empty() && given != document.path)
    for (const std::string& name : names_on_the_way(given))
      if (name != document.path) document.names.push_back(file_uri(name));
  spelling_[document.uri] = uri;
  return document;
}

Document ShownConversations::with_identity(const std::string& uri) {
  Document document = this->document(uri);
  identify(document);
  return document;
}

Document ShownConversations::record_identity(const std::string& uri) {
  Document document = with_identity(uri);
  if (document.path.empty()) return document;
  const auto former = store_.identify(document);
  if (!former)
    spdlog::warn("{}", former.error().message);
  else if (*former)
    on_taken_over_(uri, uri_for_editor(**former));
  return document;
}

std::string ShownConversations::uri_for_editor(const std::string& canonical) const {
  const auto found = spelling_.find(canonical);
  return found == spelling_.end() ? canonical : found->second;
}

Result<Conversation> ShownConversations::of_document(const std::string& uri) {
  Document document = this->document(uri);
  auto conversation = store_.current(document);
  if (!conversation) return conversation.error();
  if (*conversation) return std::move(**conversation);
  std::vector<Conversation> candidates;
  if (!document.path.empty()) {  // a renamed file is found by its identity
    identify(document);
    conversation = store_.current(document);
    if (!conversation) return conversation.error();
    if (*conversation) {
      record_identity(uri);
      return std::move(**conversation);
    }
    auto several = store_.candidates(document);
    if (!several) return several.error();
    candidates = *std::move(several);
  }
  Proposal& proposal = proposed_[document.uri];
  if (proposal.conversation.id.empty())
    proposal.conversation = Conversation{.id = new_id(), .uri = document.uri};
  proposal.candidates = std::move(candidates);
  return proposal.conversation;
}

std::vector<Conversation> ShownConversations::candidates(const std::string& canonical) const {
  const auto found = proposed_.find(canonical);
  return found == proposed_.end() ? std::vector<Conversation>() : found->second.candidates;
}

Result<Conversation> ShownConversations::find(const Subject& subject) {
  if (!subject.uri.empty()) return of_document(subject.uri);
  auto stored = store_.conversation(subject.conversation);
  if (!stored) return stored.error();
  if (*stored) return std::move(**stored);
  for (const auto& [uri, proposed] : proposed_)
    if (proposed.conversation.id == subject.conversation) return of_document(uri_for_editor(uri));
  return Error{ErrorCode::InvalidParams,
               "params.conversation: there is no conversation " + subject.conversation,
               {.hint = "Use an id from conversation/get or conversation/list."}};
}

Result<Conversation> ShownConversations::for_question(const std::string& uri,
                                                      const std::string& conversation) {
  auto shown = of_document(uri);
  if (!shown || conversation.empty() || shown->id == conversation) return shown;
  auto own = store_.one_of(with_identity(uri), conversation);
  if (!own) return own.error();
  if (*own) return std::move(**own);
  const auto other = find({.conversation = conversation});
  const bool unknown = !other && other.error().code == ErrorCode::InvalidParams;
  // The id was proposed by a daemon that ended before it stored the conversation, and the document has no stored
  // conversation.
  if (unknown && !shown->stored) return shown;
  if (!other) return other.error();
  return Error{ErrorCode::InvalidParams,
               "params.conversation: " + conversation + " is not a conversation of this document",
               {.hint = "Look at the conversation that the document shows now, and ask there."}};
}

Result<Conversation> ShownConversations::create(const std::string& uri, const std::string& title) {
  const Document document = record_identity(uri);
  return store_.create(document, Conversation{.id = new_id(), .uri = document.uri, .title = title});
}

Result<Conversation> ShownConversations::fork(const std::string& uri, const Conversation& from,
                                              const std::string& reply, const std::string& title) {
  const Document document = record_identity(uri);
  const Conversation proposal{.id = new_id(),
                              .uri = document.uri,
                              .title = title == from.title ? "" : title,  // empty: the store makes one
                              .model = from.model,
                              .effort = from.effort};
  return store_.fork(document, from.id, reply, proposal);
}

Result<Conversation> ShownConversations::import_tree(const std::string& uri, const Tree& tree) {
  const Document document = record_identity(uri);
  Conversation proposal = tree.conversation;
  proposal.id = new_id();
  proposal.uri = document.uri;
  return store_.import_tree(document, proposal, tree);
}

Result<Conversation> ShownConversations::ensure_stored(Conversation conversation) {
  if (conversation.stored) return conversation;
  return store_.create(with_identity(uri_for_editor(conversation.uri)), conversation);
}

void ShownConversations::forget_proposal(const std::string& canonical) {
  proposed_.erase(canonical);
}

Result<void> ShownConversations::renamed(const std::string& from, const std::string& to) {
  const std::string old = canonical_before(from, to);
  const Document document = with_identity(to);
  if (auto renamed = store_.rename(old, document); !renamed) return renamed.error();
  if (auto proposed = proposed_.extract(old); !proposed.empty()) {
    proposed.key() = document.uri;
    proposed.mapped().conversation.uri = document.uri;
    proposed_.insert(std::move(proposed));
  }
  return {};
}

std::optional<ShownConversations::ReplacedProposal> ShownConversations::replaced_proposal(
    const std::string& document) {
  const auto proposed = proposed_.find(document);
  if (proposed == proposed_.end()) return std::nullopt;
  auto conversation = store_.current({.uri = document, .path = file_path(document)});
  if (!conversation || !*conversation) return std::nullopt;
  return ReplacedProposal{proposed->second.conversation.id, std::move(**conversation)};
}

}  // namespace aside
