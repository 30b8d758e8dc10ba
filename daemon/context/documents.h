// The texts that the editor has open, kept in step by LSP's incremental edits, and the names of files.
// Documents are known by the URI that the editor uses; `canonical` gives the one under which a thread is
// kept.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/turn.h"

namespace aside {

enum class PositionEncoding { Utf8, Utf16 };

struct OpenDocument {
  std::string language;
  int version = 0;
  std::string text;  // UTF-8
};

struct Edit {
  std::optional<Range> range;  // absent: the whole text
  std::string text;
};

// What the editor asks to share: a range of an open document, the whole of it, or explicit text (whose range
// is then only a label).
struct Share {
  std::string uri;
  std::optional<Range> range = std::nullopt;
  std::optional<std::string> text = std::nullopt;
  std::string language = {};
  Attachment::Kind kind = Attachment::Kind::Text;  // or Diagnostics, with its text, or GitDiff
};

class Documents {
 public:
  // One attachment may be this large: about half of what a request may carry in all.
  static constexpr std::size_t max_attachment_bytes = 16 * 1024 * 1024;

  void use(PositionEncoding encoding);
  void use(std::vector<std::string> workspace_folders);  // URIs

  void open(const std::string& uri, OpenDocument document);
  // InvalidParams for a document that isn't open, or a range that ends before it starts or begins below the
  // text (editor and daemon have come apart). Then the text is left alone, earlier edits of the same call
  // included.
  Result<void> change(const std::string& uri, int version, const std::vector<Edit>& edits);
  void close(const std::string& uri);
  const OpenDocument* find(const std::string& uri) const;  // null unless open; also found by canonical name

  // Line ends become "\n". `closed`: what the document holds that isn't open.
  Result<Attachment> attach(const Share& share, const OpenDocument* closed = nullptr) const;
  // Is it in one of the workspace folders, or are there none?
  bool inside(const std::string& uri) const;
  // The path of the outermost workspace folder that this path begins with, else of its own folder.
  std::string folder_around(const std::string& path) const;
  // Relative to the innermost workspace folder that holds it, else its last part; never absolute, always one
  // line of UTF-8.
  std::string name(const std::string& uri) const;
  // The same for the user alone, and unlike that of any other file: absolute where no folder or more than one
  // is open, or the file lies outside.
  std::string full_name(const std::string& uri) const;

 private:
  struct Entry {
    std::string canonical;
    OpenDocument document;
  };
  std::map<std::string, Entry> open_;  // by URI as the editor wrote it
  std::vector<std::string> folders_;   // canonical
  PositionEncoding encoding_ = PositionEncoding::Utf16;
};

// Bytes from the start to a position; positions past the end of a line are its end (LSP 3.17), lines past the
// end the end of the text. A position inside a character counts as its start.
std::size_t offset(std::string_view text, Position position, PositionEncoding encoding);

// `file:` URIs with symlinks resolved (of a missing file: its folder's), each part as its folder lists it,
// and one spelling of escapes; others unchanged.
std::string canonical(const std::string& uri);
// That of a document before it was renamed, which may still lead to it, where the names differ in their case
// only.
std::string canonical_before(const std::string& from, const std::string& to);
// The path of a `file:` URI; empty for others, those of another host included.
std::string file_path(const std::string& uri);
std::string file_uri(const std::string& path);
// What people and the model read of a name, which is bytes: one line of UTF-8.
std::string printable_name(std::string_view bytes);
// All names by which a path leads to its file: as given, with each link on the way followed in turn, and last
// without any.
std::vector<std::string> names_on_the_way(const std::string& path);

// What identifies the file behind a canonical URI when its name no longer does. Empty where there is none.
std::string file_identity(const std::string& path);  // device, inode and time of birth
// Of its content, up to 4 MiB. Empty for a larger file, and for one that holds nothing but white space.
std::string file_fingerprint(const std::string& path);

}  // namespace aside
