// The pieces of documents that a conversation has shared, as the model knows them, and how they have changed since.
// Made from a path of turns whenever a question is asked. Pure except for the function that gives a document's
// present text.
//
// A piece is a whole document or some lines of it. Sharing a whole document again replaces all its pieces. The
// update of a piece is a unified diff against what the model saw last, or the new text if that is shorter. Lines
// are found again by their text, even if edits above have moved them. Another encoding, other line ends, or a
// line end that is added or missing at the end of the text don't count as changes.
//
// Only documents that the user has shared here are kept current. Documents that came with an imported
// conversation are not. An update has `agreed` if its name still leads to a file that the user has agreed to.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/turn.h"
#include "daemon/text/encoding.h"

namespace aside {

class SharedText {
 public:
  // A document's present text; nullopt if it is gone; an Error if that can't be found out now.
  using Present = std::function<Result<std::optional<DecodedText>>(const std::string& uri)>;

  SharedText() = default;
  // Adds the attachments of the turns that mark_sent has marked in `path`.
  explicit SharedText(const std::vector<Turn>& path);

  // Adds the attachments of one more question, which is about to be asked.
  void add_question(const std::vector<Attachment>& attachments);
  // The pieces of all questions but the last one, in order: the updates of those that have changed, and the others,
  // without text, with the lines where they are now.
  struct Compared {
    std::vector<Attachment> updates, unchanged;
  };
  Compared compare(const Present& present) const;
  std::vector<Attachment> updates(const Present& present) const { return compare(present).updates; }
  // The URIs of the documents, as the editor wrote them, each once.
  std::vector<std::string> uris() const;
  // What the model knows of the documents that the user has shared here, and that their names still lead to; the last
  // piece comes first.
  struct Known {
    std::string uri;       // as the editor wrote it
    std::string document;  // canonical
    std::size_t first_line = 0;
    std::string text;
  };
  std::vector<Known> known() const;

 private:
  struct Piece {
    std::string uri, name, language;
    std::string document;  // canonical
    std::optional<Range> range;
    std::optional<std::string> text;  // absent: the text is gone, and the model has been told so
    int question = 0;                 // the number of the question that shared it
    bool agreed = false;
  };

  // A document's present text, in the form in which it is compared; made once for all pieces of the document.
  class Now;
  const std::string& document(const std::string& uri);
  std::optional<Attachment> update(const Piece& piece, Now& present) const;
  // The piece as the document has it now. Empty if it has changed, or if the document can't be read.
  std::optional<Attachment> unchanged(const Piece& piece, Now& present) const;

  std::vector<Piece> pieces_;
  // Canonical URIs by the editor's URI. Kept, since computing one takes system calls.
  std::map<std::string, std::string> documents_;
  // Canonical URI of a file → the reasons against sharing it that the user has agreed to.
  std::map<std::string, std::vector<std::string>> agreed_;
  int questions_ = 0;
};

}  // namespace aside
