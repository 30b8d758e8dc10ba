#include "daemon/text/diff.h"

#include <algorithm>
#include <vector>

#include "daemon/text/alignment.h"

namespace aside {
namespace {

constexpr std::size_t context = 3;
constexpr std::size_t max_shift = 64;  // a change may move down by so many of the lines after it

std::size_t count_lines(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return ends + (!text.empty() && text.back() != '\n');
}

// Returns the size of the whole lines with which both texts begin.
std::size_t common_head(std::string_view a, std::string_view b) {
  const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  return a.substr(0, static_cast<std::size_t>(same)).rfind('\n') + 1;  // npos + 1 is 0
}

// Returns the size of the whole lines with which both texts end, without the first of these lines.
std::size_t common_tail(std::string_view a, std::string_view b) {
  const auto same = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin();
  const std::string_view tail = a.substr(a.size() - static_cast<std::size_t>(same));
  const std::size_t line_end = tail.find('\n');
  return line_end == tail.npos ? 0 : tail.size() - line_end - 1;
}

// Removes the first lines of a text and returns them.
std::string_view take(std::string_view& text, std::size_t lines) {
  std::size_t size = 0;
  while (lines-- > 0 && size < text.size()) size = std::min(text.find('\n', size), text.size() - 1) + 1;
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

// Cuts off the lines that both texts begin and end with, so that a small change of a large text costs little more
// than reading it. A few equal lines are kept: the context before the change, and `max_shift` lines after it, since the
// same change can often be placed a few lines lower. Returns the lines of context that follow the kept lines.
std::string_view keep_what_differs(std::string_view& a, std::string_view& b, LinesBefore& before) {
  std::size_t head = common_head(a, b);
  std::string_view tail = a.substr(a.size() - common_tail(a.substr(head), b.substr(head)));
  for (std::size_t i = 0; i < context && head > 0; ++i) head = a.substr(0, head - 1).rfind('\n') + 1;
  take(tail, max_shift);

  const std::size_t skipped = count_lines(a.substr(0, head));
  before.old_text += skipped;
  before.new_text += skipped;
  a = a.substr(head, a.size() - head - tail.size());
  b = b.substr(head, b.size() - head - tail.size());
  return take(tail, context);
}

// Moves changes down as far as possible. Where lines were only added or only removed, several runs of equal lines may
// count as the changed ones; as in git, this chooses the last run. A new function is then marked from its first line
// to its last, not across the end of the function before.
void shift_to_last(const Lines& lines, std::vector<bool>& paired, const std::vector<bool>& other_paired) {
  const std::size_t size = lines.size(), other_size = other_paired.size();
  for (std::size_t begin = 0, other = 0; begin < size;) {
    const bool replaced = other < other_size && !other_paired[other];
    while (other < other_size && !other_paired[other]) ++other;
    std::size_t end = begin;
    while (end < size && !paired[end]) ++end;
    if (end == begin) {
      ++begin, ++other;
      continue;
    }
    while (!replaced && end < size && lines[begin] == lines[end]) {
      paired[begin++] = true;
      paired[end++] = false;
      ++other;
      while (end < size && !paired[end]) ++end;
      if (other < other_size && !other_paired[other]) break;
    }
    while (other < other_size && !other_paired[other]) ++other;
    begin = end;
  }
}

void put_range(std::string& out, char mark, std::size_t before, std::size_t begin, std::size_t count) {
  // If there are no lines, the range names the line before them.
  out += mark + std::to_string(before + begin + (count > 0));
  if (count != 1) out += "," + std::to_string(count);
}

void put_heading(std::string& out, LinesBefore before, const Change& hunk) {
  out += "@@ ";
  put_range(out, '-', before.old_text, hunk.old_begin, hunk.old_end - hunk.old_begin);
  out += ' ';
  put_range(out, '+', before.new_text, hunk.new_begin, hunk.new_end - hunk.new_begin);
  out += " @@\n";
}

void put(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (line.back() != '\n') out += "\n\\ No newline at end of file\n";
}

void put_all(std::string& out, char mark, std::string_view text) {
  while (!text.empty()) put(out, mark, take(text, 1));
}

}  // namespace

std::string unified_diff(std::string_view old_text, std::string_view new_text, LinesBefore before) {
  std::string out;
  if (old_text == new_text) return out;
  const std::string_view after = keep_what_differs(old_text, new_text, before);
  if (const Change all{0, count_lines(old_text), 0, count_lines(new_text)};
      std::max(all.old_end, all.new_end) > max_diff_lines) {
    put_heading(out, before, all);
    put_all(out, '-', old_text);
    put_all(out, '+', new_text);
    return out;
  }

  Lines old_lines = lines_of(old_text);
  const Lines new_lines = lines_of(new_text);
  Alignment paired = align(old_lines, new_lines);
  shift_to_last(old_lines, paired.in_old, paired.in_new);
  shift_to_last(new_lines, paired.in_new, paired.in_old);
  const std::vector<Change> all = changes(paired);
  for (const std::string_view line : lines_of(after)) old_lines.push_back(line);

  for (std::size_t first = 0, next; first < all.size(); first = next) {
    // Changes whose contexts would touch are in one hunk.
    for (next = first + 1; next < all.size(); ++next)
      if (all[next].old_begin - all[next - 1].old_end > 2 * context) break;
    const std::size_t lead = std::min(context, all[first].old_begin);
    const std::size_t trail = std::min(context, old_lines.size() - all[next - 1].old_end);
    put_heading(out, before,
                {all[first].old_begin - lead, all[next - 1].old_end + trail, all[first].new_begin - lead,
                 all[next - 1].new_end + trail});
    std::size_t at = all[first].old_begin - lead;
    for (std::size_t i = first; i < next; ++i) {
      while (at < all[i].old_begin) put(out, ' ', old_lines[at++]);
      while (at < all[i].old_end) put(out, '-', old_lines[at++]);
      for (std::size_t j = all[i].new_begin; j < all[i].new_end; ++j) put(out, '+', new_lines[j]);
    }
    for (std::size_t i = 0; i < trail; ++i) put(out, ' ', old_lines[at++]);
  }
  return out;
}

}  // namespace aside
