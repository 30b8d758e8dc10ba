// Makes attachments of what an editor wants to share: text of open documents, text that the editor sends, files from
// the disk, pictures, the difference from the last commit. Called by Asking. Refuses what can't be shared, with a
// sentence for people, and gives reasons to ask the user first: secrets, by name or content, and files outside of the
// open folders.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/context/documents.h"
#include "daemon/core/turn.h"
#include "daemon/text/encoding.h"

namespace aside {

// Why the user should be asked first: a sentence that names the file and what was found. `about` is a hash that
// distinguishes two reasons with the same sentence, such as two keys in the same place.
struct Reason {
  std::string text;
  std::size_t about = 0;
};

class Sharing {
 public:
  using Attached = std::function<void(Result<std::vector<Attachment>>)>;

  static constexpr std::size_t max_git_bytes = Documents::max_attachment_bytes;

  Sharing(asio::io_context& io, const Documents& documents);
  // Patterns of file names that may hold secrets; see secrecy.h.
  void use(std::vector<std::string> secret_files) { secret_files_ = std::move(secret_files); }

  struct Checked {
    std::string name;
    Attachment attachment;
    std::optional<Error> refused;
    std::vector<Reason> reasons;
  };

  // Makes the attachments. `attached` gets all of them, or the first error. It is called before this function
  // returns, unless git is needed. `cancel` ends git at once; the result that `attached` then gets must be ignored.
  void attach(std::vector<Share> shares, asio::cancellation_slot cancel, Attached attached) const;
  // Checks each share separately, so that an editor can list them before anything is sent.
  void check(std::vector<Share> shares, asio::cancellation_slot cancel,
             std::function<void(std::vector<Checked>)> done) const;
  // Checks one share of a text or a file, at once. Not for a git diff.
  Checked check(const Share& share) const;
  // The reasons to ask the user before this attachment is sent; empty if there are none. All names that lead to the
  // file are checked. For an update, the reasons to which the user agreed when the file was shared are left out,
  // unless the name leads to another file now (`agreed` is then absent).
  std::vector<Reason> reasons(const Attachment& attachment) const;
  // What the user agrees to when they accept the reasons of this attachment.
  Agreed agreed(const Attachment& attachment) const;
  // A document's present text, from the editor or else from the disk; nullopt if the document is gone.
  Result<std::optional<DecodedText>> present(const std::string& uri) const;
  // A document's present text with its own line ends. If the file isn't open, all its line ends are taken to be like
  // the first.
  struct Whole {
    std::string text;
    std::optional<int> version;  // only for an open document
  };
  Result<Whole> whole(const std::string& uri) const;

 private:
  std::vector<std::string> reasons_by_name(const std::string& uri) const;
  std::vector<Reason> reasons_by_content(const Attachment& attachment) const;
  std::optional<std::string> secret_pattern(const std::string& path) const;
  Result<Attachment> attach(const Share& share) const;
  Result<Attachment> attach_file(const Share& share) const;
  Checked checked(const std::string& name, Result<Attachment> made) const;
  using Made = std::vector<Result<Attachment>>;
  void make(std::vector<Share> shares, asio::cancellation_slot cancel, std::function<void(Made)> made) const;
  asio::awaitable<Made> make_with_git(std::vector<Share> shares) const;
  asio::awaitable<Result<Attachment>> git_diff(Share share) const;

  asio::io_context& io_;
  const Documents& documents_;
  std::vector<std::string> secret_files_;
};

}  // namespace aside
