// The texts that the editor has open, updated by LSP's incremental edits, and the names of files. A document is
// known by the URI that the editor uses; `canonical` gives the URI under which the store knows it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/text/followed_lines.h"
#include "daemon/text/line_edits.h"
#include "protocol/error.h"

namespace aside {

enum class PositionEncoding { Utf8, Utf16 };

struct OpenDocument {
  std::string language;
  int version = 0;
  std::string text;     // UTF-8
  bool certain = true;  // false: a message was lost, and the editor may have another text
};

struct Edit {
  std::optional<Range> range;  // absent: the whole text
  std::string text;
};

// What the editor asks to share: a range of a document, a whole document, or a text (its range is then only a
// label).
struct Share {
  std::string uri;
  std::optional<Range> range = std::nullopt;
  std::optional<std::string> text = std::nullopt;
  std::string language = {};
  Attachment::Kind kind = Attachment::Kind::Text;  // or Diagnostics, with its text, or GitDiff
};

class Documents {
 public:
  // The limit for one attachment: about half of what a request may carry.
  static constexpr std::size_t max_attachment_bytes = 16 * 1024 * 1024;
  // Of one document; beyond it the lines followed longest are given up.
  static constexpr std::size_t max_followed = 50;

  void use(PositionEncoding encoding);
  void use(std::vector<std::string> workspace_folders);  // URIs

  void open(const std::string& uri, OpenDocument document);
  // Errors: InvalidParams for a document that isn't open, or a range that ends before it starts or begins below
  // the end of the text (editor and daemon then hold different texts). After an error none of the edits is made.
  Result<void> change(const std::string& uri, int version, const std::vector<Edit>& edits);
  void close(const std::string& uri);
  // A message from the editor was lost, which may have changed any of the documents. The text of each is not shared any
  // more until it is opened again or replaced as a whole.
  void distrust();
  const OpenDocument* find(const std::string& uri) const;  // null unless open; also found by canonical name

  // Follows whole lines of an open document through its edits until it is closed, under a name. Does nothing unless they
  // still have this text (with "\n").
  void follow(const std::string& uri, const std::string& name, const Range& lines, std::string_view text);
  // Where these lines are now; nullopt if they are not followed, or none of them is left.
  std::optional<FollowedLines> followed(const std::string& uri, const std::string& name) const;

  // Whole lines of a text as a range. The end of the text is behind its last line if that has no line end.
  Range whole_lines(const SplitText& text, std::size_t first_line, std::size_t lines) const;

  // Makes an attachment, in which line ends are "\n". `closed` is the content of a document that isn't open.
  Result<Attachment> attach(const Share& share, const OpenDocument* closed = nullptr) const;
  // Whether the document is in a workspace folder. Also true if there are no workspace folders.
  bool inside(const std::string& uri) const;
  // The folder that names for the model are relative to: the innermost workspace folder around the document, else the folder
  // of the file, else the first workspace folder. A path without a slash at its end; empty if there is none.
  std::string base_folder(const std::string& uri) const;
  // The path of the outermost workspace folder around this path, else of the folder that the file is in.
  std::string folder_around(const std::string& path) const;
  // The folder in which the editor's user works on this document, in the editor's spelling: the innermost workspace folder
  // around it, else its own folder. Of a document that is no file, the first workspace folder. Empty if there is none.
  std::string folder_of(const std::string& uri) const;
  // The name for the model: relative to the innermost workspace folder around it, else the last part of its path.
  // Never absolute, always one line of UTF-8.
  std::string name(const std::string& uri) const;
  // The name for the user, different for each file: as `name` if one folder is open and holds the file, else
  // absolute.
  std::string full_name(const std::string& uri) const;

 private:
  struct Entry {
    std::string canonical;
    OpenDocument document;
    std::vector<std::pair<std::string, FollowedLines>> followed = {};  // by name, the oldest first
  };
  // The open document of that URI or canonical name, as its key in `open_`; end if it isn't open.
  std::map<std::string, Entry>::const_iterator entry(const std::string& uri) const;
  std::map<std::string, Entry> open_;  // by URI as the editor writes it
  std::vector<std::string> folders_;   // canonical
  PositionEncoding encoding_ = PositionEncoding::Utf16;
};

// The error for a text that is not certain; `what` names it.
Error uncertain(const std::string& what);

// The number of bytes before a position. A position past the end of a line means its end (LSP 3.17), a line past
// the end means the end of the text, and a position inside a character means its start.
std::size_t offset(std::string_view text, Position position, PositionEncoding encoding);

// A `file:` URI with symlinks resolved (of a missing file: those of its folder), each part as its folder lists it,
// and escapes in one form. Other URIs are returned as they are.
std::string canonical(const std::string& uri);
// The canonical URI that a document had before it was renamed. If the names differ only in case, the old name may
// still lead to the file.
std::string canonical_before(const std::string& from, const std::string& to);
// The path of a `file:` URI; empty for other URIs and for another host.
std::string file_path(const std::string& uri);
std::string file_uri(const std::string& path);
// A file name, which may hold any bytes, as one line of UTF-8.
std::string printable_name(std::string_view bytes);
// All paths on the way from a path to its file: the path as given, the path after each link that is followed, and
// the path without links.
std::vector<std::string> names_on_the_way(const std::string& path);

// What identifies a file after it was renamed. Both are empty if there is no such file.
std::string file_identity(const std::string& path);  // device, inode and creation time
// A hash of its content and its size. Empty for a file of more than 4 MiB, and for one with white space only.
std::string file_fingerprint(const std::string& path);

}  // namespace aside
