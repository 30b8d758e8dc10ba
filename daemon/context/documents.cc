#include "daemon/context/documents.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "daemon/context/file_name.h"
#include "daemon/text/edited_text.h"
#include "daemon/text/encoding.h"
#include "daemon/text/figures.h"
#include "daemon/text/utf8.h"

namespace aside {
namespace {

// Returns the number of bytes of the first character of `text`; 1 if the first byte isn't UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto character = utf8::first(text);
  return character.valid ? character.length : 1;
}

// Returns how many characters LSP counts for one character that has this many bytes in UTF-8.
int units(std::size_t bytes, PositionEncoding encoding) {
  return encoding == PositionEncoding::Utf8 ? static_cast<int>(bytes) : bytes == 4 ? 2 : 1;
}

bool before(Position a, Position b) {
  return std::tie(a.line, a.character) < std::tie(b.line, b.character);
}

Error wrong_range(std::string what, const Range& range) {
  auto place = [](Position p) { return std::to_string(p.line) + ":" + std::to_string(p.character); };
  return {ErrorCode::InvalidParams,
          std::move(what) + " (" + place(range.start) + " to " + place(range.end) + ")"};
}

// Returns the decoded parts of a path in a URI, without empty parts, "." and "..".
std::vector<std::string> named_parts(std::string_view uri_rest) {
  std::vector<std::string> parts;
  std::string decoded = percent_decoded(uri_rest);
  for (std::size_t start = 0, end; start <= decoded.size(); start = end + 1) {
    end = std::min(decoded.find('/', start), decoded.size());
    std::string part = decoded.substr(start, end - start);
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
  }
  return parts;
}

// Returns the canonical URI. The URI of a folder ends with a slash, so that a folder that is used as a document counts
// as inside itself.
std::string canonical_place(const std::string& uri) {
  const std::string whole = canonical(uri);
  std::error_code unknown;
  return std::filesystem::is_directory(file_path(whole), unknown) ? whole + "/" : whole;
}

void follow_edit(std::vector<std::pair<std::string, FollowedLines>>& followed, const Range& range,
                 std::string_view text, bool at_line_end) {
  std::vector<std::pair<std::string, FollowedLines>> left;
  for (auto& [name, lines] : followed)
    if (const auto after = lines.after(range, text, at_line_end)) left.emplace_back(std::move(name), *after);
  followed = std::move(left);
}

}  // namespace

void Documents::use(PositionEncoding encoding) {
  encoding_ = encoding;
}

void Documents::use(std::vector<std::string> workspace_folders) {
  folders_.clear();
  for (const std::string& folder : workspace_folders) {
    std::string uri = canonical(folder);
    while (!uri.empty() && uri.back() == '/') uri.pop_back();
    // The root of the file system is left out: names relative to it would be no shorter than absolute ones.
    if (uri != "file:") folders_.push_back(uri + "/");
  }
}

void Documents::open(const std::string& uri, OpenDocument document) {
  open_[uri] = Entry{canonical(uri), std::move(document)};
}

Result<void> Documents::change(const std::string& uri, int version, const std::vector<Edit>& edits) {
  auto found = open_.find(uri);
  if (found == open_.end()) {
    return Error{ErrorCode::InvalidParams, "textDocument/didChange: " + name(uri) + " isn't open"};
  }
  OpenDocument& document = found->second.document;
  auto followed = found->second.followed;
  EditedText text(document.text);
  bool certain = document.certain;
  for (const Edit& edit : edits) {
    if (!edit.range) {
      certain = true;
      text = EditedText(edit.text);
      followed.clear();
      continue;
    }
    const auto& [start, end] = *edit.range;
    if (before(end, start))
      return wrong_range("textDocument/didChange: a range of " + name(uri) + " ends before it starts",
                         *edit.range);
    const bool there = text.move_to(start.line);
    // Some editors write the end of the text as the line after the last one. A start below that line is an error.
    if (!there && text.line() < start.line - 1)
      return wrong_range("textDocument/didChange: a range begins below the end of " + name(uri), *edit.range);
    const std::string_view rest = text.rest();
    const std::size_t from = there ? offset(rest, {0, start.character}, encoding_) : rest.size();
    const std::size_t to =
        there ? offset(rest, {end.line - start.line, end.character}, encoding_) : rest.size();
    if (!followed.empty()) {
      const bool at_line_end = from == rest.size() || rest[from] == '\n' || rest[from] == '\r';
      follow_edit(followed, *edit.range, edit.text, at_line_end);
    }
    text.replace(from, to - from, edit.text);
  }
  document.text = std::move(text).text();
  found->second.followed = std::move(followed);
  document.version = version;
  document.certain = certain;
  return {};
}

void Documents::close(const std::string& uri) {
  open_.erase(uri);
}

std::map<std::string, Documents::Entry>::const_iterator Documents::entry(const std::string& uri) const {
  if (auto found = open_.find(uri); found != open_.end()) return found;
  const std::string wanted = canonical(uri);
  return std::find_if(open_.begin(), open_.end(),
                      [&wanted](const auto& known) { return known.second.canonical == wanted; });
}

void Documents::distrust() {
  for (auto& [uri, entry] : open_) {
    entry.document.certain = false;
    entry.followed.clear();
  }
}

const OpenDocument* Documents::find(const std::string& uri) const {
  const auto found = entry(uri);
  return found == open_.end() ? nullptr : &found->second.document;
}

void Documents::follow(const std::string& uri, const std::string& name, const Range& lines,
                       std::string_view text) {
  const auto found = entry(uri);
  if (found == open_.end()) return;
  const std::string& whole = found->second.document.text;
  const std::size_t start = offset(whole, lines.start, encoding_), end = offset(whole, lines.end, encoding_);
  if (with_plain_line_ends(whole.substr(start, end - start)) != text) return;
  auto& followed = open_[found->first].followed;
  if (followed.size() >= max_followed) followed.erase(followed.begin());
  followed.emplace_back(name,
                        FollowedLines{lines.start.line, std::max(lines.end.line - lines.start.line, 1)});
}

std::optional<FollowedLines> Documents::followed(const std::string& uri, const std::string& name) const {
  const auto found = entry(uri);
  if (found == open_.end()) return std::nullopt;
  for (const auto& [known, lines] : found->second.followed)
    if (known == name) return lines;
  return std::nullopt;
}

Range Documents::whole_lines(const SplitText& text, std::size_t first_line, std::size_t lines) const {
  const auto position = [&](std::size_t line) -> Position {
    const std::size_t size = text.lines.size();
    if (line < size || size == 0 || !text.ends[size - 1].empty()) return {static_cast<int>(line), 0};
    int characters = 0;
    for (std::string_view rest = text.lines[size - 1]; !rest.empty();
         rest.remove_prefix(character_bytes(rest)))
      characters += units(character_bytes(rest), encoding_);
    return {static_cast<int>(size) - 1, characters};
  };
  return {position(first_line), position(first_line + lines)};
}

bool Documents::inside(const std::string& uri) const {
  const std::string whole = canonical(uri);
  return folders_.empty() || std::any_of(folders_.begin(), folders_.end(), [&](const std::string& folder) {
           return whole.starts_with(folder);
         });
}

std::string Documents::base_folder(const std::string& uri) const {
  const std::string whole = canonical_place(uri), path = file_path(whole);
  std::string base = path.empty() ? "" : whole.substr(0, whole.rfind('/') + 1);
  if (base.empty() && !folders_.empty()) base = folders_.front();
  std::size_t innermost = 0;
  for (const std::string& folder : folders_)
    if (whole.starts_with(folder) && folder.size() > innermost) base = folder, innermost = folder.size();
  std::string folder = file_path(base);
  while (folder.ends_with('/')) folder.pop_back();
  return folder;
}

std::string Documents::folder_around(const std::string& path) const {
  const std::string whole = file_uri(path);
  std::string outermost = whole.substr(0, whole.rfind('/') + 1);
  for (const std::string& folder : folders_)
    if (whole.starts_with(folder) && folder.size() < outermost.size()) outermost = folder;
  std::string around = file_path(outermost);
  if (around.size() > 1) around.pop_back();
  return around;
}

std::string Documents::folder_of(const std::string& uri) const {
  const std::string path = file_path(uri);
  if (path.empty()) {
    const std::string first = folders_.empty() ? "" : file_path(folders_.front());
    return first.size() > 1 ? first.substr(0, first.size() - 1) : first;
  }
  const std::string whole = canonical_place(uri);
  std::size_t inner = 0;
  for (const std::string& folder : folders_)
    if (whole.starts_with(folder)) inner = std::max(inner, folder.size() - 1);
  const std::string real = file_path(whole);
  const std::string around = inner > 0 ? file_path(whole.substr(0, inner)) : real.substr(0, real.rfind('/'));
  const std::string below = real.substr(around.size());
  const std::string spelled = path.ends_with(below) ? path.substr(0, path.size() - below.size()) : around;
  return spelled.empty() ? "/" : spelled;
}

Result<Attachment> Documents::attach(const Share& share, const OpenDocument* closed) const {
  const OpenDocument* document = closed ? closed : find(share.uri);
  Attachment attachment{share.uri, name(share.uri), share.range, share.language, {}};
  attachment.kind = share.kind;
  if (!document && !share.text) {
    Error error{ErrorCode::InvalidParams, "attachments: " + attachment.name + " isn't open in the editor"};
    error.data.hint = "Send the document's text.";
    return error;
  }
  if (!share.text && !document->certain) return uncertain("attachments: " + attachment.name);
  if (attachment.language.empty() && document) attachment.language = document->language;

  std::string_view text = share.text ? *share.text : document->text;
  if (!share.text && share.range) {
    if (before(share.range->end, share.range->start)) {
      return wrong_range("attachments: the range of " + attachment.name + " ends before it starts",
                         *share.range);
    }
    std::size_t start = offset(text, share.range->start, encoding_);
    text = text.substr(start, offset(text, share.range->end, encoding_) - start);
  }
  if (text.size() > max_attachment_bytes) {
    Error error{ErrorCode::InvalidParams, "attachments: " + attachment.name + " has " +
                                              mebibytes_text(text.size()) + "; at most " +
                                              mebibytes_text(max_attachment_bytes) + " can be shared"};
    error.data.hint = "Share a range of the document.";
    return error;
  }
  attachment.text = with_plain_line_ends(std::string(text));
  return attachment;
}

std::string Documents::name(const std::string& uri) const {
  if (scheme(uri) == "untitled") return "untitled";
  std::string whole = canonical(uri);
  if (file_path(uri).empty()) whole.erase(std::min(whole.find_first_of("?#"), whole.size()));

  std::size_t folder_bytes = 0;
  for (const std::string& folder : folders_)
    if (whole.size() > folder.size() && whole.compare(0, folder.size(), folder) == 0)
      folder_bytes = std::max(folder_bytes, folder.size());

  std::size_t colon = whole.find(':');
  std::size_t start = folder_bytes ? folder_bytes : colon == std::string::npos ? 0 : colon + 1;
  std::vector<std::string> parts = named_parts(std::string_view(whole).substr(start));
  if (parts.empty()) return "untitled";
  if (!folder_bytes) return printable_name(parts.back());
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : "/") + part;
  return printable_name(joined);
}

std::string Documents::full_name(const std::string& uri) const {
  const std::string path = file_path(canonical(uri));
  if (path.empty() || (folders_.size() == 1 && inside(uri))) return name(uri);
  return printable_name(path);
}

Error uncertain(const std::string& what) {
  return {ErrorCode::InvalidParams,
          what + " may have another text in the editor by now, since a message from the editor was lost",
          {.hint = "Close it in the editor, and open it again."}};
}

std::size_t offset(std::string_view text, Position position, PositionEncoding encoding) {
  std::size_t at = 0;
  for (int line = 0; line < position.line; ++line) {
    at = next_line(text, at);
    if (at == std::string_view::npos) return text.size();
  }
  for (int left = position.character; at < text.size() && text[at] != '\n' && text[at] != '\r';) {
    std::size_t bytes = character_bytes(text.substr(at));
    left -= units(bytes, encoding);
    if (left < 0) break;
    at += bytes;
  }
  return at;
}

}  // namespace aside
