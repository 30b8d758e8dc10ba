#include "daemon/context/shared_text.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "daemon/context/documents.h"
#include "daemon/context/file_name.h"
#include "daemon/text/diff.h"
#include "daemon/text/locate.h"

namespace aside {
namespace {

constexpr const char* gone = "(no longer there)";
// The lines were removed, moved to another file, or changed too much; it isn't known which.
constexpr const char* lost = "(these lines are not found in it any more)";

std::string_view run_of_lines(std::string_view text, std::size_t first, std::size_t count) {
  std::size_t start = 0;
  for (std::size_t line = 0; line < first && start < text.size(); ++line)
    start = std::min(text.find('\n', start), text.size() - 1) + 1;
  std::size_t end = start;
  for (std::size_t line = 0; line < count && end < text.size(); ++line)
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(start, end - start);
}

// Returns where the text occurs; npos if it doesn't. If the range has whole lines, the text must be whole lines;
// otherwise it may occur anywhere. `likely` is the place where the text's first line was before.
std::size_t place_of(std::string_view text, const Range& range, std::string_view in, std::size_t likely) {
  const bool whole = range.start.character == 0 && range.end.character == 0;
  const auto fits = [&](std::size_t at) {
    const std::size_t end = at + text.size();
    const bool begins_line = at == 0 || in[at - 1] == '\n';
    const bool ends_line = end == in.size() || text.empty() || text.back() == '\n' || in[end] == '\n';
    return !whole || (begins_line && ends_line);
  };
  for (const std::size_t from : {likely, std::size_t{0}})
    for (std::size_t at = in.find(text, from); at != std::string_view::npos; at = in.find(text, at + 1))
      if (fits(at)) return at;
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t\r\n"), line.size());
  return line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin);
}

// Finds a few lines that have too little text for `locate`. The lines count as still in their old place if at least
// half of them are the same there, apart from indentation.
std::optional<Place> in_place(std::string_view text, std::string_view in, std::size_t first) {
  std::size_t lines = 0, distinctive = 0, same = 0;
  for (std::string_view rest = text; !rest.empty(); ++lines) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (trimmed(line).empty()) continue;
    ++distinctive;
    if (trimmed(line) == trimmed(run_of_lines(in, first + lines, 1))) ++same;
  }
  if (same == 0 || same * 2 < distinctive) return std::nullopt;
  return Place{first, lines, lines - same};
}

Range whole_lines(std::size_t first, std::size_t count) {
  return {{static_cast<int>(first), 0}, {static_cast<int>(first + count), 0}};
}

// Removes differences that a document's text in an editor and on the disk may have: line ends, a byte order mark, and
// how many U+FFFD replace invalid bytes.
std::string comparable(std::string text) {
  constexpr std::string_view mark = "\uFEFF", replacement = "\uFFFD";
  text = with_plain_line_ends(std::move(text));
  if (text.starts_with(mark)) text.erase(0, mark.size());
  std::size_t at = text.find(replacement);
  for (; at != text.npos; at = text.find(replacement, at + replacement.size())) {
    std::size_t end = at + replacement.size();
    while (std::string_view(text).substr(end).starts_with(replacement)) end += replacement.size();
    text.erase(at + replacement.size(), end - at - replacement.size());
  }
  return text;
}

// A text that is compared with many pieces.
class Comparable {
 public:
  explicit Comparable(std::string text) : text_(comparable(std::move(text))), ends_(text_.ends_with('\n')) {
    if (!ends_) text_ += '\n';
    for (std::size_t at = 0; at != 0 || lines_.empty(); at = text_.find('\n', at) + 1) lines_.push_back(at);
  }
  std::string_view text() const { return std::string_view(text_).substr(0, text_.size() - (ends_ ? 0 : 1)); }
  // Returns the text with a line end after the last line if `known` has one there, otherwise without: an editor may
  // add a line end that the file doesn't have.
  std::string_view ending_like(std::string_view known) const {
    if (!known.ends_with('\n')) return std::string_view(text_).substr(0, text_.size() - 1);
    return !text().empty() || known.size() == 1 ? text_ : text();
  }
  // Returns where this line starts; the end of the text if there are fewer lines.
  std::size_t line(int number) const {
    const auto index = static_cast<std::size_t>(number);
    return number >= 0 && index < lines_.size() ? lines_[index] : text_.size();
  }

 private:
  std::string text_;  // with a line end after the last line
  bool ends_;         // the text itself ends with a line end
  std::vector<std::size_t> lines_;
};

}  // namespace

class SharedText::Now {
 public:
  explicit Now(Result<std::optional<DecodedText>> present) : present_(std::move(present)) {}

  bool is_known() const { return present_.has_value(); }
  bool is_there() const { return present_->has_value(); }
  // Returns the text, decoded so that it agrees with the known text of the document. Null if no encoding agrees.
  const Comparable* as_known(const std::string& known) {
    const DecodedText& present = **present_;
    if (present.bytes.empty() && comparable_) return &*comparable_;
    auto text = read_as_known(present, known);
    return text ? &comparable_.emplace(*std::move(text)) : nullptr;
  }

 private:
  Result<std::optional<DecodedText>> present_;
  std::optional<Comparable> comparable_;
};

SharedText::SharedText(const std::vector<Turn>& path) {
  for (const Turn& turn : path)
    if (turn.role == Role::User && turn.sent) add_question(turn.attachments);
}

const std::string& SharedText::document(const std::string& uri) {
  const auto [entry, is_new] = documents_.try_emplace(uri);
  if (is_new) entry->second = canonical(uri);
  return entry->second;
}

void SharedText::add_question(const std::vector<Attachment>& attachments) {
  ++questions_;
  for (const Attachment& attachment : attachments) {
    const bool is_text = attachment.kind == Attachment::Kind::Text;
    if (attachment.agreed && (is_text || attachment.kind == Attachment::Kind::Update))
      agreed_[attachment.agreed->file] = attachment.agreed->reasons;
    if (!is_text) continue;
    const std::string& document = this->document(attachment.uri);
    const auto replaced = [&](const Piece& piece) {
      return (!attachment.range || piece.range == attachment.range) && piece.document == document;
    };
    pieces_.erase(std::remove_if(pieces_.begin(), pieces_.end(), replaced), pieces_.end());
    pieces_.push_back({attachment.uri, attachment.name, attachment.language, document, attachment.range,
                       attachment.text, questions_, attachment.agreed.has_value()});
  }
  for (const Attachment& attachment : attachments) {
    const auto place = static_cast<std::size_t>(attachment.piece);
    if (attachment.kind != Attachment::Kind::Update || place >= pieces_.size()) continue;
    pieces_[place].text = attachment.seen;
    if (attachment.range) pieces_[place].range = attachment.range;
  }
}

SharedText::Compared SharedText::compare(const Present& present) const {
  Compared compared;
  std::map<std::string, Now> texts;
  std::set<std::string> whole;
  for (const Piece& piece : pieces_)
    if (!piece.range) whole.insert(piece.document);
  for (std::size_t place = 0; place < pieces_.size(); ++place) {
    const Piece& piece = pieces_[place];
    if (piece.question == questions_ || (piece.range && whole.contains(piece.document))) continue;
    const auto agreed = agreed_.find(piece.document);
    if (agreed == agreed_.end() && !piece.agreed) continue;
    auto text = texts.find(piece.uri);
    if (text == texts.end()) text = texts.emplace(piece.uri, Now(present(piece.uri))).first;
    if (!text->second.is_known()) continue;
    auto update = this->update(piece, text->second);
    if (!update) {
      if (auto same = unchanged(piece, text->second)) compared.unchanged.push_back(*std::move(same));
      continue;
    }
    update->piece = static_cast<std::int64_t>(place);
    if (agreed != agreed_.end()) update->agreed = Agreed{piece.document, agreed->second};
    compared.updates.push_back(*std::move(update));
  }
  return compared;
}

std::optional<Attachment> SharedText::unchanged(const Piece& piece, Now& present) const {
  if (!piece.text || !present.is_there()) return std::nullopt;
  const std::string known = comparable(*piece.text);
  const Comparable* text = present.as_known(known);
  if (!text) return std::nullopt;
  Attachment same{piece.uri, piece.name, piece.range, piece.language};
  if (!piece.range) return same;
  const std::size_t before = text->line(piece.range->start.line);
  const std::size_t at = place_of(known, *piece.range, text->text(), before);
  if (at == std::string_view::npos) return same;
  const auto breaks = [&](std::size_t from, std::size_t to) {
    const std::string_view lines = text->text().substr(from, to - from);
    return static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
  };
  const int moved = at < before ? -breaks(at, before) : breaks(before, at);
  same.range->start.line += moved;
  same.range->end.line += moved;
  return same;
}

std::optional<Attachment> SharedText::update(const Piece& piece, Now& present) const {
  if (!present.is_there() && !piece.text) return std::nullopt;
  const std::string known = comparable(piece.text.value_or(""));
  const Comparable* text = nullptr;
  std::string_view now;
  if (present.is_there()) {
    text = present.as_known(known);
    if (!text) return std::nullopt;
    const bool is_part = piece.range && !known.ends_with('\n');  // part of a line
    now = piece.text && !is_part ? text->ending_like(known) : text->text();
  }
  Attachment update{piece.uri, piece.name, piece.range, piece.language};
  update.kind = Attachment::Kind::Update;
  LinesBefore before;
  if (text && !piece.range) {
    update.seen = now;
  } else if (text) {
    const auto hint = static_cast<std::size_t>(piece.range->start.line);
    if (place_of(known, *piece.range, now, text->line(piece.range->start.line)) != now.npos)
      return std::nullopt;
    auto found = piece.text ? locate(known, now, hint) : std::nullopt;
    if (!found && piece.text) found = in_place(known, now, hint);
    if (found) {
      update.seen = run_of_lines(now, found->first_line, found->lines);
      update.range = whole_lines(found->first_line, found->lines);
      before = LinesBefore{hint, found->first_line};
    }
  }
  if (piece.text ? update.seen == known : !update.seen) return std::nullopt;
  update.text = update.seen.value_or(text ? lost : gone);
  if (!update.seen || !piece.text) return update;
  std::string diff = unified_diff(known, *update.seen, before);
  if (diff.size() >= update.text.size() && !update.text.empty()) return update;
  update.text = std::move(diff);
  update.language = "diff";
  return update;
}

std::vector<std::string> SharedText::uris() const {
  std::vector<std::string> uris;
  for (const Piece& piece : pieces_)
    if (std::find(uris.begin(), uris.end(), piece.uri) == uris.end()) uris.push_back(piece.uri);
  return uris;
}

std::vector<SharedText::Known> SharedText::known() const {
  std::vector<Known> known;
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (!piece->text || !agreed_.contains(piece->document)) continue;
    known.push_back({piece->uri, piece->document,
                     piece->range ? static_cast<std::size_t>(piece->range->start.line) : 0, *piece->text});
  }
  return known;
}

}  // namespace aside
