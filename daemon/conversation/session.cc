#include "daemon/conversation/session.h"

#include <spdlog/spdlog.h>
#include <utility>

namespace aside {

Session::Session(asio::io_context& io, Claude& claude, Store& store, const Sharing& sharing,
                 Documents& documents)
    : store_(store),
      claude_(claude),
      watch_(io),
      replies_(io, claude, store, watch_, events_),
      shown_conversations_(store, [this](const std::string& uri,
                                         const std::string& former) { events_.taken_over(uri, former); }),
      followers_(io, store, watch_, shown_conversations_, replies_, events_),
      paths_(store, replies_),
      instructions_(store),
      known_instructions_(claude, store, instructions_, paths_, preferences_),
      cache_habits_(claude, store),
      next_(claude, shown_conversations_, paths_, known_instructions_, cache_habits_, preferences_),
      conversations(claude, store, documents, shown_conversations_, followers_, paths_, known_instructions_,
                    cache_habits_, preferences_),
      asking(io, claude, store, sharing, documents, shown_conversations_, followers_, replies_, paths_,
             known_instructions_, cache_habits_, preferences_, events_),
      checking(sharing, shown_conversations_, next_, preferences_),
      proposals(io, store, paths_, shown_conversations_, sharing, documents),
      marks(io, store, shown_conversations_, sharing, documents),
      files(io, documents),
      names(io),
      groups(io, next_, sharing, documents, files),
      suggestions(shown_conversations_, next_, sharing, documents, preferences_) {}

void Session::start(ConversationEvents events) {
  events_ = std::move(events);
  events_.changed = [this, changed = std::move(events_.changed)](const std::string& conversation,
                                                                 const std::string& uri) {
    changed(conversation, shown_conversations_.uri_for_editor(uri));
  };
}

void Session::use(Preferences preferences, ClaudeOptions claude) {
  preferences_ = std::move(preferences);
  claude_.use(std::move(claude));
}

void Session::open_store(const std::string& owner) {
  store_.introduce(owner);
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
  if (const std::string notice = store_.take_notice(); !notice.empty()) events_.warn(notice);
}

void Session::leave_editor(const std::function<void()>& detach) {
  followers_.clear();
  replies_.stop_watching();
  store_.disconnect();
  detach();
  if (auto opened = store_.open(); !opened) spdlog::error("{}", opened.error().message);
  replies_.watch_again();
}

void Session::interrupt() {
  asking.cancel_uncommitted();
  replies_.interrupt();
}

void Session::give_up() {
  asking.cancel_uncommitted();
  replies_.give_up();
}

}  // namespace aside
