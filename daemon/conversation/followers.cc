#include "daemon/conversation/followers.h"

#include <algorithm>
#include <asio/post.hpp>
#include <iterator>
#include <utility>

namespace aside {

Followers::Followers(asio::io_context& io, Store& store, Watch& watch, Threads& threads,
                     const RunningReplies& replies, const ConversationEvents& events)
    : io_(io),
      store_(store),
      watch_(watch),
      threads_(threads),
      replies_(replies),
      events_(events),
      writers_(io) {}

void Followers::watch_document(const std::string& document) {
  if (documents_.contains(document)) return;
  auto watched = store_.follow_document(document, watch_, [this, document] { on_document(document); });
  if (watched) documents_.emplace(document, *std::move(watched));
}

void Followers::show(const Thread& thread, const std::string& document) {
  const bool joins = following_.count(thread.id) == 0;
  Following& following = follow(thread, document);
  if (!thread.stored) return;
  if (joins)
    following.join();
  else if (!replies_.write_to(thread.id))
    following.catch_up();
  look_after_writers();
}

void Followers::mark_shown(const Thread& thread) {
  if (const auto entry = following_.find(thread.id); entry != following_.end())
    entry->second.mark_shown(thread);
}

void Followers::as_told(const std::string& conversation, std::vector<Turn>& turns) const {
  const auto following = following_.find(conversation);
  if (following == following_.end()) return;
  for (Turn& turn : turns) {
    if (turn.id != following->second.reply()) continue;
    turn.status = Status::Streaming;
    turn.text = following->second.text();
    turn.thinking = following->second.thinking();
  }
}

void Followers::record_own_change(const Thread& thread) {
  if (const auto entry = following_.find(thread.id); entry != following_.end())
    entry->second.record_own_change(thread);
}

void Followers::record_created(const Thread& thread) {
  shown_[thread.uri] = thread.id;
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

void Followers::record_asked(const Thread& thread, const std::string& document, const std::string& proposed) {
  const auto known = shown_.find(document);
  const std::string before = known == shown_.end() ? "" : known->second;
  if (proposed.empty()) {
    record_own_change(thread);
  } else if (proposed != thread.id) {
    following_.erase(proposed);
    events_.changed(proposed, document);
  }
  follow(thread, document).mark_shown(thread);
  if (!before.empty() && before != thread.id) events_.changed(before, document);
}

void Followers::record_asked(const Thread& thread) {
  record_own_change(thread);
  follow(thread, thread.uri).mark_shown(thread);
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
  for (auto& [conversation, following] : following_) {
    following.renamed(from, to);
    if (auto thread = store_.thread(conversation); thread && *thread) following.record_own_change(**thread);
  }
}

void Followers::clear() {
  following_.clear();
  shown_.clear();
  documents_.clear();
}

Following& Followers::follow(const Thread& thread, const std::string& document) {
  Following& following = following_.try_emplace(thread.id, store_, events_, thread).first->second;
  following.shown_by(document);
  watch_document(document);
  if (!thread.stored) return following;
  shown_[document] = thread.id;
  const std::string id = thread.id;
  // What was committed since the conversation was read is found by looking once.
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

// A writer that dies touches no file.
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

// A document without a conversation may have been given one by another process: the editor follows that one then.
void Followers::adopt(const std::string& document) {
  const auto overtaken = threads_.overtaken(document);
  if (!overtaken || following_.erase(overtaken->proposed) == 0) return;
  events_.changed(overtaken->proposed, document);
  follow(overtaken->thread, document).catch_up();
  look_after_writers();
}

// Another process may have given the document another of its conversations. The editor is told, and asks for it.
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
