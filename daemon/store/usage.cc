#include "daemon/store/usage.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/text/local_day.h"

namespace aside {
namespace {

struct Reply {
  std::int64_t thread = 0;
  std::int64_t created = 0;
  std::string model;
  Usage usage;
  std::optional<double> cost;
};

Reply read_reply(const Rows& row) {
  Reply reply{row.number(0), row.number(1), row.text(2),
              Usage{row.count(3), row.count(4), row.count(5), row.count(6), row.count(7)}, row.price(9)};
  if (!row.null(8)) reply.usage.thinking = row.count(8);
  return reply;
}

template <std::size_t N>
struct Numbers {
  std::int64_t parts[N];
  bool operator==(const Numbers&) const = default;
};
struct Hash {
  template <std::size_t N>
  std::size_t operator()(const Numbers<N>& numbers) const {
    std::uint64_t hash = 0;
    for (const std::int64_t part : numbers.parts)
      hash = (hash ^ (hash >> 29) ^ static_cast<std::uint64_t>(part)) * 0x9e3779b97f4a7c15u;
    return static_cast<std::size_t>(hash ^ hash >> 32);
  }
};

// Identifies a reply. A reply and an imported copy of it have the same mark: the same millisecond and the same
// tokens.
using Mark = Numbers<5>;
Mark mark(const Reply& reply) {
  const Usage& usage = reply.usage;
  return {reply.created, usage.input, usage.cache_read, usage.cache_write, usage.output};
}

// Returns the model's id without the date of a snapshot, "-20251001": older models have ids with and without the
// date.
std::string_view without_date(std::string_view model) {
  constexpr std::size_t length = 9;
  if (model.size() <= length) return model;
  const std::string_view date = model.substr(model.size() - length);
  const bool dated = date[0] == '-' && date.find_first_not_of("0123456789", 1) == date.npos;
  return dated ? model.substr(0, model.size() - length) : model;
}

void add(UsageRow& sum, const UsageRow& row) {
  sum.replies += row.replies;
  sum.usage += row.usage;
  if (row.cost) sum.cost = sum.cost.value_or(0) + *row.cost;
  sum.unpriced += row.unpriced;
}

// Sums by day, conversation and model, with numbers as keys, while the replies are read.
class Sums {
 public:
  using Key = Numbers<3>;

  // Whether this reply is not a copy of a reply seen before: duplicates count once. Call this before any filter;
  // otherwise two reports might count two copies of one reply.
  bool is_new(const Reply& reply) { return counted_.insert(mark(reply)).second; }

  void add(const LocalDay& day, std::int64_t thread, const std::string& model, const Reply& reply) {
    const std::int64_t number = (day.year * 100 + day.month) * 100 + day.day;
    const UsageRow row{
        .replies = 1, .usage = reply.usage, .cost = reply.cost, .unpriced = reply.cost ? 0 : 1};
    aside::add(sums_[{number, thread, model_number(model)}], row);
  }

  template <class Each>
  void each(Each each) const {
    for (const auto& [key, sum] : sums_) {
      const auto date = static_cast<int>(key.parts[0]);
      const LocalDay day{date / 10000, date / 100 % 100, date % 100};
      each(day, key.parts[1], models_[static_cast<std::size_t>(key.parts[2])], sum);
    }
  }

 private:
  std::int64_t model_number(const std::string& model) {
    auto found = std::find(models_.begin(), models_.end(), model);  // there are only a few
    if (found == models_.end()) found = models_.insert(found, model);
    return found - models_.begin();
  }

  std::unordered_set<Mark, Hash> counted_;
  std::vector<std::string> models_;
  std::unordered_map<Key, UsageRow, Hash> sums_;
};

// The names of the conversations in a report. Each name is read once.
class Names {
 public:
  struct Conversation {
    std::string id, uri, title;
  };
  explicit Names(Transaction& work) : work_(work) {}

  const Conversation& of(std::int64_t number) {
    const auto [entry, is_new] = read_.try_emplace(number);
    if (is_new) {
      Rows row = work_.rows("SELECT id, uri, title FROM threads WHERE number = ?", {number});
      if (row.next()) entry->second = {row.text(0), row.text(1), row.text(2)};
    }
    return entry->second;
  }

 private:
  Transaction& work_;
  std::unordered_map<std::int64_t, Conversation> read_;
};

bool comes_before(const UsageRow& a, const UsageRow& b) {
  const auto time = [](const UsageRow& row) { return std::tie(row.month, row.day); };
  if (time(a) != time(b)) return time(a) > time(b);
  const auto size = [](const UsageRow& row) {
    const Usage& usage = row.usage;
    return std::pair(row.cost.value_or(0), usage.input + usage.cache_read + usage.cache_write + usage.output);
  };
  return size(a) > size(b);
}

}  // namespace

UsageReport add_up_usage(Transaction& work, const UsageFilter& filter) {
  Names names(work);
  Sums sums;
  const bool one = !filter.uri.empty() || !filter.conversation.empty();
  const bool by_conversation = filter.by_file || filter.by_conversation;
  {
    Rows rows = work.rows(
        "SELECT thread, created, model, input, cache_read, cache_write, cache_write_1h, output, thinking, "
        "cost FROM turns WHERE created >= ? AND created < ? AND role = 'assistant' AND input IS NOT NULL",
        {filter.since, filter.before});
    while (rows.next()) {
      const Reply reply = read_reply(rows);
      if (!sums.is_new(reply)) continue;
      if (one) {
        const Names::Conversation& conversation = names.of(reply.thread);
        if (!filter.uri.empty() && conversation.uri != filter.uri) continue;
        if (!filter.conversation.empty() && conversation.id != filter.conversation) continue;
      }
      LocalDay day;
      if (filter.by_day || filter.by_month) day = local_day(reply.created);
      if (!filter.by_day) day.day = 0;
      sums.add(day, by_conversation ? reply.thread : 0, filter.by_model ? reply.model : "", reply);
    }
  }

  UsageReport report;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, UsageRow> rows;
  sums.each([&](const LocalDay& day, std::int64_t number, std::string_view model, const UsageRow& sum) {
    const Names::Conversation conversation = by_conversation ? names.of(number) : Names::Conversation{};
    UsageRow row;
    if (filter.by_day) row.day = name(day);
    if (filter.by_month) row.month = name({day.year, day.month, 0});
    if (filter.by_file) row.uri = conversation.uri;
    row.model = without_date(model);
    if (filter.by_conversation) row.conversation = conversation.id, row.title = conversation.title;
    add(report.total, sum);
    const auto entry =
        rows.try_emplace({row.day + row.month, row.uri, row.model, row.conversation}, row).first;
    add(entry->second, sum);
  });
  for (auto& [key, row] : rows) report.rows.push_back(std::move(row));
  std::stable_sort(report.rows.begin(), report.rows.end(), comes_before);
  if (report.rows.size() > filter.limit) {
    report.omitted = static_cast<int>(report.rows.size() - filter.limit);
    report.rows.resize(filter.limit);
  }
  return report;
}

}  // namespace aside
