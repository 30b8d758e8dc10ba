#include "daemon/server/attachment_texts.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/text/figures.h"

namespace aside {
namespace {

constexpr double least_cost = 0.01;    // in USD; a lower price is left out where there is little room
constexpr std::size_t most_known = 3;  // at most so many names of known documents are listed

std::string price_text(std::optional<double> cost) {
  return cost ? dollars_text(*cost) : "";
}

std::string with_price(std::string text, std::optional<double> cost) {
  return cost ? std::move(text) + ", " + dollars_text(*cost) : text;
}

std::optional<double> unless_low(std::optional<double> cost) {
  return cost && *cost >= least_cost ? cost : std::nullopt;
}

// "image, 1.2k tokens, $0.0048; `.env` may hold secrets"
std::string remark(const CheckResult::Row& row) {
  if (!row.refused.empty()) return row.refused;
  std::string text = row.kind == "image" ? "image, " : row.kind == "document" ? "PDF, " : "";
  text = with_price(text + counted_tokens(row.tokens), row.cost);
  for (const std::string& reason : row.reasons) text += "; " + reason;
  return text;
}

// "heap.c" or "heap.c:10-24"
template <class Named>
std::string short_name(const Named& named) {
  const std::string name = named.name.substr(named.name.rfind('/') + 1);  // npos + 1 is 0
  return named.lines.empty() ? name : name + ":" + named.lines;
}

// "heap.c:10-24 (1.2k tokens, asks you first)", for a line that lists several attachments.
std::string item(const std::string& name, const std::string& tokens, const CheckResult::Row& row) {
  const std::string asks = row.reasons.empty() ? ")" : ", asks you first)";
  return with_price(name + " (" + tokens, unless_low(row.cost)) + asks;
}

std::string updates_text(const std::vector<CheckResult::Row>& updates) {
  std::string text;
  for (const CheckResult::Row& row : updates)
    text += (text.empty() ? "" : ", ") + item(row.name, counted_tokens(row.tokens), row);
  return text;
}

// "heap.c:10-24, list.c and 3 more"
std::string known_text(const std::vector<CheckResult::Known>& known) {
  std::string text;
  const std::size_t listed = std::min(known.size(), most_known);
  for (std::size_t i = 0; i < listed; ++i) text += (i == 0 ? "" : ", ") + short_name(known[i]);
  return known.size() > listed ? text + " and " + std::to_string(known.size() - listed) + " more" : text;
}

// "4.3k tokens, 3.9k cached, $0.0040". If nothing is cached, it ends with ", $0.0020 of it for the cache".
std::string next_text(const CheckResult::Along& along) {
  std::string text = counted_tokens(along.next_tokens);
  if (along.next_cached > 0) text += ", " + tokens_text(along.next_cached) + " cached";
  text = with_price(text, along.next_cost);
  if (along.next_cached > 0 || !along.next_cache_cost) return text;
  return with_price(text, along.next_cache_cost) + " of it for the cache";
}

}  // namespace

void add_texts(CheckResult& result) {
  for (CheckResult::Row& row : result.attachments) row.remark = remark(row);
  if (!result.along) return;
  CheckResult::Along& along = *result.along;
  for (CheckResult::Row& row : along.updates) row.remark = remark(row);
  along.texts.known = known_text(along.known);
  along.texts.updates = updates_text(along.updates);
  along.texts.next = next_text(along);
  if (along.tokens == 0) return;
  along.texts.size = counted_tokens(along.tokens);
  along.texts.price = price_text(along.cost);
  if (!unless_low(along.cost)) return;
  const bool several = result.attachments.size() > 1;  // then the message says how many, instead of the size
  along.texts.brief = several ? along.texts.price : with_price(along.texts.size, along.cost);
}

void add_texts(ExpandResult& result) {
  for (ExpandResult::File& file : result.files) file.row.remark = remark(file.row);
  result.size = counted_tokens(result.tokens);
  result.price = price_text(result.cost);
}

void add_texts(SuggestResult& result) {
  bool first = true;  // only the first offer has the word "tokens"
  for (SuggestResult::Suggestion& suggestion : result.suggestions) {
    CheckResult::Row& row = suggestion.row;
    row.remark = remark(row);
    if (!row.refused.empty()) continue;
    const std::string name = row.kind == "diagnostics" ? "problems here" : short_name(row);
    suggestion.offer = item(name, first ? counted_tokens(row.tokens) : tokens_text(row.tokens), row);
    first = false;
  }
}

}  // namespace aside
