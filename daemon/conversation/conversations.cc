#include "daemon/conversation/conversations.h"

#include <utility>

#include "daemon/api/model.h"
#include "daemon/api/prompt.h"
#include "daemon/context/documents.h"
#include "daemon/conversation/forecast.h"

namespace aside {

namespace {

// The URI with which the URIs of the documents in the folder begin; without the slash at its end.
std::string folder_uri(const std::string& folder) {
  std::string uri = folder.empty() ? folder : canonical(folder);
  while (!uri.empty() && uri.back() == '/') uri.pop_back();
  return uri;
}

// What the next request carries, by the usage of the last reply that it carries. Empty if no reply has usage.
std::optional<Context> context(const std::vector<Turn>& path, const std::string& next_model) {
  const auto size = thread_size(path);
  if (!size) return std::nullopt;
  const Model* next = find_model(next_model);
  return Context{size->tokens, size->cached, next ? next->context_window : 0};
}

}  // namespace

Conversations::Conversations(const Claude& claude, Store& store, Threads& threads, Followers& followers,
                             Paths& paths, ToldInstructions& told, const Preferences& preferences)
    : claude_(claude),
      store_(store),
      threads_(threads),
      followers_(followers),
      paths_(paths),
      told_(told),
      preferences_(preferences) {}

Result<View> Conversations::view(Thread thread, const std::string& shown_by, const Window& window) {
  followers_.show(thread, shown_by);
  View view;
  view.uri = threads_.uri_for_editor(shown_by);
  if (thread.stored) {
    auto fresh = store_.thread(thread.id);
    if (!fresh) return fresh.error();
    if (*fresh) thread = std::move(**fresh);
    auto way = store_.path(thread.id, thread.head, window);
    if (!way) return way.error();
    paths_.complete(thread.id, way->turns);
    followers_.as_told(thread.id, way->turns);
    mark_sent(way->turns, way->beginning - way->earlier);
    auto totals = store_.totals(thread.id);
    if (!totals) return totals.error();
    for (Turn& turn : way->turns) view.turns.push_back(estimated(std::move(turn)));
    view.earlier = way->earlier;
    view.totals = *totals;
    auto shared = store_.shared(thread.id);
    if (!shared) return shared.error();
    view.shared = *std::move(shared);
    followers_.mark_shown(thread);
  } else {
    view.candidates = threads_.candidates(thread.uri);
    for (Thread& candidate : view.candidates) candidate.uri = threads_.uri_for_editor(candidate.uri);
  }
  if (thread.model.empty()) thread.model = preferences_.model;
  if (thread.effort.empty()) thread.effort = preferences_.effort;
  view.context = context(view.turns, thread.model);
  auto guidance = told_.guidance(thread, shown_by);
  if (!guidance) return guidance.error();
  view.guidance = *std::move(guidance);
  view.thread = std::move(thread);
  return view;
}

Result<View> Conversations::get(const Subject& subject, const Window& window) {
  if (!subject.uri.empty()) followers_.watch_document(canonical(subject.uri));
  auto thread = threads_.find(subject);
  if (!thread) return thread.error();
  const std::string shown_by = subject.uri.empty() ? thread->uri : canonical(subject.uri);
  return view(std::move(*thread), shown_by, window);
}

Result<View> Conversations::open(const std::string& uri, const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  const Document document = thread->stored ? threads_.recognised(uri) : threads_.document(uri);
  followers_.watch_document(document.uri);
  if (thread->stored) {
    if (auto shown = store_.show(document, conversation); !shown) return shown.error();
  } else if (thread->uri != document.uri) {
    return Error{ErrorCode::InvalidParams,
                 "params.conversation: nothing has been asked in " + conversation + " yet",
                 {.hint = "Ask there first."}};
  }
  return view(std::move(*thread), document.uri);
}

Result<View> Conversations::select(const std::string& conversation, const std::string& turn, Going going) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (!thread->stored && turn.empty()) return view(std::move(*thread), thread->uri);
  auto selected = store_.select(thread->id, turn, going);
  if (!selected) return selected.error();
  followers_.record_own_change(*selected);
  const std::string shown_by = selected->uri;
  return view(std::move(*selected), shown_by);
}

Result<View> Conversations::configure(const std::string& conversation,
                                      const std::optional<std::string>& model,
                                      const std::optional<std::string>& effort,
                                      const std::optional<std::string>& title) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (const std::string to = model && model->empty() ? preferences_.model : model.value_or(""); !to.empty()) {
    if (auto fits = told_.fits(*thread, to); !fits) return fits.error();
  }
  thread = threads_.stored(std::move(*thread));
  if (!thread) return thread.error();
  const Prompt before = prompt_for(*thread, preferences_);
  auto configured = store_.configure(thread->id, model, effort, title);
  if (!configured) return configured.error();
  followers_.record_own_change(*configured);
  const std::string shown_by = configured->uri;
  const Prompt after = prompt_for(*configured, preferences_);
  auto view = this->view(std::move(*configured), shown_by);
  const bool other = after.model != before.model || after.effort != before.effort;
  if (view && other)
    view->notice =
        lost_cache(before, after, view->turns, claude_.options(), claude_.server(), now_milliseconds());
  return view;
}

Result<std::string> Conversations::new_(const std::string& uri, const std::string& title) {
  auto created = threads_.create(uri, title);
  if (!created) return created.error();
  followers_.record_created(*created);
  return created->id;
}

Result<View> Conversations::fork(const std::string& uri, const std::string& conversation,
                                 const std::string& reply, const std::string& title) {
  auto from = threads_.find({.conversation = conversation});
  if (!from) return from.error();
  const std::string& leaf = reply.empty() ? from->head : reply;
  if (auto path = paths_.to_reply(*from, leaf)) paths_.finish_recovered(*path);
  auto forked = threads_.fork(uri, *from, leaf, title);
  if (!forked) return forked.error();
  return view(std::move(*forked), canonical(uri));
}

Result<void> Conversations::delete_(const std::string& conversation) {
  if (auto removed = store_.remove(conversation); !removed) return removed;
  followers_.record_removed(conversation);
  return {};
}

Result<View> Conversations::path(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  auto turns = store_.path(thread->id, thread->head);
  if (!turns) return turns.error();
  paths_.recover(*turns);
  for (Turn& turn : *turns) turn = estimated(std::move(turn));
  mark_sent(*turns, beginning(*turns));
  const std::string uri = threads_.uri_for_editor(thread->uri);
  return View{std::move(*thread), uri, std::move(*turns), {}};
}

Result<Tree> Conversations::tree(const std::string& conversation) {
  auto thread = threads_.find({.conversation = conversation});
  if (!thread) return thread.error();
  if (!thread->stored) return Tree{std::move(*thread), {}, {}};
  auto tree = store_.tree(thread->id);
  if (!tree) return tree;
  paths_.recover(tree->turns);
  return tree;
}

Result<View> Conversations::import_(const std::string& uri, const Tree& tree) {
  auto imported = threads_.plant(uri, tree);
  if (!imported) return imported.error();
  return view(std::move(*imported), canonical(uri));
}

Result<Page> Conversations::list(ListFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto page = store_.list(filter);
  if (!page) return page;
  for (Summary& row : page->rows) row.thread.uri = threads_.uri_for_editor(row.thread.uri);
  return page;
}

Result<std::vector<Hit>> Conversations::search(SearchFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  filter.folder = folder_uri(filter.folder);
  auto hits = store_.search(filter);
  if (!hits) return hits;
  for (Hit& hit : *hits) hit.uri = threads_.uri_for_editor(hit.uri);
  return hits;
}

Result<UsageReport> Conversations::usage(UsageFilter filter) {
  if (!filter.uri.empty()) filter.uri = threads_.document(filter.uri).uri;
  auto report = store_.usage(filter);
  if (!report) return report;
  for (UsageRow& row : report->rows) row.uri = threads_.uri_for_editor(row.uri);
  return report;
}

Result<Guidance> Conversations::guidance(const std::string& uri) {
  const auto thread = threads_.shown(uri);
  if (!thread) return thread.error();
  return told_.guidance(*thread, canonical(uri));
}

void Conversations::saved(const std::string& uri) {
  threads_.recognised(uri);
}

void Conversations::closed(const std::string& uri) {
  followers_.closed(canonical(uri));
}

Result<void> Conversations::renamed(const std::string& from, const std::string& to) {
  const std::string before = canonical_before(from, to);
  if (auto renamed = threads_.renamed(from, to); !renamed) return renamed.error();
  followers_.renamed(before, canonical(to));
  return {};
}

}  // namespace aside
