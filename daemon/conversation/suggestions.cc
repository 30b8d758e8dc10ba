#include "daemon/conversation/suggestions.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include "daemon/context/file_name.h"
#include "daemon/context/shared_text.h"
#include "daemon/conversation/forecast.h"
#include "daemon/text/block_around.h"
#include "daemon/text/imports.h"

namespace aside {
namespace {

namespace fs = std::filesystem;

bool before(Position a, Position b) {
  return std::tie(a.line, a.character) < std::tie(b.line, b.character);
}

bool empty(const Range& range) {
  return !before(range.start, range.end);
}

bool covers(const std::optional<Range>& whole, const std::optional<Range>& part) {
  if (!whole) return true;
  return part && !before(part->start, whole->start) && !before(whole->end, part->end);
}

}  // namespace

Result<std::vector<Suggestion>> Suggestions::suggest(const Situation& situation) {
  const auto next = next_.of(situation.uri);
  if (!next) return next.error();
  SharedText shared(next->path);
  shared.add_question({});  // the next question
  const auto compared = shared.compare([this](const std::string& uri) { return sharing_.present(uri); });

  std::vector<Taken> taken;
  for (const Attachment& known : compared.unchanged) taken.push_back({canonical(known.uri), known.range});
  for (const Share& listed : situation.listed)
    if (listed.kind == Attachment::Kind::Text) taken.push_back({canonical(listed.uri), listed.range});
  const bool problems_listed =
      std::any_of(situation.listed.begin(), situation.listed.end(),
                  [](const Share& listed) { return listed.kind == Attachment::Kind::Diagnostics; });

  std::vector<Candidate> found = candidates(situation);
  for (const Attachment& changed : compared.updates) {
    const std::string document = canonical(changed.uri);
    if (preferences_.keep_current)  // the next question carries the change anyway
      taken.push_back({document, changed.range});
    else
      found.push_back({SuggestedFor::Changed, {shown_conversations_.uri_for_editor(document)}});
  }
  if (situation.problems && !problems_listed) found.push_back({SuggestedFor::Problems, *situation.problems});

  std::vector<Suggestion> all;
  std::vector<int> of_reason(std::size(suggested_for_names));
  for (Candidate& candidate : found) {
    int& count = of_reason[static_cast<std::size_t>(candidate.reason)];
    if (candidate.reason == SuggestedFor::Import && count == static_cast<int>(max_imports)) continue;
    const std::string document = canonical(candidate.share.uri);
    if (candidate.reason != SuggestedFor::Problems &&
        std::any_of(taken.begin(), taken.end(), [&](const Taken& one) {
          return one.document == document && covers(one.lines, candidate.share.range);
        }))
      continue;
    taken.push_back({document, candidate.share.range});
    Suggestion one{candidate.reason, {std::move(candidate.share), {}, 0, std::nullopt}};
    one.what.checked = sharing_.check(one.what.share);
    if (!one.what.checked.refused) {
      one.what.tokens = estimated_tokens(one.what.checked.attachment);
      one.what.cost = next->cost(one.what.tokens, one.what.tokens);
    }
    all.push_back(std::move(one));
    ++count;
  }
  // If there are too many, drops the last suggestion whose reason has at least one other suggestion.
  while (all.size() > most) {
    auto several = all.rbegin();
    while (several != all.rend() && of_reason[static_cast<std::size_t>(several->reason)] < 2) ++several;
    if (several == all.rend()) several = all.rbegin();
    --of_reason[static_cast<std::size_t>(several->reason)];
    all.erase(std::next(several).base());
  }
  return all;
}

std::vector<Suggestions::Candidate> Suggestions::candidates(const Situation& situation) const {
  std::vector<Candidate> found;
  const auto whole = sharing_.whole(situation.uri);
  if (whole && situation.selection && !empty(*situation.selection))
    found.push_back({SuggestedFor::Selection, {situation.uri, situation.selection}});
  if (!whole) return found;
  add_block(situation, whole->text, found);
  add_files(situation, whole->text, found);
  return found;
}

void Suggestions::add_block(const Situation& situation, std::string_view text,
                            std::vector<Candidate>& found) const {
  if (situation.block) return found.push_back({SuggestedFor::Block, {situation.uri, situation.block}});
  auto cursor = situation.cursor;
  if (!cursor && situation.selection) cursor = situation.selection->start;
  if (!cursor || cursor->line < 0) return;
  const SplitText split(text);
  const auto block = block_around(split.lines, static_cast<std::size_t>(cursor->line));
  if (!block || block->lines == split.lines.size()) return;
  found.push_back(
      {SuggestedFor::Block, {situation.uri, documents_.whole_lines(split, block->first_line, block->lines)}});
}

void Suggestions::add_files(const Situation& situation, std::string_view text,
                            std::vector<Candidate>& found) const {
  const std::string file = file_path(situation.uri);
  if (file.empty()) return;
  const fs::path own = fs::path(file).parent_path();
  const fs::path root = documents_.folder_of(situation.uri);
  const std::string inside = file_path(canonical(file_uri(root.string()))) + "/";
  int looks = 0;
  const auto add = [&](SuggestedFor reason, const fs::path& path) {
    if (++looks > max_looks) return false;
    const std::string there = existing(path.lexically_normal().string(), inside);
    if (there.empty()) return false;
    found.push_back({reason, {file_uri(there)}});
    return true;
  };
  for (const Import& import : imports(text, file)) {
    bool is_there = false;
    for (fs::path folder = own; !is_there; folder = folder.parent_path()) {
      for (const std::string& path : import.paths)
        if (!is_there) is_there = add(SuggestedFor::Import, folder / path);
      if (!import.above || folder == root || folder == folder.parent_path()) break;
    }
  }
  for (const std::string& name : other_halves(fs::path(file).filename().string()))
    if (add(SuggestedFor::OtherHalf, own / name)) break;
}

// Returns `path` if it leads to a file inside of the folder `root`, which isn't too large; else an empty text. `root`
// is a canonical path with "/" at its end.
std::string Suggestions::existing(const std::string& path, const std::string& root) const {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed) || fs::file_size(path, failed) > max_file_bytes) return "";
  return file_path(canonical(file_uri(path))).starts_with(root) ? path : "";
}

}  // namespace aside
