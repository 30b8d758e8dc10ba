#include "daemon/conversation/conversations.h"

#include <cstdlib>
#include <utility>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/context/file_name.h"
#include "daemon/context/shared_text.h"
#include "daemon/conversation/forecast.h"

namespace aside {

namespace {

// Returns the folder's URI without a slash at its end. The URIs of its documents begin with this text.
std::string folder_uri(const std::string& folder) {
  std::string uri = folder.empty() ? folder : canonical(folder);
  while (!uri.empty() && uri.back() == '/') uri.pop_back();
  return uri;
}

// Returns the size of the next request, from the usage of its last reply; nullopt if no reply has usage.
std::optional<Context> context(const std::vector<Turn>& path, const std::string& next_model,
                               const Models& models) {
  const auto size = conversation_size(path);
  if (!size) return std::nullopt;
  const Model* next = models.find(next_model);
  return Context{size->tokens, size->cached, next ? next->context_window : 0};
}

}  // namespace

Conversations::Conversations(const Claude& claude, Store& store, const Documents& documents,
                             ShownConversations& shown, Followers& followers, Paths& paths,
                             KnownInstructions& known_instructions, CacheHabits& cache_habits,
                             const Preferences& preferences)
    : claude_(claude),
      store_(store),
      documents_(documents),
      shown_conversations_(shown),
      followers_(followers),
      paths_(paths),
      known_instructions_(known_instructions),
      cache_habits_(cache_habits),
      preferences_(preferences) {}

Result<std::vector<Turn>> Conversations::sides(const std::string& conversation,
                                               const std::vector<Turn>& path) {
  auto read = store_.sides(conversation, path);
  if (!read) return read;
  paths_.complete(conversation, *read);
  std::vector<Turn> sides;
  for (std::size_t i = 0; i + 1 < read->size(); i += 2) {
    Turn& reply = (*read)[i + 1];
    if (reply.status == Status::Streaming) continue;
    sides.push_back(std::move((*read)[i]));
    sides.push_back(estimated(std::move(reply), claude_.models()));
  }
  return sides;
}

Result<View> Conversations::view(Conversation conversation, const std::string& shown_by,
                                 const Window& window) {
  followers_.show(conversation, shown_by);
  View view;
  view.uri = shown_conversations_.uri_for_editor(shown_by);
  if (conversation.stored) {
    auto fresh = store_.conversation(conversation.id);
    if (!fresh) return fresh.error();
    if (*fresh) conversation = std::move(**fresh);
    auto part = store_.path(conversation.id, conversation.head, window);
    if (!part) return part.error();
    paths_.complete(conversation.id, part->turns);
    followers_.as_shown(conversation.id, part->turns);
    mark_sent(part->turns, part->beginning - part->earlier);
    auto sides = this->sides(conversation.id, part->turns);
    if (!sides) return sides.error();
    view.sides = *std::move(sides);
    auto totals = store_.totals(conversation.id);
    if (!totals) return totals.error();
    for (Turn& turn : part->turns) view.turns.push_back(estimated(std::move(turn), claude_.models()));
    view.earlier = part->earlier;
    view.totals = *totals;
    auto sharing = store_.sharing(conversation.id, conversation.head);
    if (!sharing) return sharing.error();
    paths_.complete(conversation.id, *sharing);
    mark_sent(*sharing, 0);
    view.shared = SharedText(*sharing).uris();
    add_wanted(view, *sharing);
    followers_.mark_shown(conversation);
  } else {
    view.candidates = shown_conversations_.candidates(conversation.uri);
    for (Conversation& candidate : view.candidates)
      candidate.uri = shown_conversations_.uri_for_editor(candidate.uri);
  }
  if (conversation.model.empty()) conversation.model = preferences_.model;
  if (conversation.effort.empty()) conversation.effort = preferences_.effort;
  view.context = context(view.turns, conversation.model, claude_.models());
  auto guidance = known_instructions_.guidance(conversation, shown_by);
  if (!guidance) return guidance.error();
  view.guidance = *std::move(guidance);
  view.conversation = std::move(conversation);
  return view;
}

void Conversations::add_wanted(View& view, const std::vector<Turn>& sharing) const {
  const char* home = std::getenv("HOME");
  KnownFiles known{documents_.base_folder(view.uri), home ? home : ""};
  known.add(sharing);
  for (const auto* turns : {&view.turns, &view.sides})
    for (const Turn& turn : *turns)
      if (auto wanted = aside::wanted(turn, known); !wanted.empty()) view.wanted[turn.id] = std::move(wanted);
}

Result<View> Conversations::get(const Subject& subject, const Window& window) {
  if (!subject.uri.empty()) followers_.watch_document(canonical(subject.uri));
  auto conversation = shown_conversations_.find(subject);
  if (!conversation) return conversation.error();
  const std::string shown_by = subject.uri.empty() ? conversation->uri : canonical(subject.uri);
  return view(std::move(*conversation), shown_by, window);
}

Result<View> Conversations::open(const std::string& uri, const std::string& id) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  const Document document =
      conversation->stored ? shown_conversations_.record_identity(uri) : shown_conversations_.document(uri);
  followers_.watch_document(document.uri);
  if (conversation->stored) {
    if (auto shown = store_.show(document, id); !shown) return shown.error();
  } else if (conversation->uri != document.uri) {
    return Error{ErrorCode::InvalidParams,
                 "params.conversation: nothing has been asked in " + id + " yet",
                 {.hint = "Ask a question in it first."}};
  }
  return view(std::move(*conversation), document.uri);
}

Result<View> Conversations::select(const std::string& id, const std::string& turn, SelectMode mode) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  if (!conversation->stored && turn.empty()) return view(std::move(*conversation), conversation->uri);
  auto selected = store_.select(conversation->id, turn, mode);
  if (!selected) return selected.error();
  followers_.record_own_change(*selected);
  const std::string shown_by = selected->uri;
  return view(std::move(*selected), shown_by);
}

Result<View> Conversations::configure(const std::string& id, const std::optional<std::string>& model,
                                      const std::optional<std::string>& effort,
                                      const std::optional<std::string>& title) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  if (const std::string to = model && model->empty() ? preferences_.model : model.value_or(""); !to.empty()) {
    if (auto fits = known_instructions_.fits(*conversation, to); !fits) return fits.error();
  }
  conversation = shown_conversations_.ensure_stored(std::move(*conversation));
  if (!conversation) return conversation.error();
  Prompt before = prompt_for(*conversation, preferences_);
  auto configured = store_.configure(conversation->id, model, effort, title);
  if (!configured) return configured.error();
  followers_.record_own_change(*configured);
  const std::string shown_by = configured->uri;
  Prompt after = prompt_for(*configured, preferences_);
  auto view = this->view(std::move(*configured), shown_by);
  const bool other = after.model != before.model || after.effort != before.effort;
  if (view && other) {
    cache_habits_.choose(before, view->turns);
    cache_habits_.choose(after, view->turns);
    view->notice =
        lost_cache(before, after, view->turns, claude_.options(), claude_.server(), now_milliseconds());
  }
  return view;
}

Result<std::string> Conversations::new_(const std::string& uri, const std::string& title) {
  auto created = shown_conversations_.create(uri, title);
  if (!created) return created.error();
  followers_.record_created(*created);
  return created->id;
}

Result<View> Conversations::fork(const std::string& uri, const std::string& id, const std::string& reply,
                                 const std::string& title) {
  auto from = shown_conversations_.find({.conversation = id});
  if (!from) return from.error();
  const std::string& leaf = reply.empty() ? from->head : reply;
  if (auto path = paths_.to_reply(*from, leaf)) paths_.finish_recovered(*path);
  auto forked = shown_conversations_.fork(uri, *from, leaf, title);
  if (!forked) return forked.error();
  return view(std::move(*forked), canonical(uri));
}

Result<void> Conversations::delete_(const std::string& id) {
  if (auto removed = store_.remove(id); !removed) return removed;
  followers_.record_removed(id);
  return {};
}

Result<View> Conversations::path(const std::string& id) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  auto turns = store_.path(conversation->id, conversation->head);
  if (!turns) return turns.error();
  paths_.recover(*turns);
  for (Turn& turn : *turns) turn = estimated(std::move(turn), claude_.models());
  mark_sent(*turns, beginning(*turns));
  auto sides = conversation->stored ? this->sides(conversation->id, *turns) : std::vector<Turn>();
  if (!sides) return sides.error();
  const std::string uri = shown_conversations_.uri_for_editor(conversation->uri);
  return View{std::move(*conversation), uri, std::move(*turns), *std::move(sides), {}};
}

Result<Tree> Conversations::tree(const std::string& id) {
  auto conversation = shown_conversations_.find({.conversation = id});
  if (!conversation) return conversation.error();
  if (!conversation->stored) return Tree{std::move(*conversation), {}, {}};
  auto tree = store_.tree(conversation->id);
  if (!tree) return tree;
  paths_.recover(tree->turns);
  return tree;
}

Result<View> Conversations::import_(const std::string& uri, const Tree& tree) {
  auto imported = shown_conversations_.import_tree(uri, tree);
  if (!imported) return imported.error();
  return view(std::move(*imported), canonical(uri));
}

Result<Page> Conversations::list(ListFilter filter) {
  if (!filter.uri.empty()) filter.uri = shown_conversations_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto page = store_.list(filter);
  if (!page) return page;
  for (Summary& row : page->rows)
    row.conversation.uri = shown_conversations_.uri_for_editor(row.conversation.uri);
  return page;
}

Result<std::vector<Hit>> Conversations::search(SearchFilter filter) {
  if (!filter.uri.empty()) filter.uri = shown_conversations_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto hits = store_.search(filter);
  if (!hits) return hits;
  for (Hit& hit : *hits) hit.uri = shown_conversations_.uri_for_editor(hit.uri);
  return hits;
}

Result<UsageReport> Conversations::usage(UsageFilter filter) {
  if (!filter.uri.empty()) filter.uri = shown_conversations_.document(filter.uri).uri;
  auto report = store_.usage(filter);
  if (!report) return report;
  for (UsageRow& row : report->rows) row.uri = shown_conversations_.uri_for_editor(row.uri);
  return report;
}

Result<Guidance> Conversations::guidance(const std::string& uri) {
  const auto conversation = shown_conversations_.of_document(uri);
  if (!conversation) return conversation.error();
  return known_instructions_.guidance(*conversation, canonical(uri));
}

void Conversations::saved(const std::string& uri) {
  shown_conversations_.record_identity(uri);
}

void Conversations::closed(const std::string& uri) {
  followers_.closed(canonical(uri));
}

Result<void> Conversations::renamed(const std::string& from, const std::string& to) {
  const std::string before = canonical_before(from, to);
  if (auto renamed = shown_conversations_.renamed(from, to); !renamed) return renamed.error();
  followers_.renamed(before, canonical(to));
  return {};
}

}  // namespace aside
