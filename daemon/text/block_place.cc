#include "daemon/text/block_place.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "daemon/text/definition.h"
#include "daemon/text/elision.h"
#include "daemon/text/indentation.h"

namespace aside {
namespace {

constexpr const char* not_found =
    "No lines of the document are like those of the block: ask for the change with /blocks.";
constexpr const char* edges =
    "The first and last lines of the block differ from those at its place in the document: ask for the change with "
    "/blocks.";
constexpr const char* little_kept =
    "The block keeps too few of the lines at its place: select these lines and have them rewritten.";
constexpr const char* elided =
    "The block leaves out code (\"...\"): ask for the whole code, or for the change with /blocks.";
constexpr const char* marks =
    "The block holds the marks of a conflict, or of an incomplete search/replace block: ask for the block once more.";

// Counts the lines of two texts that are `distinctive`, and how many of those in the old text are also in the new one.
struct Kept {
  std::size_t old_lines = 0, new_lines = 0, kept = 0;
  bool half() const { return kept * 2 >= old_lines; }
};

Kept kept(const Lines& old_lines, const Lines& new_lines, std::size_t from = 0) {
  const Alignment paired = align(old_lines, new_lines);
  Kept count;
  for (std::size_t i = from; i < old_lines.size(); ++i)
    if (distinctive(old_lines[i])) ++count.old_lines, count.kept += paired.in_old[i];
  count.new_lines =
      static_cast<std::size_t>(std::count_if(new_lines.begin() + from, new_lines.end(), distinctive));
  return count;
}

Lines views(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

// Whether replacing the old lines would remove the first line of a definition after the first definition. Example: a
// block holds one function of the document and a new function. Functions often end alike, so the block's last line
// matches the end of the next old function.
bool loses_definition(const Lines& old_lines, const Lines& new_lines) {
  std::unordered_set<std::string_view> names;
  for (const std::string_view line : new_lines) names.insert(definition_name(line));
  const Alignment paired = align(old_lines, new_lines);
  const std::size_t left = indentation_of(old_lines.front()).size();
  for (std::size_t i = 1; i < old_lines.size(); ++i)
    if (!paired.in_old[i] && indentation_of(old_lines[i]).size() <= left && begins_definition(old_lines, i) &&
        !names.contains(definition_name(old_lines[i])))
      return true;
  return false;
}

BlockPlace find_as_it_is(const Lines& block, const SearchedText& text) {
  const auto same_edges = [&](const LineRange& place) {
    return block.front() == text.lines()[place.first_line] &&
           block.back() == text.lines()[place.first_line + place.lines - 1];
  };
  const SearchedText::Found found = text.find(block, {}, same_edges);
  BlockPlace made{{}, {block.begin(), block.end()}};
  if (found.place) {
    made.place = {found.place->first_line, found.place->lines};
  } else if (too_large_to_locate(block.size(), text.lines().size())) {
    made.place.lines = text.lines().size();  // too much for `locate`, but the block may replace all of it
  } else {
    made.why_not = not_found;
    return made;
  }
  if (!same_edges(made.place) || loses_definition(text.lines(made.place), block))
    made.why_not = edges;
  else if (!kept(text.lines(made.place), block).half())
    made.why_not = little_kept;
  else if (found.twice && found.place->distance > 0)  // a block that changes nothing may have several places
    made.why_not = why_twice;
  return made;
}

BlockPlace find_reindented(const Lines& block, const SearchedText& text) {
  Lines flat_block;
  for (const std::string_view line : block) flat_block.push_back(without_indentation(line));
  std::string flat_text;
  for (const std::string_view line : text.lines()) (flat_text += without_indentation(line)) += '\n';
  const SearchedText flat(flat_text);
  BlockPlace made = find_as_it_is(flat_block, flat);
  if (made.why_not) return made;
  const Lines old_lines = text.lines(made.place);
  auto there = reindented(block, indentation_of(block.front()), indentation_of(old_lines.front()), old_lines);
  if (there) made.block = std::move(*there);
  const Lines new_lines = views(made.block);
  if (there && (new_lines == block || loses_definition(old_lines, new_lines)))
    made.why_not = edges;
  else if (!there || new_lines.back() != old_lines.back() || !kept(old_lines, new_lines).half())
    made.why_not = why_indented;
  return made;
}

// Places a block that is one definition: it replaces the definition with the same first line, or with the same name.
// The first line already tells which definition is meant, so only the lines after it are compared. Half of the old
// ones must be kept, since a model sometimes writes only the lines that it has changed. This isn't required if the
// definition has a name, an unchanged first line and no fewer lines.
BlockPlace find_definition(const Lines& block, const SearchedText& text) {
  BlockPlace made{{}, {}, not_found};
  const auto head = aside::find_definition(block.front(), text.lines());
  if (!head || definition_end(block, 0) != block.size()) return made;
  const std::size_t end = definition_end(text.lines(), head->line);
  const bool named = !definition_name(block.front()).empty();
  if (head->twice && named && head->unchanged) made.why_not = why_twice;
  if (head->twice || end == 0) return made;
  made.place = {head->line, end - head->line};
  const Lines old_lines = text.lines(made.place);
  auto there = reindented(block, indentation_of(block.front()), indentation_of(old_lines.front()), old_lines);
  if (!there) {
    made.why_not = why_indented;
    return made;
  }
  made.block = std::move(*there);
  const Lines new_lines = views(made.block);
  const Kept count = kept(old_lines, new_lines, 1);
  const bool certain = head->unchanged && named && count.new_lines >= count.old_lines;
  const auto closed = [&](const Lines& lines) {
    return indentation_of(lines.back()) == indentation_of(lines.front());
  };
  if (new_lines.back() != old_lines.back() && (closed(new_lines) || closed(old_lines)))
    made.why_not = edges;
  else
    made.why_not = certain || (count.half() && count.kept > 0) ? nullptr : little_kept;
  return made;
}

}  // namespace

BlockPlace find_block(const Lines& block, const SearchedText& text) {
  if (text.lines().empty()) return {{}, {}, not_found};
  BlockPlace found = find_as_it_is(block, text);
  if (found.why_not && found.why_not != why_twice) {
    BlockPlace again = find_definition(block, text);
    if (again.why_not == not_found) again = find_reindented(block, text);
    if (again.why_not != not_found && again.why_not != edges) found = std::move(again);
  }
  const Lines lines = found.why_not ? block : views(found.block);
  if (const char* const why = why_unfit(lines, found.why_not ? text.lines() : text.lines(found.place)))
    found.why_not = why;
  return found;
}

const char* why_unfit(const Lines& lines, const Lines& old_lines) {
  const std::unordered_set<std::string_view> old(old_lines.begin(), old_lines.end());
  for (const std::string_view line : lines) {
    const bool mark =
        line.starts_with("<<<<<<< ") || line.starts_with("||||||| ") || line.starts_with(">>>>>>> ");
    if ((mark || leaves_out_code(line)) && !old.contains(line)) return mark ? marks : elided;
  }
  return nullptr;
}

}  // namespace aside
