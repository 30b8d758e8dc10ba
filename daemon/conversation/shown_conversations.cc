#include "daemon/conversation/shown_conversations.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <sstream>
#include <system_error>

#include "daemon/context/documents.h"

namespace aside {

namespace {

std::string new_id() {
  std::array<std::uint32_t, 2> random = {};  // std::random_device would tie the program to glibc 2.36
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

Threads::Threads(Store& store, TakenOver taken_over) : store_(store), taken_over_(std::move(taken_over)) {}

Document Threads::document(const std::string& uri) {
  Document document{.uri = canonical(uri)};
  document.path = file_path(document.uri);
  if (const std::string given = file_path(uri); !given.empty() && given != document.path)
    for (const std::string& name : names_on_the_way(given))
      if (name != document.path) document.names.push_back(file_uri(name));
  spelling_[document.uri] = uri;
  return document;
}

Document Threads::identified(const std::string& uri) {
  Document document = this->document(uri);
  identify(document);
  return document;
}

Document Threads::recognised(const std::string& uri) {
  Document document = identified(uri);
  if (document.path.empty()) return document;
  const auto former = store_.identify(document);
  if (!former)
    spdlog::warn("{}", former.error().message);
  else if (*former)
    taken_over_(uri, uri_for_editor(**former));
  return document;
}

std::string Threads::uri_for_editor(const std::string& canonical) const {
  const auto found = spelling_.find(canonical);
  return found == spelling_.end() ? canonical : found->second;
}

Result<Thread> Threads::shown(const std::string& uri) {
  Document document = this->document(uri);
  auto thread = store_.current(document);
  if (!thread) return thread.error();
  if (*thread) return std::move(**thread);
  std::vector<Thread> candidates;
  if (!document.path.empty()) {  // perhaps it had another name: what it is tells
    identify(document);
    thread = store_.current(document);
    if (!thread) return thread.error();
    if (*thread) {
      recognised(uri);
      return std::move(**thread);
    }
    auto several = store_.candidates(document);
    if (!several) return several.error();
    candidates = *std::move(several);
  }
  Proposal& proposal = proposed_[document.uri];
  if (proposal.thread.id.empty()) proposal.thread = Thread{.id = new_id(), .uri = document.uri};
  proposal.candidates = std::move(candidates);
  return proposal.thread;
}

std::vector<Thread> Threads::candidates(const std::string& canonical) const {
  const auto found = proposed_.find(canonical);
  return found == proposed_.end() ? std::vector<Thread>() : found->second.candidates;
}

Result<Thread> Threads::find(const Subject& subject) {
  if (!subject.uri.empty()) return shown(subject.uri);
  auto stored = store_.thread(subject.conversation);
  if (!stored) return stored.error();
  if (*stored) return std::move(**stored);
  for (const auto& [uri, proposed] : proposed_)
    if (proposed.thread.id == subject.conversation) return shown(uri_for_editor(uri));
  return Error{ErrorCode::InvalidParams,
               "params.conversation: there is no conversation " + subject.conversation,
               {.hint = "Take an id that conversation/get or conversation/list gave."}};
}

Result<Thread> Threads::asked_in(const std::string& uri, const std::string& conversation) {
  auto shown = this->shown(uri);
  if (!shown || conversation.empty() || shown->id == conversation) return shown;
  auto own = store_.one_of(identified(uri), conversation);
  if (!own) return own.error();
  if (*own) return std::move(**own);
  const auto other = find({.conversation = conversation});
  const bool unknown = !other && other.error().code == ErrorCode::InvalidParams;
  if (unknown && !shown->stored) return shown;  // proposed by a daemon that is gone, and there is no other
  if (!other) return other.error();
  return Error{ErrorCode::InvalidParams,
               "params.conversation: " + conversation + " is no conversation of this document",
               {.hint = "Look at the conversation that the document shows now, and ask there."}};
}

Result<Thread> Threads::create(const std::string& uri, const std::string& title) {
  const Document document = recognised(uri);
  return store_.create(document, Thread{.id = new_id(), .uri = document.uri, .title = title});
}

Result<Thread> Threads::fork(const std::string& uri, const Thread& from, const std::string& reply,
                             const std::string& title) {
  const Document document = recognised(uri);
  const Thread proposal{.id = new_id(),
                        .uri = document.uri,
                        .title = title == from.title ? "" : title,  // a name of its own
                        .model = from.model,
                        .effort = from.effort};
  return store_.fork(document, from.id, reply, proposal);
}

Result<Thread> Threads::plant(const std::string& uri, const Tree& tree) {
  const Document document = recognised(uri);
  Thread proposal = tree.thread;
  proposal.id = new_id();
  proposal.uri = document.uri;
  return store_.plant(document, proposal, tree);
}

Result<Thread> Threads::stored(Thread thread) {
  if (thread.stored) return thread;
  return store_.create(identified(uri_for_editor(thread.uri)), thread);
}

void Threads::settled(const std::string& canonical) {
  proposed_.erase(canonical);
}

Result<void> Threads::renamed(const std::string& from, const std::string& to) {
  const std::string old = canonical_before(from, to);
  const Document document = identified(to);
  if (auto renamed = store_.rename(old, document); !renamed) return renamed.error();
  if (auto proposed = proposed_.extract(old); !proposed.empty()) {
    proposed.key() = document.uri;
    proposed.mapped().thread.uri = document.uri;
    proposed_.insert(std::move(proposed));
  }
  return {};
}

std::optional<Threads::Overtaken> Threads::overtaken(const std::string& document) {
  const auto proposed = proposed_.find(document);
  if (proposed == proposed_.end()) return std::nullopt;
  auto thread = store_.current({.uri = document, .path = file_path(document)});
  if (!thread || !*thread) return std::nullopt;
  return Overtaken{proposed->second.thread.id, std::move(**thread)};
}

}  // namespace aside
