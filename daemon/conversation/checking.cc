#include "daemon/conversation/checking.h"

#include <utility>

#include "daemon/context/file_name.h"

namespace aside {

Checking::Checking(Claude& claude, const Sharing& sharing, ShownConversations& shown, Paths& paths,
                   KnownInstructions& instructions, CacheHabits& cache_habits, const Preferences& preferences)
    : claude_(claude),
      sharing_(sharing),
      shown_conversations_(shown),
      paths_(paths),
      instructions_(instructions),
      cache_habits_(cache_habits),
      preferences_(preferences) {}

void Checking::check(std::string uri, std::vector<Share> shares, const Cancel::Pointer& cancel,
                     std::function<void(Result<CheckedShares>)> told) {
  auto checked = [this, uri = std::move(uri), cancel,
                  told = std::move(told)](std::vector<Sharing::Checked> shares) {
    if (cancel->requested())
      return told(Error{
          ErrorCode::RequestCancelled, "cancelled before anything was sent", {.hint = "Nothing was kept."}});
    CheckedShares all{std::move(shares), std::nullopt};
    if (!uri.empty()) {
      std::vector<Attachment> attachments;
      for (const Sharing::Checked& share : all.shares)
        if (!share.refused) attachments.push_back(share.attachment);
      auto along = this->along(uri, attachments);
      if (!along) return told(along.error());
      all.along = *std::move(along);
    }
    told(std::move(all));
  };
  sharing_.check(std::move(shares), cancel->slot(), std::move(checked));
}

Result<Along> Checking::along(const std::string& uri, const std::vector<Attachment>& attachments) {
  const auto conversation = shown_conversations_.of_document(uri);
  if (!conversation) return conversation.error();
  auto path = paths_.to_reply(*conversation, conversation->head);
  if (!path) return path.error();
  Along along;
  for (const Attachment& attachment : attachments) along.tokens += estimated_tokens(attachment);
  auto compared = compare(*path, attachments, sharing_, preferences_);
  along.known = std::move(compared.unchanged);
  for (Attachment& known : along.known) known.uri = shown_conversations_.uri_for_editor(canonical(known.uri));
  for (Attachment& update : compared.updates) {
    along.tokens += estimated_tokens(update);
    auto reasons = sharing_.reasons(update);
    along.updates.push_back({std::move(update), std::move(reasons)});
  }
  Prompt prompt = prompt_for(*conversation, preferences_);
  if (conversation->system.empty()) {
    NewExchange exchange;
    exchange.conversation = *conversation;
    exchange.document = shown_conversations_.document(uri);
    if (auto instructed = instructions_.instruct(exchange, prompt.model); !instructed)
      return instructed.error();
    prompt.system = exchange.system;
  }
  std::vector<Turn> asked = *std::move(path);
  asked.push_back({});
  cache_habits_.choose(prompt, asked);
  const PromptOptions options = claude_.options();
  along.cost = cost_as_new(along.tokens, prompt, options);
  along.next = forecast(prompt, asked, options, claude_.server(), now_milliseconds());
  along.next = counted(along.next, along.next.tokens + along.tokens, prompt, options);
  along.cache_cost = cost_of_caching(along.next, prompt, options);
  return along;
}

SharedText::Compared compare(const std::vector<Turn>& path, const std::vector<Attachment>& attachments,
                             const Sharing& sharing, const Preferences& preferences) {
  SharedText shared(path);
  shared.add_question(attachments);
  auto compared = shared.compare([&sharing](const std::string& uri) { return sharing.present(uri); });
  if (!preferences.keep_current) compared.updates.clear();
  return compared;
}

}  // namespace aside
