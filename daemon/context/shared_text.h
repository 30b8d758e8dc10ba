// What of documents a thread has shared, piece by piece, as the model knows it, and what has changed in them
// since. Made anew from a path of turns whenever a question is asked; pure but for the function that gives a
// document's present text.
//
// A piece is a whole document or some lines of it. Sharing a whole document again replaces all pieces of it.
// Its update is a unified diff against what the model last saw, or the new text where that is shorter; lines
// are found again by what they say, wherever edits above have moved them. What differs in its encoding, its
// line ends or whether its last line has one hasn't changed.
//
// Only documents are kept current that the user has shared here; of an imported thread that is none. An
// update has `agreed` if its name still leads to a file that was agreed to.
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
  // A document's text now; nullopt: it is gone. An Error: that can't be told now.
  using Present = std::function<Result<std::optional<DecodedText>>(const std::string& uri)>;

  SharedText() = default;
  // Of the exchanges of a path that are sent; they have been marked.
  explicit SharedText(const std::vector<Turn>& path);

  // With one more question, which is about to be asked.
  void take(const std::vector<Attachment>& attachments);
  // Of all pieces but those that were taken last, of kind Update, in the order of the pieces.
  std::vector<Attachment> updates(const Present& present) const;
  // The documents, as the editor wrote them, each once.
  std::vector<std::string> uris() const;

 private:
  struct Piece {
    std::string uri, name, language;
    std::optional<Range> range;
    std::optional<std::string> text;  // absent: it is gone, and the model was told
    int taken = 0;                    // with which question
    bool agreed = false;
  };

  std::optional<Attachment> update(const Piece& piece, const std::optional<DecodedText>& present) const;

  std::vector<Piece> pieces_;
  std::map<std::string, std::vector<std::string>>
      agreed_;  // canonical URI of a file → what was said against it
  int taken_ = 0;
};

}  // namespace aside
