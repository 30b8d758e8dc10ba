#include "daemon/conversation/checking.h"

#include <utility>

#include "daemon/context/file_name.h"

namespace aside {

void Checking::check(ToCheck to_check, const Cancel::Pointer& cancel,
                     std::function<void(Result<CheckedShares>)> done) {
  std::vector<Share> shares = std::exchange(to_check.shares, {});
  auto checked = [this, to_check = std::move(to_check), cancel,
                  done = std::move(done)](std::vector<Sharing::Checked> shares) {
    if (cancel->requested())
      return done(Error{
          ErrorCode::RequestCancelled, "cancelled before anything was sent", {.hint = "Nothing was kept."}});
    CheckedShares all{std::move(shares), std::nullopt};
    if (!to_check.uri.empty()) {
      auto along = this->along(to_check, all.shares);
      if (!along) return done(along.error());
      all.along = *std::move(along);
    }
    done(std::move(all));
  };
  sharing_.check(std::move(shares), cancel->slot(), std::move(checked));
}

Result<Along> Checking::along(const ToCheck& to_check, const std::vector<Sharing::Checked>& checked) {
  const auto next = next_.of(to_check.uri, to_check.parent);
  if (!next) return next.error();
  Along along;
  std::vector<Attachment> attachments;
  for (const Sharing::Checked& share : checked) {
    if (share.refused) continue;
    along.tokens += estimated_tokens(share.attachment);
    attachments.push_back(share.attachment);
  }
  auto compared = compare(next->path, attachments, sharing_, preferences_);
  along.known = std::move(compared.unchanged);
  for (Attachment& known : along.known) known.uri = shown_conversations_.uri_for_editor(canonical(known.uri));
  if (!to_check.current) compared.updates.clear();
  for (Attachment& update : compared.updates) {
    along.tokens += estimated_tokens(update);
    auto reasons = sharing_.reasons(update);
    along.updates.push_back({std::move(update), std::move(reasons)});
  }
  for (const Sharing::Checked& share : checked)
    along.costs.push_back(share.refused ? std::nullopt
                                        : next->cost(estimated_tokens(share.attachment), along.tokens));
  for (Along::Update& update : along.updates)
    update.cost = next->cost(estimated_tokens(update.attachment), along.tokens);
  along.cost = next->cost(along.tokens, along.tokens);
  along.next = next->with(along.tokens);
  along.cache_cost = cost_of_caching(along.next, next->prompt, next->options);
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
