#include "daemon/conversation/forecast.h"

#include <algorithm>

#include "daemon/text/figures.h"

namespace aside {
namespace {

constexpr std::int64_t minute = 60'000;

std::int64_t lifetime(std::string_view kept) {
  return kept == "1h" ? 60 * minute : kept == "5m" ? 5 * minute : 0;
}

// How long this prompt can read what the request of an earlier reply, with the usage `left`, has put into the cache.
// With `cache: auto`, the two requests may keep their entries for different times. It is not documented whether a
// prompt that is kept for an hour can read an entry that is kept for five minutes. This function assumes that it can't,
// so that everything is written again.
std::int64_t lifetime_of(const Usage& left, const Prompt& prompt, const PromptOptions& options) {
  const std::int64_t mine = lifetime(kept(prompt, options));
  const bool may_differ = options.cache == "auto" && left.cache_write > 0;
  if (!may_differ || mine == 0) return mine;
  const std::int64_t its = lifetime(left.cache_write_1h > 0 ? "1h" : "5m");
  return mine <= its ? its : 0;
}

// The last sent reply whose usage gives the size of its prompt; null if there is none.
const Turn* last_counted(const std::vector<Turn>& path) {
  for (auto turn = path.rbegin(); turn != path.rend(); ++turn)
    if (turn->role == Role::Assistant && turn->sent && turn->usage && turn->usage->prompt() > 0)
      return &*turn;
  return nullptr;
}

// The tokens of a conversation up to this reply, as the next request carries it. The prompt that asked for a summary
// has everything that the summary replaces, but the next request has only the summary.
std::int64_t size_after(const Turn& reply) {
  return reply.compaction ? reply.usage->output : reply.usage->prompt() + reply.usage->output;
}

// The tokens of a picture or PDF don't depend on the number of its bytes, so these bytes are subtracted from the
// content's size.
std::int64_t tokens_of(const Turn& turn) {
  std::int64_t tokens = 0;
  std::size_t bytes = turn.content.size();
  for (const Attachment& attachment : turn.attachments) {
    tokens += attachment.tokens;
    bytes -= std::min(bytes, static_cast<std::size_t>(attachment.bytes + 2) / 3 * 4);
  }
  return tokens + estimated_tokens(bytes);
}

// The price of `cached` tokens that come from the cache and `fresh` tokens that are new, in a request of `all` tokens.
std::optional<double> price(std::int64_t cached, std::int64_t fresh, std::int64_t all, const Prompt& prompt,
                            const PromptOptions& options) {
  const std::string_view kept = aside::kept(prompt, options);
  const Model* model = options.models.find(prompt.model);
  const bool written = lifetime(kept) > 0 && model && model->caches(all);
  Usage usage;
  usage.cache_read = cached;
  (written ? usage.cache_write : usage.input) = fresh;
  if (written && kept == "1h") usage.cache_write_1h = fresh;
  return options.models.cost(prompt.model, usage);
}

std::optional<double> price(const Forecast& forecast, const Prompt& prompt, const PromptOptions& options) {
  return price(forecast.cached, forecast.tokens - forecast.cached, forecast.tokens, prompt, options);
}

}  // namespace

std::int64_t estimated_tokens(std::size_t bytes) {
  return static_cast<std::int64_t>(bytes * 2 / 7) + 1;
}

Turn estimated(Turn reply, const Models& models) {
  // The final count comes with the stop reason. Before that, `output` is the count from the beginning of the stream: a
  // token or two.
  const bool stopped = reply.status == Status::Cancelled || reply.status == Status::Interrupted;
  const std::size_t bytes = reply.text.size() + reply.thinking.size();
  if (!stopped || !reply.usage || !reply.stop_reason.empty() || bytes == 0) return reply;
  const std::int64_t tokens = estimated_tokens(bytes);
  if (tokens < reply.usage->output) return reply;
  reply.estimated = true;  // if `output` is already the estimate, the reply was stored with it
  if (tokens == reply.usage->output) return reply;
  reply.usage->output = tokens;
  if (reply.cost) reply.cost = models.cost(reply.model, *reply.usage);
  return reply;
}

std::int64_t estimated_tokens(const Attachment& attachment) {
  return attachment.base64.empty() ? estimated_tokens(attachment.text.size()) : attachment.tokens;
}

std::optional<double> cost_as_new(std::int64_t tokens, std::int64_t all, const Prompt& prompt,
                                  const PromptOptions& options) {
  return price(0, tokens, all, prompt, options);
}

std::optional<ConversationSize> conversation_size(const std::vector<Turn>& path) {
  const Turn* last = last_counted(path);
  if (!last) return std::nullopt;
  // The cache holds what was summed up, and not the summary.
  return ConversationSize{size_after(*last), last->compaction ? 0 : last->usage->cache_read};
}

std::int64_t expected_tokens(const Prompt& prompt, const std::vector<Turn>& path) {
  const Turn* last = last_counted(path);
  // A summary that an ordinary question asked for is sent as part of the next question, so the summary is counted
  // there.
  const bool holds_summary = last && last->compaction && !is_compaction(last->content);
  std::int64_t tokens = !last           ? estimated_tokens(prompt.system.size())
                        : holds_summary ? 0
                                        : size_after(*last);
  for (auto turn = path.rbegin(); turn != path.rend() && &*turn != last; ++turn)
    if (turn->sent || turn == path.rbegin()) tokens += tokens_of(*turn);
  return tokens;
}

Forecast forecast(const Prompt& prompt, const std::vector<Turn>& path, const PromptOptions& options,
                  std::string_view server, std::int64_t now) {
  Forecast forecast;
  forecast.tokens = expected_tokens(prompt, path);
  const Turn* last = last_counted(path);
  const bool same =
      last && last->model.starts_with(prompt.model) && last->server == server && !last->compaction;
  if (same && now - last->created < lifetime_of(*last->usage, prompt, options))
    forecast.cached = last->usage->cache_read + last->usage->cache_write;
  forecast.cost = price(forecast, prompt, options);
  return forecast;
}

std::string lost_cache(const Prompt& before, const Prompt& after, const std::vector<Turn>& path,
                       const PromptOptions& options, std::string_view server, std::int64_t now) {
  const Forecast as_before = forecast(before, path, options, server, now);
  if (as_before.cached == 0) return "";
  Forecast anew = as_before;
  anew.cached = 0;
  anew.cost = price(anew, after, options);
  std::string notice =
      "The cache is lost: the next question sends " + tokens_text(anew.tokens) + " tokens anew";
  if (anew.cost && as_before.cost)
    notice += ", for about " + dollars_text(*anew.cost) + " instead of " + dollars_text(*as_before.cost);
  return notice + ".";
}

Forecast counted(Forecast forecast, std::int64_t tokens, const Prompt& prompt, const PromptOptions& options) {
  forecast.tokens = tokens;
  forecast.cached = std::min(forecast.cached, tokens);
  forecast.cost = price(forecast, prompt, options);
  return forecast;
}

std::optional<double> cost_of_caching(const Forecast& forecast, const Prompt& prompt,
                                      const PromptOptions& options) {
  Prompt without;
  without.model = prompt.model;
  without.cache.kept = "off";
  const auto cost = price(forecast, prompt, options), plain = price(forecast, without, options);
  if (!cost || !plain || *cost <= *plain) return std::nullopt;
  return *cost - *plain;
}

}  // namespace aside
