#include "tests/standin/cache.h"

#include <algorithm>

#include "tests/standin/hash.h"

namespace aside::test {

namespace {

constexpr Moment five_minutes = std::chrono::minutes(5), one_hour = std::chrono::hours(1);

struct Point {  // the end of a block
  std::string prefix;
  std::int64_t tokens;
};

std::vector<Point> points_of(const ApiModel& model, const ApiPrompt& prompt) {
  std::vector<Point> points;
  Hash hash;
  hash.add(model.id);
  const std::string system_key = prompt.speed + " " + prompt.system_key;
  std::int64_t sum = 0;
  Part part = Part::Tools;
  for (const PromptBlock& block : prompt.blocks) {
    if (block.part != Part::Tools && part == Part::Tools) hash.add(system_key);
    if (block.part == Part::Messages && part != Part::Messages) hash.add(prompt.messages_key);
    part = block.part;
    sum += block.tokens;
    hash.add(block.group).add(block.bytes);
    points.push_back({hash.hex(), sum});
  }
  return points;
}

}  // namespace

const PromptCache::Entry* PromptCache::live(const std::string& prefix, Moment now) const {
  auto found = entries_.find(prefix);
  return found == entries_.end() || found->second.until <= now ? nullptr : &found->second;
}

CacheUse PromptCache::look_up(const ApiModel& model, const ApiPrompt& prompt, Moment started) const {
  const std::vector<Point> points = points_of(model, prompt);
  CacheUse use;
  use.started = started;
  ApiUsage& usage = use.usage;
  std::int64_t end_1h = 0, end_5m = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string& mark = prompt.blocks[i].mark;
    if (mark.empty() || points[i].tokens < model.smallest_cached) continue;
    const Entry* here = live(points[i].prefix, started);
    for (std::size_t back = 0; back < lookback && back <= i; ++back) {
      const Point& point = points[i - back];
      const Entry* entry = live(point.prefix, started);
      if (entry == nullptr) continue;
      usage.read = std::max(usage.read, point.tokens);
      use.entries.push_back({point.prefix, entry->life});
      break;
    }
    if (here == nullptr) use.entries.push_back({points[i].prefix, mark == "1h" ? one_hour : five_minutes});
    (mark == "1h" ? end_1h : end_5m) = points[i].tokens;
  }
  usage.written_1h = std::max<std::int64_t>(0, end_1h - usage.read);
  usage.written_5m = std::max<std::int64_t>(0, end_5m - std::max(end_1h, usage.read));
  const std::int64_t all = points.empty() ? 0 : points.back().tokens;
  usage.input = all - usage.read - usage.written_1h - usage.written_5m;
  return use;
}

void PromptCache::keep(const CacheUse& use) {
  for (const CacheUse::Entry& used : use.entries) {
    Entry& entry = entries_[used.prefix];
    if (entry.until <= use.started) entry = Entry();
    entry.until = std::max(entry.until, use.started + used.life);
    entry.life = std::max(entry.life, used.life);
  }
  if (entries_.size() <= max_entries) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry = entry->second.until <= use.started ? entries_.erase(entry) : std::next(entry);
  }
}

RecentPrompts::Print RecentPrompts::print_of(const ApiModel& model, const ApiPrompt& prompt) {
  Print print = {
      std::string(model.id) + " " + prompt.speed, prompt.system_key + " " + prompt.messages_key, {}};
  for (const PromptBlock& block : prompt.blocks) {
    print.blocks.push_back({block.part, Hash().add(block.group).add(block.bytes).hex(), block.tokens});
  }
  return print;
}

void RecentPrompts::keep(const std::string& id, const ApiModel& model, const ApiPrompt& prompt) {
  prints_[id] = print_of(model, prompt);
  order_.push_back(id);
  if (order_.size() <= max_prompts) return;
  prints_.erase(order_.front());
  order_.pop_front();
}

Json RecentPrompts::compared(const std::string& id, const ApiModel& model, const ApiPrompt& prompt) const {
  auto because = [](Json reason) { return Json{{"cache_miss_reason", std::move(reason)}}; };
  auto found = prints_.find(id);
  if (found == prints_.end()) return because({{"type", "previous_message_not_found"}});
  const Print &then = found->second, now = print_of(model, prompt);
  std::size_t same = 0;
  auto alike = [&](std::size_t i) {
    return i < then.blocks.size() && i < now.blocks.size() && then.blocks[i].part == now.blocks[i].part &&
           then.blocks[i].hash == now.blocks[i].hash;
  };
  if (then.model == now.model) {
    while (alike(same)) ++same;
  }
  std::int64_t missed = 0;
  for (std::size_t i = same; i < then.blocks.size(); ++i) missed += then.blocks[i].tokens;
  auto differs = [&](const char* type) {
    return because({{"type", type}, {"cache_missed_input_tokens", missed}});
  };
  if (then.model != now.model) return differs("model_changed");
  // The first block that differs may belong to another part in the new prompt than in the old one. Then the
  // earlier of the two parts is the first that differs.
  Part part = Part::Messages;
  if (same < then.blocks.size()) part = std::min(part, then.blocks[same].part);
  if (same < now.blocks.size()) part = std::min(part, now.blocks[same].part);
  if (part == Part::Tools) return differs("tools_changed");
  if (part == Part::System) return differs("system_changed");
  if (missed > 0) return differs("messages_changed");
  if (then.parameters != now.parameters) return because({{"type", "unavailable"}});
  return nullptr;
}

}  // namespace aside::test
