// Knows the texts that the editor has open, and keeps them current with LSP's incremental edits. It also makes the
// names of documents that the model and the user see. These names depend on the workspace folders that are open.
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

// What the editor asks to share: a range of a document, a whole document, or a text that the editor itself sends. For
// such a text, the range is only a label.
struct Share {
  std::string uri;
  std::optional<Range> range = std::nullopt;
  std::optional<std::string> text = std::nullopt;
  std::string language = {};
  Attachment::Kind kind = Attachment::Kind::Text;  // or GitDiff, or Diagnostics, which needs `text`
};

class Documents {
 public:
  // The limit for one attachment. It is about half of the size that a request may have.
  static constexpr std::size_t max_attachment_bytes = 16 * 1024 * 1024;
  // The most ranges of lines that are followed in one document. If one more is added, the range that has been followed
  // longest is dropped.
  static constexpr std::size_t max_followed = 50;

  void use(PositionEncoding encoding);
  void use(std::vector<std::string> workspace_folders);  // URIs

  void open(const std::string& uri, OpenDocument document);
  // Errors: InvalidParams for a document that isn't open, for a range that ends before it starts, or for a range that
  // begins below the end of the text (editor and daemon then hold different texts). After an error, none of the edits
  // is made.
  Result<void> change(const std::string& uri, int version, const std::vector<Edit>& edits);
  void close(const std::string& uri);
  // Records that a message from the editor was lost. The message may have changed any document. So from then on, a
  // document's text is not shared until the document is opened again or replaced as a whole.
  void distrust();
  const OpenDocument* find(const std::string& uri) const;  // `uri` may be canonical; null if it isn't open

  // Follows whole lines of an open document through its edits, under a name, until the document is closed. Does
  // nothing if the lines no longer have this text (with "\n").
  void follow(const std::string& uri, const std::string& name, const Range& lines, std::string_view text);
  // Where the followed lines are now; nullopt if they are not followed, or if none of them is left.
  std::optional<FollowedLines> followed(const std::string& uri, const std::string& name) const;

  // Returns whole lines of a text as a range. If the last line has no line end, the end of the text is at the end of
  // that line.
  Range whole_lines(const SplitText& text, std::size_t first_line, std::size_t lines) const;

  // Makes an attachment, with "\n" as its line ends. `closed` is the content of a document that isn't open.
  Result<Attachment> attach(const Share& share, const OpenDocument* closed = nullptr) const;
  // Whether the document is in a workspace folder. Also true if there are no workspace folders.
  bool inside(const std::string& uri) const;
  // The folder to which names for the model are relative: the innermost workspace folder that holds the document, else
  // the file's own folder, else the first workspace folder. The path has no slash at its end. It is empty if there is
  // no such folder.
  std::string base_folder(const std::string& uri) const;
  // The path of the outermost workspace folder that holds this path; without one, the path of the file's own folder.
  std::string folder_around(const std::string& path) const;
  // The folder in which the editor's user works on this document, in the editor's spelling: the innermost workspace
  // folder that holds the document, else the document's own folder. For a document that is no file, the first workspace
  // folder. Empty if there is none.
  std::string folder_of(const std::string& uri) const;
  // The name for the model: relative to the innermost workspace folder that holds the document, else the last part of
  // its path. Never absolute; always one line of UTF-8.
  std::string name(const std::string& uri) const;
  // The name for the user, different for each file. It is the same as `name` if only one folder is open and this
  // folder holds the file; otherwise it is absolute.
  std::string full_name(const std::string& uri) const;

 private:
  struct Entry {
    std::string canonical;
    OpenDocument document;
    std::vector<std::pair<std::string, FollowedLines>> followed = {};  // name and lines, the oldest first
  };
  // Finds the entry in `open_` of the document with this URI or canonical name. Returns `open_.end()` if the document
  // isn't open.
  std::map<std::string, Entry>::const_iterator entry(const std::string& uri) const;
  std::map<std::string, Entry> open_;  // by URI as the editor writes it
  std::vector<std::string> folders_;   // canonical
  PositionEncoding encoding_ = PositionEncoding::Utf16;
};

// The error for a document whose text is not certain; `what` names it.
Error uncertain(const std::string& what);

// Returns the number of bytes before a position. A position after the end of a line means the end of that line (LSP
// 3.17); a line after the end of the text means the end of the text; a position inside a character means the start of
// that character.
std::size_t offset(std::string_view text, Position position, PositionEncoding encoding);

}  // namespace aside
