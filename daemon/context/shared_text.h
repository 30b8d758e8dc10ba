// The pieces of documents that a conversation has shared, as the model knows them, and how they have changed since. A
// SharedText is made from a path of turns whenever a question is asked. Pure, apart from the function that reads a
// document's present text.
//
// A piece is a whole document or some of its lines. Sharing a whole document again replaces all its pieces. The
// update of a piece is a unified diff against the text that the model saw last, or the new text if this is shorter.
// Lines are found again by their text, even if edits above have moved them. Three differences don't count as changes:
// another encoding, other line ends, and an added or missing line end at the end of the text.
//
// Only documents that the user has shared here are kept current, not documents that came with an imported
// conversation. An update has `agreed` if its name still leads to a file that the user has agreed to share.
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
  // Returns a document's present text; nullopt if the document is gone; an Error if this can't be found out now.
  using Present = std::function<Result<std::optional<DecodedText>>(const std::string& uri)>;

  SharedText() = default;
  // Adds the attachments of the turns that mark_sent has marked in `path`.
  explicit SharedText(const std::vector<Turn>& path);

  // Adds the attachments of one more question, which is about to be asked.
  void add_question(const std::vector<Attachment>& attachments);
  // Compares the pieces of all questions except the last one, in order. `updates` has the updates of the changed
  // pieces. `unchanged` has the other pieces, without text, with the lines where they are now.
  struct Compared {
    std::vector<Attachment> updates, unchanged;
  };
  Compared compare(const Present& present) const;
  std::vector<Attachment> updates(const Present& present) const { return compare(present).updates; }
  // The URIs of the documents, as the editor wrote them. Each appears once.
  std::vector<std::string> uris() const;
  // What the model knows of the documents that the user has shared here. Documents whose name now leads to another
  // file are left out. The last piece comes first.
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
    std::optional<std::string> text;  // absent: the text is gone, and the model knows that it is gone
    int question = 0;                 // the number of the question that shared it
    bool agreed = false;
  };

  // A document's present text, in the form that is compared. It is made once for all pieces of the document.
  class Now;
  const std::string& document(const std::string& uri);
  std::optional<Attachment> update(const Piece& piece, Now& present) const;
  // If the document still has the piece's text, returns it with its present lines; nullopt if the text has changed, or if
  // the document can't be read.
  std::optional<Attachment> unchanged(const Piece& piece, Now& present) const;

  std::vector<Piece> pieces_;
  // Canonical URIs by the editor's URI. They are kept, since computing a canonical URI takes system calls.
  std::map<std::string, std::string> documents_;
  // By canonical URI of a file: the reasons against sharing it to which the user has agreed.
  std::map<std::string, std::vector<std::string>> agreed_;
  int questions_ = 0;
};

}  // namespace aside
