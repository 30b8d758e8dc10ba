#include "daemon/conversation/followers.h"

#include <algorithm>
#include <asio/post.hpp>
#include <iterator>
#include <utility>

namespace aside {

Followers::Followers(asio::io_context& io, Store& store, Watch& watch, ShownConversations& shown,
                     const RunningReplies& replies, const ConversationEvents& events)
    : io_(io),
      store_(store),
      watch_(watch),
      shown_conversations_(shown),
      replies_(replies),
      events_(events),
      writers_(io) {}

void Followers::watch_document(const std::string& document) {
  if (documents_.contains(document)) return;
  auto watched = store_.follow_document(document, watch_, [this, document] { on_document(document); });
  if (watched) documents_.emplace(document, *std::move(watched));
}

void Followers::show(const Conversation& conversation, const std::string& document) {
  const bool joins = following_.count(conversation.id) == 0;
  Following& following = follow(conversation, document);
  if (!conversation.stored) return;
  if (joins)
    following.join();
  else if (!replies_.write_to(conversation.id))
    following.catch_up();
  look_after_writers();
}

void Followers::mark_shown(const Conversation& conversation) {
  if (const auto entry = following_.find(conversation.id); entry != following_.end())
    entry->second.mark_shown(conversation);
}

void Followers::as_shown(const std::string& conversation, std::vector<Turn>& turns) const {
  const auto following = following_.find(conversation);
  if (following == following_.end()) return;
  for (Turn& turn : turns) {
    if (turn.id != following->second.reply()) continue;
    turn.status = Status::Streaming;
    turn.text = following->second.text();
    turn.thinking = following->second.thinking();
  }
}

void Followers::record_own_change(const Conversation& conversation) {
  if (const auto entry = following_.find(conversation.id); entry != following_.end())
    entry->second.record_own_change(conversation);
}

void Followers::record_created(const Conversation& conversation) {
  shown_[conversation.uri] = conversation.id;
}

void Followers::record_removed(const std::string& conversation) {
  following_.erase(conversation);
  for (auto next = shown_.begin(); next != shown_.end();) {
    const auto entry = next++;
    if (entry->second != conversation) continue;
    const auto current = store_.current({.uri = entry->first});
    if (current && *current)
      entry->second = (*current)->id;
    else if (current)
      shown_.erase(entry);
  }
}

void Followers::record_asked(const Conversation& conversation, const std::string& document,
                             const std::string& proposed) {
  const auto known = shown_.find(document);
  const std::string before = known == shown_.end() ? "" : known->second;
  if (proposed.empty()) {
    record_own_change(conversation);
  } else if (proposed != conversation.id) {
    following_.erase(proposed);
    events_.changed(proposed, document);
  }
  follow(conversation, document).mark_shown(conversation);
  if (!before.empty() && before != conversation.id) events_.changed(before, document);
}

void Followers::record_asked(const Conversation& conversation) {
  record_own_change(conversation);
  follow(conversation, conversation.uri).mark_shown(conversation);
}

std::set<std::string> Followers::shown_conversations() const {
  std::set<std::string> shown;
  for (const auto& [document, conversation] : shown_) shown.insert(conversation);
  return shown;
}

void Followers::closed(const std::string& document) {
  shown_.erase(document);
  documents_.erase(document);
  for (auto entry = following_.begin(); entry != following_.end();) {
    entry = entry->second.closed(document) ? following_.erase(entry) : std::next(entry);
  }
}

void Followers::renamed(const std::string& from, const std::string& to) {
  if (auto shown = shown_.extract(from); !shown.empty()) {
    shown.key() = to;
    shown_.insert(std::move(shown));
  }
  if (documents_.erase(from) > 0) watch_document(to);
  for (auto& [id, following] : following_) {
    following.renamed(from, to);
    if (auto conversation = store_.conversation(id); conversation && *conversation)
      following.record_own_change(**conversation);
  }
}

void Followers::clear() {
  following_.clear();
  shown_.clear();
  documents_.clear();
}

Following& Followers::follow(const Conversation& conversation, const std::string& document) {
  Following& following = following_.try_emplace(conversation.id, store_, events_, conversation).first->second;
  following.shown_by(document);
  watch_document(document);
  if (!conversation.stored) return following;
  shown_[document] = conversation.id;
  const std::string id = conversation.id;
  // Finds what was committed after the conversation was read and before the subscription began.
  if (following.subscribe(watch_, [this, id] { on_written(id); }))
    asio::post(io_, [this, id] { on_written(id); });
  return following;
}

void Followers::on_written(const std::string& conversation) {
  const auto found = following_.find(conversation);
  if (found == following_.end()) return;
  if (replies_.write_to(conversation)) return found->second.catch_up_beside_reply();
  found->second.catch_up();
  look_after_writers();
}

void Followers::on_document(const std::string& document) {
  adopt(document);
  tell_of_others(document);
}

// Checks at intervals whether the writers still live, since a writer that dies gives no notice.
void Followers::look_after_writers() {
  const auto is_written = [](const auto& entry) { return !entry.second.reply().empty(); };
  if (looking_ || std::none_of(following_.begin(), following_.end(), is_written)) return;
  looking_ = true;
  writers_.expires_after(writer_interval);
  writers_.async_wait([this](const asio::error_code& error) {
    looking_ = false;
    if (error) return;
    for (auto& [conversation, following] : following_)
      if (!following.reply().empty() && !replies_.write_to(conversation)) following.catch_up();
    look_after_writers();
  });
}

// If a document had no conversation and another process has stored one for the document since, the editor follows the
// stored one.
void Followers::adopt(const std::string& document) {
  const auto replaced_proposal = shown_conversations_.replaced_proposal(document);
  if (!replaced_proposal || following_.erase(replaced_proposal->proposed) == 0) return;
  events_.changed(replaced_proposal->proposed, document);
  follow(replaced_proposal->conversation, document).catch_up();
  look_after_writers();
}

// If another process has made the document show another conversation, tells the editor, which then reads that
// conversation.
void Followers::tell_of_others(const std::string& document) {
  const auto entry = shown_.find(document);
  if (entry == shown_.end()) return;
  const auto current = store_.current({.uri = document});
  const std::string now = current && *current ? (*current)->id : "";
  if (!current || now == entry->second) return;
  events_.changed(std::exchange(entry->second, now), document);
  if (now.empty()) shown_.erase(entry);
}

}  // namespace aside
