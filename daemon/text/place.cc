#include "daemon/text/place.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "daemon/text/block_place.h"
#include "daemon/text/code_blocks.h"
#include "daemon/text/indentation.h"
#include "daemon/text/merge.h"
#include "daemon/text/search_replace.h"
#include "daemon/text/searched_text.h"
#include "protocol/blank.h"

namespace aside {
namespace {

constexpr const char* empty = "The block is empty: ask for the code once more.";
constexpr const char* too_large =
    "The document or the block is too large to find the place: make the change by hand.";
constexpr const char* gone =
    "The lines that were shared are no longer in the document: share them as they are now, and ask once more.";
constexpr const char* typed_over =
    "You have changed these lines since the model saw them: share them as they are now, and ask once more.";
constexpr const char* as_shared =
    "The block shows these lines as they were shared, so it changes nothing; you have changed them since.";
constexpr const char* search_gone =
    "The lines to search for are not in the document as it is now: share the document once more, and ask again.";

Placement unplaced(const char* why) {
  return {Placement::State::Unplaced, {}, {}, why};
}

Lines views(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

Form form_of(const Lines& shared, Lines lines) {
  auto changed = changes(align(shared, lines));
  return {std::move(lines), std::move(changed)};
}

// Whether a change lies in these lines, or overlaps them.
bool reaches(const Change& change, const LineRange& lines) {
  const std::size_t end = lines.first_line + lines.lines;
  if (change.old_begin == change.old_end)
    return change.old_begin > lines.first_line && change.old_begin < end;
  return change.old_begin < end && change.old_end > lines.first_line;
}

bool any_reaches(const std::vector<Change>& all, const LineRange& lines) {
  return std::any_of(all.begin(), all.end(), [&](const Change& change) { return reaches(change, lines); });
}

// Merges `proposed` into the lines of the document at `now`; `yours` is their present form. `changed` says whether
// the user has changed lines that the block replaces.
Placement merged(const SearchedText& document, const LineRange& now, const Lines& shared, const Form& yours,
                 const Form& proposed, bool changed) {
  Merge merge = aside::merge(shared, yours, proposed);
  Placement made{Placement::State::Placed, now, {}, {}};
  for (Replacement& replacement : merge.replacements) {
    replacement.place.first_line += now.first_line;
    made.edits.push_back(line_edit(document.split(), replacement));
  }
  if (merge.conflict)
    made.state = Placement::State::Conflict;
  else if (changed && !made.edits.empty())
    made.state = Placement::State::Merged;
  return made;
}

// Puts the block in place of these lines of the document. The user hasn't changed them, so there is nothing to merge.
Placement replaced(const SearchedText& document, const LineRange& place, const Lines& block) {
  const Lines old_lines = document.lines(place);
  return merged(document, place, old_lines, {old_lines, {}}, form_of(old_lines, block), false);
}

Placement whole(const SearchedText& document, const Lines& block) {
  return replaced(document, {0, document.lines().size()}, block);
}

bool all_blank(const Lines& lines) {
  return std::all_of(lines.begin(), lines.end(), [](std::string_view line) { return blank(line); });
}

Placement place_search_replace(const SearchReplace& block, const SearchedText& document) {
  if (const char* const why = why_unfit(block.replace, block.search)) return unplaced(why);
  if (all_blank(block.search)) {
    if (block.replace.empty() || !all_blank(document.lines())) return unplaced(empty);
    return whole(document, block.replace);
  }
  SearchedText::Found found = document.find(block.search);
  if (found.place && found.place->distance == 0)
    return found.twice ? unplaced(why_twice)
                       : replaced(document, {found.place->first_line, found.place->lines}, block.replace);

  Lines flat_search;
  for (const std::string_view line : block.search) flat_search.push_back(without_indentation(line));
  std::string flat_text;
  for (const std::string_view line : document.lines()) (flat_text += without_indentation(line)) += '\n';
  found = SearchedText(flat_text).find(flat_search);
  if (!found.place || found.place->distance > 0) return unplaced(search_gone);
  if (found.twice) return unplaced(why_twice);
  const LineRange place{found.place->first_line, found.place->lines};
  const Lines old_lines = document.lines(place);
  const std::string_view from = common_indentation(block.search), to = common_indentation(old_lines);
  const auto search = reindented(block.search, from, to, old_lines);
  const auto replace = reindented(block.replace, from, to, old_lines);
  const auto same = [](std::string_view a, std::string_view b) { return a == b || (blank(a) && blank(b)); };
  if (!search || !replace || !std::equal(search->begin(), search->end(), old_lines.begin(), same))
    return unplaced(why_indented);
  return replaced(document, place, views(*replace));
}

// Where the lines of `shared` are in the document now, and what they have become there.
struct Now {
  LineRange place;
  Form form;
};

std::optional<Now> find_now(const SearchedText& shared, const SearchedText& document, std::size_t hint_line) {
  LineRange place{0, document.lines().size()};
  const auto found = document.find(shared.lines(), hint_line);
  if (found.twice || (!found.place && !too_large_to_locate(shared.lines().size(), place.lines)))
    return std::nullopt;
  if (found.place) place = {found.place->first_line, found.place->lines};
  return Now{place, form_of(shared.lines(), document.lines(place))};
}

// Whether at least one `distinctive` line of `lines` is unchanged in the present form.
bool left(const Lines& shared, const Form& now, const LineRange& lines) {
  auto change = now.changes.begin();
  for (std::size_t i = lines.first_line; i < lines.first_line + lines.lines; ++i) {
    while (change != now.changes.end() && change->old_end <= i) ++change;
    if ((change == now.changes.end() || i < change->old_begin) && distinctive(shared[i])) return true;
  }
  return false;
}

// Returns where a line of `shared` is in its present form. For a changed line, this is where the change begins.
std::size_t line_now(const Form& now, std::size_t line) {
  std::size_t at = line;
  for (const Change& change : now.changes) {
    if (change.old_begin >= line) break;
    at = line < change.old_end ? change.new_begin : line - change.old_end + change.new_end;
  }
  return at;
}

// Places a block whose place in the shared text is known: finds the same place in the present document.
Placement carried(const BlockPlace& found, const SearchedText& shared, const SearchedText& document,
                  std::size_t hint_line) {
  const Lines block = views(found.block), old_lines = shared.lines(found.place);
  const auto stands = document.find(old_lines, hint_line + found.place.first_line);
  if (stands.unchanged() && shared.find(old_lines).unchanged())
    return replaced(document, {stands.place->first_line, stands.place->lines}, block);
  if (block == old_lines && stands.place && stands.place->distance == 0)
    return replaced(document, {stands.place->first_line, stands.place->lines}, block);
  if (block == old_lines) return unplaced(as_shared);
  if (const auto done = document.find(block);
      done.unchanged() && !(stands.place && stands.place->distance == 0))
    return {Placement::State::Placed, {done.place->first_line, done.place->lines}, {}, {}};

  if (const auto now = find_now(shared, document, hint_line);
      now && left(shared.lines(), now->form, found.place)) {
    const auto& [first, lines] = found.place;
    Form proposed{shared.lines(), changes(align(old_lines, block))};
    proposed.lines.erase(proposed.lines.begin() + first, proposed.lines.begin() + first + lines);
    proposed.lines.insert(proposed.lines.begin() + first, block.begin(), block.end());
    for (Change& change : proposed.changes)
      for (std::size_t* at : {&change.old_begin, &change.old_end, &change.new_begin, &change.new_end})
        *at += first;
    Placement made = merged(document, now->place, shared.lines(), now->form, proposed,
                            any_reaches(now->form.changes, found.place));
    const std::size_t begin = line_now(now->form, first), end = line_now(now->form, first + lines);
    made.place = {now->place.first_line + begin, end - begin};
    return made;
  }
  // The lines have moved, or everything around them was changed.
  if (!stands.place) return unplaced(gone);
  if (stands.twice) return unplaced(why_twice);
  const LineRange place{stands.place->first_line, stands.place->lines};
  const Form yours = form_of(old_lines, document.lines(place));
  return merged(document, place, old_lines, yours, form_of(old_lines, block), !yours.changes.empty());
}

// Places a block that fits the document but not the shared text. Refuses a block that would remove a line which the
// user has typed since.
Placement placed_beside(const BlockPlace& found, const SearchedText& shared, const SearchedText& document,
                        std::size_t hint_line) {
  const auto now = document.find(shared.lines(), hint_line);
  if (!now.place || now.twice) return unplaced(now.twice ? why_twice : gone);
  const std::unordered_set<std::string_view> known(shared.lines().begin(), shared.lines().end());
  const std::size_t begin = now.place->first_line, end = begin + now.place->lines;
  const Form block = form_of(document.lines(found.place), views(found.block));
  for (const Change& change : block.changes)
    for (std::size_t i = change.old_begin; i < change.old_end; ++i)
      if (const std::size_t line = found.place.first_line + i;
          line >= begin && line < end && !known.contains(document.lines()[line]))
        return unplaced(typed_over);
  return replaced(document, found.place, block.lines);
}

// For a rewrite whose old lines are gone. That is as it should be if the document has the new lines exactly once: the
// rewrite was accepted before. Otherwise the rewrite has no place.
Placement already_there(const SearchedText& document, const Lines& block, std::size_t hint_line) {
  const auto found = document.find(block, hint_line);
  if (block.empty() || !found.unchanged()) return unplaced(gone);
  Placement there = replaced(document, {found.place->first_line, found.place->lines}, block);
  return there.edits.empty() ? there : unplaced(gone);
}

bool contains(const SearchedText& text, std::string_view line) {
  return std::find(text.lines().begin(), text.lines().end(), line) != text.lines().end();
}

void trim_blank_lines(Lines& lines) {
  while (!lines.empty() && blank(lines.back())) lines.pop_back();
  lines.erase(lines.begin(),
              std::find_if_not(lines.begin(), lines.end(), [](auto line) { return blank(line); }));
}

}  // namespace

Placement place(std::string_view block_text, std::string_view document_text,
                const std::optional<SharedLines>& shared) {
  if (std::max(block_text.size(), document_text.size()) > max_placed_bytes) return unplaced(too_large);
  Lines block = SplitText(block_text).lines;
  trim_blank_lines(block);
  if (block.empty()) return unplaced(empty);
  const SearchedText document(document_text), known(shared ? shared->text : std::string_view());
  if (std::max(block.size(), document.lines().size()) > max_located_lines) return unplaced(too_large);
  if (const auto pair = search_replace(block)) return place_search_replace(*pair, document);
  if (all_blank(document.lines()) && all_blank(known.lines())) {
    const char* const why = why_unfit(block, {});
    return why ? unplaced(why) : whole(document, block);
  }
  // Drops a line that only names the block's file.
  if (!path_in_comment(block.front()).empty() && !contains(document, block.front()) &&
      !contains(known, block.front())) {
    block.erase(block.begin());
    trim_blank_lines(block);
    if (block.empty()) return unplaced(empty);
  }

  const bool same = !shared || all_blank(known.lines()) || shared->text == document_text;
  const BlockPlace in_shared = find_block(block, same ? document : known);
  if (!in_shared.why_not)
    return same ? replaced(document, in_shared.place, views(in_shared.block))
                : carried(in_shared, known, document, shared->first_line);
  if (same || in_shared.why_not == why_twice) return unplaced(in_shared.why_not);
  const BlockPlace found = find_block(block, document);
  return found.why_not ? unplaced(in_shared.why_not)
                       : placed_beside(found, known, document, shared->first_line);
}

Placement place_lines(std::string_view block_text, const SharedLines& shared, std::string_view document_text,
                      const std::optional<LineRange>& now) {
  if (std::max(block_text.size(), document_text.size()) > max_placed_bytes) return unplaced(too_large);
  const SearchedText document(document_text), known(shared.text);
  const Lines& old_lines = known.lines();
  const SplitText split(block_text);
  if (const auto pair = search_replace(split.lines)) return place_search_replace(*pair, document);
  if (const char* const why = why_unfit(split.lines, old_lines)) return unplaced(why);

  std::vector<std::string> block(split.lines.begin(), split.lines.end());
  const std::string_view common = common_indentation(old_lines);
  if (std::none_of(block.begin(), block.end(),
                   [&](const std::string& line) { return line.starts_with(common); })) {
    const std::string_view own = common_indentation(split.lines);
    auto there = common.ends_with(own) ? reindented(split.lines, own, common, old_lines) : std::nullopt;
    if (!there) return unplaced(why_indented);
    block = std::move(*there);
  }

  LineRange place;
  if (now) {
    place.first_line = std::min(now->first_line, document.lines().size());
    place.lines = std::min(now->lines, document.lines().size() - place.first_line);
  } else if (!old_lines.empty()) {
    const auto found = document.find(old_lines, shared.first_line);
    if (found.twice) return unplaced(why_twice);
    if (!found.place) return already_there(document, views(block), shared.first_line);
    place = {found.place->first_line, found.place->lines};
  }
  if (place.lines == 0 && !(now ? old_lines.empty() : document.lines().empty()))
    return already_there(document, views(block), shared.first_line);
  const Form yours = form_of(old_lines, document.lines(place));
  return merged(document, place, old_lines, yours, form_of(old_lines, views(block)), !yours.changes.empty());
}

}  // namespace aside
