#include "daemon/conversation/next_request.h"

#include <utility>

namespace aside {

Forecast NextRequest::with(std::int64_t tokens) const {
  return counted(forecast, forecast.tokens + tokens, prompt, options);
}

std::optional<double> NextRequest::cost(std::int64_t tokens, std::int64_t more) const {
  return cost_as_new(tokens, forecast.tokens + more, prompt, options);
}

Result<NextRequest> NextRequests::of(const std::string& uri, const std::optional<std::string>& parent) {
  auto conversation = shown_conversations_.of_document(uri);
  if (!conversation) return conversation.error();
  auto path = paths_.to_reply(*conversation, parent.value_or(conversation->head));
  if (!path) return path.error();
  NextRequest next{*std::move(path), prompt_for(*conversation, preferences_), claude_.options(), {}};
  if (conversation->system.empty()) {
    NewExchange exchange;
    exchange.conversation = *std::move(conversation);
    exchange.document = shown_conversations_.document(uri);
    if (auto instructed = instructions_.instruct(exchange, next.prompt.model); !instructed)
      return instructed.error();
    next.prompt.system = std::move(exchange.system);
  }
  next.path.push_back({});  // stands for the question, which isn't written yet
  cache_habits_.choose(next.prompt, next.path);
  next.forecast = forecast(next.prompt, next.path, next.options, claude_.server(), now_milliseconds());
  next.path.pop_back();
  return next;
}

}  // namespace aside
